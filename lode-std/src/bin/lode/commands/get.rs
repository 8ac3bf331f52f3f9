//! `lode get`: reading a volume.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use lode_std::{ByteRange, Error, Snapshot};
use serde_json::json;

use super::open_snapshot;
use crate::args::GetArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::transfer::read_blocks;
use crate::units::grouped;

pub(super) async fn run(args: GetArgs, out: &mut Output) -> Result<(), Failure> {
    let (_, snapshot) = open_snapshot(&args.source).await?;
    let range = args.range.within(snapshot.len())?;
    let gap = snapshot.gaps(range.clone()).next();
    if let Some(gap) = gap.filter(|_| !args.sparse) {
        return Err(Error::RangeMissing { gap, version: snapshot.version() }.into());
    }
    let Some(path) = &args.output else {
        return write_out(&snapshot, range.try_into().ok(), out).await;
    };
    let length = range.end - range.start;
    let written = write_file(&snapshot, range.try_into().ok(), (path, args.sparse), out).await?;
    out.note(format_args!("{} bytes of {}", grouped(written), path.display()));
    out.json(&json!({
        "volume": snapshot.manifest().id.as_str(),
        "version": snapshot.version().to_string(),
        "file": path.display().to_string(),
        "length": length,
        "written": written,
    }))
}

/// Writes a range to the output, byte for byte.
async fn write_out(
    snapshot: &Snapshot,
    range: Option<ByteRange>,
    out: &mut Output,
) -> Result<(), Failure> {
    let Some(range) = range else { return Ok(()) };
    let progress = Progress::new(out, range.length(), "reading");
    let mut blocks = std::pin::pin!(read_blocks(snapshot, range));
    while let Some((_, bytes)) = blocks.try_next().await? {
        out.bytes(&bytes)?;
        progress.advance(bytes.len() as u64);
    }
    Ok(())
}

/// Writes what is committed of a range to a file that is as long as the range, and returns how
/// many bytes that was.
async fn write_file(
    snapshot: &Snapshot,
    range: Option<ByteRange>,
    (path, sparse): (&Path, bool),
    out: &Output,
) -> Result<u64, Failure> {
    let failed = |error| Failure::file("write", path, error);
    let mut target = Target::create(path).map_err(failed)?;
    if sparse && target.pending.is_none() {
        let message = format!("{} is no regular file, so it has no holes", path.display());
        return Err(Failure::refused("invalid-input", message));
    }
    let mut written = 0;
    if let Some(range) = range {
        target.set_length(range.length()).map_err(failed)?;
        let progress = Progress::new(out, range.length(), "reading");
        let mut blocks = std::pin::pin!(read_blocks(snapshot, range));
        while let Some((offset, bytes)) = blocks.try_next().await? {
            target.write_at(offset - range.start(), &bytes).map_err(failed)?;
            written += bytes.len() as u64;
            progress.advance(bytes.len() as u64);
        }
    }
    target.keep().map_err(failed)?;
    Ok(written)
}

/// A file that appears under its name when all of it is written. What is there already and is no
/// regular file, a device say, is written to as it is.
struct Target {
    file: File,
    /// Where to write, and what to call it in the end; `None` once that has been done, or if
    /// there is nothing to do.
    pending: Option<(PathBuf, PathBuf)>,
}

impl Target {
    fn create(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path.exists() && !path.is_file() {
            return Ok(Self { file: File::options().write(true).open(path)?, pending: None });
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let hidden = format!(".{}.{}", name.to_string_lossy(), std::process::id());
        let part = path.with_file_name(hidden);
        Ok(Self { file: File::create(&part)?, pending: Some((part, path)) })
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        match self.pending {
            Some(_) => self.file.set_len(length),
            None => Ok(()),
        }
    }

    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // A pipe cannot seek, and need not: only a regular file has holes.
        if self.pending.is_some() {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        self.file.write_all(bytes)
    }

    fn keep(mut self) -> io::Result<()> {
        if let Some((part, path)) = &self.pending {
            self.file.sync_all()?;
            fs::rename(part, path)?;
            self.pending = None;
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.pending {
            // The error that led here is the one to report.
            let _ = fs::remove_file(part);
        }
    }
}
