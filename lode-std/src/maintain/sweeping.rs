//! Sweeping: what lies in a store, and deleting what nothing refers to any more.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::collect::{CollectEvent, Fate};
use lode_core::key::Key;
use lode_core::manifest::CollectionState;
use lode_core::time::Timestamp;
use object_store::ObjectMeta;

use super::collecting::Collecting;
use super::marks::Marks;
use super::{Keeper, Tally};
use crate::Error;
use crate::history::Slots;
use crate::store::modified;

/// How many objects are listed before some are deleted: as many as S3 lists, and deletes, in one
/// request.
const BATCH: usize = 1000;

/// The objects in the folders of data.
pub(super) type DataList = BoxStream<'static, Result<ObjectMeta, Error>>;

/// What was found before a record is committed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Survey {
    /// The oldest epoch in which an object was staged that nothing refers to.
    pub(super) oldest: Option<u32>,
    /// Whether nothing refers to an object of the Go implementation that is old enough to go.
    pub(super) is_abandoned: bool,
    /// What is referred to.
    pub(super) kept: Tally,
    /// What nothing refers to.
    pub(super) rest: Tally,
    /// The oldest epoch, at or above the floor, in which an object was staged that nothing refers to
    /// and that is younger than the grace period: somebody seems to be about to commit it.
    pub(super) spare: Option<u32>,
}

impl Survey {
    /// Whether a record would let something be deleted: not if all that nothing refers to is spared.
    pub(super) fn has_garbage(&self) -> bool {
        let is_spared = |oldest: u32| self.spare.is_some_and(|spare| spare <= oldest);
        self.is_abandoned || self.oldest.is_some_and(|oldest| !is_spared(oldest))
    }
}

impl<S: Slots> Collecting<'_, S> {
    /// Lists some more data objects, and deletes what is garbage among them.
    pub(super) async fn sweep(&mut self) -> Result<CollectEvent, Error> {
        let mut listing = match self.listing.take() {
            Some(listing) => listing,
            None => self.keeper.list_data()?,
        };
        let old = self.keeper.old_before();
        let mut garbage = Vec::new();
        let mut more = true;
        for _ in 0..BATCH {
            let Some(meta) = listing.try_next().await? else {
                more = false;
                break;
            };
            let Some((key, fate)) = self.keeper.fate(&meta, &self.marks, old, self.floor) else {
                continue;
            };
            match fate {
                // What is marked may be listed under another name.
                Fate::Garbage if !self.marks.keys().knows_folder(&key) => {
                    self.report.left.add(meta.size);
                }
                Fate::Garbage => garbage.push((key, meta.size)),
                Fate::Kept => self.report.kept.add(meta.size),
                Fate::Staged => self.report.young.add(meta.size),
            }
        }
        self.delete(garbage).await;
        self.listing = more.then_some(listing);
        Ok(CollectEvent::Swept { more, next: self.first_burial() })
    }

    /// Deletes objects; what cannot be deleted is left to the next run.
    async fn delete(&mut self, garbage: Vec<(Key, u64)>) {
        if garbage.is_empty() {
            return;
        }
        let keys = garbage.iter().map(|(key, _)| key.clone()).collect();
        let gone = self.keeper.history.objects.delete_all(keys).await;
        for (key, size) in garbage {
            match gone.contains(&key) {
                true => self.report.deleted.add(size),
                false => self.report.left.add(size),
            }
        }
    }
}

impl<S: Slots> Keeper<S> {
    /// All objects in the folders of data.
    pub(super) fn list_data(&self) -> Result<DataList, Error> {
        let folders = self.history.slots.data_folders();
        let lists = folders.iter().map(|folder| self.history.objects.list(folder, None));
        let lists: Vec<_> = lists.collect::<Result<_, _>>()?;
        Ok(stream::iter(lists).flatten().boxed())
    }

    /// Goes through all data objects once: which of the marked ones are there, and whether somebody
    /// seems to be staging.
    pub(super) async fn survey(
        &self,
        marks: &mut Marks,
        state: &CollectionState,
    ) -> Result<Survey, Error> {
        let mut survey = Survey::default();
        let young = self.now().minus_seconds(self.grace_period);
        let old = self.old_before();
        marks.begin_listing();
        let mut listing = self.list_data()?;
        while let Some(meta) = listing.try_next().await? {
            let Some(key) = self.data_key(&meta) else { continue };
            if marks.see(&key) {
                survey.kept.add(meta.size);
                continue;
            }
            survey.rest.add(meta.size);
            let epoch = self.history.slots.epoch(key.as_str());
            match epoch {
                None => survey.is_abandoned |= modified(&meta).is_some_and(|at| at < old),
                Some(epoch) => {
                    survey.oldest = Some(survey.oldest.map_or(epoch, |oldest| oldest.min(epoch)));
                }
            }
            let is_young = self.grace_period > 0 && modified(&meta).is_none_or(|at| at >= young);
            if let Some(epoch) = epoch.filter(|epoch| is_young && state.admits(*epoch)) {
                survey.spare = Some(survey.spare.map_or(epoch, |spare| spare.min(epoch)));
            }
        }
        Ok(survey)
    }

    /// What the Go implementation staged before this, and nothing refers to, is left by somebody who
    /// is gone: its writers know no floor, and count on the period that the descriptor says.
    pub(super) fn old_before(&self) -> Timestamp {
        let period = self.grace_period.max(self.described_grace_period);
        self.now().minus_seconds(period.saturating_add(1))
    }

    fn data_key(&self, meta: &ObjectMeta) -> Option<Key> {
        // What has an impossible key is not ours.
        let key = Key::new(meta.location.as_ref()).ok()?;
        self.history.slots.is_data(key.as_str()).then_some(key)
    }

    /// What becomes of an object that was listed there, after a record with this floor; `None` if it
    /// is not ours to judge.
    pub(super) fn fate(
        &self,
        meta: &ObjectMeta,
        marks: &Marks,
        old_before: Timestamp,
        floor: u32,
    ) -> Option<(Key, Fate)> {
        let key = self.data_key(meta)?;
        let is_marked = marks.keys().contains(key.as_str());
        let is_old = modified(meta).is_some_and(|modified| modified < old_before);
        let epoch = self.history.slots.epoch(key.as_str());
        let fate = Fate::of(epoch, is_marked, is_old, floor);
        Some((key, fate))
    }
}
