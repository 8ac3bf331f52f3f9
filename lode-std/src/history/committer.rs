//! Committing: the writing shell of [`lode_core::commit::Commit`].

use std::sync::Arc;

use bytes::Bytes;
use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Outcome, Position, Sent};
use lode_core::key::Key;
use lode_core::manifest::{
    CommitId, ManifestDigest, Mismatch, RebaseError, SlotContent, SlotManifest,
};
use lode_core::time::Timestamp;

use super::{CommitUnknown, Head, History, Live, Lookout, Slots, StagedObject, Writer};
use crate::{Error, metrics};

/// What is to be committed, whatever it will be on top of.
pub(crate) trait Draft<S: Slots>: Send + Sync {
    /// The manifest of `version` on top of `head`; `None` if all of it is there already.
    fn rebase(
        &self,
        head: Option<(&S::Manifest, ManifestDigest)>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Result<Option<S::Manifest>, RebaseError>;
}

/// A manifest and its bytes, which are the same however often they are sent.
struct Prepared<M> {
    pub(crate) live: Arc<Live<M>>,
    pub(crate) bytes: Bytes,
}

impl<M> Clone for Prepared<M> {
    fn clone(&self) -> Self {
        Self { live: self.live.clone(), bytes: self.bytes.clone() }
    }
}

/// Carries out what a commit machine asks for.
pub(crate) struct Committer<'a, S: Slots> {
    history: &'a History<S>,
    writer: &'a Writer,
    commit_id: CommitId,
    staged: Vec<StagedObject>,
    /// A commit that is being settled has none: its manifest is fixed.
    draft: Option<&'a dyn Draft<S>>,
    prepared: Option<Prepared<S::Manifest>>,
    /// The version whose index entries have been written, and those that had been there.
    announced: Option<(Version, Vec<Key>)>,
    /// The head that the last preparation was on top of.
    head: Option<Arc<Live<S::Manifest>>>,
    lookout: Lookout<'a, S>,
    error: Option<Error>,
}

impl<'a, S: Slots> Committer<'a, S> {
    /// Commits `draft`, which refers to the `staged` objects, as the commit `commit_id`.
    pub(crate) async fn commit(
        history: &'a History<S>,
        writer: &'a Writer,
        commit_id: CommitId,
        draft: &'a dyn Draft<S>,
        staged: Vec<StagedObject>,
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        let position = history.known_head().map(|head| head.position);
        let start = Commit::start(commit_id, writer.rules(history.slots.trusts_hint()), position);
        let committer = Self::new(history, writer, commit_id, staged);
        Self { draft: Some(draft), ..committer }.run(start).await
    }

    /// Settles a commit whose outcome is not known.
    pub(crate) async fn resolve(
        history: &'a History<S>,
        writer: &'a Writer,
        unknown: CommitUnknown,
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        let (version, live) = read_unknown(history, &unknown)?;
        let keys = unknown.staged.into_iter().map(Key::new);
        let keys: Vec<_> =
            keys.collect::<Result<_, _>>().map_err(|source| Error::InvalidKey { source })?;
        let staged = keys.into_iter().map(|key| StagedObject { key, at: None }).collect();
        let rules = writer.rules(history.slots.trusts_hint());
        let start = Commit::resolve(unknown.commit_id, rules, version);
        let prepared = Some(Prepared { live: Arc::new(live), bytes: unknown.manifest });
        let committer = Self::new(history, writer, unknown.commit_id, staged);
        Self { prepared, ..committer }.run(start).await
    }

    fn new(
        history: &'a History<S>,
        writer: &'a Writer,
        commit_id: CommitId,
        staged: Vec<StagedObject>,
    ) -> Self {
        let lookout = Lookout::new(history);
        let (draft, prepared, announced, head, error) = (None, None, None, None, None);
        Self {
            history,
            writer,
            commit_id,
            staged,
            draft,
            prepared,
            announced,
            head,
            lookout,
            error,
        }
    }

    async fn run(
        mut self,
        (machine, action): (Commit, Action),
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        let (mut machine, mut action) = (machine, action);
        loop {
            tracing::trace!(?action);
            let event = match action {
                Action::Look(look) => {
                    // What went wrong before has been dealt with, and is not the reason if this
                    // fails.
                    self.error = None;
                    Event::Seen(self.lookout.look(look).await)
                }
                Action::Prepare { position, version } => self.prepare(position, version).await,
                Action::Create { version, .. } => Event::Sent(self.create(version).await),
                Action::BackOff { attempt } => {
                    self.writer.options.back_off(attempt).await;
                    Event::Waited
                }
                Action::WriteHint { version } => Event::Hinted(self.write_hint(version).await),
                Action::Done(outcome) => {
                    self.settle_entries(outcome).await;
                    return self.finish(outcome);
                }
                _ => Event::Refused,
            };
            (machine, action) = machine.on(event);
        }
    }

    async fn prepare(&mut self, position: Position, version: Version) -> Event {
        if self.prepared.is_some() {
            // It was for a slot that another has taken since.
            metrics::conflict();
        }
        self.retract().await;
        match self.try_prepare(position, version).await {
            Ok(Some(prepared)) => {
                self.prepared = Some(prepared);
                Event::Prepared
            }
            Ok(None) => Event::AlreadyCommitted,
            Err(error) => {
                self.error = Some(error);
                Event::Refused
            }
        }
    }

    async fn try_prepare(
        &mut self,
        position: Position,
        version: Version,
    ) -> Result<Option<Prepared<S::Manifest>>, Error> {
        self.head = self.lookout.live_at(position).await?;
        self.history.advance(Head { position, live: self.head.clone() });
        let Some(draft) = self.draft else { return Ok(None) };
        let head = self.head.as_deref().map(|head| (&head.manifest, head.digest));
        let manifest = draft
            .rebase(head, version, self.writer.now())
            .map_err(|error| self.refusal(error, position))?;
        let Some(manifest) = manifest else { return Ok(None) };
        let bytes = self.history.slots.encode(&manifest);
        let bytes = Bytes::from(bytes.map_err(|source| Error::Unwritable { source })?);
        Ok(Some(Prepared { live: Arc::new(Live::new(manifest, &bytes)), bytes }))
    }

    fn refusal(&self, error: RebaseError, position: Position) -> Error {
        match error {
            RebaseError::Mismatch(source) => {
                let key = self.history.slots.slot(position.live.unwrap_or(Version::FIRST));
                Error::Mismatch { key, source }
            }
            RebaseError::Overlap(source) => Error::Overlap { source, version: position.live },
            _ => Error::EmptyCommit,
        }
    }

    /// Sends the manifest, after making sure that what it adds is there and young enough.
    async fn create(&mut self, version: Version) -> Sent {
        let Some(prepared) = self.prepared.clone() else { return Sent::Rejected };
        let objects = &self.history.objects;
        let ready = match self.writer.check_staged(objects, &self.staged).await {
            Ok(()) => self.announce(version, &prepared).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ready {
            self.error = Some(error);
            return Sent::Rejected;
        }
        let slot = self.history.slots.slot(version);
        let (sent, error) = objects.create(&slot, prepared.bytes).await.split();
        self.error = error.or(self.error.take());
        sent
    }

    async fn write_hint(&self, version: Version) -> bool {
        match self.history.write_hint(version).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%version, %error, "committed, but the hint was not written");
                false
            }
        }
    }

    fn finish(mut self, outcome: Outcome) -> Result<Arc<Live<S::Manifest>>, Error> {
        match outcome {
            Outcome::Committed { version, .. } => {
                let live = self.prepared.map(|prepared| prepared.live);
                self.history.advance(Head { position: Position::at(version), live: live.clone() });
                live.ok_or_else(|| self.lookout.take_error(version))
            }
            Outcome::AlreadyCommitted => self.head.ok_or(Error::EmptyCommit),
            Outcome::Conflict { version } => {
                metrics::conflict();
                Err(Error::Conflict { version })
            }
            Outcome::Damaged { version } => Err(self.lookout.take_error(version)),
            Outcome::Exhausted => Err(Error::VersionsExhausted),
            Outcome::Forked { hint, newest } => Err(Error::Forked { hint, newest }),
            Outcome::Unknown { version } => {
                metrics::unknown();
                Err(self.unknown(version))
            }
            _ => {
                let error = self.error.take();
                Err(error.unwrap_or_else(|| self.lookout.take_error(Version::FIRST)))
            }
        }
    }

    fn unknown(self, version: Version) -> Error {
        let bytes = self.prepared.map(|prepared| prepared.bytes).unwrap_or_default();
        let staged = self.staged.iter().map(|staged| staged.key.to_string()).collect();
        let id = self.history.id();
        let unknown = CommitUnknown::new(id, version, self.commit_id, bytes, staged);
        Error::CommitUnknown(Box::new(unknown))
    }
}

/// Index entries: copies of a manifest that tell a partition's readers of its version. They are
/// written before the slot, and believed only with it.
impl<S: Slots> Committer<'_, S> {
    async fn announce(
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
            if !self.writer.create(&self.history.objects, &entry, &prepared.bytes).await? {
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
    async fn settle_entries(&mut self, outcome: Outcome) {
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
    async fn retract(&mut self) {
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

/// The manifest that was sent, if it is one of this history.
fn read_unknown<S: Slots>(
    history: &History<S>,
    unknown: &CommitUnknown,
) -> Result<(Version, Live<S::Manifest>), Error> {
    let slots = &history.slots;
    let version = Version::new(unknown.version).unwrap_or(Version::FIRST);
    let key = slots.slot(version);
    let manifest = match slots.decode(&unknown.manifest) {
        Ok(SlotContent::Live(manifest)) => manifest,
        Ok(SlotContent::Collected(tombstone)) => {
            return Err(Error::Collected { id: tombstone.id, version });
        }
        Err(source) => return Err(Error::ManifestInvalid { key, source }),
    };
    let checked = Mismatch::check("id", slots.id().as_str(), &unknown.id)
        .and_then(|()| slots.check(&manifest, &slots.expected(version)));
    match checked {
        Ok(()) => Ok((manifest.version(), Live::new(manifest, &unknown.manifest))),
        Err(source) => Err(Error::Mismatch { key, source }),
    }
}
