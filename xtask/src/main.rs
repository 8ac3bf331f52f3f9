//! `cargo xtask VERB`: what is checked, one verb for each line of `.ci/run`.
#![allow(clippy::print_stderr, reason = "a program for people")]

mod command;
mod demo;

use std::process::ExitCode;

use command::{Failure, cargo};

/// The verbs, in the order in which `.ci/run` calls them.
const VERBS: &[(&str, &str, fn() -> Result<(), Failure>)] = &[
    ("lint", "formatting, and clippy on every feature set", lint),
    ("doc", "documentation without warnings", doc),
    ("race", "2 processes x 500 commits to one directory", race),
    ("demo", "`lode demo`, and what it leaves compared byte by byte", demo::run),
    ("bench", "the benches", bench),
];

fn main() -> ExitCode {
    let verb = std::env::args().nth(1).unwrap_or_default();
    let Some((_, _, run)) = VERBS.iter().find(|(name, ..)| *name == verb) else {
        eprintln!("usage: cargo xtask VERB\n");
        VERBS.iter().for_each(|(name, what, _)| eprintln!("  {name:8} {what}"));
        return ExitCode::from(2);
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {verb}: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The feature sets of the core: each must stand alone.
const CORE_FEATURES: [&str; 3] = ["", "alloc", "json"];

fn lint() -> Result<(), Failure> {
    cargo(["fmt", "--all", "--check"]).run()?;
    for features in CORE_FEATURES {
        let clippy = cargo(["clippy", "--package", "lode-core", "--all-targets"]);
        clippy.args(["--features", features, "--", "--deny", "warnings"]).run()?;
    }
    let clippy = cargo(["clippy", "--workspace", "--all-targets"]);
    clippy.args(["--", "--deny", "warnings"]).run()?;
    let clippy = cargo(["clippy", "--workspace", "--all-targets", "--all-features"]);
    clippy.args(["--", "--deny", "warnings"]).run()
}

fn doc() -> Result<(), Failure> {
    for features in CORE_FEATURES {
        let doc = cargo(["doc", "--no-deps", "--package", "lode-core", "--features", features]);
        doc.env("RUSTDOCFLAGS", "--deny warnings").run()?;
    }
    let doc = cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings").run()
}

/// The ordinary test makes fewer commits.
fn race() -> Result<(), Failure> {
    let test = cargo(["test", "--release", "--package", "lode-std", "--test", "volume"]);
    let test = test.args(["two_processes_in_one_directory", "--", "--nocapture"]);
    test.env("LODE_TEST_COMMITS", "500").run()
}

fn bench() -> Result<(), Failure> {
    cargo(["bench", "--package", "lode-benches"]).run()
}
