//! `lode stat`: what there is of a volume or dataset, now and over its history.

mod dataset;
mod volume;

use lode_std::stat::HistoryStat;
use serde_json::{Value, json};

use crate::args::{StatArgs, Subject};
use crate::failure::Failure;
use crate::output::Output;
use crate::units::grouped;

pub(super) async fn run(args: StatArgs, out: &mut Output) -> Result<(), Failure> {
    match Subject::new(args.target.as_ref(), args.layout)? {
        Subject::Volume(id, medium) => volume::show((id, medium), &args.store, out).await,
        Subject::Dataset(id, layout) => dataset::show((id, layout), &args.store, out).await,
    }
}

/// The history, for people.
fn history_fields(history: &HistoryStat) -> Vec<(&'static str, String)> {
    let span = match (history.oldest, history.newest) {
        (Some(oldest), Some(newest)) => format!(" ({} to {})", oldest.get(), newest.get()),
        _ => String::new(),
    };
    let mut fields = vec![
        ("snapshots", grouped(history.snapshots) + &span),
        ("collected", grouped(history.collected)),
        ("tags", grouped(history.tags)),
        ("leases", grouped(history.leases)),
    ];
    if history.damaged > 0 {
        let damaged = grouped(history.damaged);
        fields.push(("damaged", format!("{damaged}: `lode verify` says which")));
    }
    fields
}

/// The history, for programs.
fn history_to_json(history: &HistoryStat) -> Value {
    json!({
        "snapshots": history.snapshots,
        "oldest": history.oldest.map(|version| version.to_string()),
        "newest": history.newest.map(|version| version.to_string()),
        "collected": history.collected,
        "tags": history.tags,
        "leases": history.leases,
        "damaged": history.damaged,
    })
}
