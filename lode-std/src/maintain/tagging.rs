//! Tagging: the shell of [`lode_core::collect::Tagging`].

use std::time::Duration;

use bytes::Bytes;
use lode_core::Version;
use lode_core::collect::{Tag, TagAction, TagEvent, TagOutcome, Tagging};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::time::Timestamp;

use super::{Keeper, Lease};
use crate::Error;
use crate::history::{Found, Slots};
use crate::store::Creation;

impl<S: Slots> Keeper<S> {
    pub(super) async fn hold(&self, version: Version, duration: Duration) -> Result<Lease, Error> {
        let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
        let end = self.now().plus_seconds(seconds);
        let name = Id::new(&format!("lease-{:016x}", self.options.bits()?))?;
        self.pin(&name, version, Some(end)).await?;
        Ok(Lease { name, version, end })
    }

    /// Takes a tag, with an end a lease.
    pub(super) async fn pin(
        &self,
        name: &Id,
        version: Version,
        end: Option<Timestamp>,
    ) -> Result<(), Error> {
        let (history, id) = (&self.history, self.history.id().clone());
        let slot = history.slots.slot(version);
        let Some(manifest) = history.objects.read(&slot).await? else {
            return Err(Error::SnapshotNotFound { id, version });
        };
        match history.parse(&slot, &manifest, Some(version))? {
            Found::Live(_) if !history.is_dropped(version) => {}
            Found::Record(_) | Found::Absent => return Err(Error::NotASnapshot { id, version }),
            Found::Live(_) | Found::Collected(_) => return Err(Error::Collected { id, version }),
        }
        let tag = Tag { nonce: self.options.bits()?, end, manifest: &manifest };
        let bytes = tag.encode().map_err(|source| Error::Unwritable { source })?.into();
        let key = history.slots.tag(name);
        Attempt { keeper: self, name, key, version, bytes, error: None }.run().await
    }

    pub(super) async fn untag(&self, name: &Id) -> Result<(), Error> {
        let key = self.history.slots.tag(name);
        match self.history.objects.metadata(&key).await? {
            Some(_) => self.delete_tag(name).await,
            None => Err(Error::TagNotFound { id: self.history.id().clone(), name: name.clone() }),
        }
    }

    pub(super) async fn delete_tag(&self, name: &Id) -> Result<(), Error> {
        self.history.objects.delete(&self.history.slots.tag(name)).await
    }
}

/// A tag on its way. Carries out what the machine asks for.
struct Attempt<'a, S: Slots> {
    keeper: &'a Keeper<S>,
    name: &'a Id,
    key: Key,
    version: Version,
    /// What is sent, the same each time.
    bytes: Bytes,
    /// What the store said last when it failed.
    error: Option<Error>,
}

impl<S: Slots> Attempt<'_, S> {
    async fn run(mut self) -> Result<(), Error> {
        let (mut machine, mut action) = Tagging::start(self.keeper.options.retry.resends);
        loop {
            tracing::trace!(?action);
            let event = match action {
                TagAction::Write { .. } => self.write().await,
                TagAction::BackOff { attempt } => {
                    self.keeper.options.back_off(attempt).await;
                    TagEvent::Waited
                }
                TagAction::Compare => self.compare().await,
                TagAction::Confirm => self.confirm().await,
                TagAction::Withdraw => self.withdraw().await,
                TagAction::Done(outcome) => return self.finish(outcome),
                _ => TagEvent::Unknown,
            };
            (machine, action) = machine.on(event);
        }
    }

    async fn write(&mut self) -> TagEvent {
        match self.keeper.history.objects.create(&self.key, self.bytes.clone()).await {
            Creation::Created => TagEvent::Created,
            Creation::Exists => TagEvent::Exists,
            Creation::Rejected(error) => self.keep(error, TagEvent::Rejected),
            Creation::Unknown(error) => self.keep(error, TagEvent::Unknown),
        }
    }

    async fn compare(&mut self) -> TagEvent {
        match self.keeper.history.objects.read(&self.key).await {
            Ok(Some(found)) if found == self.bytes => TagEvent::Ours,
            Ok(Some(_)) => TagEvent::Anothers,
            Ok(None) => TagEvent::Gone,
            Err(error) => self.keep(error, TagEvent::Unknown),
        }
    }

    /// Finds the head after the tag was written.
    async fn confirm(&mut self) -> TagEvent {
        match self.keeper.history.refresh_head().await {
            Ok(head) => TagEvent::Dropped(head.state.dropped.contains(self.version)),
            Err(error) => self.keep(error, TagEvent::Unknown),
        }
    }

    async fn withdraw(&mut self) -> TagEvent {
        match self.keeper.history.objects.delete(&self.key).await {
            Ok(()) => TagEvent::Deleted(true),
            Err(error) => self.keep(error, TagEvent::Deleted(false)),
        }
    }

    fn finish(self, outcome: TagOutcome) -> Result<(), Error> {
        let (id, name) = (self.keeper.history.id().clone(), self.name.clone());
        let (key, version) = (self.key, self.version);
        match outcome {
            TagOutcome::Confirmed => Ok(()),
            TagOutcome::Collected { withdrawn } => {
                if !withdrawn {
                    tracing::warn!(%key, error = ?self.error, "holds what is left of a snapshot \
                        that was collected: delete the tag");
                }
                Err(Error::Collected { id, version })
            }
            TagOutcome::NameTaken => Err(Error::TagTaken { id, name }),
            TagOutcome::Failed => {
                Err(self.error.unwrap_or(Error::TagUnsettled { key, source: None }))
            }
            _ => Err(Error::TagUnsettled { key, source: self.error.map(Box::new) }),
        }
    }

    fn keep(&mut self, error: Error, event: TagEvent) -> TagEvent {
        self.error = Some(error);
        event
    }
}
