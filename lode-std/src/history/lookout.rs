//! Looking things up for a machine.

use std::sync::Arc;

use lode_core::Version;
use lode_core::commit::{Look, Position, Seen, Slot};
use lode_core::manifest::SlotManifest;

use super::{Found, History, Live, Slots};
use crate::Error;

/// Looks things up for a machine, and keeps what it will need.
pub(crate) struct Lookout<'a, S: Slots> {
    history: &'a History<S>,
    /// The manifests that were read, for one of them is the head.
    read: Vec<Arc<Live<S::Manifest>>>,
    error: Option<Error>,
}

impl<'a, S: Slots> Lookout<'a, S> {
    pub(crate) fn new(history: &'a History<S>) -> Self {
        Self { history, read: Vec::new(), error: None }
    }

    pub(crate) async fn look(&mut self, look: Look) -> Seen {
        let seen = match look {
            Look::Hint => self.history.read_hint().await.map(Seen::Hint),
            Look::Slots { after } => self.history.list_slots(after).await.map(Seen::Listed),
            Look::Slot(version) => self.look_at(version).await.map(Seen::Slot),
            _ => Ok(Seen::Failed),
        };
        seen.unwrap_or_else(|error| {
            self.error = Some(error);
            Seen::Failed
        })
    }

    async fn look_at(&mut self, version: Version) -> Result<Slot, Error> {
        match self.history.load(version).await {
            Ok(found) => {
                let slot = found.slot();
                if let Found::Live(live) = found {
                    self.read.push(live);
                }
                Ok(slot)
            }
            Err(error @ (Error::ManifestInvalid { .. } | Error::Mismatch { .. })) => {
                self.error = Some(error);
                Ok(Slot::Damaged)
            }
            Err(error) => Err(error),
        }
    }

    /// The manifest of this version, if it was read on the way.
    pub(crate) fn seen(&self, version: Version) -> Option<&Arc<Live<S::Manifest>>> {
        self.read.iter().find(|live| live.manifest.version() == version)
    }

    /// The manifest of the head at `position`: one that was read on the way, or known before.
    pub(crate) async fn live_at(
        &self,
        position: Position,
    ) -> Result<Option<Arc<Live<S::Manifest>>>, Error> {
        let Some(version) = position.live else { return Ok(None) };
        match self.seen(version).cloned().or_else(|| self.history.known_live(version)) {
            Some(live) => Ok(Some(live)),
            None => Box::pin(self.history.load_live(version)).await.map(Some),
        }
    }

    /// Why the last look failed.
    pub(crate) fn take_error(&mut self, version: Version) -> Error {
        let id = self.history.id();
        self.error.take().unwrap_or_else(|| Error::SnapshotNotFound { id: id.clone(), version })
    }
}
