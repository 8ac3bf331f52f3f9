//! Index entries: manifests that tell a partition's readers of a version. They are written before
//! the slot, and believed only with it.
//!
//! An entry holds what the snapshot has in its partition, see
//! [`index_entries`](lode_core::manifest::index_entries).

use std::collections::HashSet;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::commit::Outcome;
use lode_core::key::Key;
use lode_core::manifest::SlotManifest;

use super::committer::{Committer, Prepared};
use super::{History, Slots, Writer};
use crate::Error;

/// How many entries are written at the same time.
const ENTRIES_IN_FLIGHT: usize = 16;

/// The keys of a snapshot's entries.
pub(crate) fn entry_keys<S: Slots>(
    slots: &S,
    manifest: &S::Manifest,
    version: Version,
) -> Vec<Key> {
    slots.entries(manifest, version).into_iter().map(|(key, _)| key).collect()
}

/// The bytes of an entry, which holds this manifest.
pub(crate) fn encode_entry<S: Slots>(slots: &S, entry: &S::Manifest) -> Result<Bytes, Error> {
    slots.encode(entry).map(Bytes::from).map_err(|source| Error::Unwritable { source })
}

/// Creates the entries of a snapshot, several at a time. Returns the keys at which something was
/// there already: a rival's entry for the same version, or our own.
///
/// Costs one create for each entry.
pub(crate) async fn create_entries<S: Slots>(
    history: &History<S>,
    writer: &Writer,
    manifest: &S::Manifest,
) -> Result<Vec<Key>, Error> {
    let entries = history.slots.entries(manifest, manifest.version());
    let creates = stream::iter(entries).map(async |(key, entry)| {
        let bytes = encode_entry(&history.slots, &entry)?;
        let is_created = writer.create(&history.objects, &key, &bytes).await?;
        Ok::<_, Error>((!is_created).then_some(key))
    });
    let creates = creates.buffer_unordered(ENTRIES_IN_FLIGHT);
    creates.try_filter_map(async |taken| Ok(taken)).try_collect().await
}

/// Writes the entries of a snapshot that have these keys, several at a time, over whatever is
/// there. One that fails does not keep the others from being written.
///
/// Costs one write for each of them.
pub(crate) async fn overwrite_entries<S: Slots>(
    history: &History<S>,
    manifest: &S::Manifest,
    keys: &[Key],
) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<_> = keys.iter().collect();
    let mut entries = history.slots.entries(manifest, manifest.version());
    entries.retain(|(key, _)| wanted.contains(key));
    let writes = stream::iter(entries).map(async |(key, entry)| {
        let bytes = encode_entry(&history.slots, &entry)?;
        history.objects.overwrite(&key, bytes).await
    });
    let written: Vec<_> = writes.buffer_unordered(ENTRIES_IN_FLIGHT).collect().await;
    written.into_iter().collect()
}

impl<S: Slots> Committer<'_, S> {
    pub(super) async fn announce(
        &mut self,
        version: Version,
        prepared: &Prepared<S::Manifest>,
    ) -> Result<(), Error> {
        if self.announced.as_ref().is_some_and(|(announced, _)| *announced == version) {
            return Ok(());
        }
        let Some(live) = prepared.live() else { return Ok(()) };
        let taken = create_entries(self.history, self.writer, &live.manifest).await?;
        self.announced = Some((version, taken));
        Ok(())
    }

    /// The version whose entries have been written, and the keys at which something was there
    /// before. Those of a commit that is being settled were written before, and whose they are is
    /// not known.
    fn take_announced(&mut self) -> Option<(Version, Vec<Key>)> {
        self.announced.take().or_else(|| {
            let manifest =
                &self.prepared.as_ref().filter(|_| self.draft.is_none())?.live()?.manifest;
            let version = manifest.version();
            Some((version, entry_keys(&self.history.slots, manifest, version)))
        })
    }

    /// After a commit: puts our entries in place of a rival's. After a lost slot: see `retract`.
    pub(super) async fn settle_entries(&mut self, outcome: Outcome) {
        let announced = self.take_announced();
        let live = self.prepared.as_ref().and_then(|prepared| prepared.live());
        match (outcome, announced, live) {
            (Outcome::Committed { .. }, Some((_, taken)), Some(live)) => {
                self.put_right(&live.manifest, &taken).await;
            }
            (Outcome::Conflict { .. }, announced, _) => {
                self.announced = announced;
                self.retract().await;
            }
            // Whatever may yet be applied keeps its entries.
            _ => {}
        }
    }

    /// Takes back the entries of a slot that was lost: those that the winner needs as well become
    /// the winner's, the others go.
    pub(super) async fn retract(&mut self) {
        let Some((version, _)) = self.announced.take() else { return };
        let ours = self.prepared.as_ref().and_then(|prepared| prepared.live());
        let (Some(ours), Some(winner)) = (ours, self.lookout.seen(version)) else {
            return;
        };
        let slots = &self.history.slots;
        let needed = entry_keys(slots, &winner.manifest, version);
        let ours = entry_keys(slots, &ours.manifest, version);
        let needed: HashSet<_> = needed.into_iter().collect();
        let (shared, dead): (Vec<_>, Vec<_>) =
            ours.into_iter().partition(|key| needed.contains(key));
        self.put_right(&winner.manifest, &shared).await;
        let deletes = stream::iter(dead).map(async |entry| {
            if let Err(error) = self.history.objects.delete(&entry).await {
                tracing::warn!(%entry, %error, "a dead index entry was left behind");
            }
        });
        deletes.buffer_unordered(ENTRIES_IN_FLIGHT).collect::<()>().await;
    }

    /// Writes these entries of the snapshot that has the slot.
    async fn put_right(&self, manifest: &S::Manifest, keys: &[Key]) {
        if let Err(error) = overwrite_entries(self.history, manifest, keys).await {
            let version = manifest.version();
            tracing::warn!(%version, %error, "an index entry may be of a snapshot that lost its slot");
        }
    }
}
