//! Committing: the writing shell of [`lode_core::commit::Commit`].

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, Either, Ready};
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Look, Outcome, Position, Seen, Sent};
use lode_core::key::Key;
use lode_core::manifest::{
    CollectionState, CommitId, Mismatch, Onto, Purpose, RebaseError, Record, SlotContent,
    SlotManifest, Tombstone,
};
use lode_core::time::Timestamp;

use super::{CommitUnknown, Found, Head, History, Live, Lookout, Slots, Writer};
use crate::{Error, metrics};

/// How many pages are written at the same time.
const WRITES_IN_FLIGHT: usize = 16;
/// After how many seconds a commit has been held up.
const HELD_UP: u64 = 1;

/// What is to be committed, whatever it will be on top of.
pub(crate) trait Draft<S: Slots>: Send + Sync {
    /// What to put in the slot after `parent`; `None` if all of it is there already.
    fn rebase<'a>(
        &'a self,
        history: &'a History<S>,
        parent: Parent<'a, S::Manifest>,
    ) -> Rebasing<'a, S::Manifest>;
}

/// What a draft is built on.
#[derive(Debug)]
pub(crate) struct Parent<'a, M> {
    pub(crate) head: &'a Head<M>,
    /// The version after the newest slot.
    pub(crate) version: Version,
    pub(crate) created_at: Option<Timestamp>,
    /// For how long the writer lets an epoch be open: half of this.
    pub(crate) grace_period: u64,
}

impl<'a, M> Parent<'a, M> {
    /// What a snapshot is built on.
    pub(crate) fn onto(&self) -> Onto<'a, M> {
        let head = self.head.live.as_deref();
        Onto {
            head: head.map(|live| (&live.manifest, live.digest)),
            version: self.version,
            state: self.head.state.continued(self.created_at, self.grace_period),
            created_at: self.created_at,
        }
    }

    pub(crate) fn state(&self) -> &'a CollectionState {
        &self.head.state
    }
}

impl<M: SlotManifest> Parent<'_, M> {
    /// A record that is built on it, and decides nothing.
    pub(crate) fn record<S: Slots>(&self, slots: &S) -> Record {
        let head = self.head.live.as_deref();
        Record {
            id: slots.id().clone(),
            version: self.version,
            parent: head.map(|live| live.manifest.version()),
            parent_digest: head.map(|live| live.digest),
            commit_id: None,
            created_at: self.created_at,
            total_length: head.and_then(|live| live.manifest.total_length()),
            purpose: Purpose::Collection,
            state: self.state().clone(),
        }
    }
}

/// What a draft becomes: at once, or when pages have been read.
pub(crate) type Rebasing<'a, M> = Either<
    Ready<Result<Option<Rebased<M>>, Error>>,
    BoxFuture<'a, Result<Option<Rebased<M>>, Error>>,
>;

/// What goes into a slot, and what has to be there before it.
pub(crate) struct Rebased<M> {
    pub(crate) content: Content<M>,
    /// Objects that it refers to and that are not there yet. Each key has one content only.
    pub(crate) pages: Vec<(Key, Bytes)>,
}

/// What a commit puts into a slot.
#[derive(Clone)]
pub(crate) enum Content<M> {
    Record(Record),
    Snapshot(M),
}

/// Why a draft cannot be committed on top of the head `live`.
pub(crate) fn refusal<S: Slots>(slots: &S, error: RebaseError, live: Option<Version>) -> Error {
    match error {
        RebaseError::Mismatch(source) => {
            Error::Mismatch { key: slots.slot(live.unwrap_or(Version::FIRST)), source }
        }
        RebaseError::Expired { key } => Error::StageExpired { key },
        RebaseError::Overlap(source) => Error::Overlap { source, version: live },
        RebaseError::Unwritable(source) => Error::Unwritable { source },
        _ => Error::EmptyCommit,
    }
}

/// What goes into a slot and its bytes, which are the same however often they are sent.
pub(super) struct Prepared<M> {
    pub(super) content: Content<Arc<Live<M>>>,
    pub(super) bytes: Bytes,
    state: Arc<CollectionState>,
}

impl<M: SlotManifest> Prepared<M> {
    /// The manifest, if it is of a snapshot.
    pub(super) fn live(&self) -> Option<&Arc<Live<M>>> {
        match &self.content {
            Content::Record(_) => None,
            Content::Snapshot(live) => Some(live),
        }
    }

    /// Where the history stands once this is in the slot of `version`.
    fn position(&self, version: Version) -> Position {
        match &self.content {
            Content::Record(record) => Position { slot: Some(version), live: record.parent },
            Content::Snapshot(_) => Position::at(version),
        }
    }
}

impl<M> Clone for Prepared<M> {
    fn clone(&self) -> Self {
        let (content, bytes) = (self.content.clone(), self.bytes.clone());
        Self { content, bytes, state: self.state.clone() }
    }
}

/// Carries out what a commit machine asks for.
pub(crate) struct Committer<'a, S: Slots> {
    pub(super) history: &'a History<S>,
    pub(super) writer: &'a Writer,
    commit_id: CommitId,
    /// A commit that is being settled has none: its manifest is fixed.
    pub(super) draft: Option<&'a dyn Draft<S>>,
    pub(super) prepared: Option<Prepared<S::Manifest>>,
    /// Pages of what is prepared that have not been sent yet.
    pages: Vec<(Key, Bytes)>,
    /// The pages that were sent, for this attempt and those before: the same page is not sent twice.
    sent: HashSet<Key>,
    /// Why nothing could be prepared: the head that was to be built on has been collected.
    overtaken: Option<Error>,
    /// The version whose index entries have been written, and those that had been there.
    pub(super) announced: Option<(Version, Vec<Key>)>,
    /// The head that the last preparation was on top of.
    head: Option<Head<S::Manifest>>,
    pub(super) lookout: Lookout<'a, S>,
    /// When the first request was sent that had no definite outcome, for the slot that is tried
    /// for.
    uncertain: Option<Option<Timestamp>>,
    /// When the manifest was sent, the last time.
    sent_at: Option<Timestamp>,
    error: Option<Error>,
}

impl<'a, S: Slots> Committer<'a, S> {
    /// Commits the snapshot that `draft` makes, as the commit `commit_id`.
    pub(crate) async fn commit(
        history: &'a History<S>,
        writer: &'a Writer,
        commit_id: CommitId,
        draft: &'a dyn Draft<S>,
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        let position = history.known_head().map(|head| head.position);
        let start = Commit::start(commit_id, writer.rules(&history.slots), position);
        let committer = Self::new(history, writer, commit_id);
        let mut committer = Self { draft: Some(draft), ..committer };
        let outcome = committer.run(start).await;
        committer.finish(outcome)
    }

    /// Commits the record that `draft` makes in the slot after the head that is known, and tries no
    /// other: the version, or [`Error::Conflict`].
    pub(crate) async fn record(
        history: &'a History<S>,
        writer: &'a Writer,
        commit_id: CommitId,
        draft: &'a dyn Draft<S>,
    ) -> Result<Version, Error> {
        let position = history.known_head().map_or(Position::EMPTY, |head| head.position);
        let rules = writer.rules_for_record(&history.slots);
        let committer = Self::new(history, writer, commit_id);
        let mut committer = Self { draft: Some(draft), ..committer };
        let mut outcome = committer.run(Commit::start(commit_id, rules, Some(position))).await;
        if let Outcome::Unknown { version } = outcome {
            outcome = committer.run(Commit::resolve(commit_id, rules, version)).await;
        }
        match outcome {
            Outcome::Committed { version, .. } => {
                committer.advance(version);
                Ok(version)
            }
            outcome => match committer.finish(outcome) {
                Err(error) => Err(error),
                Ok(_) => Err(Error::EmptyCommit),
            },
        }
    }

    /// Settles a commit whose outcome is not known.
    pub(crate) async fn resolve(
        history: &'a History<S>,
        writer: &'a Writer,
        unknown: CommitUnknown,
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        let (version, live) = read_unknown(history, &unknown)?;
        let rules = writer.rules(&history.slots);
        let start = Commit::resolve(unknown.commit_id, rules, version);
        let state = Arc::new(live.manifest.state().clone());
        let (content, bytes) = (Content::Snapshot(Arc::new(live)), unknown.manifest);
        let committer = Self::new(history, writer, unknown.commit_id);
        let prepared = Some(Prepared { content, bytes, state });
        let mut committer = Self { prepared, ..committer };
        let outcome = committer.run(start).await;
        committer.finish(outcome)
    }

    fn new(history: &'a History<S>, writer: &'a Writer, commit_id: CommitId) -> Self {
        let lookout = Lookout::new(history);
        Self {
            history,
            writer,
            commit_id,
            draft: None,
            prepared: None,
            pages: Vec::new(),
            sent: HashSet::new(),
            overtaken: None,
            announced: None,
            head: None,
            lookout,
            uncertain: None,
            sent_at: None,
            error: None,
        }
    }

    async fn run(&mut self, (machine, action): (Commit, Action)) -> Outcome {
        let (mut machine, mut action) = (machine, action);
        loop {
            tracing::trace!(?action);
            let event = match action {
                Action::Look(look) => {
                    // What went wrong before has been dealt with, and is not the reason if this
                    // fails.
                    self.error = None;
                    // Boxed, as all that is seldom awaited, for the rest is moved with each commit.
                    Event::Seen(Box::pin(self.look(look)).await)
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
                    return outcome;
                }
                _ => Event::Refused,
            };
            (machine, action) = machine.on(event);
        }
    }

    /// Looks something up. A machine that puts up with failures asks again for it, and is told the
    /// same without a request once that has gone on for too long.
    async fn look(&mut self, look: Look) -> Seen {
        if self.lookout.has_failed() && self.is_out_of_patience() {
            return Seen::Failed;
        }
        let begin = self.writer.now();
        let seen = self.lookout.look(look).await;
        if matches!(seen, Seen::Failed) {
            self.uncertain.get_or_insert(begin);
        }
        seen
    }

    fn is_out_of_patience(&self) -> bool {
        self.uncertain.is_some_and(|begin| !self.writer.options.is_patient(begin))
    }

    async fn prepare(&mut self, position: Position, version: Version) -> Event {
        if self.prepared.is_some() {
            // It was for a slot that another has taken since.
            metrics::conflict();
        }
        self.retract().await;
        self.overtaken = None;
        self.uncertain = None;
        match self.try_prepare(position, version).await {
            Ok(Some(prepared)) => {
                self.prepared = Some(prepared);
                Event::Prepared
            }
            Ok(None) => Event::AlreadyCommitted,
            // The head that this handle knew is neither the head nor its predecessor any more, for
            // those are never collected. So the slot after it is taken: see `create`.
            Err(error @ Error::Collected { .. }) => {
                self.prepared = None;
                self.overtaken = Some(error);
                Event::Prepared
            }
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
        let head = self.lookout.head_at(position).await?;
        self.history.advance(head.clone());
        let head = &*self.head.insert(head);
        let Some(draft) = self.draft else { return Ok(None) };
        let (created_at, grace_period) = (self.writer.now(), self.writer.grace_period);
        let parent = Parent { head, version, created_at, grace_period };
        let rebased = match draft.rebase(self.history, parent).await {
            Ok(Some(rebased)) => rebased,
            Ok(None) => return Ok(None),
            Err(error) => match position.live {
                Some(live) => return Err(Box::pin(self.history.explain(error, live)).await),
                None => return Err(error),
            },
        };
        let Rebased { content, pages } = rebased;
        self.pages = pages;
        prepare(&self.history.slots, content).map(Some)
    }

    /// Sends the manifest, after what it refers to has been made durable.
    async fn create(&mut self, version: Version) -> Sent {
        if let Some(error) = self.overtaken.take() {
            return Box::pin(self.lose_unsent(version, error)).await;
        }
        let Some(prepared) = self.prepared.clone() else { return Sent::Rejected };
        // Nothing is sent any more: what was sent before decides, and that is not known.
        if self.is_out_of_patience() {
            return Sent::Rejected;
        }
        let begin = self.writer.now();
        self.sent_at = begin;
        if let Err(error) = self.make_ready(version, &prepared).await {
            self.error = Some(error);
            return Sent::Rejected;
        }
        let objects = &self.history.objects;
        let slot = self.history.slots.slot(version);
        // A record frees more room than it takes.
        let creation = match &prepared.content {
            Content::Record(_) => objects.create_from_reserve(&slot, prepared.bytes).await,
            Content::Snapshot(_) => objects.create(&slot, prepared.bytes).await,
        };
        let (sent, error) = creation.split();
        self.error = error.or(self.error.take());
        if sent == Sent::Unknown {
            self.uncertain.get_or_insert(begin);
        }
        sent
    }

    /// The slot is taken by others, so nothing has to be sent to find that out. Only a repair may
    /// have put a tombstone over the head, and then nothing comes after it.
    async fn lose_unsent(&mut self, version: Version, overtaken: Error) -> Sent {
        match self.history.load(version).await {
            Ok(Found::Live(_) | Found::Collected(_) | Found::Record(_)) => return Sent::Exists,
            Ok(Found::Absent) => self.error = Some(overtaken),
            Err(error) => self.error = Some(error),
        }
        Sent::Rejected
    }

    /// Sees to it that all is there that the manifest refers to.
    async fn make_ready(
        &mut self,
        version: Version,
        prepared: &Prepared<S::Manifest>,
    ) -> Result<(), Error> {
        self.writer.found(&self.history.objects).await?;
        self.write_pages().await?;
        self.announce(version, prepared).await
    }

    /// Writes the pages that are new, several at a time. One that exists was sent by this commit,
    /// for its id is in the name, and has these bytes, for so is their hash.
    async fn write_pages(&mut self) -> Result<(), Error> {
        if self.pages.is_empty() {
            return Ok(());
        }
        let (writer, objects, sent) = (self.writer, &self.history.objects, &self.sent);
        let new = std::mem::take(&mut self.pages);
        let new = new.into_iter().filter(|(key, _)| !sent.contains(key));
        let writes = stream::iter(new).map(async |(key, bytes)| {
            writer.create(objects, &key, &bytes).await?;
            Ok::<_, Error>(key)
        });
        let written: Vec<_> = writes.buffer_unordered(WRITES_IN_FLIGHT).try_collect().await?;
        self.sent.extend(written);
        Ok(())
    }

    async fn write_hint(&self, version: Version) -> bool {
        let written = match self.history.write_hint(version).await {
            Ok(()) if self.may_be_overtaken() => self.history.keep_hint(version).await,
            written => written,
        };
        if let Err(error) = &written {
            tracing::warn!(%version, %error, "committed, but the hint was not written");
        }
        written.is_ok()
    }

    /// Whether it is looked if others have written their hints before this one. Where Go only reads
    /// by the hint, that is worth a request only if the commit has been held up: a hint that is
    /// behind shows Go an older snapshot until the next commit.
    fn may_be_overtaken(&self) -> bool {
        let slots = &self.history.slots;
        slots.builds_on_hint() || (slots.trusts_hint() && self.was_held_up())
    }

    fn was_held_up(&self) -> bool {
        let passed = self.sent_at.zip(self.writer.now());
        passed.is_some_and(|(begin, now)| now.seconds_since(begin) >= HELD_UP)
    }

    /// Takes note that what was prepared is in this slot.
    fn advance(&self, version: Version) {
        let Some(prepared) = &self.prepared else { return };
        let live = match &prepared.content {
            Content::Snapshot(live) => Some(live.clone()),
            Content::Record(_) => self.head.as_ref().and_then(|head| head.live.clone()),
        };
        let position = prepared.position(version);
        self.history.advance(Head { position, live, state: prepared.state.clone() });
    }

    fn finish(mut self, outcome: Outcome) -> Result<Arc<Live<S::Manifest>>, Error> {
        match outcome {
            Outcome::Committed { version, .. } => {
                self.advance(version);
                let live = self.prepared.as_ref().and_then(|prepared| prepared.live().cloned());
                live.ok_or_else(|| self.lookout.take_error(version))
            }
            Outcome::AlreadyCommitted => {
                self.head.and_then(|head| head.live).ok_or(Error::EmptyCommit)
            }
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
        let cause = self.error.as_ref().or(self.lookout.error());
        let bytes = self.prepared.as_ref().map(|prepared| prepared.bytes.clone());
        let (id, bytes) = (self.history.id(), bytes.unwrap_or_default());
        let unknown = CommitUnknown::new(id, version, self.commit_id, bytes, cause);
        Error::CommitUnknown(Box::new(unknown))
    }
}

/// The bytes of what goes into a slot.
fn prepare<S: Slots>(
    slots: &S,
    content: Content<S::Manifest>,
) -> Result<Prepared<S::Manifest>, Error> {
    let bytes = match &content {
        Content::Record(record) => slots.encode_record(record),
        Content::Snapshot(manifest) => slots.encode(manifest),
    };
    let bytes = Bytes::from(bytes.map_err(|source| Error::Unwritable { source })?);
    let state = match &content {
        Content::Record(record) => &record.state,
        Content::Snapshot(manifest) => manifest.state(),
    };
    let state = Arc::new(state.clone());
    let content = match content {
        Content::Record(record) => Content::Record(record),
        Content::Snapshot(manifest) => Content::Snapshot(Arc::new(Live::new(manifest, &bytes))),
    };
    Ok(Prepared { content, bytes, state })
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
        Ok(
            SlotContent::Collected(Tombstone { id, .. }) | SlotContent::Record(Record { id, .. }),
        ) => {
            return Err(Error::Collected { id, version });
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
