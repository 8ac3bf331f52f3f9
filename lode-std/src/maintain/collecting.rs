//! Collecting: the shell of [`lode_core::collect::Collect`].

use std::collections::BTreeSet;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::collect::{
    Candidate, Collect, CollectAction, CollectEvent, CollectOutcome, Newest, Plan, Retention,
};
use lode_core::key::Key;
use lode_core::manifest::SlotManifest;
use lode_core::time::Timestamp;
use object_store::ObjectMeta;

use super::marks::Marks;
use super::{Keeper, READS_IN_FLIGHT, Report};
use crate::Error;
use crate::history::{Found, Slots, Tagged};

/// One run of a collector. Carries out what the machine asks for.
pub(super) struct Collecting<'a, S: Slots> {
    pub(super) keeper: &'a Keeper<S>,
    rules: &'a Retention,
    pub(super) marks: Marks,
    /// What is left of the listing of data objects, once it has begun. It goes on when marks are
    /// made anew, for those are newer than what it has listed.
    pub(super) listing: Option<BoxStream<'static, Result<ObjectMeta, Error>>>,
    pub(super) report: Report,
}

impl<'a, S: Slots> Collecting<'a, S> {
    pub(super) fn new(keeper: &'a Keeper<S>, rules: &'a Retention) -> Self {
        Self { keeper, rules, marks: Marks::new(), listing: None, report: Report::default() }
    }

    pub(super) async fn run(mut self) -> Result<Report, Error> {
        let (mut machine, mut action) = Collect::start(self.keeper.grace_period);
        let mut failure = None;
        loop {
            tracing::trace!(?action);
            let result = match action {
                CollectAction::Choose => self.choose().await,
                CollectAction::Bury { version } => self.bury(version).await,
                CollectAction::ReadClock => self.keeper.store_time().await.map(CollectEvent::Time),
                CollectAction::MarkSlots { after } => self.mark_slots(after).await,
                CollectAction::MarkTags { now } => self.mark_tags(now).await,
                CollectAction::Sweep { older_than } => self.sweep(older_than).await,
                CollectAction::Done(CollectOutcome::Finished) => return Ok(self.report),
                _ => return failure.map_or(Ok(self.report), Err),
            };
            let event = result.unwrap_or_else(|error| {
                failure = Some(error);
                CollectEvent::Failed
            });
            (machine, action) = machine.on(event);
        }
    }

    async fn choose(&mut self) -> Result<CollectEvent, Error> {
        self.report.plan = self.keeper.plan(self.rules).await?;
        Ok(CollectEvent::Chosen(self.report.plan.next_drop(None)))
    }

    /// Puts a tombstone over a slot, unless there is one.
    async fn bury(&mut self, version: Version) -> Result<CollectEvent, Error> {
        let history = &self.keeper.history;
        let id = history.id().clone();
        match history.load(version).await? {
            Found::Absent => return Err(Error::SnapshotNotFound { id, version }),
            Found::Collected(_) => {}
            Found::Live(live) => {
                let tombstone = live.manifest.tombstone(live.digest);
                let entries = history.slots.entries(&live.manifest, version);
                history.bury(&tombstone, &entries).await?;
                self.report.buried.push(version);
            }
        }
        Ok(CollectEvent::Buried(self.report.plan.next_drop(Some(version))))
    }

    async fn mark_slots(&mut self, after: Option<Version>) -> Result<CollectEvent, Error> {
        if after.is_none() {
            self.marks.clear();
        }
        let keeper = self.keeper;
        let history = &keeper.history;
        let versions = history.versions_after(after).await?;
        let newest = versions.last().copied();
        let mut found = keeper.read_slots(versions);
        let mut answer = Newest::Nothing;
        while let Some((version, slot)) = found.try_next().await? {
            let is = match slot {
                // A slot is never freed: the store is behind itself, or somebody has interfered.
                Found::Absent => {
                    return Err(Error::SnapshotNotFound { id: history.id().clone(), version });
                }
                Found::Collected(_) => Newest::Collected(version),
                Found::Live(live) => match self.marks.mark(history, &live.manifest).await {
                    Ok(()) => Newest::Live,
                    Err(error) => match history.explain(error, version).await {
                        // Another collector has buried it since, and swept its pages.
                        Error::Collected { .. } => Newest::Collected(version),
                        error => return Err(error),
                    },
                },
            };
            if newest == Some(version) {
                answer = is;
            }
        }
        Ok(CollectEvent::MarkedSlots(answer))
    }

    async fn mark_tags(&mut self, now: Timestamp) -> Result<CollectEvent, Error> {
        let keeper = self.keeper;
        let history = &keeper.history;
        let mut reads = keeper.read_tags().await?;
        while let Some((key, tagged)) = reads.try_next().await? {
            match tagged {
                None => {}
                Some(lease) if lease.has_ended(now) => {
                    if let Err(error) = history.objects.delete(&key).await {
                        tracing::warn!(%key, %error, "a lease that has ended was left behind");
                    }
                }
                Some(tagged) => match self.marks.mark(history, &tagged.live.manifest).await {
                    Ok(()) => {}
                    // It may have been deleted or ended since, and its pages swept.
                    Err(error @ Error::Missing { .. }) => match history.load_tag(&key).await? {
                        Some(tagged) if !tagged.has_ended(now) => return Err(error),
                        _ => {}
                    },
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(CollectEvent::MarkedTags)
    }
}

impl<S: Slots> Keeper<S> {
    pub(super) async fn plan(&self, rules: &Retention) -> Result<Plan, Error> {
        let now = self.options.clock.now().unwrap_or_default();
        let versions = self.history.versions_after(None).await?;
        let tagged = if rules.tagged { self.tagged_versions(now).await? } else { BTreeSet::new() };
        let mut found = self.read_slots(versions);
        let mut candidates = Vec::new();
        while let Some((version, slot)) = found.try_next().await? {
            if let Found::Live(live) = slot {
                candidates.push(Candidate {
                    version,
                    parent: live.manifest.parent(),
                    created_at: live.manifest.created_at(),
                    tagged: tagged.contains(&version),
                });
            }
        }
        Ok(Plan::new(candidates, rules, now))
    }

    async fn tagged_versions(&self, now: Timestamp) -> Result<BTreeSet<Version>, Error> {
        let tags = self.tags().await?.into_iter();
        Ok(tags.filter(|tag| tag.end.is_none_or(|end| end > now)).map(|tag| tag.version).collect())
    }

    /// What these slots hold, as the store has it now, in any order.
    pub(super) fn read_slots(
        &self,
        versions: Vec<Version>,
    ) -> impl futures::Stream<Item = Result<(Version, Found<S::Manifest>), Error>> + Unpin + Send
    {
        let reads = stream::iter(versions)
            .map(async |version| Ok((version, self.history.load(version).await?)));
        Box::pin(reads.buffer_unordered(READS_IN_FLIGHT))
    }

    /// All that lies among the tags, in any order; `None` is what has gone meanwhile.
    pub(super) async fn read_tags(
        &self,
    ) -> Result<
        impl futures::Stream<Item = Result<(Key, Option<Tagged<S::Manifest>>), Error>> + Unpin + Send,
        Error,
    > {
        let reads = stream::iter(self.history.tag_keys().await?)
            .map(async |key| self.history.load_tag(&key).await.map(|tagged| (key, tagged)));
        Ok(Box::pin(reads.buffer_unordered(READS_IN_FLIGHT)))
    }
}
