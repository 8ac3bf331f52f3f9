//! Parquet files of ours read by others, and files of theirs read by us.

use std::path::Path;

use crate::command::{self, Failure, Program, make_folder, pip_install, remove, root, target};

/// What reads and writes the files, from PyPI.
const PEERS: [&str; 2] = ["pyarrow==26.0.1", "duckdb==2.0.0"];

/// Writes files, has pyarrow and DuckDB read them and write their own, and reads those.
pub(crate) fn run() -> Result<(), Failure> {
    let (venv, dir) = (target().join("interop-venv"), target().join("interop"));
    pip_install(&venv, &PEERS)?;
    remove(&dir)?;
    make_folder(&dir)?;

    ours("write", &dir)?;
    theirs(&venv, "read", &dir)?;
    theirs(&venv, "write", &dir)?;
    ours("check", &dir)
}

/// Runs an ignored test of the parquet plugin.
fn ours(test: &str, dir: &Path) -> Result<(), Failure> {
    let run = command::test().args(["--test", "interop", "--", "--ignored", test]);
    run.env("LODE_PARQUET_INTEROP", dir).run()
}

fn theirs(venv: &Path, verb: &str, dir: &Path) -> Result<(), Failure> {
    let script = root().join("plugins/lode-parquet/tests/interop.py");
    Program::new(venv.join("bin/python")).args([&script]).args([verb]).args([dir]).run()
}
