//! `cargo xtask VERB`: what is checked, one verb for each line of `.ci/run`.
#![allow(clippy::print_stderr, reason = "a program for people")]

mod bench;
mod command;
mod demo;
mod firmware;
mod fuzz;
mod interop;
mod map;
mod media;
mod memory;
mod mutants;
mod parallel;
mod replicate;
mod stores;
mod suspend;

use std::process::{Command, ExitCode};

use command::{Failure, Program, cargo, install, target, test};

/// What can be checked.
struct Verb {
    name: &'static str,
    what: &'static str,
    /// Takes what follows the verb.
    run: fn(&[String]) -> Result<(), Failure>,
}

/// The verbs, about in the order in which `.ci/run` calls them, which does some of it side by side; the
/// last one is for people, and has hours to do.
const VERBS: &[Verb] = &[
    Verb { name: "lint", what: "formatting, and clippy on every feature set", run: |_| lint() },
    Verb { name: "deny", what: "licences and origins of all dependencies", run: |_| deny() },
    Verb { name: "package", what: "every package, as it is published", run: |_| package() },
    Verb { name: "semver", what: "[REV]: what breaks since the last release, or REV", run: semver },
    Verb { name: "doc", what: "documentation without warnings", run: |_| doc() },
    Verb {
        name: "prove",
        what: "every path of the protocol; --deep for as long as it takes",
        run: |args| prove(args),
    },
    Verb {
        name: "sim",
        what: "500 seeds on simulated time; --seed S, --seeds N, --steps N",
        run: |args| sim(args),
    },
    Verb {
        name: "optimised",
        what: "the tests on optimised code; --quick: those of the command only",
        run: |args| optimised(args),
    },
    Verb { name: "loom", what: "every interleaving of what threads share", run: |_| loom() },
    Verb { name: "crash", what: "power cuts after every call, and 200 kills", run: |_| crash() },
    Verb { name: "race", what: "2 processes x 500 commits to one directory", run: |_| race() },
    Verb { name: "gc", what: "a minute of writers, readers and a collector", run: |_| gc() },
    Verb {
        name: "demo",
        what: "`lode demo`, and what it leaves, byte by byte",
        run: |_| demo::run(),
    },
    Verb {
        name: "memory",
        what: "2 GiB into a dataset, in bounded memory",
        run: |_| memory::run(),
    },
    Verb { name: "interop", what: "parquet with pyarrow and DuckDB", run: |_| interop::run() },
    Verb {
        name: "suspend",
        what: "[--rounds N] [--seed S]: writers stopped beside a collector, and clocks set",
        run: suspend::run,
    },
    Verb { name: "map", what: "the page of `lode map`, in a browser", run: |_| map::run() },
    Verb { name: "media", what: "[--seed S]: exFAT, and a disk that runs full", run: media::run },
    Verb { name: "sync", what: "a directory's syncs, under strace", run: |_| sync() },
    Verb {
        name: "replicate",
        what: "[--size 10GiB] [--seed S]: `lode sync`, killed ten times",
        run: replicate::run,
    },
    Verb {
        name: "stores",
        what: "up, test [--commits N], load or down: real servers for S3 and Azure",
        run: stores::run,
    },
    Verb {
        name: "fuzz",
        what: "TARGET [--minutes N], or --smoke [--seconds S]: arbitrary input",
        run: fuzz::run,
    },
    Verb {
        name: "firmware",
        what: "a device: build, run, kill, size, cuts, or all of it",
        run: firmware::run,
    },
    Verb {
        name: "bench",
        what: "the benches, to benches/RESULTS.md; --check, --instructions, --quick",
        run: bench::run,
    },
    Verb { name: "mutants", what: "[PART]: changes that tests must notice", run: mutants::run },
];

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let (name, args) = args.split_first().map_or(("", &[][..]), |(name, args)| (&**name, args));
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprintln!("usage: cargo xtask VERB\n");
        VERBS.iter().for_each(|verb| eprintln!("  {:8} {}", verb.name, verb.what));
        return ExitCode::from(2);
    };
    match (verb.run)(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("cargo xtask {name}: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The feature sets of the core: each must stand alone.
const CORE_FEATURES: [&str; 4] = ["", "alloc", "json", "std"];
/// Those of the library for hosts, likewise.
const STD_FEATURES: [&str; 6] = ["", "s3", "azure", "gcs", "blocking", "metrics"];

fn lint() -> Result<(), Failure> {
    cargo(["fmt", "--all", "--check"]).run()?;
    let fuzz = ["--manifest-path", "fuzz/Cargo.toml"];
    cargo(["fmt", "--check"]).args(fuzz).run()?;
    let clippy = cargo(["clippy", "--all-targets", "--target-dir"]).args([target().join("fuzz")]);
    clippy.args(fuzz).args(["--", "--deny", "warnings"]).run()?;
    for features in CORE_FEATURES {
        let clippy = cargo(["clippy", "--package", "lode-core", "--all-targets"]);
        clippy.args(["--features", features, "--", "--deny", "warnings"]).run()?;
    }
    for features in STD_FEATURES {
        let clippy = cargo(["clippy", "--package", "lode-std", "--features", features]);
        clippy.args(["--", "--deny", "warnings"]).run()?;
    }
    let clippy = cargo(["clippy", "--workspace", "--all-targets"]);
    clippy.args(["--", "--deny", "warnings"]).run()?;
    let clippy = cargo(["clippy", "--workspace", "--all-targets", "--all-features"]);
    clippy.args(["--", "--deny", "warnings"]).run()
}

/// Not whether there are advisories: those change without us, and need a network.
fn deny() -> Result<(), Failure> {
    install("deny")?;
    cargo(["deny", "check", "bans", "licenses", "sources"]).run()
}

/// That they build is what the tests are for.
fn package() -> Result<(), Failure> {
    cargo(["package", "--quiet", "--workspace", "--no-verify"]).run()
}

/// Compares the public interfaces. Before the first release there is nothing that could break.
fn semver(args: &[String]) -> Result<(), Failure> {
    let revision = match args {
        [] => last_release()?,
        [revision] => Some(revision.clone()),
        _ => return Err(Failure::Check("with one revision: semver [REV]".into())),
    };
    let Some(revision) = revision else {
        eprintln!("nothing has been released yet (no tag v*), so there is nothing to break");
        return Ok(());
    };
    install("semver-checks")?;
    cargo(["semver-checks", "--workspace", "--baseline-rev", &revision]).run()
}

/// The tag of the newest version before this revision.
fn last_release() -> Result<Option<String>, Failure> {
    let git = Program::new("git").args(["describe", "--tags", "--abbrev=0", "--match", "v*"]);
    let output = git.output()?;
    let tag = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(output.status.success().then_some(tag))
}

/// With all features, as they are published: what a feature hides has no place to link to.
fn doc() -> Result<(), Failure> {
    let doc = cargo(["doc", "--no-deps", "--workspace", "--all-features"]);
    doc.env("RUSTDOCFLAGS", "--deny warnings").run()
}

/// In a directory of its own: the cfg makes every crate another one.
fn loom() -> Result<(), Failure> {
    let test = cargo(["test", "--quiet", "--release", "--package", "lode-loom", "--target-dir"]);
    let test = test.args([target().join("loom")]).args(["--", "--nocapture"]);
    test.env("RUSTFLAGS", "--cfg lode_loom").run()
}

/// The ordinary test stays within smaller bounds.
fn prove(args: &[String]) -> Result<(), Failure> {
    let bound = if args.iter().any(|arg| arg == "--deep") { "deep" } else { "1" };
    let test = test().args(["--test", "explorer", "--", "--nocapture"]);
    test.env("LODE_PROVE", bound).run()
}

/// What a compiler may make of `lode-core`, whose tests are optimised anyway, at each level.
const LEVELS: [&str; 5] = ["1", "2", "3", "\"s\"", "\"z\""];
/// The tests of `lode-std` that neither wait nor measure.
const OPTIMISED: [&str; 8] =
    ["cli", "dataset", "device", "flips", "maintain", "metrics", "replicate", "volume"];

/// The ordinary tests are built without optimisation, but for those of `lode-core`. All else is built
/// already, and not built again. The first level is the cheapest, and as good as any: the expression
/// that has once been compiled wrongly was so at 1 and 3.
fn optimised(args: &[String]) -> Result<(), Failure> {
    let at = |package: &str, level: &str| {
        test().args(["--config", &format!("profile.dev.package.{package}.opt-level={level}")])
    };
    for level in LEVELS {
        at("lode-core", level).args(["--test", "niches"]).run()?;
    }
    let is_quick = args.iter().any(|arg| arg == "--quick");
    let tests = if is_quick { &OPTIMISED[..1] } else { &OPTIMISED[..] };
    let tests = tests.iter().flat_map(|name| ["--test", name]);
    at("lode-std", "1").args(["--lib", "--bins"]).args(tests).run()
}

/// The ordinary test runs fewer seeds. With a seed it runs that one.
fn sim(args: &[String]) -> Result<(), Failure> {
    let mut test = test().args(["--test", "sim", "--", "--nocapture"]);
    let mut seeds = "500";
    for pair in args.chunks(2) {
        let (option, value) = match pair {
            [option, value] => (option.as_str(), value.as_str()),
            _ => return Err(Failure::Check(format!("{pair:?} is not followed by a number"))),
        };
        match option {
            "--seed" => {
                seeds = "1";
                test = test.env("LODE_SIM_SEED", value);
            }
            "--seeds" => seeds = value,
            "--steps" => test = test.env("LODE_SIM_STEPS", value),
            _ => return Err(Failure::Check(format!("{option}? It is --seed, --seeds, --steps"))),
        }
    }
    test.env("LODE_SIM_SEEDS", seeds).run()
}

/// The ordinary test kills fewer times.
fn crash() -> Result<(), Failure> {
    let test = test().args(["--test", "crash", "--", "--nocapture"]);
    test.env("LODE_TEST_ROUNDS", "200").run()
}

/// The ordinary test is shorter.
fn gc() -> Result<(), Failure> {
    let test = test().args(["--test", "maintain", "load::", "--", "--nocapture"]);
    test.env("LODE_GC_SECONDS", "60").run()
}

/// These are skipped where there is no `strace`; here it is asked for.
fn sync() -> Result<(), Failure> {
    let version = Command::new("strace").arg("--version").output();
    version.map_err(|source| Failure::io("strace", source))?;
    test().args(["--test", "stores", "directory::syncs", "--", "--nocapture"]).run()
}

/// The ordinary test makes fewer commits. In a directory, that syncs.
fn race() -> Result<(), Failure> {
    let test = test().args(["--test", "stores", "processes_commit_at_the_same_time"]);
    test.args(["--", "--nocapture"]).env("LODE_TEST_COMMITS", "500").run()
}
