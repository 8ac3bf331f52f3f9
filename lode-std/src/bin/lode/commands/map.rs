//! `lode map`: coverage as a picture.

use std::fs;

use serde_json::json;

use super::Coverage;
use super::gaps::to_json;
use crate::args::MapArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::{picture, units};

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
        fs::write(path, picture::svg(&covered, total, &title))
            .map_err(|error| Failure::file("write", path, error))?;
        out.note(format_args!("the picture is in {}", path.display()));
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
    }))
}

/// How many columns the terminal has.
pub(super) fn width() -> usize {
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(told).unwrap_or(WIDTH).clamp(40, 200)
}
