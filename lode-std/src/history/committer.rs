//! Committing: the writing shell of [`lode_core::commit::Commit`].

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, Either, Ready};
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Outcome, Position, Sent};
use lode_core::key::Key;
use lode_core::manifest::{CommitId, Mismatch, RebaseError, SlotContent, SlotManifest};
use lode_core::time::Timestamp;

use super::{CommitUnknown, Found, Head, History, Live, Lookout, Slots, StagedObject, Writer};
use crate::{Error, metrics};

/// How many pages are written at the same time.
const WRITES_IN_FLIGHT: usize = 16;

/// What is to be committed, whatever it will be on top of.
pub(crate) trait Draft<S: Slots>: Send + Sync {
    /// The manifest of `version` on top of `head`; `None` if all of it is there already.
    fn rebase<'a>(
        &'a self,
        history: &'a History<S>,
        head: Option<&'a Live<S::Manifest>>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Rebasing<'a, S::Manifest>;
}

/// What a draft becomes: at once, or when pages have been read.
pub(crate) type Rebasing<'a, M> = Either<
    Ready<Result<Option<Rebased<M>>, Error>>,
    BoxFuture<'a, Result<Option<Rebased<M>>, Error>>,
>;

/// A manifest, and what has to be there before it.
pub(crate) struct Rebased<M> {
    pub(crate) manifest: M,
    /// Objects that it refers to and that are not there yet. Each key has one content only.
    pub(crate) pages: Vec<(Key, Bytes)>,
}

/// Why a draft cannot be committed on top of the head `live`.
pub(crate) fn refusal<S: Slots>(slots: &S, error: RebaseError, live: Option<Version>) -> Error {
    match error {
        RebaseError::Mismatch(source) => {
            Error::Mismatch { key: slots.slot(live.unwrap_or(Version::FIRST)), source }
        }
        RebaseError::Overlap(source) => Error::Overlap { source, version: live },
        RebaseError::Unwritable(source) => Error::Unwritable { source },
        _ => Error::EmptyCommit,
    }
}

/// A manifest and its bytes, which are the same however often they are sent.
pub(super) struct Prepared<M> {
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
    pub(super) history: &'a History<S>,
    pub(super) writer: &'a Writer,
    commit_id: CommitId,
    staged: Vec<StagedObject>,
    /// A commit that is being settled has none: its manifest is fixed.
    pub(super) draft: Option<&'a dyn Draft<S>>,
    pub(super) prepared: Option<Prepared<S::Manifest>>,
    /// Pages of what is prepared that have not been sent yet.
    pages: Vec<(Key, Bytes)>,
    /// When each page was sent first, of this attempt and those before: the same page is not sent
    /// twice.
    sent: HashMap<Key, Option<Timestamp>>,
    /// The pages that are new in what is prepared.
    staged_pages: Vec<StagedObject>,
    /// Why nothing could be prepared: the head that was to be built on has been collected.
    overtaken: Option<Error>,
    /// The version whose index entries have been written, and those that had been there.
    pub(super) announced: Option<(Version, Vec<Key>)>,
    /// The head that the last preparation was on top of.
    head: Option<Arc<Live<S::Manifest>>>,
    pub(super) lookout: Lookout<'a, S>,
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
        let mut committer = Self { draft: Some(draft), ..committer };
        let outcome = committer.run(start).await;
        committer.finish(outcome)
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
        let mut committer = Self { prepared, ..committer };
        let outcome = committer.run(start).await;
        committer.finish(outcome)
    }

    fn new(
        history: &'a History<S>,
        writer: &'a Writer,
        commit_id: CommitId,
        staged: Vec<StagedObject>,
    ) -> Self {
        let lookout = Lookout::new(history);
        Self {
            history,
            writer,
            commit_id,
            staged,
            draft: None,
            prepared: None,
            pages: Vec::new(),
            sent: HashMap::new(),
            staged_pages: Vec::new(),
            overtaken: None,
            announced: None,
            head: None,
            lookout,
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
                    Event::Seen(Box::pin(self.lookout.look(look)).await)
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

    async fn prepare(&mut self, position: Position, version: Version) -> Event {
        if self.prepared.is_some() {
            // It was for a slot that another has taken since.
            metrics::conflict();
        }
        self.retract().await;
        self.overtaken = None;
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
        self.head = self.lookout.live_at(position).await?;
        self.history.advance(Head { position, live: self.head.clone() });
        let Some(draft) = self.draft else { return Ok(None) };
        let head = self.head.as_deref();
        let rebased = match draft.rebase(self.history, head, version, self.writer.now()).await {
            Ok(Some(rebased)) => rebased,
            Ok(None) => return Ok(None),
            Err(error) => match position.live {
                Some(live) => return Err(Box::pin(self.history.explain(error, live)).await),
                None => return Err(error),
            },
        };
        let Rebased { manifest, pages } = rebased;
        let bytes = self.history.slots.encode(&manifest);
        let bytes = Bytes::from(bytes.map_err(|source| Error::Unwritable { source })?);
        self.pages = pages;
        self.staged_pages.clear();
        Ok(Some(Prepared { live: Arc::new(Live::new(manifest, &bytes)), bytes }))
    }

    /// Sends the manifest, after making sure that what it adds is there and young enough.
    async fn create(&mut self, version: Version) -> Sent {
        if let Some(error) = self.overtaken.take() {
            return Box::pin(self.lose_unsent(version, error)).await;
        }
        let Some(prepared) = self.prepared.clone() else { return Sent::Rejected };
        if let Err(error) = self.make_ready(version, &prepared).await {
            self.error = Some(error);
            return Sent::Rejected;
        }
        let objects = &self.history.objects;
        let slot = self.history.slots.slot(version);
        let (sent, error) = objects.create(&slot, prepared.bytes).await.split();
        self.error = error.or(self.error.take());
        sent
    }

    /// The slot is taken by others, so nothing has to be sent to find that out. Only a repair may
    /// have put a tombstone over the head, and then nothing comes after it.
    async fn lose_unsent(&mut self, version: Version, overtaken: Error) -> Sent {
        match self.history.load(version).await {
            Ok(Found::Live(_) | Found::Collected(_)) => return Sent::Exists,
            Ok(Found::Absent) => self.error = Some(overtaken),
            Err(error) => self.error = Some(error),
        }
        Sent::Rejected
    }

    /// Sees to it that all is there that the manifest refers to, and young enough.
    async fn make_ready(
        &mut self,
        version: Version,
        prepared: &Prepared<S::Manifest>,
    ) -> Result<(), Error> {
        self.write_pages().await?;
        let objects = &self.history.objects;
        self.writer.check_staged(objects, &self.staged).await?;
        self.writer.check_staged(objects, &self.staged_pages).await?;
        self.announce(version, prepared).await
    }

    /// Writes the pages that are new, several at a time. One that exists was sent by this commit,
    /// for its id is in the name, and has these bytes, for so is their hash.
    async fn write_pages(&mut self) -> Result<(), Error> {
        if self.pages.is_empty() {
            return Ok(());
        }
        let (writer, objects, sent) = (self.writer, &self.history.objects, &self.sent);
        let writes = stream::iter(std::mem::take(&mut self.pages)).map(async |(key, bytes)| {
            let at = match sent.get(&key) {
                Some(at) => *at,
                None => {
                    let now = writer.now();
                    writer.create(objects, &key, &bytes, now).await?;
                    now
                }
            };
            Ok::<_, Error>(StagedObject { key, at })
        });
        let written: Vec<_> = writes.buffer_unordered(WRITES_IN_FLIGHT).try_collect().await?;
        self.sent.extend(written.iter().map(|page| (page.key.clone(), page.at)));
        self.staged_pages.extend(written);
        Ok(())
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
        let staged = self.staged.iter().chain(&self.staged_pages);
        let staged = staged.map(|staged| staged.key.to_string()).collect();
        let id = self.history.id();
        let unknown = CommitUnknown::new(id, version, self.commit_id, bytes, staged);
        Error::CommitUnknown(Box::new(unknown))
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
