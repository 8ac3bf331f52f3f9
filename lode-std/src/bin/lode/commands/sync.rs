//! `lode sync`: bringing what a volume has into the same volume in another store.

use lode_std::replicate::{self, Replication, Report};
use lode_std::{Retry, Snapshot, Volume, store};
use serde_json::json;

use super::{find_snapshot, no_snapshot, open_reader};
use crate::args::SyncArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::units::{count, grouped};

/// How many times a commit makes way for other writers before it gives up.
const CONFLICTS: u32 = 10_000;

pub(super) async fn run(args: SyncArgs, out: &mut Output) -> Result<(), Failure> {
    let reader = open_reader(&args.source, Some(&args.volume), args.layout).await?;
    let source = find_snapshot(&reader, args.snapshot).await?;
    let source = source.ok_or_else(|| no_snapshot(reader.id()))?;
    let mut builder = Volume::existing(args.volume.as_str()).retry(Retry::conflicts(CONFLICTS));
    if let Some(format) = args.format {
        builder = builder.format(format);
    }
    let target = builder.open_like(&source, store::open(&args.target)?).await?;
    let progress = Progress::new(out, 0, "comparing");
    let watch = |step| match step {
        replicate::Progress::Comparing(bytes) => progress.restart(bytes, "comparing"),
        replicate::Progress::Sending(bytes) => progress.restart(bytes, "sending"),
        replicate::Progress::Done(bytes) => progress.advance(bytes),
        _ => {}
    };
    let report = Replication::new(&source, &target).watch(watch).run().await?;
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
    let &Report { sent, blocks, commits, present, compared, verified, .. } = report;
    if sent == 0 {
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
            grouped(present),
            grouped(compared)
        ))?;
    }
    out.json(&json!({
        "volume": volume.as_str(),
        "source": source.version().to_string(),
        "version": report.head.as_ref().map(|head| head.version().to_string()),
        "sent": { "bytes": sent, "blocks": blocks, "commits": commits },
        "present": present,
        "compared": compared,
        "verified": verified,
    }))
}
