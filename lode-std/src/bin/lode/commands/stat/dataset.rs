//! What there is of a dataset.

use lode_core::id::Id;
use lode_std::stat::DatasetStat;
use lode_std::{DatasetSnapshot, LayoutKind};
use serde_json::{Value, json};

use super::{history_fields, history_to_json};
use crate::commands::dataset::{OpenDataset, codec, stored_bytes};
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::units::{count, counted, grouped};

pub(super) async fn show(
    (id, layout): (&Id, Option<LayoutKind>),
    store: &str,
    out: &mut Output,
) -> Result<(), Failure> {
    let dataset = OpenDataset::open(store, id, layout).await?;
    let stat = dataset.reader.stat(id.as_str()).await?;
    for (name, value) in fields(&stat, &dataset).into_iter().chain(history_fields(&stat.history)) {
        out.line(format_args!("{name:14} {}", printable(value)))?;
    }
    out.json(&to_json(&stat, &dataset))
}

fn fields(stat: &DatasetStat, dataset: &OpenDataset) -> Vec<(&'static str, String)> {
    let mut fields =
        vec![("dataset", dataset.id().to_string()), ("layout", dataset.layout.kind().to_string())];
    if let Some(head) = &stat.head {
        let manifest = head.manifest();
        fields.extend([
            ("codec", codec(head).to_string()),
            ("compressor", manifest.compressor.to_string()),
            ("partitioner", manifest.partitioner.to_string()),
            ("checksum", manifest.checksum.as_deref().unwrap_or("-").to_string()),
            ("newest", sizes(head)),
        ]);
    }
    fields.extend([
        ("files", grouped(stat.files)),
        ("rows", grouped(stat.rows)),
        ("bytes", grouped(stat.bytes)),
        ("partitions", grouped(stat.partitions)),
    ]);
    fields
}

fn sizes(head: &DatasetSnapshot) -> String {
    format!(
        "version {}: {}, {}, {} bytes",
        head.version().get(),
        count(head.files().len(), "file"),
        counted(head.row_count(), "row"),
        grouped(stored_bytes(head))
    )
}

fn to_json(stat: &DatasetStat, dataset: &OpenDataset) -> Value {
    let newest = stat.head.as_ref().map(|head| {
        json!({
            "version": head.version().to_string(),
            "files": head.files().len(),
            "rows": head.row_count(),
            "bytes": stored_bytes(head),
            "codec": codec(head),
            "compressor": head.manifest().compressor,
            "partitioner": head.manifest().partitioner,
            "checksum": head.manifest().checksum,
        })
    });
    json!({
        "dataset": dataset.id().as_str(),
        "layout": dataset.layout.kind().name(),
        "newest": newest,
        "files": stat.files,
        "rows": stat.rows,
        "bytes": stat.bytes,
        "partitions": stat.partitions,
        "history": history_to_json(&stat.history),
    })
}
