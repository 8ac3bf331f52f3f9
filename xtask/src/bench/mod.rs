//! Measuring: against peers, and against what was measured before.

mod criterion;
mod instructions;
mod plot;
mod ratios;
mod results;

use crate::command::{Failure, Program, cargo};

/// All benches.
const BENCHES: [&str; 7] =
    ["codec", "instructions", "paired", "ranges", "scale", "staging", "volume"];
/// The benches that write ratios to `target/bench`.
const WITH_RATIOS: [&str; 4] = ["codec", "paired", "ranges", "scale"];

/// Without arguments all benches, and what they say to `benches/RESULTS.md`; `--check` for what
/// has a bar, in short; `--instructions` for what callgrind counts; `--results` to write the page
/// once more from what was measured last; `--quick` to see that all of them run, as what is tested
/// is built. Any other arguments go to the benches.
pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    match args.first().map(String::as_str) {
        None => all(),
        Some("--check") => check(),
        Some("--instructions") => instructions::run(),
        Some("--results") => results::write(),
        Some("--quick") => quick(),
        Some(_) => bench(&[]).args(["--"]).args(args).run(),
    }
}

fn all() -> Result<(), Failure> {
    ratios::forget()?;
    bench(&[]).run()?;
    results::write()?;
    ratios::check()
}

fn check() -> Result<(), Failure> {
    ratios::forget()?;
    for name in WITH_RATIOS {
        bench(&["--bench", name]).args(["--", "--quick"]).run()?;
    }
    let (ratios, instructions) = (ratios::check(), instructions::run());
    ratios.and(instructions)
}

/// With the packages and features of the tests, so that nothing but the benches is built.
fn quick() -> Result<(), Failure> {
    let bench = cargo(["bench", "--workspace", "--all-features", "--profile", "dev"]);
    let targets = BENCHES.iter().flat_map(|name| ["--bench", name]);
    bench.args(targets).args(["--", "--quick", "--test"]).run()
}

fn bench(targets: &[&str]) -> Program {
    cargo(["bench", "--package", "lode-benches"]).args(targets)
}
