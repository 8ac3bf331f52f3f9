//! In what two snapshots of a volume differ.

use lode_core::id::Id;
use lode_core::range::GrowableRangeSet;
use lode_std::diff::VolumeDiff;
use lode_std::{Snapshot, VolumeReader};
use serde_json::{Value, json};

use super::{metadata_to_json, show_metadata};
use crate::args::{DiffArgs, Medium, Selector};
use crate::commands::gaps::to_json as ranges_to_json;
use crate::commands::{find_snapshot, no_snapshot, open_reader};
use crate::failure::Failure;
use crate::output::Output;
use crate::units::{counted, grouped};

pub(super) async fn show(
    (id, medium): (Option<&Id>, Option<Medium>),
    args: &DiffArgs,
    out: &mut Output,
) -> Result<(), Failure> {
    let reader = open_reader(&args.store, id, medium).await?;
    let before = find(&reader, args.before).await?;
    let after = find(&reader, args.after).await?;
    let diff = reader.diff(&before, &after).await?;
    let sets = [("added", &diff.added), ("removed", &diff.removed), ("replaced", &diff.replaced)];
    for (what, set) in sets {
        for range in set.iter() {
            out.line(format_args!("{what:8}  {range} {}", range.length()))?;
        }
    }
    show_metadata(&diff.metadata, out)?;
    let (from, to) = (before.version().get(), after.version().get());
    out.note(match diff.is_empty() {
        true => format!("versions {from} and {to} of volumes/{} have the same", reader.id()),
        false => format!(
            "version {to} has {} bytes more than version {from}, {} less, and {} in other blocks; \
             {} came, {} went",
            grouped(diff.added.covered()),
            grouped(diff.removed.covered()),
            grouped(diff.replaced.covered()),
            counted(diff.blocks_added, "block"),
            grouped(diff.blocks_removed)
        ),
    });
    out.json(&to_json(&diff, &reader, (&before, &after)))
}

async fn find(reader: &VolumeReader, snapshot: Selector) -> Result<Snapshot, Failure> {
    let found = find_snapshot(reader, snapshot).await?;
    found.ok_or_else(|| no_snapshot(reader.id()))
}

fn to_json(
    diff: &VolumeDiff,
    reader: &VolumeReader,
    (before, after): (&Snapshot, &Snapshot),
) -> Value {
    let set = |set: &GrowableRangeSet| {
        let ranges: Vec<_> = set.iter().collect();
        json!({ "bytes": set.covered(), "ranges": ranges_to_json(&ranges) })
    };
    json!({
        "volume": reader.id().as_str(),
        "before": before.version().to_string(),
        "after": after.version().to_string(),
        "added": set(&diff.added),
        "removed": set(&diff.removed),
        "replaced": set(&diff.replaced),
        "blocks_added": diff.blocks_added,
        "blocks_removed": diff.blocks_removed,
        "metadata": metadata_to_json(&diff.metadata),
    })
}
