//! Histories of snapshots, whatever they are snapshots of: the shells of the commit machines.

mod claim;
mod committer;
mod entries;
mod lookout;
mod open;
mod slots;
mod tags;
mod unknown;
mod writer;

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::commit::{Position, Resolution, Resolve, ResolveStep, Slot};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::{
    CollectionState, ManifestDigest, Record, SlotContent, SlotManifest, Tombstone,
};
use lode_core::verify::{Link, LinkState, parse_hint};

pub(crate) use self::committer::{Committer, Content, Draft, Parent, Rebased, Rebasing, refusal};
pub(crate) use self::entries::{create_entries, encode_entry, entry_keys, overwrite_entries};
pub(crate) use self::lookout::Lookout;
pub(crate) use self::open::{Agreement, Founding, Opened, Opening, Subject};
pub(crate) use self::slots::{LostPage, See, Slots, as_laid_out};
pub(crate) use self::tags::Tagged;
pub use self::unknown::CommitUnknown;
pub(crate) use self::writer::{Restaging, Writer, WriterOptions};
use crate::Error;
use crate::store::Objects;
use crate::sync::RwLock;

/// The slots of one history, and what is known of its head.
#[derive(Debug)]
pub(crate) struct History<S: Slots> {
    pub(crate) objects: Objects,
    pub(crate) slots: S,
    /// Where the history stood when it was last looked at. It only ever goes forward.
    head: RwLock<Option<Head<S::Manifest>>>,
}

/// Where a history stands, and the manifest there.
#[derive(Debug)]
pub(crate) struct Head<M> {
    pub(crate) position: Position,
    /// The manifest at `position.live`.
    pub(crate) live: Option<Arc<Live<M>>>,
    /// What collections had decided, at `position.slot`.
    pub(crate) state: Arc<CollectionState>,
}

impl<M> Clone for Head<M> {
    fn clone(&self) -> Self {
        Self { position: self.position, live: self.live.clone(), state: self.state.clone() }
    }
}

/// A manifest as it was read or written.
#[derive(Debug)]
pub(crate) struct Live<M> {
    pub(crate) manifest: M,
    /// Of the stored bytes.
    pub(crate) digest: ManifestDigest,
}

impl<M> Live<M> {
    /// `manifest`, which is stored as `bytes`.
    pub(crate) fn new(manifest: M, bytes: &[u8]) -> Self {
        Self { manifest, digest: ManifestDigest::Blake3(*blake3::hash(bytes).as_bytes()) }
    }
}

/// What a slot was found to hold.
pub(crate) enum Found<M> {
    Absent,
    Collected(Tombstone),
    Live(Arc<Live<M>>),
    Record(Live<Record>),
}

impl<M: SlotManifest> Found<M> {
    /// Its place in the history; `None` if there is nothing.
    pub(crate) fn link(&self) -> Option<Link> {
        match self {
            Self::Absent => None,
            Self::Collected(found) => Some(Link::of(found, LinkState::Collected, found.digest)),
            Self::Live(live) => Some(Link::of(&live.manifest, LinkState::Live, live.digest)),
            Self::Record(found) => Some(Link::of(&found.manifest, LinkState::Record, found.digest)),
        }
    }

    /// What collections had decided, if it was written by somebody who knows of them.
    pub(crate) fn state(&self) -> Option<CollectionState> {
        match self {
            Self::Absent | Self::Collected(_) => None,
            Self::Live(live) => lookout::state_of(&live.manifest),
            Self::Record(found) => Some(found.manifest.state.clone()),
        }
    }

    /// What a machine has to know of it.
    fn slot(&self) -> Slot {
        match self {
            Self::Absent => Slot::Absent,
            Self::Collected(tombstone) => {
                Slot::Collected { commit_id: tombstone.commit_id, parent: tombstone.parent }
            }
            Self::Live(live) => {
                Slot::Live { commit_id: live.manifest.commit_id(), parent: live.manifest.parent() }
            }
            Self::Record(Live { manifest: record, .. }) => {
                Slot::Record { commit_id: record.commit_id, head: record.parent }
            }
        }
    }
}

impl<S: Slots> History<S> {
    pub(crate) fn new(objects: Objects, slots: S) -> Self {
        Self { objects, slots, head: RwLock::new(None) }
    }

    pub(crate) fn id(&self) -> &Id {
        self.slots.id()
    }

    /// Where the history stood when it was last looked at.
    pub(crate) fn known_head(&self) -> Option<Head<S::Manifest>> {
        self.head.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A tombstone as it is stored.
    pub(crate) fn tombstone_bytes(&self, tombstone: &Tombstone) -> Result<Bytes, Error> {
        let bytes = self.slots.encode_tombstone(tombstone);
        bytes.map(Bytes::from).map_err(|source| Error::Unwritable { source })
    }

    /// Puts a tombstone over its slot, and over the index entries that tell of it.
    ///
    /// A Go reader believes the entries, so they must not outlive the slot: they come first. If it
    /// ends in between, the slot is still what it was, and whoever comes next begins with them
    /// again.
    pub(crate) async fn bury(&self, tombstone: &Tombstone, entries: &[Key]) -> Result<(), Error> {
        let bytes = self.tombstone_bytes(tombstone)?;
        for entry in entries {
            self.objects.overwrite_from_reserve(entry, bytes.clone()).await?;
        }
        self.objects.overwrite_from_reserve(&self.slots.slot(tombstone.version), bytes).await
    }

    /// Takes note of where the history stands, unless more is known already.
    pub(crate) fn advance(&self, head: Head<S::Manifest>) {
        let mut known = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.position.slot < head.position.slot) {
            *known = Some(head);
        }
    }

    /// Looks where the history stands now: the manifest of the head, if there is one.
    pub(crate) async fn refresh(&self) -> Result<Option<Arc<Live<S::Manifest>>>, Error> {
        Ok(self.refresh_head().await?.live)
    }

    /// The head, as this handle knows it, or as it is found now.
    pub(crate) async fn some_head(&self) -> Result<Head<S::Manifest>, Error> {
        match self.known_head() {
            Some(head) => Ok(head),
            None => self.refresh_head().await,
        }
    }

    /// Looks where the history stands now.
    #[tracing::instrument(name = "lode.latest", skip_all, fields(id = %self.id()), err)]
    pub(crate) async fn refresh_head(&self) -> Result<Head<S::Manifest>, Error> {
        let mut lookout = Lookout::new(self);
        match self.locate(&mut lookout).await {
            Resolution::At(position) => {
                let head = lookout.head_at(position).await?;
                self.advance(head.clone());
                // Another task may have found more.
                Ok(self.known_head().unwrap_or(head))
            }
            Resolution::Forked { hint, newest } => Err(Error::Forked { hint, newest }),
            Resolution::Damaged { version } => Err(lookout.take_error(version)),
            _ => Err(lookout.take_error(Version::FIRST)),
        }
    }

    async fn locate(&self, lookout: &mut Lookout<'_, S>) -> Resolution {
        let (mut machine, mut look) = match self.known_head() {
            Some(head) => Resolve::since(head.position, self.slots.density()),
            None => Resolve::cold(self.slots.density()),
        };
        loop {
            match machine.on(lookout.look(look).await) {
                ResolveStep::Done(resolution) => return resolution,
                ResolveStep::Look(next, then) => (machine, look) = (next, then),
            }
        }
    }

    /// The newest slot, also if it cannot be read.
    async fn newest_slot(&self) -> Result<Option<Version>, Error> {
        let mut lookout = Lookout::new(self);
        match self.locate(&mut lookout).await {
            Resolution::At(position) => Ok(position.slot),
            Resolution::Damaged { version } => Ok(Some(version)),
            Resolution::Forked { hint, newest } => Ok(Some(hint.max(newest))),
            _ => Err(lookout.take_error(Version::FIRST)),
        }
    }

    /// Whether a slot is taken. Costs one look.
    pub(crate) async fn is_taken(&self, version: Version) -> Result<bool, Error> {
        Ok(self.objects.metadata(&self.slots.slot(version)).await?.is_some())
    }

    /// What the newest of these slots that can be read says of collections, and how many above it
    /// hold no manifest. Costs a read for each of these, and one more.
    pub(crate) async fn newest_state(
        &self,
        versions: &[Version],
    ) -> Result<(CollectionState, u32), Error> {
        let mut unreadable = 0;
        for version in versions.iter().rev() {
            match self.load_relied(*version).await {
                // A tombstone may stand where a repair has given up a record.
                Ok(found) => match found.state() {
                    Some(state) => return Ok((state, unreadable)),
                    None => unreadable += 1,
                },
                Err(Error::ManifestInvalid { .. } | Error::Mismatch { .. }) => unreadable += 1,
                Err(error) => return Err(error),
            }
        }
        Ok((CollectionState::FIRST, unreadable))
    }

    /// Whether a version has been dropped, as far as this handle knows.
    pub(crate) fn is_dropped(&self, version: Version) -> bool {
        self.known_head().is_some_and(|head| head.state.dropped.contains(version))
    }

    /// The manifest of this version, if it is that of the newest that this handle knows.
    pub(super) fn known_live(&self, version: Version) -> Option<Arc<Live<S::Manifest>>> {
        let known = self.known_head().and_then(|head| head.live);
        known.filter(|live| live.manifest.version() == version)
    }

    /// The manifest of this version.
    pub(crate) async fn load_live(
        &self,
        version: Version,
    ) -> Result<Arc<Live<S::Manifest>>, Error> {
        if let Some(live) = self.known_live(version) {
            return Ok(live);
        }
        let id = self.id().clone();
        if self.is_dropped(version) {
            return Err(Error::Collected { id, version });
        }
        match self.load(version).await? {
            Found::Live(live) => Ok(live),
            Found::Collected(_) => Err(Error::Collected { id, version }),
            Found::Record(_) => Err(Error::NotASnapshot { id, version }),
            Found::Absent => Err(Error::SnapshotNotFound { id, version }),
        }
    }

    /// All versions whose slots are taken, in order: 1 to the newest. Costs what finding the head
    /// does; only a history in which the Go implementation has written is listed.
    pub(crate) async fn versions(&self) -> Result<Vec<Version>, Error> {
        self.versions_after(None).await
    }

    /// Those after this one.
    pub(crate) async fn versions_after(
        &self,
        after: Option<Version>,
    ) -> Result<Vec<Version>, Error> {
        let newest = self.newest_slot().await?;
        self.versions_between(after, newest).await
    }

    /// Those after one, up to the newest.
    pub(crate) async fn versions_between(
        &self,
        after: Option<Version>,
        newest: Option<Version>,
    ) -> Result<Vec<Version>, Error> {
        let Some(newest) = newest else { return Ok(Vec::new()) };
        let is_device = self.slots.folder().is_none();
        if is_device || newest.is_time() {
            let mut versions: Vec<_> = self.list_versions(after)?.try_collect().await?;
            versions.sort_unstable();
            return Ok(versions);
        }
        let first = after.map_or(1, |after| after.get() + 1);
        Ok((first..=newest.get()).filter_map(Version::new).collect())
    }

    /// The slots after this one as they are listed, in any order.
    fn list_versions(
        &self,
        after: Option<Version>,
    ) -> Result<impl Stream<Item = Result<Version, Error>> + Send, Error> {
        let offset = after.map(|after| self.slots.slot(after));
        let list = match self.slots.folder() {
            Some(folder) => self.objects.list(&folder, offset.as_ref())?,
            None => self.objects.list_top(),
        };
        let is_after = move |version: &Version| after.is_none_or(|after| *version > after);
        Ok(list.try_filter_map(move |meta| {
            let version = self.slots.parse_slot(meta.location.as_ref()).filter(is_after);
            std::future::ready(Ok(version))
        }))
    }

    /// All live manifests, oldest first; each is read when it is asked for.
    pub(crate) fn live(
        self: Arc<Self>,
    ) -> impl Stream<Item = Result<Arc<Live<S::Manifest>>, Error>> + Send + use<S> {
        let history = self.clone();
        stream::once(async move { history.versions().await })
            .map_ok(|versions| stream::iter(versions.into_iter().map(Ok)))
            .try_flatten()
            .then(move |version: Result<Version, Error>| {
                let history = self.clone();
                async move {
                    let version = version?;
                    if history.is_dropped(version) {
                        return Ok(None);
                    }
                    Ok(match history.load(version).await? {
                        Found::Live(live) => Some(live),
                        Found::Absent | Found::Collected(_) | Found::Record(_) => None,
                    })
                }
            })
            .filter_map(async |live: Result<_, Error>| live.transpose())
    }

    /// What the slot of this version holds, as the store has it now. Costs one read.
    pub(crate) async fn load(&self, version: Version) -> Result<Found<S::Manifest>, Error> {
        Ok(self.load_stored(version).await?.map_or(Found::Absent, |(found, _)| found))
    }

    /// What the slot of this version holds, for a writer that is going to rely on it: in a
    /// directory it is durable then. Costs one read.
    pub(crate) async fn load_relied(&self, version: Version) -> Result<Found<S::Manifest>, Error> {
        let key = self.slots.slot(version);
        match self.objects.read_relied(&key).await? {
            Some(bytes) => self.parse(&key, &bytes, Some(version)),
            None => Ok(Found::Absent),
        }
    }

    /// The same, and the bytes that say so. Costs one read.
    pub(crate) async fn load_stored(
        &self,
        version: Version,
    ) -> Result<Option<(Found<S::Manifest>, Bytes)>, Error> {
        let key = self.slots.slot(version);
        let Some(bytes) = self.objects.read(&key).await? else { return Ok(None) };
        Ok(Some((self.parse(&key, &bytes, Some(version))?, bytes)))
    }

    /// Why reading what the manifest of `version` refers to has failed: if an object is gone, the
    /// snapshot may have been dropped while it was read. Costs finding the head then.
    pub(crate) async fn explain(&self, error: Error, version: Version) -> Error {
        if !matches!(error, Error::Missing { .. }) {
            return error;
        }
        match self.refresh_head().await {
            Ok(head) if head.state.dropped.contains(version) => {
                Error::Collected { id: self.id().clone(), version }
            }
            // So it is not known why.
            Err(failure @ Error::Store { .. }) => failure,
            _ => error,
        }
    }

    /// What the bytes of the object `key` say, if they are the manifest of this version, or of any
    /// in this history.
    pub(crate) fn parse(
        &self,
        key: &Key,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<Found<S::Manifest>, Error> {
        let content = match self.slots.decode(bytes) {
            Ok(content) => content,
            Err(source) => return Err(Error::ManifestInvalid { key: key.clone(), source }),
        };
        let expected = |found| self.slots.expected(version.unwrap_or(found));
        let checked = match &content {
            SlotContent::Live(live) => self.slots.check(live, &expected(live.version())),
            SlotContent::Collected(tombstone) => tombstone.check(&expected(tombstone.version)),
            SlotContent::Record(record) => record.check(&expected(record.version)),
        };
        match (checked, content) {
            (Err(source), _) => Err(Error::Mismatch { key: key.clone(), source }),
            (Ok(()), SlotContent::Live(manifest)) => {
                Ok(Found::Live(Arc::new(Live::new(manifest, bytes))))
            }
            (Ok(()), SlotContent::Collected(tombstone)) => Ok(Found::Collected(tombstone)),
            (Ok(()), SlotContent::Record(record)) => Ok(Found::Record(Live::new(record, bytes))),
        }
    }

    /// What the hint says, if it makes sense. That of a device is the name of a manifest.
    pub(crate) async fn read_hint(&self) -> Result<Option<Version>, Error> {
        if self.slots.folder().is_none() {
            return Ok(None);
        }
        let hint = self.objects.read(&self.slots.hint()).await?;
        Ok(hint.and_then(|text| parse_hint(&text)))
    }

    /// Overwrites the hint.
    pub(crate) async fn write_hint(&self, version: Version) -> Result<(), Error> {
        let hint = Bytes::from(version.to_string());
        self.objects.overwrite_hint(&self.slots.hint(), hint).await
    }

    /// Writes the hint if it is behind this snapshot, which is the newest: a run that ended between
    /// a slot and its hint may have left one that the Go implementation would believe. Costs one
    /// read; a write and a look more if it is behind.
    pub(crate) async fn put_hint_right(&self, newest: Version) -> Result<(), Error> {
        if self.read_hint().await?.is_some_and(|hint| hint >= newest) {
            return Ok(());
        }
        self.write_hint(newest).await?;
        self.keep_hint(newest).await
    }

    /// Looks whether the hint that was just written has been overtaken, and writes it again if so:
    /// where the Go implementation believes it, the last hint to be written must name the newest
    /// snapshot. Whoever commits after this look writes a hint of its own. Costs one look.
    pub(crate) async fn keep_hint(&self, mut hint: Version) -> Result<(), Error> {
        while let Some(next) = hint.next()
            && self.is_taken(next).await?
        {
            let newest = self.refresh_head().await?.position.live;
            // What came after it may have been a record.
            let Some(newest) = newest.filter(|newest| *newest > hint) else { return Ok(()) };
            self.write_hint(newest).await?;
            hint = newest;
        }
        Ok(())
    }
}
