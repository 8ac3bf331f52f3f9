//! In what two snapshots of a dataset differ.

use lode_core::id::Id;
use lode_std::diff::{DatasetDiff, FieldChange};
use lode_std::{DataFile, DatasetSnapshot, LayoutKind};
use serde_json::{Value, json};

use super::{metadata_to_json, show_metadata};
use crate::args::DiffArgs;
use crate::commands::dataset::{OpenDataset, stored_bytes};
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::units::{count, grouped};

pub(super) async fn show(
    (id, layout): (&Id, Option<LayoutKind>),
    args: &DiffArgs,
    out: &mut Output,
) -> Result<(), Failure> {
    let dataset = OpenDataset::open(&args.store, id, layout).await?;
    let before = dataset.snapshot(args.before).await?;
    let after = dataset.snapshot(args.after).await?;
    let diff = dataset.reader.diff(&before, &after);
    for (what, files) in [("added", &diff.added), ("removed", &diff.removed)] {
        for file in files {
            out.line(format_args!("{what:8}  {} bytes {}", grouped(file.size), file.key))?;
        }
    }
    for FieldChange { name, before, after, .. } in &diff.fields {
        let value = |value: &Option<Box<str>>| printable(value.as_deref().unwrap_or("-"));
        out.line(format_args!("{name}: {} -> {}", value(before), value(after)))?;
    }
    show_metadata(&diff.metadata, out)?;
    out.note(summary(&diff, &before, &after));
    out.json(&to_json(&diff, id, (&before, &after)))
}

fn summary(diff: &DatasetDiff, before: &DatasetSnapshot, after: &DatasetSnapshot) -> String {
    let side = |snapshot: &DatasetSnapshot| {
        let (rows, bytes) = (grouped(snapshot.row_count()), grouped(stored_bytes(snapshot)));
        format!("version {}: {rows} rows, {bytes} bytes", snapshot.version().get())
    };
    format!(
        "{} added, {} removed, {} with the same content; {}; {}",
        count(diff.added.len(), "file"),
        grouped(diff.removed.len() as u64),
        grouped(diff.kept.len() as u64),
        side(before),
        side(after)
    )
}

fn to_json(
    diff: &DatasetDiff,
    id: &Id,
    (before, after): (&DatasetSnapshot, &DatasetSnapshot),
) -> Value {
    let files = |files: &[DataFile]| -> Value {
        let file = |file: &DataFile| json!({ "key": file.key.as_str(), "size": file.size });
        files.iter().map(file).collect()
    };
    let field = |field: &FieldChange| json!({ "name": field.name, "before": field.before, "after": field.after });
    let side = |snapshot: &DatasetSnapshot| {
        json!({
            "version": snapshot.version().to_string(),
            "files": snapshot.files().len(),
            "rows": snapshot.row_count(),
            "bytes": stored_bytes(snapshot),
        })
    };
    json!({
        "dataset": id.as_str(),
        "before": side(before),
        "after": side(after),
        "added": files(&diff.added),
        "removed": files(&diff.removed),
        "kept": files(&diff.kept),
        "fields": diff.fields.iter().map(field).collect::<Vec<_>>(),
        "metadata": metadata_to_json(&diff.metadata),
    })
}
