//! Volumes: sparse, resumable byte spaces.

mod blocks;
mod builder;
mod cache;
mod commit;
mod device;
mod diff;
mod discard;
mod fetch;
mod group;
mod open;
mod pages;
mod read;
mod slots;
mod snapshot;
mod stage;
mod stat;
mod uncommitted;

use std::sync::Arc;

use futures::{Stream, TryStreamExt};
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::descriptor::{self, VolumeDescriptor};
use lode_core::id::Id;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::Format;

pub use self::blocks::{SnapshotBlocks, SnapshotGaps};
pub use self::builder::VolumeBuilder;
pub use self::cache::BlockCache;
pub use self::group::GroupCommitter;
pub use self::read::SnapshotReader;
pub(crate) use self::slots::{OwnChecksum, VolumeSlots};
pub use self::snapshot::Snapshot;
pub use self::stage::Staged;
use crate::Error;
use crate::history::{History, Writer, WriterOptions};
use crate::maintain::Maintenance;
use crate::store::Objects;
use crate::sync::AtomicU64;

/// A volume that is open for writing. Clones share one handle; use them from as many tasks as you
/// like.
///
/// [Stage](Self::stage_at) blocks, in any order and at the same time, then
/// [commit](Self::commit) them: all become visible at once, as a [`Snapshot`], or none does. What
/// is staged and not committed is invisible, and is deleted by a collection some time.
#[derive(Clone, Debug)]
pub struct Volume {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    history: Arc<History<VolumeSlots>>,
    descriptor: VolumeDescriptor,
    /// The algorithm that the descriptor names.
    checksum: Option<Algorithm>,
    writer: Writer,
    /// How many times what was staged has been discarded: names below that are never used again.
    discards: AtomicU64,
}

impl Volume {
    /// Begins to open the volume `id` of `total_length` bytes; if it is not there,
    /// its first commit creates it.
    pub fn builder(id: &str, total_length: u64) -> VolumeBuilder {
        VolumeBuilder::new(id, Some(total_length))
    }

    /// Begins to open the volume `id`, which must be there.
    pub fn existing(id: &str) -> VolumeBuilder {
        VolumeBuilder::new(id, None)
    }

    /// The ids of all volumes in a store, in order. Costs one listing.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub async fn list(store: Arc<dyn object_store::ObjectStore>) -> Result<Vec<Id>, Error> {
        crate::store::list_ids(&Objects::new(store), &VolumeLayout::volumes()).await
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        &self.shared.descriptor.id
    }

    /// How many bytes it has, committed or not.
    #[allow(clippy::len_without_is_empty, reason = "no volume is empty")]
    pub fn len(&self) -> u64 {
        self.shared.descriptor.total_length
    }

    /// The format of its manifests.
    pub fn format(&self) -> Format {
        self.shared.descriptor.format
    }

    /// The algorithm of its blocks' checksums; `None` for some volumes of the Go implementation.
    pub fn checksum(&self) -> Option<Algorithm> {
        self.shared.checksum
    }

    /// The same volume, for reading only. It shares this handle's knowledge of the head.
    pub fn reader(&self) -> VolumeReader {
        VolumeReader { history: self.shared.history.clone() }
    }

    /// The newest snapshot, if there is one. See [`VolumeReader::latest`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn latest(&self) -> Result<Option<Snapshot>, Error> {
        self.reader().latest().await
    }

    /// One snapshot. See [`VolumeReader::snapshot`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn snapshot(&self, version: Version) -> Result<Snapshot, Error> {
        self.reader().snapshot(version).await
    }

    /// The snapshot that has this tag. See [`VolumeReader::tagged`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn tagged(&self, name: &str) -> Result<Snapshot, Error> {
        self.reader().tagged(name).await
    }

    /// Collecting what has become old, and tags that keep it. Costs nothing yet.
    pub fn maintenance(&self) -> Maintenance {
        let Shared { history, writer, .. } = &*self.shared;
        Maintenance::of_volume(history.clone(), writer.options.clone(), writer.grace_period)
    }

    /// All snapshots, oldest first. See [`VolumeReader::snapshots`].
    pub fn snapshots(&self) -> impl Stream<Item = Result<Snapshot, Error>> + Send + use<> {
        self.reader().snapshots()
    }
}

/// A volume that is open for reading. Clones share one handle.
#[derive(Clone, Debug)]
pub struct VolumeReader {
    history: Arc<History<VolumeSlots>>,
}

impl VolumeReader {
    /// Opens the volume that a device has written: `store` is its medium, an SD card or a copy of
    /// it, in which the device's objects lie side by side. Other files there are ignored. Which
    /// volume it is the newest manifest that can be read says.
    ///
    /// The device must not write meanwhile: it deletes what it no longer needs. Writes nothing, and
    /// costs one listing and one read.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceNotFound`] if there is no manifest; [`Error::ManifestInvalid`] if none can be
    /// read, of the newest; or whatever the store reports.
    pub async fn of_device(store: Arc<dyn object_store::ObjectStore>) -> Result<Self, Error> {
        device::open(Objects::new(store)).await
    }

    /// Where its objects lie.
    pub fn layout(&self) -> &VolumeLayout {
        &self.history.slots.layout
    }

    /// Its id.
    pub fn id(&self) -> &Id {
        self.history.id()
    }

    /// The format of its manifests.
    pub fn format(&self) -> Format {
        self.history.slots.format
    }

    /// How many bytes it has, committed or not; `None` for a volume of the Go implementation,
    /// whose snapshots say it.
    pub fn total_length(&self) -> Option<u64> {
        self.history.slots.total_length
    }

    /// The newest snapshot, if there is one; never an older one than this handle has seen before.
    ///
    /// Costs one look at the slot after the newest one that is known; the first call reads the hint
    /// and the manifest as well.
    ///
    /// # Errors
    ///
    /// [`Error::ManifestInvalid`] if the newest manifest is damaged, [`Error::Forked`] if the
    /// history has two branches, or whatever the store reports.
    pub async fn latest(&self) -> Result<Option<Snapshot>, Error> {
        let live = self.history.refresh().await?;
        Ok(live.map(|live| Snapshot::new(self.history.clone(), live)))
    }

    /// The snapshot of this version. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotNotFound`], [`Error::Collected`], [`Error::ManifestInvalid`].
    pub async fn snapshot(&self, version: Version) -> Result<Snapshot, Error> {
        let live = self.history.load_live(version).await?;
        Ok(Snapshot::new(self.history.clone(), live))
    }

    /// The snapshot that has this [tag](crate::maintain::Maintenance::tag), also if it has been
    /// collected since: a tag has a copy of the manifest. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::TagNotFound`], [`Error::ManifestInvalid`].
    pub async fn tagged(&self, name: &str) -> Result<Snapshot, Error> {
        let live = self.history.tagged(name).await?;
        Ok(Snapshot::new(self.history.clone(), live))
    }

    /// The maintenance of the volume, without opening it for writing. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::VolumeNotFound`] if it has no descriptor: one of the Go implementation that has
    /// never been opened for writing, or one on the medium of a device;
    /// [`Error::ManifestInvalid`] if that is damaged.
    pub async fn maintenance(&self) -> Result<Maintenance, Error> {
        let key = self.layout().descriptor();
        let Some(bytes) = self.history.objects.read(&key).await? else {
            return Err(Error::VolumeNotFound { id: self.id().clone() });
        };
        let found = descriptor::decode_volume(&bytes)
            .map_err(|source| Error::ManifestInvalid { key, source })?;
        let options = WriterOptions::default();
        Ok(Maintenance::of_volume(self.history.clone(), options, found.grace_period))
    }

    /// All versions, oldest first: those of snapshots, collected ones included, and of records of
    /// maintenance. Costs what [`latest`](Self::latest) does.
    ///
    /// # Errors
    ///
    /// Whatever the store reports.
    pub async fn versions(&self) -> Result<Vec<Version>, Error> {
        self.history.versions().await
    }

    /// All snapshots that have not been collected, oldest first. Lazy: costs what
    /// [`latest`](Self::latest) does, and one read for each snapshot that is asked for.
    ///
    /// A snapshot that cannot be read is an error in its place; the stream goes on behind it.
    pub fn snapshots(&self) -> impl Stream<Item = Result<Snapshot, Error>> + Send + use<> {
        let history = self.history.clone();
        self.history.clone().live().map_ok(move |live| Snapshot::new(history.clone(), live))
    }
}
