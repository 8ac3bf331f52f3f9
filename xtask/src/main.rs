//! `cargo xtask VERB`: what is checked, one verb for each line of `.ci/run`.
#![allow(clippy::print_stderr, reason = "a program for people")]

mod command;
mod demo;
mod interop;
mod memory;

use std::process::ExitCode;

use command::{Failure, cargo};

/// What can be checked.
struct Verb {
    name: &'static str,
    what: &'static str,
    run: fn() -> Result<(), Failure>,
}

/// The verbs, in the order in which `.ci/run` calls them.
const VERBS: &[Verb] = &[
    Verb { name: "lint", what: "formatting, and clippy on every feature set", run: lint },
    Verb { name: "doc", what: "documentation without warnings", run: doc },
    Verb { name: "race", what: "2 processes x 500 commits to one directory", run: race },
    Verb { name: "demo", what: "`lode demo`, and what it leaves, byte by byte", run: demo::run },
    Verb { name: "memory", what: "2 GiB into a dataset, in bounded memory", run: memory::run },
    Verb { name: "interop", what: "parquet with pyarrow and DuckDB", run: interop::run },
    Verb { name: "bench", what: "the benches", run: bench },
];

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("usage: cargo xtask VERB\n");
        VERBS.iter().for_each(|verb| eprintln!("  {:8} {}", verb.name, verb.what));
        return ExitCode::from(2);
    };
    match (verb.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {name}: {failure}");
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

/// With all features, as they are published: what a feature hides has no place to link to.
fn doc() -> Result<(), Failure> {
    let doc = cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings").run()
}

/// The ordinary test makes fewer commits.
fn race() -> Result<(), Failure> {
    // The same packages and features as in the README's command, so that nothing is built twice.
    let test = cargo(["test", "--workspace", "--all-features", "--test", "volume"]);
    let test = test.args(["two_processes_in_one_directory", "--", "--nocapture"]);
    test.env("LODE_TEST_COMMITS", "500").run()
}

fn bench() -> Result<(), Failure> {
    cargo(["bench", "--package", "lode-benches"]).run()
}
