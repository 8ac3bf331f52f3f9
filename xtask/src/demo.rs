//! The main job on a fresh directory, and a comparison of what it leaves.

use std::fs;
use std::path::Path;

use crate::command::{Failure, Program, lode, remove, target};

/// Runs `lode demo`, reads the volume back with `lode get`, and compares the two files.
pub(crate) fn run() -> Result<(), Failure> {
    let lode = lode()?;
    let dir = target().join("demo");
    remove(&dir)?;
    Program::new(&lode).args([Path::new("demo"), &dir]).run()?;

    let copy = target().join("demo.copy");
    let get = Program::new(&lode).args([Path::new("get"), &dir, Path::new("volumes/demo")]);
    get.args([Path::new("-o"), &copy]).run()?;
    if read(&lode)? != read(&copy)? {
        let [copy, lode] = [&copy, &lode].map(|path| path.display());
        return Err(Failure::Check(format!("{copy} is not what {lode} is")));
    }
    remove(&dir)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::io(path.display(), source))
}
