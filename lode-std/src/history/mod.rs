//! Histories of snapshots, whatever they are snapshots of: the shells of the commit machines.

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
use lode_core::commit::{Listed, Position, Resolution, Resolve, ResolveStep, Slot};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::manifest::{ManifestDigest, SlotContent, SlotManifest, Tombstone};
use lode_core::verify::{Link, LinkState, parse_hint};

pub(crate) use self::committer::{Committer, Draft, Rebased, Rebasing, refusal};
pub(crate) use self::lookout::Lookout;
pub(crate) use self::open::{Opening, Subject};
pub(crate) use self::slots::{LostPage, See, Slots, as_laid_out};
pub(crate) use self::tags::Tagged;
pub use self::unknown::CommitUnknown;
pub(crate) use self::writer::{StagedObject, Writer, WriterOptions};
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
}

impl<M> Clone for Head<M> {
    fn clone(&self) -> Self {
        Self { position: self.position, live: self.live.clone() }
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
}

impl<M: SlotManifest> Found<M> {
    /// Its place in the history; `None` if there is nothing.
    pub(crate) fn link(&self) -> Option<Link> {
        match self {
            Self::Absent => None,
            Self::Collected(found) => Some(Link::of(found, LinkState::Collected, found.digest)),
            Self::Live(live) => Some(Link::of(&live.manifest, LinkState::Live, live.digest)),
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
            self.objects.overwrite(entry, bytes.clone()).await?;
        }
        self.objects.overwrite(&self.slots.slot(tombstone.version), bytes).await
    }

    /// Takes note of where the history stands, unless more is known already.
    pub(crate) fn advance(&self, head: Head<S::Manifest>) {
        let mut known = self.head.write().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_none_or(|known| known.position.slot < head.position.slot) {
            *known = Some(head);
        }
    }

    /// Looks where the history stands now: the manifest of the head, if there is one.
    #[tracing::instrument(name = "lode.latest", skip_all, fields(id = %self.id()), err)]
    pub(crate) async fn refresh(&self) -> Result<Option<Arc<Live<S::Manifest>>>, Error> {
        let mut lookout = Lookout::new(self);
        let (mut machine, mut look) = match self.known_head() {
            Some(head) => Resolve::since(head.position, true),
            None => Resolve::cold(true),
        };
        let resolution = loop {
            match machine.on(lookout.look(look).await) {
                ResolveStep::Done(resolution) => break resolution,
                ResolveStep::Look(next, then) => (machine, look) = (next, then),
            }
        };
        match resolution {
            Resolution::At(position) => {
                let live = lookout.live_at(position).await?;
                self.advance(Head { position, live });
                Ok(self.known_head().and_then(|head| head.live))
            }
            Resolution::Forked { hint, newest } => Err(Error::Forked { hint, newest }),
            Resolution::Damaged { version } => Err(lookout.take_error(version)),
            _ => Err(lookout.take_error(Version::FIRST)),
        }
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
        match self.load(version).await? {
            Found::Live(live) => Ok(live),
            Found::Collected(_) => Err(Error::Collected { id, version }),
            Found::Absent => Err(Error::SnapshotNotFound { id, version }),
        }
    }

    /// All versions whose slots are taken, in order.
    pub(crate) async fn versions(&self) -> Result<Vec<Version>, Error> {
        self.versions_after(None).await
    }

    /// Those after this one.
    pub(crate) async fn versions_after(
        &self,
        after: Option<Version>,
    ) -> Result<Vec<Version>, Error> {
        let mut versions: Vec<_> = self.list_versions(after)?.try_collect().await?;
        versions.sort_unstable();
        Ok(versions)
    }

    /// The same as they are listed, in any order.
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
                    Ok(match history.load(version?).await? {
                        Found::Live(live) => Some(live),
                        Found::Absent | Found::Collected(_) => None,
                    })
                }
            })
            .filter_map(async |live: Result<_, Error>| live.transpose())
    }

    /// What the slot of this version holds, as the store has it now. Costs one read.
    pub(crate) async fn load(&self, version: Version) -> Result<Found<S::Manifest>, Error> {
        Ok(self.load_stored(version).await?.map_or(Found::Absent, |(found, _)| found))
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
    /// snapshot may have been collected while it was read. Costs one read then.
    pub(crate) async fn explain(&self, error: Error, version: Version) -> Error {
        if !matches!(error, Error::Missing { .. }) {
            return error;
        }
        match self.load(version).await {
            Ok(Found::Collected(_)) => Error::Collected { id: self.id().clone(), version },
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
        };
        match (checked, content) {
            (Err(source), _) => Err(Error::Mismatch { key: key.clone(), source }),
            (Ok(()), SlotContent::Live(manifest)) => {
                Ok(Found::Live(Arc::new(Live::new(manifest, bytes))))
            }
            (Ok(()), SlotContent::Collected(tombstone)) => Ok(Found::Collected(tombstone)),
        }
    }

    /// What the hint says, if it makes sense.
    pub(crate) async fn read_hint(&self) -> Result<Option<Version>, Error> {
        let hint = self.objects.read(&self.slots.hint()).await?;
        Ok(hint.and_then(|text| parse_hint(&text)))
    }

    pub(crate) async fn write_hint(&self, version: Version) -> Result<(), Error> {
        let hint = Bytes::from(version.to_string());
        self.objects.overwrite(&self.slots.hint(), hint).await
    }

    async fn list_slots(&self, after: Option<Version>) -> Result<Listed, Error> {
        let mut listed = Listed::default();
        let mut versions = self.list_versions(after)?;
        while let Some(version) = versions.try_next().await? {
            listed.push(version);
        }
        Ok(listed)
    }
}
