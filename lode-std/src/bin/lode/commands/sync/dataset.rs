//! The history of a dataset, or a single snapshot of it.

use lode_core::id::Id;
use lode_std::LayoutKind;
use lode_std::replicate::{DatasetReplication, DatasetReport, DatasetTarget, Mirror};
use serde_json::json;

use super::show;
use crate::args::{Snapshots, SyncArgs};
use crate::commands::dataset::OpenDataset;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::stores;
use crate::units::{count, grouped};

pub(super) async fn run(
    args: &SyncArgs,
    id: &Id,
    layout: Option<LayoutKind>,
    out: &mut Output,
) -> Result<(), Failure> {
    let source = OpenDataset::open(&args.source, id, layout).await?;
    let target = DatasetTarget::new(stores::open(&args.target)?).retry(stores::retry());
    let progress = Progress::new(out, 0, "comparing");
    let watch = |step| show(&progress, step);
    let report = match args.snapshots.unwrap_or(Snapshots::All) {
        Snapshots::All => {
            let mut mirror = Mirror::new(&source.reader, id.as_str(), target).watch(watch);
            if let Some(files) = args.in_flight {
                mirror = mirror.in_flight(files);
            }
            mirror.run().await?
        }
        Snapshots::One(selector) => {
            let snapshot = source.snapshot(selector).await?;
            let replication = DatasetReplication::new(&source.reader, &snapshot, target);
            let mut replication = replication.watch(watch);
            if let Some(files) = args.in_flight {
                replication = replication.in_flight(files);
            }
            replication.run().await?
        }
    };
    progress.finish();
    tell(id, &report, out)
}

fn tell(id: &Id, report: &DatasetReport, out: &mut Output) -> Result<(), Failure> {
    let &DatasetReport { snapshots, collected, present, sent, files, adopted, verified, .. } =
        report;
    if snapshots + collected == 0 {
        out.line(format_args!(
            "nothing to do: {} in datasets/{id} already",
            match present {
                1 => "the snapshot is".to_string(),
                _ => format!("all {present} snapshots are"),
            }
        ))?;
    } else {
        out.line(format_args!(
            "sent {} to datasets/{id}: {} bytes in {}, {} verified; {} bytes and {} were there \
             already",
            count(snapshots + collected, "snapshot"),
            grouped(sent),
            count(files, "file"),
            grouped(verified),
            grouped(adopted),
            count(present, "snapshot"),
        ))?;
    }
    out.json(&json!({
        "dataset": id.as_str(),
        "version": report.head.map(|head| head.to_string()),
        "snapshots": snapshots,
        "collected": collected,
        "sent": { "bytes": sent, "files": files },
        "adopted": adopted,
        "present": present,
        "verified": verified,
    }))
}
