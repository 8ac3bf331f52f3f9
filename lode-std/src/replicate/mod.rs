//! Replication: bringing what one volume has committed into another.
//!
//! Between any two stores, and from a device's medium into the cloud. Only what the target lacks
//! travels, in blocks as the source has them, verified when they are read; what both have is
//! compared first, and nothing is written unless all of it agrees. It is committed in batches, so
//! that a replication that was interrupted goes on where it was when it is run again.
//!
//! ```
//! use lode_std::replicate::Replication;
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! # let card = Volume::builder("logger-7", 1024).open(store::open("memory:")?).await?;
//! # let block = card.stage_at(512, "recorded in the field").await?;
//! # card.commit([block], meta! { "trip" => 3 }).await?;
//! // Of an SD card: `VolumeReader::of_device(store::open("/media/card")?)`.
//! let source = card.latest().await?.expect("something was committed");
//!
//! let cloud = store::open("memory:")?;
//! let target = Volume::existing("logger-7").open_like(&source, cloud).await?;
//! let report = Replication::new(&source, &target).run().await?;
//! assert_eq!((report.sent, report.present), (21, 0));
//!
//! // Again, and there is nothing to do.
//! let report = Replication::new(&source, &target).run().await?;
//! assert_eq!((report.sent, report.present), (0, 21));
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! In requests, where nothing fails and nobody else writes to the target:
//!
//! | what | at the source | at the target |
//! | --- | --- | --- |
//! | finding the head, of a new handle | | 3 |
//! | what equal ranges' digests by one algorithm tell | none | none |
//! | other ranges that both have, for each 4 MiB | 1 read for each block | 1 read for each block |
//! | each block that is missing | 1 read | 1 create |
//! | each batch (up to 256 blocks and 64 MiB) | | 2 writes |
//! | making sure that nothing is missing any more | | 1 list |
//! | of large volumes, what lists their blocks | 1 read for each page | 1 read for each page that is not held |
//!
//! The lists of the blocks of both are held in memory, some 80 bytes for each block.
//!
//! A target that [`open_like`](crate::VolumeBuilder::open_like) has created has the source's
//! checksum algorithm: what has travelled once need not be read again.

mod compare;
mod report;
mod send;

use std::fmt;

use lode_core::manifest::{BlockTable, Mismatch};
use lode_core::range::GrowableRangeSet;
use lode_core::replicate::{Plan, Side};

pub use self::report::{Progress, Report};
use crate::{Error, Snapshot, Volume};

/// How many blocks are committed together, unless it is said: as many as an interruption may cost,
/// while the manifest is written once for all of them.
const BATCH: usize = 256;
/// How many bytes are held in memory at the same time, unless a single block has more.
const MEMORY: u64 = 64 << 20;
/// The most blocks that are on their way at the same time.
const MOST_IN_FLIGHT: u64 = 16;

/// Brings all that a snapshot of one volume has into another volume.
#[must_use = "nothing travels until it is run"]
pub struct Replication<'a> {
    source: &'a Snapshot,
    target: &'a Volume,
    batch: usize,
    watch: Box<dyn Fn(Progress) + Send + Sync + 'a>,
}

impl<'a> Replication<'a> {
    /// From the snapshot `source` into the volume `target`, which must have the same length.
    pub fn new(source: &'a Snapshot, target: &'a Volume) -> Self {
        Self { source, target, batch: BATCH, watch: Box::new(|_| {}) }
    }

    /// How many blocks are committed together, at the most; 256 by default, and in any case not
    /// more than 64 MiB, unless a single block has more.
    pub fn batch(mut self, blocks: usize) -> Self {
        self.batch = blocks;
        self
    }

    /// Tells how far it is, for a progress bar.
    pub fn watch(mut self, watch: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Runs it. Each commit has the metadata of the source's snapshot; where nothing is missing,
    /// nothing is committed.
    ///
    /// If the future is dropped, or it fails on the way, what has been committed by then stays,
    /// and the next run goes on behind it. Others may write to the target meanwhile; conflicts are
    /// retried as the target was [opened](crate::VolumeBuilder::retry) to.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] if the lengths differ; [`Error::Diverged`] with all ranges in which
    /// both have bytes, but not the same; else what reading a snapshot, staging and committing
    /// report.
    #[tracing::instrument(name = "lode.replicate", skip_all, fields(id = %self.target.id()), err)]
    pub async fn run(self) -> Result<Report, Error> {
        let (source, target) = (self.source.manifest(), self.target);
        Mismatch::check("total_length", &source.total_length, &target.len()).map_err(|source| {
            Error::Mismatch { key: target.reader().layout().descriptor(), source }
        })?;
        let ours = self.source.table().await?;
        let mut report = Report::default();
        let mut settled = GrowableRangeSet::new();
        loop {
            report.head = target.latest().await?;
            let plan = self.plan(&ours, report.head.as_ref(), &settled).await?;
            let diverged = self.compare(&plan, report.head.as_ref()).await?;
            if !diverged.is_empty() {
                let ranges = diverged.iter().collect();
                return Err(Error::Diverged { id: target.id().clone(), ranges });
            }
            report.compared += plan.compare.covered();
            settled.extend(plan.compare.iter());
            if plan.missing.is_empty() {
                report.present = source.blocks.covered().saturating_sub(report.sent);
                return Ok(report);
            }
            match self.send(&plan, &mut settled, &mut report).await {
                // Another writer has committed some of it meanwhile. Look again what is missing.
                Err(Error::Overlap { .. }) => {}
                sent => sent?,
            }
        }
    }

    /// What is to be done to bring `ours` into the target, whose head this is.
    async fn plan(
        &self,
        ours: &BlockTable,
        head: Option<&Snapshot>,
        settled: &GrowableRangeSet,
    ) -> Result<Plan, Error> {
        let source = Side { checksum: self.source.manifest().checksum.as_deref(), blocks: ours };
        let Some(head) = head else { return Ok(Plan::new(source, None, settled)) };
        let checksum = head.manifest().checksum.as_deref();
        let theirs = head.table().await?;
        Ok(Plan::new(source, Some(Side { checksum, blocks: &theirs }), settled))
    }

    fn tell(&self, progress: Progress) {
        (self.watch)(progress);
    }
}

/// How many pieces of this size may be on their way at the same time.
fn in_flight(size: u64) -> usize {
    usize::try_from((MEMORY / size.max(1)).clamp(1, MOST_IN_FLIGHT)).unwrap_or(1)
}

impl fmt::Debug for Replication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replication")
            .field("source", &self.source.version())
            .field("target", self.target.id())
            .finish_non_exhaustive()
    }
}
