//! Collecting: the shell of [`lode_core::collect::Collect`].

use std::collections::BTreeSet;

use futures::future::{Either, ready};
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::collect::{
    Candidate, Collect, CollectAction, CollectEvent, CollectOutcome, Plan, Retention,
};
use lode_core::key::Key;
use lode_core::manifest::{Purpose, Record, SlotManifest};
use lode_core::time::Timestamp;

use super::marks::Marks;
use super::sweeping::{DataList, Survey};
use super::{Keeper, READS_IN_FLIGHT, Report};
use crate::Error;
use crate::history::{
    Committer, Content, Draft, Found, Founding, History, Parent, Rebased, Rebasing, Slots, Tagged,
    Writer, entry_keys,
};

/// How many times a run starts again because another commit has taken its slot.
const PATIENCE: u32 = 64;

/// One run of a collector. Carries out what the machine asks for.
pub(super) struct Collecting<'a, S: Slots> {
    pub(super) keeper: &'a Keeper<S>,
    rules: &'a Retention,
    /// The versions to drop.
    drops: BTreeSet<Version>,
    pub(super) marks: Marks,
    /// The newest slot whose references are marked.
    marked: Option<Version>,
    survey: Survey,
    /// The floor of the record.
    pub(super) floor: u32,
    /// What is left of the listing of data objects, once it has begun.
    pub(super) listing: Option<DataList>,
    /// The dropped snapshots whose slots are yet to get a tombstone.
    burials: BTreeSet<Version>,
    pub(super) report: Report,
}

impl<'a, S: Slots> Collecting<'a, S> {
    pub(super) fn new(keeper: &'a Keeper<S>, rules: &'a Retention) -> Self {
        Self {
            keeper,
            rules,
            drops: BTreeSet::new(),
            marks: Marks::new(),
            marked: None,
            survey: Survey::default(),
            floor: 0,
            listing: None,
            burials: BTreeSet::new(),
            report: Report::default(),
        }
    }

    pub(super) async fn run(mut self) -> Result<Report, Error> {
        let writer =
            Writer::new(self.keeper.options.clone(), self.keeper.grace_period, Founding::none())?;
        let (mut machine, mut action) = Collect::start(PATIENCE);
        let mut failure = None;
        loop {
            tracing::trace!(?action);
            let result = match action {
                CollectAction::Choose => self.choose().await,
                CollectAction::MarkSlots { after } => self.mark_slots(after).await,
                CollectAction::Record { .. } => self.record(&writer).await,
                CollectAction::MarkTags => self.mark_tags().await,
                CollectAction::Sweep => self.sweep().await,
                CollectAction::Bury { version } => self.bury(version).await,
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
        let head = self.keeper.history.refresh_head().await?;
        if head.position.slot.is_none() {
            return Ok(CollectEvent::Nothing);
        }
        if let Some(newest) = head.position.live
            && self.keeper.history.slots.trusts_hint()
        {
            self.keeper.history.put_hint_right(newest).await?;
        }
        self.report.plan = self.keeper.plan(self.rules).await?;
        self.drops = self.report.plan.drops().collect();
        Ok(CollectEvent::Chosen)
    }

    /// Marks what the slots refer to that have come since the last time, and looks what waits to be
    /// committed.
    async fn mark_slots(&mut self, after: Option<Version>) -> Result<CollectEvent, Error> {
        let keeper = self.keeper;
        let head = keeper.history.refresh_head().await?;
        let Some(newest) = head.position.slot else { return Ok(CollectEvent::Nothing) };
        keeper.mark_slots(&mut self.marks, after, &self.drops).await?;
        self.marked = Some(newest);
        // Tags are read again after the record. These are not missed by the survey.
        keeper.mark_tags(&mut self.marks).await?;
        self.survey = keeper.survey(&mut self.marks, &head.state).await?;
        // What was dropped before and still has a manifest waits for its tombstone.
        self.burials = keeper.unburied(&head.state.dropped).await?;
        if self.drops.is_empty() && !self.survey.has_garbage() && self.burials.is_empty() {
            (self.report.kept, self.report.young) = (self.survey.kept, self.survey.rest);
            return Ok(CollectEvent::Nothing);
        }
        Ok(CollectEvent::MarkedSlots { newest })
    }

    /// Commits the record behind the newest slot that is marked. Only what this handle knows is
    /// built on, so a slot that has been taken since is a conflict.
    async fn record(&mut self, writer: &Writer) -> Result<CollectEvent, Error> {
        let history = &self.keeper.history;
        let head = history.known_head();
        if head.as_ref().and_then(|head| head.position.slot) != self.marked {
            return Ok(CollectEvent::Overtaken);
        }
        // A repair may have given up what was newer when the drops were chosen.
        if let Some(live) = head.as_ref().and_then(|head| head.position.live)
            && self.drops.contains(&live)
        {
            return Err(Error::Conflict { version: live });
        }
        let draft = Collection { drops: &self.drops, spare: self.survey.spare };
        let commit_id = writer.next_commit(head.map_or(0, |head| head.state.epoch));
        match Committer::record(history, writer, commit_id, &draft).await {
            Ok(version) => {
                self.floor = history.known_head().map_or(0, |head| head.state.floor);
                self.report.record = Some(version);
                self.report.buried.extend(&self.drops);
                self.burials.extend(&self.drops);
                Ok(CollectEvent::Recorded)
            }
            Err(Error::Conflict { .. }) => Ok(CollectEvent::Overtaken),
            Err(error) => Err(error),
        }
    }

    async fn mark_tags(&mut self) -> Result<CollectEvent, Error> {
        let keeper = self.keeper;
        for lease in keeper.mark_tags(&mut self.marks).await? {
            if let Err(error) = keeper.history.objects.delete(&lease).await {
                tracing::warn!(key = %lease, %error, "a lease that has ended was left behind");
            }
        }
        Ok(CollectEvent::MarkedTags)
    }

    /// The first slot to bury, if there is one.
    pub(super) fn first_burial(&self) -> Option<Version> {
        self.burials.first().copied()
    }

    /// Puts a tombstone over a slot, unless there is one.
    async fn bury(&mut self, version: Version) -> Result<CollectEvent, Error> {
        let history = &self.keeper.history;
        match history.load(version).await {
            Ok(Found::Live(live)) => {
                let tombstone = live.manifest.tombstone(live.digest);
                let entries = entry_keys(&history.slots, &live.manifest, version);
                history.bury(&tombstone, &entries).await?;
            }
            // A record keeps its slot, and what is damaged is a repair's affair.
            Ok(_) | Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => {}
            Err(error) => return Err(error),
        }
        self.burials.remove(&version);
        Ok(CollectEvent::Buried(self.first_burial()))
    }
}

/// The record of a collection, before it has a slot.
struct Collection<'a> {
    drops: &'a BTreeSet<Version>,
    /// The oldest epoch in which somebody seems to be staging.
    spare: Option<u32>,
}

impl<S: Slots> Draft<S> for Collection<'_> {
    fn rebase<'a>(
        &'a self,
        history: &'a History<S>,
        parent: Parent<'a, S::Manifest>,
    ) -> Rebasing<'a, S::Manifest> {
        let (drops, at) = (self.drops.iter().copied(), parent.created_at);
        let state = parent.state().collected(drops, self.spare, at);
        let record =
            Record { purpose: Purpose::Collection, state, ..parent.record(&history.slots) };
        let content = Content::Record(record);
        Either::Left(ready(Ok(Some(Rebased { content, pages: Vec::new() }))))
    }
}

impl<S: Slots> Keeper<S> {
    pub(super) fn now(&self) -> Timestamp {
        self.options.clock.now().unwrap_or_default()
    }

    pub(super) async fn plan(&self, rules: &Retention) -> Result<Plan, Error> {
        let now = self.now();
        let tagged = if rules.tagged { self.tagged_versions(now).await? } else { BTreeSet::new() };
        let mut found = self.read_slots(self.standing_versions(None).await?);
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

    /// The versions after this one, up to the newest that is known, that have not been dropped.
    async fn standing_versions(&self, after: Option<Version>) -> Result<Vec<Version>, Error> {
        let newest = self.history.some_head().await?.position.slot;
        let mut versions = self.history.versions_between(after, newest).await?;
        versions.retain(|version| !self.history.is_dropped(*version));
        Ok(versions)
    }

    async fn tagged_versions(&self, now: Timestamp) -> Result<BTreeSet<Version>, Error> {
        let tags = self.tags().await?.into_iter();
        Ok(tags.filter(|tag| tag.end.is_none_or(|end| end > now)).map(|tag| tag.version).collect())
    }

    /// Marks what the snapshots after this version refer to, but for those that are dropped or
    /// about to be.
    pub(super) async fn mark_slots(
        &self,
        marks: &mut Marks,
        after: Option<Version>,
        drops: &BTreeSet<Version>,
    ) -> Result<(), Error> {
        let mut versions = self.standing_versions(after).await?;
        versions.retain(|version| !drops.contains(version));
        let mut found = self.read_slots(versions);
        while let Some((version, slot)) = found.try_next().await? {
            match slot {
                Found::Live(live) => match marks.mark(&self.history, &live.manifest).await {
                    Ok(()) => {}
                    // Another collector has dropped it since, and swept its pages.
                    Err(error) => match self.history.explain(error, version).await {
                        Error::Collected { .. } => {}
                        error => return Err(error),
                    },
                },
                // Only what is dropped gets a tombstone. If another collector has dropped it since,
                // its record is found when ours is committed. A copy that is not complete may have
                // the tombstone before the record.
                Found::Record(_) | Found::Collected(_) => {}
                // A slot is never freed.
                Found::Absent => {
                    let id = self.history.id().clone();
                    return Err(Error::SnapshotNotFound { id, version });
                }
            }
        }
        Ok(())
    }

    /// Marks what all tags refer to, and all leases that have not ended: the others.
    pub(super) async fn mark_tags(&self, marks: &mut Marks) -> Result<Vec<Key>, Error> {
        let (history, now) = (&self.history, self.now());
        let mut ended = Vec::new();
        let mut reads = self.read_tags().await?;
        while let Some((key, tagged)) = reads.try_next().await? {
            match tagged {
                None => {}
                Some(lease) if lease.has_ended(now) => ended.push(key),
                Some(tagged) => match marks.mark(history, &tagged.live.manifest).await {
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
        Ok(ended)
    }

    /// The dropped snapshots whose slots have no tombstone yet, as a run leaves them that was
    /// broken off: slots are buried in order, so they are the newest ones. Costs a read for each of
    /// them, and one.
    async fn unburied(
        &self,
        dropped: &lode_core::manifest::VersionSet,
    ) -> Result<BTreeSet<Version>, Error> {
        let mut found = BTreeSet::new();
        for version in dropped.iter().rev() {
            match self.history.load(version).await {
                Ok(Found::Live(_)) => _ = found.insert(version),
                Ok(Found::Collected(_)) => break,
                Ok(Found::Absent | Found::Record(_))
                | Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
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

    /// All tags, in any order; `None` is what has gone meanwhile.
    async fn read_tags(
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
