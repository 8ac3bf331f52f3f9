//! A snapshot of a volume, or all of them.

use lode_core::id::Id;
use lode_std::replicate::{Replay, Replication, Report};
use lode_std::{Snapshot, Volume};
use serde_json::json;

use super::show;
use crate::args::{Medium, Selector, Snapshots, SyncArgs};
use crate::commands::{find_snapshot, no_snapshot, open_reader};
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::stores;
use crate::units::{count, grouped};

pub(super) async fn run(
    args: &SyncArgs,
    id: Option<&Id>,
    medium: Option<Medium>,
    out: &mut Output,
) -> Result<(), Failure> {
    let reader = open_reader(&args.source, id, medium).await?;
    let selector = match args.snapshots {
        Some(Snapshots::One(selector)) => selector,
        Some(Snapshots::All) | None => Selector::Latest,
    };
    let source = find_snapshot(&reader, selector).await?;
    let source = source.ok_or_else(|| no_snapshot(reader.id()))?;
    let mut builder = Volume::existing(reader.id().as_str()).retry(stores::retry());
    if let Some(format) = args.format {
        builder = builder.format(format);
    }
    let target = builder.open_like(&source, stores::open(&args.target)?).await?;
    let progress = Progress::new(out, 0, "comparing");
    let watch = |step| show(&progress, step);
    let report = match args.snapshots {
        Some(Snapshots::All) => {
            let mut replay = Replay::new(&reader, &target).watch(watch);
            if let Some(blocks) = args.in_flight {
                replay = replay.in_flight(blocks);
            }
            replay.run().await?
        }
        _ => {
            let mut replication = Replication::new(&source, &target).watch(watch);
            if let Some(blocks) = args.in_flight {
                replication = replication.in_flight(blocks);
            }
            replication.run().await?
        }
    };
    progress.finish();
    tell(&source, &target, &report, out)
}

fn tell(
    source: &Snapshot,
    target: &Volume,
    report: &Report,
    out: &mut Output,
) -> Result<(), Failure> {
    let volume = target.id();
    let &Report { sent, blocks, commits, adopted, present, compared, verified, .. } = report;
    if commits == 0 {
        out.line(format_args!(
            "nothing to do: all {} bytes are in volumes/{volume} already, {} compared byte by byte",
            grouped(present),
            grouped(compared)
        ))?;
    } else {
        out.line(format_args!(
            "sent {} bytes in {} and {} to volumes/{volume}, {} verified; {} were there already, \
             {} compared byte by byte",
            grouped(sent),
            count(blocks, "block"),
            count(commits, "commit"),
            grouped(verified),
            grouped(present + adopted),
            grouped(compared)
        ))?;
    }
    out.json(&json!({
        "volume": volume.as_str(),
        "source": source.version().to_string(),
        "version": report.head.as_ref().map(|head| head.version().to_string()),
        "sent": { "bytes": sent, "blocks": blocks, "commits": commits },
        "adopted": adopted,
        "present": present,
        "compared": compared,
        "verified": verified,
    }))
}
