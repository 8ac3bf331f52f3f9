//! Sweeping: deleting what is old and not marked.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::collect::{CollectEvent, MarkSet};
use lode_core::key::Key;
use lode_core::time::Timestamp;
use object_store::ObjectMeta;

use super::Keeper;
use super::collecting::Collecting;
use crate::Error;
use crate::history::Slots;
use crate::store::modified;

/// How many objects are listed before some are deleted: as many as S3 lists, and deletes, in one
/// request.
const BATCH: usize = 1000;

impl<S: Slots> Collecting<'_, S> {
    /// Lists some more data objects, and deletes what is garbage among them.
    pub(super) async fn sweep(&mut self, older_than: Timestamp) -> Result<CollectEvent, Error> {
        let mut listing = match self.listing.take() {
            Some(listing) => listing,
            None => self.keeper.list_data()?,
        };
        let mut garbage = Vec::new();
        let mut more = true;
        for _ in 0..BATCH {
            let Some(meta) = listing.try_next().await? else {
                more = false;
                break;
            };
            garbage.extend(self.judge(&meta, older_than).map(|key| (key, meta.size)));
        }
        self.delete(garbage).await;
        // After the last batch nobody asks what time it is.
        let now = if more { self.keeper.store_time().await? } else { older_than };
        self.listing = more.then_some(listing);
        Ok(CollectEvent::Swept { more, now })
    }

    /// The key of an object that is to be deleted; counts the others.
    fn judge(&mut self, meta: &ObjectMeta, older_than: Timestamp) -> Option<Key> {
        let (key, fate) = self.keeper.fate(meta, self.marks.keys(), older_than)?;
        match fate {
            Fate::Garbage => return Some(key),
            Fate::Kept => self.report.kept.add(meta.size),
            Fate::Young => self.report.young.add(meta.size),
        }
        None
    }

    /// Deletes objects; what cannot be deleted is left to the next run.
    async fn delete(&mut self, garbage: Vec<(Key, u64)>) {
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

/// What becomes of a data object.
pub(super) enum Fate {
    /// Nothing refers to it, and it is old enough.
    Garbage,
    /// Something refers to it.
    Kept,
    /// Nothing refers to it yet.
    Young,
}

impl<S: Slots> Keeper<S> {
    /// All objects in the folders of data.
    pub(super) fn list_data(&self) -> Result<BoxStream<'static, Result<ObjectMeta, Error>>, Error> {
        let folders = self.history.slots.data_folders();
        let lists = folders.iter().map(|folder| self.history.objects.list(folder, None));
        let lists: Vec<_> = lists.collect::<Result<_, _>>()?;
        Ok(stream::iter(lists).flatten().boxed())
    }

    /// What becomes of an object that was listed there; `None` if it is not ours to judge.
    pub(super) fn fate(
        &self,
        meta: &ObjectMeta,
        marks: &MarkSet,
        older_than: Timestamp,
    ) -> Option<(Key, Fate)> {
        // What has an impossible key, or no date, is not ours.
        let key = Key::new(meta.location.as_ref()).ok()?;
        let modified = modified(meta)?;
        if !self.history.slots.is_data(key.as_str()) {
            return None;
        }
        let fate = match () {
            () if marks.is_garbage(&key, modified, older_than) => Fate::Garbage,
            () if marks.contains(key.as_str()) => Fate::Kept,
            () => Fate::Young,
        };
        Some((key, fate))
    }
}
