//! A snapshot of a dataset.

use lode_core::codec::{ColumnStats, FileStats};
use lode_core::id::Id;
use lode_core::layout::DatasetLayout;
use lode_core::time::ZonedTimestamp;
use lode_std::{DataFile, DatasetSnapshot, LayoutKind, Value as Scalar};
use serde_json::{Value, json};

use super::SHOWN;
use crate::args::ShowArgs;
use crate::commands::dataset::{OpenDataset, codec, stored_bytes};
use crate::failure::{Failure, printable};
use crate::output::{Output, metadata, time};
use crate::units::{count, counted, grouped};

pub(super) async fn show(
    (id, layout): (&Id, Option<LayoutKind>),
    args: &ShowArgs,
    out: &mut Output,
) -> Result<(), Failure> {
    let dataset = OpenDataset::open(&args.store, id, layout).await?;
    let snapshot = dataset.snapshot(args.snapshot).await?;
    let (layout, files) = (&dataset.layout, snapshot.files());
    if out.is_json() {
        let shown = files.iter().take(args.blocks.unwrap_or(usize::MAX));
        let shown = shown.map(|file| file_to_json(file, layout)).collect();
        return out.json(&to_json(&snapshot, layout, shown));
    }
    for (name, value) in fields(&snapshot, layout) {
        out.line(format_args!("{name:14} {}", printable(value)))?;
    }
    let limit = args.blocks.unwrap_or(SHOWN);
    for file in files.iter().take(limit) {
        show_file(file, out)?;
    }
    let hidden = files.len().saturating_sub(limit);
    if hidden > 0 {
        out.line(format_args!("  and {}: --files {}", count(hidden, "more file"), files.len()))?;
    }
    Ok(())
}

fn fields(snapshot: &DatasetSnapshot, layout: &DatasetLayout) -> Vec<(&'static str, String)> {
    let manifest = snapshot.manifest();
    let none = || "-".to_string();
    let at = |zoned: Option<ZonedTimestamp>| time(zoned.map(|zoned| zoned.at)).unwrap_or_else(none);
    let bytes = grouped(stored_bytes(snapshot));
    vec![
        ("dataset", layout.id().to_string()),
        ("version", snapshot.version().to_string()),
        ("parent", snapshot.parent().map_or_else(none, |parent| parent.to_string())),
        ("parent digest", manifest.parent_digest.map_or_else(none, |digest| digest.to_string())),
        ("commit", manifest.commit_id.map_or_else(none, |id| id.to_string())),
        ("created at", time(snapshot.created_at()).unwrap_or_else(none)),
        ("layout", layout.kind().to_string()),
        ("codec", codec(snapshot).to_string()),
        ("compressor", manifest.compressor.to_string()),
        ("partitioner", manifest.partitioner.to_string()),
        ("checksum", manifest.checksum.as_deref().map_or_else(none, str::to_string)),
        ("rows", grouped(snapshot.row_count())),
        ("earliest", at(manifest.min_timestamp)),
        ("latest", at(manifest.max_timestamp)),
        ("metadata", metadata(snapshot.metadata()).to_string()),
        ("files", format!("{} ({bytes} bytes)", grouped(snapshot.files().len() as u64))),
    ]
}

fn show_file(file: &DataFile, out: &mut Output) -> Result<(), Failure> {
    let digest = file.digest.map_or_else(|| "-".to_string(), |digest| digest.to_string());
    out.line(format_args!("  {} bytes {digest} {}", grouped(file.size), file.key))?;
    let Some(stats) = &file.stats else { return Ok(()) };
    out.line(format_args!("    {}", counted(stats.row_count, "row")))?;
    for column in &stats.columns {
        let bound = |value: &Option<Scalar>| value.as_ref().map_or("-".to_string(), text);
        out.line(format_args!(
            "    {}  {} to {}  {}",
            printable(&column.name),
            bound(&column.min),
            bound(&column.max),
            counted(column.null_count, "null")
        ))?;
    }
    Ok(())
}

/// A value as JSON, in which nothing speaks to the terminal.
fn text(value: &Scalar) -> String {
    printable(serde_json::to_value(value).unwrap_or_default())
}

fn to_json(snapshot: &DatasetSnapshot, layout: &DatasetLayout, files: Vec<Value>) -> Value {
    let manifest = snapshot.manifest();
    json!({
        "dataset": layout.id().as_str(),
        "version": snapshot.version().to_string(),
        "parent": snapshot.parent().map(|parent| parent.to_string()),
        "parent_digest": manifest.parent_digest.map(|digest| digest.to_string()),
        "commit_id": manifest.commit_id.map(|id| id.to_string()),
        "created_at": time(snapshot.created_at()),
        "layout": layout.kind().name(),
        "codec": codec(snapshot),
        "compressor": manifest.compressor,
        "partitioner": manifest.partitioner,
        "checksum": manifest.checksum,
        "rows": snapshot.row_count(),
        "bytes": stored_bytes(snapshot),
        "min_timestamp": time(manifest.min_timestamp.map(|zoned| zoned.at)),
        "max_timestamp": time(manifest.max_timestamp.map(|zoned| zoned.at)),
        "metadata": metadata(snapshot.metadata()),
        "extra": serde_json::to_value(&manifest.extra).unwrap_or_default(),
        "file_count": snapshot.files().len(),
        "files": files,
    })
}

fn file_to_json(file: &DataFile, layout: &DatasetLayout) -> Value {
    json!({
        "key": file.key.as_str(),
        "size": file.size,
        "digest": file.digest.map(|digest| digest.to_string()),
        "partition": layout.partition_of(&file.key).map(|partition| partition.to_string()),
        "stats": file.stats.as_ref().map(stats_to_json),
    })
}

fn stats_to_json(stats: &FileStats) -> Value {
    let columns = stats.columns.iter().map(column_to_json);
    json!({ "rows": stats.row_count, "columns": columns.collect::<Vec<_>>() })
}

fn column_to_json(column: &ColumnStats) -> Value {
    let value = |bound: &Option<Scalar>| serde_json::to_value(bound).unwrap_or_default();
    json!({
        "name": column.name,
        "min": value(&column.min),
        "max": value(&column.max),
        "nulls": column.null_count,
    })
}
