//! What the hot paths cost in instructions, which callgrind counts: the same whatever else the
//! machine does.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::command::{Failure, Program, apt_install, cargo};

/// A path, and what it may cost.
struct Path {
    name: &'static str,
    /// What once costs, by what was measured when it was last changed on purpose.
    instructions: u64,
    /// How many times it is run to see that.
    count: u64,
}

/// Each may cost a tenth more than its figure before that is a failure: compilers differ by less.
const PATHS: [Path; 6] = [
    Path { name: "commit", instructions: 93_810, count: 100 },
    Path { name: "commit-paged", instructions: 237_072, count: 100 },
    Path { name: "write", instructions: 54_679, count: 1000 },
    Path { name: "covered", instructions: 150, count: 10_000 },
    Path { name: "decode", instructions: 4_478, count: 100 },
    Path { name: "read", instructions: 12_446, count: 1000 },
];

/// Prints what each path costs, and fails if one costs more than it may.
pub(super) fn run() -> Result<(), Failure> {
    install()?;
    let program = build()?;
    let mut above = Vec::new();
    for Path { name, instructions, count } in PATHS {
        let once = (measure(&program, name, 2 * count)? - measure(&program, name, count)?) / count;
        eprintln!("{name}: {once} instructions, {instructions} were measured before");
        if once > instructions + instructions / 10 {
            above.push(name);
        }
    }
    match above.is_empty() {
        true => Ok(()),
        false => Err(Failure::Check(format!("a tenth or more above its figure: {above:?}"))),
    }
}

/// Installs valgrind, unless it is there.
fn install() -> Result<(), Failure> {
    if Command::new("valgrind").arg("--version").output().is_ok() {
        return Ok(());
    }
    apt_install(["valgrind"])
}

/// Builds the bench: where it is. Always without link-time optimisation, as CI does: else there
/// would be other figures.
fn build() -> Result<PathBuf, Failure> {
    let build = cargo(["bench", "--package", "lode-benches", "--bench", "instructions"]);
    let build = build.args(["--no-run", "--message-format", "json"]);
    let output = build.env("CARGO_PROFILE_BENCH_LTO", "off").output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages
        .filter_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .filter(|program| program.to_string_lossy().contains("instructions"));
    programs.next().ok_or_else(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        Failure::Check(format!("the bench `instructions` was not built:\n{said}"))
    })
}

/// How many instructions a run takes.
fn measure(program: &PathBuf, name: &str, count: u64) -> Result<u64, Failure> {
    let valgrind = Program::new("valgrind").args(["--tool=callgrind"]);
    let valgrind = valgrind.args(["--callgrind-out-file=/dev/null"]).args([program]);
    let output = valgrind.args([name, &count.to_string()]).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")?.1.parse().ok());
    counted.ok_or_else(|| Failure::Check(format!("callgrind did not count:\n{said}")))
}
