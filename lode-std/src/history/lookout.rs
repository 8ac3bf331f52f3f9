//! Looking things up for a machine.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::Version;
use lode_core::commit::{Listed, Look, Position, Seen, Slot};
use lode_core::manifest::{CollectionState, Record, SlotManifest};

use super::{Found, Head, History, Live, Slots};
use crate::Error;

/// Looks things up for a machine, and keeps what it will need.
pub(crate) struct Lookout<'a, S: Slots> {
    history: &'a History<S>,
    /// The manifests that were read, for one of them is the head.
    read: Vec<Arc<Live<S::Manifest>>>,
    /// The records that were read, for one of them may be the newest slot.
    records: Vec<Record>,
    /// The slots that were listed, of a history in which the Go implementation has written.
    listed: Option<BTreeSet<Version>>,
    error: Option<Error>,
    /// Why a head cannot be made of the slots that were damaged or had a tombstone: further looks
    /// may follow.
    damage: Vec<(Version, Error)>,
}

impl<'a, S: Slots> Lookout<'a, S> {
    pub(crate) fn new(history: &'a History<S>) -> Self {
        Self {
            history,
            read: Vec::new(),
            records: Vec::new(),
            listed: None,
            error: None,
            damage: Vec::new(),
        }
    }

    /// Why the last look failed, if it did.
    pub(super) fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// Whether the last look failed.
    pub(super) fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    pub(crate) async fn look(&mut self, look: Look) -> Seen {
        self.error = None;
        let seen = match look {
            Look::Exists(version) => self.history.is_taken(version).await.map(Seen::Exists),
            Look::Hint => self.history.read_hint().await.map(Seen::Hint),
            Look::Slots { after } => self.list(after).await.map(Seen::Listed),
            Look::Slot(version) => self.look_at(version).await.map(Seen::Slot),
            _ => Ok(Seen::Failed),
        };
        seen.unwrap_or_else(|error| {
            self.error = Some(error);
            Seen::Failed
        })
    }

    async fn look_at(&mut self, version: Version) -> Result<Slot, Error> {
        match self.history.load_relied(version).await {
            Ok(found) => {
                let slot = found.slot();
                match found {
                    Found::Live(live) => self.read.push(live),
                    Found::Record(found) => self.records.push(found.manifest),
                    Found::Collected(_) => {
                        // The newest slot is one only in a copy that is not complete.
                        let id = self.history.id().clone();
                        self.damage.push((version, Error::Collected { id, version }));
                    }
                    Found::Absent => {}
                }
                Ok(slot)
            }
            Err(error @ (Error::ManifestInvalid { .. } | Error::Mismatch { .. })) => {
                self.damage.push((version, error));
                Ok(Slot::Damaged)
            }
            Err(error) => Err(error),
        }
    }

    async fn list(&mut self, after: Option<Version>) -> Result<Listed, Error> {
        let mut listed = Listed::default();
        let versions: BTreeSet<_> = self.history.list_versions(after)?.try_collect().await?;
        versions.iter().for_each(|version| listed.push(*version));
        self.listed = after.is_none().then_some(versions);
        Ok(listed)
    }

    /// The manifest of this version, if it was read on the way.
    pub(crate) fn seen(&self, version: Version) -> Option<&Arc<Live<S::Manifest>>> {
        self.read.iter().find(|live| live.manifest.version() == version)
    }

    /// The head at `position`: its manifest, and what collections had decided, as they were read on
    /// the way or known before.
    pub(crate) async fn head_at(&self, position: Position) -> Result<Head<S::Manifest>, Error> {
        if let Some(head) = self.history.known_head().filter(|head| head.position == position) {
            return Ok(head);
        }
        let live = match position.live {
            None => None,
            Some(version) => Some(match self.seen(version).cloned() {
                Some(live) => live,
                None => Box::pin(self.history.load_live(version)).await?,
            }),
        };
        let state = match position.slot {
            None => CollectionState::FIRST,
            Some(slot) => Box::pin(self.state_at(slot, live.as_deref())).await?,
        };
        Ok(Head { position, live, state: Arc::new(state) })
    }

    async fn state_at(
        &self,
        slot: Version,
        live: Option<&Live<S::Manifest>>,
    ) -> Result<CollectionState, Error> {
        let live = live.filter(|live| live.manifest.version() == slot);
        let record = self.records.iter().find(|record| record.version == slot);
        if let Some(record) = record {
            return Ok(record.state.clone());
        }
        let found = match live {
            Some(live) => state_of(&live.manifest),
            None => self.history.load(slot).await?.state(),
        };
        match found {
            Some(state) => Ok(state),
            None => self.state_below(slot).await,
        }
    }

    /// The state that the newest slot of ours carries, below one that the Go implementation wrote.
    /// Its versions are times, so that only ours have a neighbour.
    async fn state_below(&self, slot: Version) -> Result<CollectionState, Error> {
        let listed = match &self.listed {
            Some(listed) => listed.clone(),
            None => self.history.list_versions(None)?.try_collect().await?,
        };
        let is_ours = |version: &Version| {
            let below = version.get().checked_sub(1).and_then(Version::new);
            !version.is_time() || below.is_some_and(|below| listed.contains(&below))
        };
        for version in listed.range(..slot).rev().filter(|version| is_ours(version)) {
            if let Some(state) = self.history.load(*version).await?.state() {
                return Ok(state);
            }
        }
        Ok(CollectionState::FIRST)
    }

    /// Why nothing more can be said: the last look failed, or the slot of this version is damaged.
    pub(crate) fn take_error(&mut self, version: Version) -> Error {
        let id = self.history.id();
        let damaged = self.damage.iter().position(|(found, _)| *found == version);
        let error = match damaged {
            Some(at) if self.error.is_none() => Some(self.damage.swap_remove(at).1),
            _ => self.error.take(),
        };
        error.unwrap_or_else(|| Error::SnapshotNotFound { id: id.clone(), version })
    }
}

/// The state that a manifest carries; `None` if the Go implementation wrote it, which has times for
/// versions and no commit ids.
pub(super) fn state_of(manifest: &impl SlotManifest) -> Option<CollectionState> {
    let is_ours = manifest.commit_id().is_some() || !manifest.version().is_time();
    is_ours.then(|| manifest.state().clone())
}
