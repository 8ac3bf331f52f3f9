//! Index entries: copies of a manifest that tell a partition's readers of its version. They are
//! written before the slot, and believed only with it.

use bytes::Bytes;
use lode_core::Version;
use lode_core::commit::Outcome;
use lode_core::key::Key;
use lode_core::manifest::SlotManifest;

use super::Slots;
use super::committer::{Committer, Prepared};
use crate::Error;

impl<S: Slots> Committer<'_, S> {
    pub(super) async fn announce(
        &mut self,
        version: Version,
        prepared: &Prepared<S::Manifest>,
    ) -> Result<(), Error> {
        if self.announced.as_ref().is_some_and(|(announced, _)| *announced == version) {
            return Ok(());
        }
        let mut taken = Vec::new();
        for entry in self.history.slots.entries(&prepared.live.manifest, version) {
            // One that is there is a rival's for the same version, or our own.
            let (objects, now) = (&self.history.objects, self.writer.now());
            if !self.writer.create(objects, &entry, &prepared.bytes, now).await? {
                taken.push(entry);
            }
        }
        self.announced = Some((version, taken));
        Ok(())
    }

    /// The entries that have been written. Those of a commit that is being settled were written
    /// before, and whose manifest they hold is not known.
    fn take_announced(&mut self) -> Option<(Version, Vec<Key>)> {
        self.announced.take().or_else(|| {
            let manifest = &self.prepared.as_ref().filter(|_| self.draft.is_none())?.live.manifest;
            let version = manifest.version();
            Some((version, self.history.slots.entries(manifest, version)))
        })
    }

    /// After a commit: puts our manifest in place of a rival's. After a lost slot: see `retract`.
    pub(super) async fn settle_entries(&mut self, outcome: Outcome) {
        let announced = self.take_announced();
        match (outcome, announced, &self.prepared) {
            (Outcome::Committed { .. }, Some((_, taken)), Some(prepared)) => {
                for entry in taken {
                    self.write_entry(&entry, prepared.bytes.clone()).await;
                }
            }
            (Outcome::Conflict { .. }, announced, _) => {
                self.announced = announced;
                self.retract().await;
            }
            // Whatever may yet be applied keeps its entries.
            _ => {}
        }
    }

    /// Takes back the entries of a slot that was lost: those that the winner needs as well get
    /// its manifest, the others go.
    pub(super) async fn retract(&mut self) {
        let Some((version, _)) = self.announced.take() else { return };
        let (Some(ours), Some(winner)) = (&self.prepared, self.lookout.seen(version)) else {
            return;
        };
        let slots = &self.history.slots;
        let needed = slots.entries(&winner.manifest, version);
        let bytes = slots.encode(&winner.manifest).map(Bytes::from);
        for entry in slots.entries(&ours.live.manifest, version) {
            match &bytes {
                Ok(bytes) if needed.contains(&entry) => {
                    self.write_entry(&entry, bytes.clone()).await;
                }
                _ if needed.contains(&entry) => {}
                _ => {
                    if let Err(error) = self.history.objects.delete(&entry).await {
                        tracing::warn!(%entry, %error, "a dead index entry was left behind");
                    }
                }
            }
        }
    }

    async fn write_entry(&self, entry: &Key, bytes: Bytes) {
        if let Err(error) = self.history.objects.overwrite(entry, bytes).await {
            tracing::warn!(%entry, %error, "an index entry holds a manifest that lost its slot");
        }
    }
}
