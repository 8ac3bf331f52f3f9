//! A snapshot of a volume in one line.

use lode_std::Snapshot;
use serde_json::json;

use crate::failure::Failure;
use crate::output::{Output, metadata, short_time, time};
use crate::units::{count, grouped, percent};

pub(super) fn show(snapshot: &Snapshot, out: &mut Output) -> Result<(), Failure> {
    let blocks = snapshot.manifest().blocks.len();
    let metadata = metadata(snapshot.metadata());
    out.line(format_args!(
        "{}  {}  {}  {} of {} bytes ({})  {metadata}",
        snapshot.version().get(),
        short_time(snapshot.created_at()),
        count(blocks, "block"),
        grouped(snapshot.covered()),
        grouped(snapshot.len()),
        percent(snapshot.covered(), snapshot.len()),
    ))?;
    out.json(&json!({
        "version": snapshot.version().to_string(),
        "created_at": time(snapshot.created_at()),
        "blocks": blocks,
        "covered": snapshot.covered(),
        "length": snapshot.len(),
        "metadata": metadata,
    }))
}
