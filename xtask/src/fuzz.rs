//! The fuzz targets, run by `cargo fuzz`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Failure, Program, cargo, install, make_folder, remove, root, target};
use crate::parallel::{processors, side_by_side};

const USAGE: &str = "fuzz TARGET [--minutes N], or fuzz --smoke [--seconds S]";
/// For how many minutes a target is run.
const MINUTES: u64 = 10;
/// For how many seconds each target is run, where all are.
const SECONDS: u64 = 60;

/// `cargo xtask fuzz TARGET [--minutes N]`, or `--smoke [--seconds S]` for all of them.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let all = targets()?;
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let (targets, seconds, order) = match args.as_slice() {
        ["--smoke"] => (all, SECONDS, Order::Same),
        ["--smoke", "--seconds", seconds] => (all, number(seconds)?, Order::Same),
        [target, rest @ ..] if all.iter().any(|known| known == target) => {
            let minutes = match rest {
                [] => MINUTES,
                ["--minutes", minutes] => number(minutes)?,
                _ => return Err(Failure::Check(USAGE.into())),
            };
            (vec![(*target).to_owned()], minutes.saturating_mul(60), Order::Another)
        }
        _ => {
            return Err(Failure::Check(format!("{USAGE}; the targets are {}", all.join(", "))));
        }
    };
    install("fuzz")?;
    build()?;
    // Each keeps one processor busy. For a smoke test two take turns at each: half the executions
    // in half the time.
    let at_a_time = match order {
        Order::Same => 2 * processors(),
        Order::Another => processors(),
    };
    side_by_side(&targets, at_a_time, |target| fuzz(target, seconds, order))
}

fn number(text: &str) -> Result<u64, Failure> {
    let is_positive = |number: &u64| *number > 0;
    let number = text.parse().ok().filter(is_positive);
    number.ok_or_else(|| Failure::Check(format!("{text:?} is no number from 1 on; {USAGE}")))
}

/// One for each file of targets, in the order of their names.
fn targets() -> Result<Vec<String>, Failure> {
    let dir = root().join("fuzz/fuzz_targets");
    let mut targets: Vec<_> = files(&dir)?
        .iter()
        .filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    targets.sort_unstable();
    Ok(targets)
}

/// Builds all targets: optimised, with the checks of a debug build and the address sanitizer.
fn build() -> Result<(), Failure> {
    stable(cargo(["fuzz", "build", "--target-dir"])).args([dir()]).run()
}

/// Lets a stable compiler instrument what it builds.
fn stable(cargo: Program) -> Program {
    cargo.env("RUSTC_BOOTSTRAP", "1")
}

/// Where the targets are built and run, so that nothing is written next to the sources.
fn dir() -> PathBuf {
    target().join("fuzz")
}

/// Which inputs are tried.
#[derive(Clone, Copy)]
enum Order {
    /// The same in each run, from the seeds on, so that a check passes or fails for a reason.
    Same,
    /// Others in each run, from all that was found before.
    Another,
}

/// Runs one target.
fn fuzz(target: &str, seconds: u64, order: Order) -> Result<(), Failure> {
    let (folder, seed) = match order {
        Order::Same => ("smoke", "-seed=1"),
        // That is for libFuzzer to choose.
        Order::Another => ("corpus", "-seed=0"),
    };
    let (corpus, findings) = (dir().join(folder).join(target), dir().join("findings"));
    if let Order::Same = order {
        remove(&corpus)?;
    }
    for dir in [&corpus, &findings] {
        make_folder(dir)?;
    }
    // What is new goes into the first of the two.
    let seeds = root().join("fuzz/corpus").join(target);
    let run = stable(cargo(["fuzz", "run", "--target-dir"]));
    let output = run
        .args([dir()])
        .args([target])
        .args([&corpus, &seeds])
        .args(["--", "-print_final_stats=1", "-timeout=60", seed])
        .args([format!("-max_total_time={seconds}")])
        .args([format!("-artifact_prefix={}/{target}-", findings.display())])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(Failure::Check(finding(target, &said)));
    }
    let runs = said.lines().find_map(|line| line.strip_prefix(EXECUTIONS)).unwrap_or("?").trim();
    eprintln!("{target:10} {runs:>10} executions, a corpus of {}", files(&corpus)?.len());
    Ok(())
}

/// What precedes the number of executions.
const EXECUTIONS: &str = "stat::number_of_executed_units:";

/// What has been found, and how to see it again.
fn finding(target: &str, said: &str) -> String {
    let input = said.lines().find_map(|line| Some(line.split_once("Test unit written to ")?.1));
    let how = match input {
        Some(input) => format!(
            "has a finding. To see it again:\n  RUSTC_BOOTSTRAP=1 cargo fuzz run --target-dir {} \
             {target} {input}",
            dir().display()
        ),
        None => "did not come to an end, and left no input that shows why".to_owned(),
    };
    format!("{said}\n{target} {how}")
}

fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let error = |source| Failure::io(dir.display(), source);
    fs::read_dir(dir).map_err(error)?.map(|entry| Ok(entry.map_err(error)?.path())).collect()
}
