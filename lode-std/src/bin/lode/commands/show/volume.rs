//! A snapshot of a volume.

use futures::{StreamExt, TryStreamExt};
use lode_core::id::Id;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::Block;
use lode_std::{Error, Snapshot, VolumeReader};
use serde_json::{Value, json};

use super::SHOWN;
use crate::args::{Medium, ShowArgs};
use crate::commands::{find_snapshot, no_snapshot, open_reader};
use crate::failure::{Failure, printable};
use crate::output::{Output, metadata, time};
use crate::units::{count, grouped, percent};

pub(super) async fn show(
    (id, medium): (Option<&Id>, Option<Medium>),
    args: &ShowArgs,
    out: &mut Output,
) -> Result<(), Failure> {
    let reader = open_reader(&args.store, id, medium).await?;
    let snapshot = find_snapshot(&reader, args.snapshot).await?;
    let snapshot = snapshot.ok_or_else(|| no_snapshot(reader.id()))?;
    let layout = reader.layout();
    let gaps = snapshot.gaps(0..snapshot.len()).count().await?;
    if out.is_json() {
        let shown = first_blocks(&snapshot, args.blocks.unwrap_or(usize::MAX)).await?;
        let shown = shown.iter().map(|block| block_to_json(block, layout)).collect();
        return out.json(&to_json((&snapshot, gaps), &reader, shown));
    }
    for (name, value) in fields((&snapshot, gaps), &reader) {
        out.line(format_args!("{name:14} {}", printable(value)))?;
    }
    let limit = args.blocks.unwrap_or(SHOWN);
    for block in first_blocks(&snapshot, limit).await? {
        let digest = block.digest.map_or_else(|| "-".to_string(), |digest| digest.to_string());
        let key = layout.block(block.range, &block.name);
        out.line(format_args!("  {} {} {digest} {key}", block.range, block.range.length()))?;
    }
    let all = snapshot.manifest().blocks.len();
    let hidden = all.saturating_sub(limit);
    if hidden > 0 {
        out.line(format_args!("  and {}: --blocks {all}", count(hidden, "more block")))?;
    }
    Ok(())
}

async fn first_blocks(snapshot: &Snapshot, limit: usize) -> Result<Vec<Block>, Error> {
    snapshot.blocks(0..snapshot.len()).into_stream().take(limit).try_collect().await
}

fn fields(
    (snapshot, gaps): (&Snapshot, u64),
    reader: &VolumeReader,
) -> Vec<(&'static str, String)> {
    let manifest = snapshot.manifest();
    let none = || "-".to_string();
    let covered = snapshot.covered();
    let share = percent(covered, snapshot.len());
    vec![
        ("volume", reader.id().to_string()),
        ("version", snapshot.version().to_string()),
        ("parent", snapshot.parent().map_or_else(none, |parent| parent.to_string())),
        ("parent digest", manifest.parent_digest.map_or_else(none, |digest| digest.to_string())),
        ("commit", manifest.commit_id.map_or_else(none, |id| id.to_string())),
        ("created at", time(snapshot.created_at()).unwrap_or_else(none)),
        ("format", reader.format().to_string()),
        ("length", grouped(snapshot.len())),
        ("covered", format!("{} ({share})", grouped(covered))),
        ("gaps", grouped(gaps)),
        ("checksum", manifest.checksum.as_deref().map_or_else(none, str::to_string)),
        ("metadata", metadata(snapshot.metadata()).to_string()),
        ("blocks", grouped(manifest.blocks.len() as u64)),
    ]
}

fn to_json((snapshot, gaps): (&Snapshot, u64), reader: &VolumeReader, blocks: Vec<Value>) -> Value {
    let manifest = snapshot.manifest();
    json!({
        "volume": reader.id().as_str(),
        "version": snapshot.version().to_string(),
        "parent": snapshot.parent().map(|parent| parent.to_string()),
        "parent_digest": manifest.parent_digest.map(|digest| digest.to_string()),
        "commit_id": manifest.commit_id.map(|id| id.to_string()),
        "created_at": time(snapshot.created_at()),
        "format": reader.format().name(),
        "length": snapshot.len(),
        "covered": snapshot.covered(),
        "gaps": gaps,
        "checksum": manifest.checksum,
        "metadata": metadata(snapshot.metadata()),
        "extra": serde_json::to_value(&manifest.extra).unwrap_or_default(),
        "block_count": manifest.blocks.len(),
        "blocks": blocks,
    })
}

fn block_to_json(block: &Block, layout: &VolumeLayout) -> Value {
    json!({
        "start": block.range.start(),
        "end": block.range.end(),
        "length": block.range.length(),
        "digest": block.digest.map(|digest| digest.to_string()),
        "key": layout.block(block.range, &block.name).as_str(),
    })
}
