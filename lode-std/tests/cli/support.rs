//! Running the command, and a place to run it in.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The volume that most tests use.
pub(crate) const DISK: &str = "volumes/disk";

/// The dataset that most tests use.
pub(crate) const EVENTS: &str = "datasets/events";

/// A place for stores and files, which is removed in the end.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.0.path().join("store")).unwrap();
        place
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// An empty directory, at first.
    pub(crate) fn store(&self) -> String {
        self.path("store").to_str().unwrap().to_string()
    }

    /// A new file.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> String {
        fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().to_string()
    }

    /// Runs `lode COMMAND STORE volumes/disk ARGUMENTS`.
    pub(crate) fn disk(&self, command: &str, arguments: &[&str]) -> Answer {
        lode(&[&[command, &self.store(), DISK], arguments].concat())
    }

    /// Runs `lode COMMAND STORE datasets/events ARGUMENTS`.
    pub(crate) fn events(&self, command: &str, arguments: &[&str]) -> Answer {
        lode(&[&[command, &self.store(), EVENTS], arguments].concat())
    }

    /// Changes the manifest of a version of `datasets/events`.
    pub(crate) fn rewrite(&self, version: u64, change: impl FnOnce(&mut Value)) {
        let slot = format!("store/datasets/events/snapshots/{version:019}/manifest.json");
        let mut manifest = serde_json::from_slice(&fs::read(self.path(&slot)).unwrap()).unwrap();
        change(&mut manifest);
        fs::write(self.path(&slot), manifest.to_string()).unwrap();
    }
}

/// Bytes in which each position is recognised, for lengths up to some megabytes.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mix = |at: u64| (at ^ 0x5bd1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[1];
    (0..length as u64).map(mix).collect()
}

/// What the command said.
pub(crate) struct Answer {
    pub(crate) status: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

/// The command, with nobody at the terminal.
pub(crate) fn command<S: AsRef<OsStr>>(arguments: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lode"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the command.
pub(crate) fn lode<S: AsRef<OsStr>>(arguments: &[S]) -> Answer {
    command(arguments).output().unwrap().into()
}

/// Runs the command with this on its standard input.
pub(crate) fn lode_with<S: AsRef<OsStr>>(arguments: &[S], input: &[u8]) -> Answer {
    let mut child = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // It may end without having read all of it.
    let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    output.into()
}

impl From<Output> for Answer {
    fn from(output: Output) -> Self {
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(!err.contains("panicked"), "{err}");
        Self { status: output.status.code(), out: output.stdout, err }
    }
}

impl Answer {
    /// It worked.
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{}", self.err);
        self
    }

    /// It failed, and said these things about it.
    #[track_caller]
    pub(crate) fn fails(self, status: i32, says: &[&str]) -> Self {
        assert_eq!(self.status, Some(status), "{}", self.err);
        for word in says {
            assert!(self.err.contains(word), "{word:?} is not in: {}", self.err);
        }
        self
    }

    /// The output as text.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// The output as JSON, one document for each line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap()
    }
}

/// All files below a directory, and their bytes.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(contents(&path)),
            false => {
                let bytes = fs::read(&path).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}
