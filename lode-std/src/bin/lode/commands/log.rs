//! `lode log`: the snapshots of a volume.

use futures::stream::{self, StreamExt};
use lode_std::{Error, Snapshot, Version};
use serde_json::{Value, json};

use super::open_reader;
use crate::args::LogArgs;
use crate::failure::Failure;
use crate::output::{Output, short_time, time};
use crate::units::{count, grouped, percent};

/// How many manifests are read at the same time.
const READS_IN_FLIGHT: usize = 8;

pub(super) async fn run(args: LogArgs, out: &mut Output) -> Result<(), Failure> {
    let reader = open_reader(&args.store, args.target.volume()).await?;
    let mut versions = reader.versions().await?;
    if args.reverse {
        versions.reverse();
    }
    if versions.is_empty() {
        out.note(format_args!("nothing has been committed to {} yet", args.target));
    }
    let reader = &reader;
    let mut snapshots = stream::iter(versions)
        .map(|version| async move { (version, reader.snapshot(version).await) })
        .buffered(READS_IN_FLIGHT);
    let mut damaged = 0;
    while let Some((version, snapshot)) = snapshots.next().await {
        match snapshot {
            Ok(snapshot) => show(&snapshot, out)?,
            Err(Error::Collected { .. }) => {
                out.line(format_args!("{}  collected", version.get()))?;
                out.json(&json!({ "version": version.to_string(), "collected": true }))?;
            }
            Err(error) => {
                damaged += 1;
                show_damaged(version, &error.into(), out)?;
            }
        }
    }
    match damaged {
        0 => Ok(()),
        _ => Err(Failure::some_damaged(damaged, "snapshot")),
    }
}

fn show(snapshot: &Snapshot, out: &mut Output) -> Result<(), Failure> {
    let blocks = snapshot.manifest().blocks.len();
    let metadata = metadata(snapshot);
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

fn show_damaged(version: Version, failure: &Failure, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("{}  error: {}", version.get(), failure.message()))?;
    let mut object = failure.to_json();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("version".to_string(), version.to_string().into());
    }
    out.json(&object)
}

/// The metadata of a snapshot, as JSON.
pub(super) fn metadata(snapshot: &Snapshot) -> Value {
    serde_json::to_value(snapshot.metadata()).unwrap_or_default()
}
