//! The main job on a fresh directory, and a comparison of what it leaves.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::command::{Failure, Program, cargo, root};

/// Runs `lode demo`, reads the volume back with `lode get`, and compares the two files.
pub(crate) fn run() -> Result<(), Failure> {
    cargo(["build", "--release", "--features", "cli"]).run()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root().join("target"), PathBuf::from);
    let lode = target.join("release").join(format!("lode{}", std::env::consts::EXE_SUFFIX));
    let dir = target.join("demo");
    remove(&dir)?;
    Program::new(&lode).args([Path::new("demo"), &dir]).run()?;

    let copy = target.join("demo.copy");
    let get = Program::new(&lode).args([Path::new("get"), &dir, Path::new("volumes/demo")]);
    get.args([Path::new("-o"), &copy]).run()?;
    if read(&lode)? != read(&copy)? {
        let [copy, lode] = [&copy, &lode].map(|path| path.display());
        return Err(Failure::Check(format!("{copy} is not what {lode} is")));
    }
    remove(&dir)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|source| Failure::Io { what: path.display().to_string(), source })
}

fn remove(dir: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(dir) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Failure::Io { what: dir.display().to_string(), source })
        }
        _ => Ok(()),
    }
}
