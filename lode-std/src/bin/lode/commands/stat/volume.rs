//! What there is of a volume.

use lode_core::id::Id;
use lode_std::stat::{CommitCost, VolumeStat};
use lode_std::{Snapshot, VolumeReader};
use serde_json::{Value, json};

use super::{history_fields, history_to_json};
use crate::args::Medium;
use crate::commands::open_reader;
use crate::failure::{Failure, printable};
use crate::output::Output;
use crate::units::{count, counted, grouped, human, percent};

pub(super) async fn show(
    (id, medium): (Option<&Id>, Option<Medium>),
    store: &str,
    out: &mut Output,
) -> Result<(), Failure> {
    let reader = open_reader(store, id, medium).await?;
    let stat = reader.stat().await?;
    for (name, value) in fields(&stat, &reader).into_iter().chain(history_fields(&stat.history)) {
        out.line(format_args!("{name:14} {}", printable(value)))?;
    }
    out.line(format_args!("{:14} {}", "next commit", next_commit(&stat)))?;
    out.json(&to_json(&stat, &reader))
}

fn length(stat: &VolumeStat, reader: &VolumeReader) -> Option<u64> {
    stat.head.as_ref().map(Snapshot::len).or(reader.total_length())
}

fn fields(stat: &VolumeStat, reader: &VolumeReader) -> Vec<(&'static str, String)> {
    let length = length(stat, reader);
    let mut fields = vec![
        ("volume", reader.id().to_string()),
        ("format", reader.format().to_string()),
        ("length", length.map_or_else(|| "-".to_string(), grouped)),
    ];
    if let Some(head) = &stat.head {
        let (covered, blocks) = (head.covered(), head.manifest().blocks.len());
        let mean = covered / (blocks as u64).max(1);
        let missing = grouped(head.len() - covered);
        fields.extend([
            ("covered", format!("{} ({})", grouped(covered), percent(covered, head.len()))),
            ("gaps", format!("{} ({missing} bytes)", grouped(stat.gaps))),
            ("blocks", format!("{} (of {} on average)", grouped(blocks as u64), human(mean))),
            ("checksum", head.manifest().checksum.as_deref().unwrap_or("-").to_string()),
        ]);
    }
    fields
}

/// What the next commit costs, for people.
fn next_commit(stat: &VolumeStat) -> String {
    let Some(cost) = stat.next_commit else {
        return match &stat.head {
            Some(head) if head.is_complete() => "none: all of it is committed".to_string(),
            _ => "-".to_string(),
        };
    };
    let pages = match usize::try_from(cost.pages) {
        Ok(0) => String::new(),
        pages => {
            let pages = count(pages.unwrap_or(usize::MAX), "page");
            format!("{pages} of {} bytes, ", grouped(cost.page_bytes))
        }
    };
    format!(
        "{} beside the block: {pages}a manifest of {} bytes, the hint",
        counted(cost.requests(), "request"),
        grouped(cost.manifest)
    )
}

fn to_json(stat: &VolumeStat, reader: &VolumeReader) -> Value {
    let head = stat.head.as_ref();
    json!({
        "volume": reader.id().as_str(),
        "format": reader.format().name(),
        "length": length(stat, reader),
        "version": head.map(|head| head.version().to_string()),
        "covered": head.map_or(0, Snapshot::covered),
        "gaps": head.map(|_| stat.gaps),
        "block_count": head.map_or(0, |head| head.manifest().blocks.len()),
        "checksum": head.and_then(|head| head.manifest().checksum.as_deref()),
        "history": history_to_json(&stat.history),
        "next_commit": stat.next_commit.as_ref().map(cost_to_json),
    })
}

fn cost_to_json(cost: &CommitCost) -> Value {
    json!({
        "requests": cost.requests(),
        "bytes": cost.bytes(),
        "manifest_bytes": cost.manifest,
        "pages": cost.pages,
        "page_bytes": cost.page_bytes,
    })
}
