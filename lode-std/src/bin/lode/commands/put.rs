//! `lode put`: writing a file into a volume.

use std::sync::Arc;

use lode_core::range::GrowableRangeSet;
use lode_std::{ByteRange, Error, Metadata, Snapshot, Staged, Volume, VolumeManifest};
use object_store::ObjectStore;
use serde_json::json;

use super::RESTAGES;
use crate::args::PutArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::Progress;
use crate::stores;
use crate::transfer::{Comparison, Sender, Source};
use crate::units::{count, grouped};

/// How many blocks are committed together: as many as may be lost by an interruption, while the
/// manifest is written once for all of them.
const BATCH: usize = 64;

pub(super) async fn run(args: PutArgs, out: &mut Output) -> Result<(), Failure> {
    let source = Source::open(&args.file, args.at)?;
    check_end(source.extent(), args.length.unwrap_or(VolumeManifest::MAX_LENGTH))?;
    let volume = open(&args, source.extent(), stores::open(&args.store)?).await?;
    check_end(source.extent(), volume.len())?;
    let mut upload = Upload {
        sender: Sender { volume: &volume, source: &source, block: args.block },
        metadata: args.meta.into_iter().collect(),
        settled: GrowableRangeSet::new(),
        sent: Sent::default(),
    };
    let head = upload.run(out).await?;
    report(&upload, head.as_ref(), out)
}

/// Checks that the file ends within the volume, before anything is created.
fn check_end(extent: ByteRange, total_length: u64) -> Result<(), Error> {
    match extent.end() > total_length {
        true => Err(Error::OutOfBounds { start: extent.start(), end: extent.end(), total_length }),
        false => Ok(()),
    }
}

/// Opens the volume, or creates it. One that is there has its own length; a length that is asked
/// for must be that.
async fn open(
    args: &PutArgs,
    extent: ByteRange,
    store: Arc<dyn ObjectStore>,
) -> Result<Volume, Error> {
    let id = args.volume.as_str();
    let prepare = |builder: lode_std::VolumeBuilder| {
        let builder = builder.retry(stores::retry());
        match args.format {
            Some(format) => builder.format(format),
            None => builder,
        }
    };
    let Some(length) = args.length else {
        return match prepare(Volume::existing(id)).open(store.clone()).await {
            Err(Error::VolumeNotFound { .. }) => {
                prepare(Volume::builder(id, extent.end())).open(store).await
            }
            opened => opened,
        };
    };
    prepare(Volume::builder(id, length)).open(store).await
}

/// A file on its way into a volume.
struct Upload<'a> {
    sender: Sender<'a>,
    metadata: Metadata,
    /// What has been compared, or sent: what need not be looked at again.
    settled: GrowableRangeSet,
    sent: Sent,
}

/// What has been sent.
#[derive(Default)]
struct Sent {
    bytes: u64,
    blocks: usize,
    commits: usize,
}

impl Upload<'_> {
    /// Sends what is missing, until nothing is, and returns the head.
    async fn run(&mut self, out: &mut Output) -> Result<Option<Snapshot>, Failure> {
        let mut restages = 0;
        loop {
            let head = self.sender.volume.latest().await?;
            if let Some(head) = &head {
                self.compare(head, out).await?;
            }
            let missing = self.missing(head.as_ref()).await?;
            if missing.is_empty() {
                return Ok(head);
            }
            match self.send(&missing, out).await {
                // Another writer has committed some of it meanwhile. Look again what is missing.
                Err(Failure::Lode(error)) if matches!(*error, Error::Overlap { .. }) => {}
                Err(failure) if failure.is_expired() && restages < RESTAGES => restages += 1,
                sent => sent?,
            }
        }
    }

    /// Makes sure that what is committed is what the file has.
    async fn compare(&mut self, head: &Snapshot, out: &Output) -> Result<(), Failure> {
        let source = self.sender.source;
        let extent = source.extent();
        let blocks = head.blocks(extent.into()).collect().await?.into_iter().filter_map(|block| {
            let common = block.range.intersection(extent)?;
            (!self.settled.covers(common)).then_some((common, block))
        });
        let (ranges, blocks): (Vec<_>, Vec<_>) = blocks.unzip();
        let bytes = ranges.iter().map(|range| range.length()).sum();
        let progress = Progress::new(out, bytes, "comparing");
        Comparison::by_digest(source, head).run(&blocks, &progress).await?;
        self.settled.extend(ranges);
        Ok(())
    }

    /// The blocks of the file that are not committed.
    async fn missing(&self, head: Option<&Snapshot>) -> Result<Vec<ByteRange>, Failure> {
        let extent = self.sender.source.extent();
        let gaps = match head {
            Some(head) => head.gaps(extent.into()).collect().await?,
            None => vec![extent],
        };
        Ok(gaps.into_iter().flat_map(|gap| self.sender.cut(gap)).collect())
    }

    async fn send(&mut self, missing: &[ByteRange], out: &mut Output) -> Result<(), Failure> {
        let bytes = missing.iter().map(|block| block.length()).sum();
        let progress = Progress::new(out, bytes, "writing");
        for batch in missing.chunks(BATCH) {
            let (staged, failure) = self.sender.stage(batch, &progress).await;
            if let Some(failure) = failure {
                self.keep_or_discard(staged, &failure, out).await;
                return Err(failure);
            }
            self.commit(staged, out).await?;
            self.settled.extend(batch.iter().copied());
            self.sent.bytes += batch.iter().map(|block| block.length()).sum::<u64>();
            self.sent.blocks += batch.len();
            self.sent.commits += 1;
        }
        Ok(())
    }

    /// Commits blocks. If that has failed for good, they are deleted.
    async fn commit(&self, staged: Vec<Staged>, out: &mut Output) -> Result<(), Error> {
        let committed = self.sender.volume.commit(staged.clone(), self.metadata.clone()).await;
        let Err(error) = committed else { return Ok(()) };
        if error.rules_out_commit() {
            self.discard(staged, out).await;
        }
        Err(error)
    }

    /// Commits what has arrived before a failure, so that the next run goes on from there. Where no
    /// space is left it is deleted instead.
    async fn keep_or_discard(&self, staged: Vec<Staged>, failure: &Failure, out: &mut Output) {
        if staged.is_empty() {
            return;
        }
        if failure.is_out_of_space() {
            return self.discard(staged, out).await;
        }
        let blocks = count(staged.len(), "block");
        match self.commit(staged, out).await {
            Ok(()) => out.note(format_args!(
                "committed the {blocks} that had arrived: the same command goes on from there"
            )),
            Err(error) if error.rules_out_commit() => {}
            Err(error) => out.note(format_args!("the {blocks} that had arrived: {error}")),
        }
    }

    async fn discard(&self, staged: Vec<Staged>, out: &mut Output) {
        let blocks = count(staged.len(), "block");
        let left = staged.len() - self.sender.volume.discard(staged).await;
        out.note(match left {
            0 => format!("deleted the {blocks} that had arrived and were not committed"),
            left => format!(
                "{} of the {blocks} that had arrived could not be deleted: `lode gc` does so later",
                count(left, "block")
            ),
        });
    }
}

fn report(upload: &Upload<'_>, head: Option<&Snapshot>, out: &mut Output) -> Result<(), Failure> {
    let Sent { bytes, blocks, commits } = upload.sent;
    let source = upload.sender.source;
    let volume = upload.sender.volume.id();
    let present = source.extent().length().saturating_sub(bytes);
    if bytes == 0 {
        out.line(format_args!(
            "nothing to do: all {} bytes of {} are in volumes/{volume} already",
            grouped(present),
            source.path().display()
        ))?;
    } else {
        out.line(format_args!(
            "wrote {} bytes in {} and {} to volumes/{volume}, {} were there already",
            grouped(bytes),
            count(blocks, "block"),
            count(commits, "commit"),
            grouped(present)
        ))?;
    }
    out.json(&json!({
        "volume": volume.as_str(),
        "version": head.map(|head| head.version().to_string()),
        "sent": { "bytes": bytes, "blocks": blocks, "commits": commits },
        "present": present,
    }))
}
