//! Bringing a snapshot of a volume into another volume.

use std::fmt;
use std::num::NonZeroUsize;

use lode_core::manifest::{BlockTable, Mismatch};
use lode_core::range::GrowableRangeSet;
use lode_core::replicate::{Plan, Side};

use super::{MEMORY, Progress, Report, Watch};
use crate::{Error, Snapshot, Volume};

/// How many blocks go together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Into one commit. The manifest is written once for all of them.
    pub(super) batch: usize,
    /// On their way at the same time.
    pub(super) in_flight: NonZeroUsize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { batch: 256, in_flight: NonZeroUsize::MIN.saturating_add(15) }
    }
}

impl Pace {
    /// How many pieces of this size may be on their way at the same time.
    pub(super) fn in_flight(self, size: u64) -> usize {
        let fit = usize::try_from(MEMORY / size.max(1)).unwrap_or(usize::MAX);
        fit.clamp(1, self.in_flight.get())
    }
}

/// Brings all that a snapshot of one volume has into another volume.
#[must_use = "nothing travels until it is run"]
pub struct Replication<'a> {
    pub(super) source: &'a Snapshot,
    pub(super) target: &'a Volume,
    pub(super) pace: Pace,
    pub(super) watch: Box<Watch<'a>>,
}

impl<'a> Replication<'a> {
    /// From the snapshot `source` into the volume `target`, which must have the same length.
    pub fn new(source: &'a Snapshot, target: &'a Volume) -> Self {
        Self { source, target, pace: Pace::default(), watch: Box::new(|_| {}) }
    }

    /// How many blocks are committed together, at the most; 256 by default, and in any case not
    /// more than 64 MiB, unless a single block has more.
    pub fn batch(mut self, blocks: usize) -> Self {
        self.pace.batch = blocks;
        self
    }

    /// How many blocks are on their way at the same time, at the most, and so how many of them an
    /// interruption may cost; 16 by default, and in any case not more than 64 MiB, unless a single
    /// block has more.
    pub fn in_flight(mut self, blocks: NonZeroUsize) -> Self {
        self.pace.in_flight = blocks;
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
    /// and the next run goes on behind it; blocks that have arrived and were not committed yet it
    /// finds, verifies, and commits before it sends anything. Others may write to the target
    /// meanwhile; conflicts are retried as the target was [opened](crate::VolumeBuilder::retry) to.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] if the lengths differ; [`Error::Diverged`] with all ranges in which
    /// both have bytes, but not the same; else what reading a snapshot, staging and committing
    /// report.
    #[tracing::instrument(name = "lode.replicate", skip_all, fields(id = %self.target.id()), err)]
    pub async fn run(self) -> Result<Report, Error> {
        let mut run = Run::default();
        self.bring(&mut run).await?;
        Ok(run.report)
    }

    /// Brings what is missing, going on from what the run has found out by now.
    pub(super) async fn bring(&self, run: &mut Run) -> Result<(), Error> {
        let (source, target) = (self.source.manifest(), self.target);
        Mismatch::check("total_length", &source.total_length, &target.len()).map_err(|source| {
            Error::Mismatch { key: target.reader().layout().descriptor(), source }
        })?;
        let ours = self.source.comparable_table().await?;
        loop {
            let head = target.latest().await?;
            let plan = self.plan(&ours, head.as_ref(), &run.settled).await?;
            let diverged = self.compare(&plan, head.as_ref()).await?;
            if !diverged.is_empty() {
                let ranges = diverged.iter().collect();
                return Err(Error::Diverged { id: target.id().clone(), ranges });
            }
            run.report.compared += plan.compare.covered();
            run.settled.extend(plan.compare.iter());
            run.report.head = head;
            if plan.missing.is_empty() {
                let arrived = run.report.sent.saturating_add(run.report.adopted);
                run.report.present = source.blocks.covered().saturating_sub(arrived);
                return Ok(());
            }
            if !run.has_looked {
                run.has_looked = true;
                match self.adopt(&plan, &ours, run).await {
                    Ok(false) => {}
                    // A collection or another writer was faster: plan again, and send the rest.
                    Ok(true) | Err(Error::Overlap { .. } | Error::StageExpired { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            match self.send(&plan, run).await {
                // Another writer has committed some of it meanwhile. Look again what is missing.
                Err(Error::Overlap { .. }) => {}
                sent => sent?,
            }
        }
    }

    /// Whether the target's head has all of the snapshot, as far as can be told without reading.
    pub(super) async fn is_there(&self, head: Option<&Snapshot>) -> Result<bool, Error> {
        let ours = self.source.comparable_table().await?;
        Ok(self.plan(&ours, head, &GrowableRangeSet::new()).await?.missing.is_empty())
    }

    /// What is to be done to bring `ours` into the target, whose head this is.
    async fn plan(
        &self,
        (checksum, ours): &(Option<&str>, BlockTable),
        head: Option<&Snapshot>,
        settled: &GrowableRangeSet,
    ) -> Result<Plan, Error> {
        let source = Side { checksum: *checksum, blocks: ours };
        let Some(head) = head else { return Ok(Plan::new(source, None, settled)) };
        let (checksum, theirs) = head.comparable_table().await?;
        Ok(Plan::new(source, Some(Side { checksum, blocks: &theirs }), settled))
    }

    pub(super) fn tell(&self, progress: Progress) {
        (self.watch)(progress);
    }
}

/// What a run has found out and done by now.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) report: Report,
    /// What has been found to agree, or has travelled.
    pub(super) settled: GrowableRangeSet,
    /// Whether it has been looked for what an earlier run has left.
    has_looked: bool,
}

impl fmt::Debug for Replication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replication")
            .field("source", &self.source.version())
            .field("target", self.target.id())
            .finish_non_exhaustive()
    }
}
