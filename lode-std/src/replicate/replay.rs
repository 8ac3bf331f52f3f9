//! Bringing all snapshots of a volume into another volume, one after the other.

use std::fmt;
use std::num::NonZeroUsize;

use super::volume::{Pace, Run};
use super::{Progress, Replication, Report, Watch};
use crate::{Error, Snapshot, Version, Volume, VolumeReader};

/// Brings all snapshots of a volume into another volume: each in its order, with its metadata, as
/// the target's next snapshot. Snapshots that have been collected are passed over.
///
/// A snapshot whose bytes the target has already does not become one again. That is how a run that
/// was interrupted finds where to go on, and one that comes later: from the newest snapshot
/// downwards it looks for one whose bytes are all there, and goes on behind that. It works, since
/// what is committed to a volume stays in it, so that each snapshot has more than those before.
///
/// One that adds more than fits into a [batch](Self::batch) comes as several, all with its
/// metadata; the last of them has all of it.
#[must_use = "nothing travels until it is run"]
pub struct Replay<'a> {
    source: &'a VolumeReader,
    target: &'a Volume,
    pace: Pace,
    watch: Box<Watch<'a>>,
}

impl<'a> Replay<'a> {
    /// From the volume `source` into the volume `target`, which must have the same length.
    pub fn new(source: &'a VolumeReader, target: &'a Volume) -> Self {
        Self { source, target, pace: Pace::default(), watch: Box::new(|_| {}) }
    }

    /// How many blocks are committed together, at the most; see [`Replication::batch`].
    pub fn batch(mut self, blocks: usize) -> Self {
        self.pace.batch = blocks;
        self
    }

    /// How many blocks are on their way at the same time, at the most; see
    /// [`Replication::in_flight`].
    pub fn in_flight(mut self, blocks: NonZeroUsize) -> Self {
        self.pace.in_flight = blocks;
        self
    }

    /// Tells how far it is, for a progress bar.
    pub fn watch(mut self, watch: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Runs it. If it is interrupted, it goes on where it was when it is run again.
    ///
    /// # Errors
    ///
    /// As [`Replication::run`].
    #[tracing::instrument(name = "lode.replay", skip_all, fields(id = %self.target.id()), err)]
    pub async fn run(self) -> Result<Report, Error> {
        let mut run = Run::default();
        for version in self.missing().await? {
            let Some(snapshot) = self.load(version).await? else { continue };
            let commits = run.report.commits;
            self.replication(&snapshot).bring(&mut run).await?;
            run.report.snapshots += usize::from(run.report.commits > commits);
        }
        Ok(run.report)
    }

    /// The snapshots to bring, in order. The first of them is there already, if there is one that
    /// is, for what it has is yet to be compared.
    async fn missing(&self) -> Result<Vec<Version>, Error> {
        let head = self.target.latest().await?;
        let mut missing = Vec::new();
        for version in self.source.versions().await?.into_iter().rev() {
            missing.push(version);
            if head.is_none() {
                continue;
            }
            let Some(snapshot) = self.load(version).await? else { continue };
            if self.replication(&snapshot).is_there(head.as_ref()).await? {
                break;
            }
        }
        missing.reverse();
        Ok(missing)
    }

    /// A snapshot, unless it has been collected, or is a record.
    async fn load(&self, version: Version) -> Result<Option<Snapshot>, Error> {
        match self.source.snapshot(version).await {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(Error::Collected { .. } | Error::NotASnapshot { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn replication<'b>(&'b self, snapshot: &'b Snapshot) -> Replication<'b> {
        let watch = |progress| (self.watch)(progress);
        let replication = Replication::new(snapshot, self.target).watch(watch);
        Replication { pace: self.pace, ..replication }
    }
}

impl fmt::Debug for Replay<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay")
            .field("source", self.source.id())
            .field("target", self.target.id())
            .finish_non_exhaustive()
    }
}
