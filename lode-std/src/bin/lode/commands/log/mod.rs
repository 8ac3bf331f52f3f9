//! `lode log`: the snapshots of a volume or dataset.

mod dataset;
mod volume;

use std::future::Future;

use futures::stream::{self, StreamExt};
use lode_std::{Error, Version};
use serde_json::json;

use super::dataset::OpenDataset;
use super::open_reader;
use crate::args::{LogArgs, Subject};
use crate::failure::Failure;
use crate::output::Output;
use crate::units::count;

/// How many manifests are read at the same time.
const READS_IN_FLIGHT: usize = 8;

pub(super) async fn run(args: LogArgs, out: &mut Output) -> Result<(), Failure> {
    match Subject::new(args.target.as_ref(), args.layout)? {
        Subject::Volume(id, medium) => {
            let reader = &open_reader(&args.store, id, medium).await?;
            let name = format!("volumes/{}", reader.id());
            let log = Log { name, reverse: args.reverse, versions: reader.versions().await? };
            let load = |version| async move { (version, reader.snapshot(version).await) };
            log.run(load, volume::show, out).await
        }
        Subject::Dataset(id, layout) => {
            let reader = &OpenDataset::open(&args.store, id, layout).await?.reader;
            let versions = reader.versions(id.as_str()).await?;
            let log = Log { name: format!("datasets/{id}"), reverse: args.reverse, versions };
            let load =
                |version| async move { (version, reader.manifest(id.as_str(), version).await) };
            log.run(load, dataset::show, out).await
        }
    }
}

/// What is listed.
struct Log {
    /// What the snapshots are of.
    name: String,
    /// Whether to show the newest first.
    reverse: bool,
    /// The oldest first.
    versions: Vec<Version>,
}

impl Log {
    /// Shows each snapshot, or why it cannot be.
    async fn run<S, F>(
        mut self,
        load: impl Fn(Version) -> F,
        show: fn(&S, &mut Output) -> Result<(), Failure>,
        out: &mut Output,
    ) -> Result<(), Failure>
    where
        F: Future<Output = (Version, Result<S, Error>)>,
    {
        if self.reverse {
            self.versions.reverse();
        }
        if self.versions.is_empty() {
            out.note(format_args!("nothing has been committed to {} yet", self.name));
        }
        let loads = stream::iter(self.versions).map(load);
        let mut snapshots = std::pin::pin!(loads.buffered(READS_IN_FLIGHT));
        let mut failed = Vec::new();
        while let Some((version, snapshot)) = snapshots.next().await {
            match snapshot {
                Ok(snapshot) => show(&snapshot, out)?,
                Err(Error::Collected { .. }) => show_other(version, "collected", out)?,
                Err(Error::NotASnapshot { .. }) => show_other(version, "record", out)?,
                Err(error) => {
                    let failure = error.into();
                    show_failed(version, &failure, out)?;
                    failed.push(failure.kind());
                }
            }
        }
        match failed.len() {
            0 => Ok(()),
            number => Err(Failure::several(&failed, &count(number, "snapshot"))),
        }
    }
}

/// A version that is not a snapshot: one that was collected, or a record of maintenance.
fn show_other(version: Version, what: &str, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("{}  {what}", version.get()))?;
    out.json(&json!({ "version": version.to_string(), what: true }))
}

fn show_failed(version: Version, failure: &Failure, out: &mut Output) -> Result<(), Failure> {
    out.line(format_args!("{}  error: {}", version.get(), failure.message()))?;
    let mut object = failure.to_json();
    if let Some(fields) = object.as_object_mut() {
        fields.insert("version".to_string(), version.to_string().into());
    }
    out.json(&object)
}
