//! `lode map`: coverage as a picture.

use std::fs;
use std::path::Path;

use futures::TryStreamExt;
use lode_core::range::GrowableRangeSet;
use lode_std::{Snapshot, Version};
use serde_json::json;

use super::gaps::to_json;
use super::{Coverage, open_reader};
use crate::args::{MapArgs, VolumeSource};
use crate::failure::Failure;
use crate::output::{Output, time};
use crate::picture::{self, Step};
use crate::units;

/// The width of a picture where there is no terminal.
const WIDTH: usize = 80;

pub(super) async fn run(args: MapArgs, out: &mut Output) -> Result<(), Failure> {
    let coverage = Coverage::look(&args.source).await?;
    let (covered, total) = (coverage.covered().await?, coverage.length);
    let title = match &coverage.snapshot {
        Some(snapshot) => format!("volumes/{}, version {}", coverage.id, snapshot.version().get()),
        None => format!("volumes/{}, nothing committed yet", coverage.id),
    };
    out.line(&title)?;
    out.line(picture::text(&covered, total, width()))?;
    if let Some(path) = &args.svg {
        write(path, &picture::svg(&covered, total, &title), out)?;
    }
    if let Some(path) = &args.html {
        let steps = steps(&args.source, coverage.snapshot.as_ref().map(Snapshot::version)).await?;
        write(path, &picture::html(&title, total, &steps), out)?;
    }
    let ranges: Vec<_> = covered.iter().collect();
    out.json(&json!({
        "volume": coverage.id.as_str(),
        "version": coverage.version(),
        "length": total,
        "covered": covered.covered(),
        "percent": units::percent(covered.covered(), total),
        "ranges": to_json(&ranges),
        "svg": args.svg.as_ref().map(|path| path.display().to_string()),
        "html": args.html.as_ref().map(|path| path.display().to_string()),
    }))
}

fn write(path: &Path, picture: &str, out: &mut Output) -> Result<(), Failure> {
    fs::write(path, picture).map_err(|error| Failure::file("write", path, error))?;
    out.note(format_args!("the picture is in {}", path.display()));
    Ok(())
}

/// What each snapshot has added, up to `last`.
async fn steps(source: &VolumeSource, last: Option<Version>) -> Result<Vec<Step>, Failure> {
    let reader = open_reader(&source.store, source.volume.as_ref(), source.layout).await?;
    let mut snapshots = std::pin::pin!(reader.snapshots());
    let (mut steps, mut before) = (Vec::new(), GrowableRangeSet::new());
    while let Some(snapshot) = snapshots.try_next().await? {
        if Some(snapshot.version()) > last {
            break;
        }
        let covered = snapshot.coverage().await?;
        let added = covered.iter().flat_map(|range| before.gaps(range)).collect();
        steps.push(Step {
            version: snapshot.version().get(),
            created_at: time(snapshot.created_at()),
            added,
            covered: snapshot.covered(),
        });
        before = covered;
    }
    Ok(steps)
}

/// How many columns the terminal has.
pub(super) fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(told).unwrap_or(WIDTH).clamp(40, 200)
}
