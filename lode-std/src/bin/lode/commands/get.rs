//! `lode get`: reading a volume.

use std::path::Path;

use futures::TryStreamExt;
use lode_std::{ByteRange, Error, Snapshot};
use serde_json::json;

use super::open_snapshot;
use crate::args::GetArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::transfer::{Target, read_blocks};
use crate::units::grouped;

pub(super) async fn run(args: GetArgs, out: &mut Output) -> Result<(), Failure> {
    let (_, snapshot) = open_snapshot(&args.source).await?;
    let range = args.range.within(snapshot.len())?;
    let gap = snapshot.gaps(range.clone()).next().await?;
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
    if sparse && !target.has_holes() {
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
