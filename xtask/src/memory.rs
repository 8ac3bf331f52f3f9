//! How much memory a stream of any size takes.

use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use crate::command::{Failure, lode, remove, target};

/// How many bytes are written.
const SIZE: u64 = 2 << 30;
/// How much memory they may take, in KiB.
const LIMIT: u64 = 64 << 10;
/// What `time --verbose` calls the greatest amount of memory, in KiB.
const PEAK: &str = "Maximum resident set size (kbytes): ";

/// Writes 2 GiB from a pipe into a dataset in a directory, under `/usr/bin/time --verbose`.
pub(crate) fn run() -> Result<(), Failure> {
    let lode = lode()?;
    let dir = target().join("memory");
    remove(&dir)?;
    std::fs::create_dir_all(&dir).map_err(|source| Failure::io(dir.display(), source))?;

    let mut command = Command::new("/usr/bin/time");
    command.arg("--verbose").arg(lode).arg("write").arg(&dir).args(["datasets/large", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| Failure::io("/usr/bin/time", source))?;
    let written = child.stdin.take().map_or(Ok(()), |mut pipe| feed(&mut pipe));
    let mut said = String::new();
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut said).map_err(|source| Failure::io("its output", source))?;
    }
    let status = child.wait().map_err(|source| Failure::io("lode write", source))?;
    if !status.success() {
        return Err(Failure::Check(format!("lode write: {status}\n{said}")));
    }
    written.map_err(|source| Failure::io("the pipe", source))?;
    remove(&dir)?;
    judge(&said)
}

fn feed(pipe: &mut impl Write) -> io::Result<()> {
    let piece: Vec<u8> =
        (0..1_u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for _ in 0..SIZE / piece.len() as u64 {
        pipe.write_all(&piece)?;
    }
    Ok(())
}

fn judge(said: &str) -> Result<(), Failure> {
    let peak = said.lines().find_map(|line| line.trim().strip_prefix(PEAK)?.parse::<u64>().ok());
    match peak {
        Some(peak) if peak <= LIMIT => {
            eprintln!("{} GiB were written in {} MiB of memory", SIZE >> 30, peak >> 10);
            Ok(())
        }
        Some(peak) => Err(Failure::Check(format!(
            "it took {} MiB of memory, not {} at the most",
            peak >> 10,
            LIMIT >> 10
        ))),
        None => Err(Failure::Check(format!("/usr/bin/time did not say {PEAK:?}:\n{said}"))),
    }
}
