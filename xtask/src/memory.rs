//! How much memory a stream of any size takes, and what is left of one that is killed.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{Failure, lode, make_folder, remove, target};

/// What `time --verbose` calls the greatest amount of memory, in KiB.
const PEAK: &str = "Maximum resident set size (kbytes): ";

/// A stream into a dataset.
pub(crate) struct Stream<'a> {
    /// The store.
    pub(crate) location: &'a str,
    /// How many bytes are written.
    pub(crate) size: u64,
    /// How much more memory they may take than a single byte does, in KiB.
    pub(crate) limit: u64,
}

/// Writes 2 GiB into a dataset in a directory.
pub(crate) fn run() -> Result<(), Failure> {
    let dir = target().join("memory");
    remove(&dir)?;
    make_folder(&dir)?;
    let location = dir.to_string_lossy();
    measure(&lode()?, &Stream { location: &location, size: 2 << 30, limit: 48 << 10 })?;
    remove(&dir)
}

/// Writes from a pipe into a dataset, and a single byte before, so that it does not count how large
/// the program is.
pub(crate) fn measure(lode: &Path, stream: &Stream<'_>) -> Result<(), Failure> {
    let least = peak(lode, stream.location, 1)?;
    let more = peak(lode, stream.location, stream.size)?.saturating_sub(least);
    if more > stream.limit {
        return Err(Failure::Check(format!(
            "it took {} MiB of memory more than a byte does, not {} at the most",
            more >> 10,
            stream.limit >> 10
        )));
    }
    let size = stream.size >> 30;
    eprintln!("{size} GiB were written in {} MiB of memory more than a byte", more >> 10);
    Ok(())
}

/// How much memory a stream of this size takes, in KiB, by `/usr/bin/time --verbose`.
fn peak(lode: &Path, location: &str, size: u64) -> Result<u64, Failure> {
    let mut command = Command::new("/usr/bin/time");
    command.arg("--verbose").arg(lode).args(["write", location, "datasets/large", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Failure::io("/usr/bin/time", source))?;
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| feed(&mut pipe, size));
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said).map_err(|source| Failure::io("its output", source))?;
    }
    let status = child.wait().map_err(|source| Failure::io("lode write", source))?;
    if !status.success() {
        return Err(Failure::Check(format!("lode write: {status}\n{said}")));
    }
    written.map_err(|source| Failure::io("the pipe", source))?;
    let peak = said.lines().find_map(|line| line.trim().strip_prefix(PEAK)?.parse().ok());
    peak.ok_or_else(|| Failure::Check(format!("/usr/bin/time did not say {PEAK:?}:\n{said}")))
}

/// Kills a stream half way: no snapshot is seen, and its upload can be found and given up.
pub(crate) fn interrupt(lode: &Path, location: &str) -> Result<(), Failure> {
    let before = versions(lode, location)?;
    let mut command = Command::new(lode);
    command.args(["write", location, "datasets/large", "-"]).stdin(Stdio::piped());
    let mut child = command.spawn().map_err(|source| Failure::io("lode write", source))?;
    // All but what fits into the pipe has been taken when this returns.
    let fed = child.stdin.as_mut().map_or(Ok(()), |pipe| feed(pipe, 256 << 20));
    fed.map_err(|source| Failure::io("the pipe", source))?;
    child.kill().map_err(|source| Failure::io("lode write", source))?;
    child.wait().map_err(|source| Failure::io("lode write", source))?;

    let after = versions(lode, location)?;
    if before != after {
        return Err(Failure::Check(format!("{after} is there, and was not before")));
    }
    let found = said(lode, &["uploads", location, "--json"])?;
    if !found.contains("datasets/large/") {
        return Err(Failure::Check(format!("the upload was not found: {found:?}")));
    }
    said(lode, &["uploads", location, "--older-than", "0s", "--abort"])?;
    match said(lode, &["uploads", location, "--json"])?.as_str() {
        "" => {
            eprintln!("a stream that was killed is seen in no snapshot; its upload was given up");
            Ok(())
        }
        left => Err(Failure::Check(format!("it was given up, and is there: {left}"))),
    }
}

fn versions(lode: &Path, location: &str) -> Result<String, Failure> {
    said(lode, &["log", location, "datasets/large", "--json"])
}

/// What a command answers.
fn said(lode: &Path, args: &[&str]) -> Result<String, Failure> {
    let output = Command::new(lode).args(args).stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| Failure::io(lode.display(), source))?;
    match output.status {
        status if status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        status => Err(Failure::Status { program: format!("lode {args:?}"), status }),
    }
}

fn feed(pipe: &mut impl Write, size: u64) -> io::Result<()> {
    let piece: Vec<u8> =
        (0..1_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for _ in 0..size / piece.len() as u64 {
        pipe.write_all(&piece)?;
    }
    let rest = usize::try_from(size).unwrap_or(usize::MAX) % piece.len();
    pipe.write_all(piece.get(..rest).unwrap_or_default())
}
