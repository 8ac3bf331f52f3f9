//! Reading datasets by their manifests, whatever wrote them.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, TryStreamExt, stream};
use lode_core::Version;
use lode_core::compress::Compressor;
use lode_core::descriptor::{self, DatasetDescriptor};
use lode_core::diff::DatasetDiff;
use lode_core::id::Id;
use lode_core::layout::{DatasetLayout, LayoutKind, Place};
use lode_core::manifest::{DataFile, DatasetManifest};
use lode_core::partition::Partition;
use object_store::ObjectStore;

use super::file_content::FileContent;
use super::read::check_opened;
use super::slots::{DatasetSlots, partitions};
use super::transform::Decompression;
use super::{DatasetSnapshot, Limits, ObjectReader};
use crate::history::{Found, History, WriterOptions};
use crate::maintain::Maintenance;
use crate::stat::{DatasetStat, look_through};
use crate::store::{Objects, list_ids};
use crate::{Checksums, Error};

/// Reads datasets by their manifests: without a codec, and without writing anything.
#[derive(Clone, Debug)]
pub struct DatasetReader {
    objects: Objects,
    layout: LayoutKind,
}

impl DatasetReader {
    /// Reads the datasets of a store that are in this layout.
    pub fn new(store: Arc<dyn ObjectStore>, layout: LayoutKind) -> Self {
        Self { objects: Objects::new(store), layout }
    }

    /// The layout of a dataset, found by looking: what its descriptor says, else where its slots
    /// lie. `None` if there is no such dataset.
    ///
    /// Costs one to three requests. A dataset of the Go implementation in the flat layout is not
    /// found: nothing tells that it is one.
    ///
    /// # Errors
    ///
    /// [`Error::ManifestInvalid`] if the descriptor is damaged, or whatever the store reports.
    pub async fn find_layout(
        store: Arc<dyn ObjectStore>,
        id: &str,
    ) -> Result<Option<LayoutKind>, Error> {
        let (id, objects) = (Id::existing(id)?, Objects::new(store));
        let layout = DatasetLayout::new(id.clone(), LayoutKind::Default);
        if let Some(found) = described_layout(&objects, &layout).await? {
            return Ok(Some(found));
        }
        let folders = objects.folders(&layout.folder()).await?;
        let is = |names: &[&str]| folders.iter().any(|folder| names.contains(&folder.as_str()));
        match () {
            () if is(&[LayoutKind::Hive.slot_folder(), "partitions"]) => Ok(Some(LayoutKind::Hive)),
            () if is(&[LayoutKind::Default.slot_folder(), "data"]) => Ok(Some(LayoutKind::Default)),
            () => described_layout(&objects, &DatasetLayout::new(id, LayoutKind::Flat)).await,
        }
    }

    /// The ids of all datasets, in order, whatever their layout. Costs one listing.
    ///
    /// # Errors
    ///
    /// [`Error::DatasetsNotModeled`] in the flat layout, or whatever the store reports.
    pub async fn datasets(&self) -> Result<Vec<Id>, Error> {
        match self.layout {
            LayoutKind::Flat => Err(Error::DatasetsNotModeled { layout: self.layout }),
            _ => list_ids(&self.objects, &DatasetLayout::datasets()).await,
        }
    }

    /// The partitions of a dataset that a live snapshot has files in, in order.
    ///
    /// Costs one listing, and one read for each snapshot that has any. The index that is listed
    /// is not believed: the manifests decide.
    ///
    /// # Errors
    ///
    /// Those of [`manifests`](Self::manifests).
    pub async fn partitions(&self, id: &str) -> Result<BTreeSet<Partition>, Error> {
        let layout = self.layout_of(id)?;
        let snapshots = self.manifests(id, Some("")).await?;
        Ok(snapshots.iter().flat_map(|found| partitions(&layout, found.manifest())).collect())
    }

    /// The snapshots of a dataset, oldest first; with `prefix` those with files in a partition
    /// whose path begins with it, segment by segment.
    ///
    /// Costs finding the head, or with a prefix one listing, and one read for each of them.
    ///
    /// # Errors
    ///
    /// [`Error::DatasetNotFound`]; [`Error::NoManifests`] if there are files, but no manifest;
    /// [`Error::ManifestInvalid`] or [`Error::Mismatch`] if one is damaged.
    pub async fn manifests(
        &self,
        id: &str,
        prefix: Option<&str>,
    ) -> Result<Vec<DatasetSnapshot>, Error> {
        let history = self.history(id)?;
        let layout = &history.slots.layout;
        let versions = match prefix {
            Some(prefix) => self.candidates(layout, prefix).await?,
            None => history.versions().await?.into_iter().collect(),
        };
        if versions.is_empty() {
            return self.explain_absence(&history, prefix).await;
        }
        let mut snapshots = Vec::new();
        for version in versions {
            let Found::Live(live) = history.load(version).await? else { continue };
            let holds = prefix.is_none_or(|prefix| {
                partitions(layout, &live.manifest).iter().any(|found| is_below(found, prefix))
            });
            if holds {
                snapshots.push(DatasetSnapshot::new(live));
            }
        }
        Ok(snapshots)
    }

    /// One snapshot of a dataset. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotNotFound`], [`Error::Collected`], [`Error::ManifestInvalid`].
    pub async fn manifest(&self, id: &str, version: Version) -> Result<DatasetSnapshot, Error> {
        self.history(id)?.load_live(version).await.map(DatasetSnapshot::new)
    }

    /// The snapshot of a dataset that has this tag, also if it has been collected since. Costs one
    /// read.
    ///
    /// # Errors
    ///
    /// [`Error::TagNotFound`], [`Error::ManifestInvalid`].
    pub async fn tagged(&self, id: &str, name: &str) -> Result<DatasetSnapshot, Error> {
        self.history(id)?.tagged(name).await.map(DatasetSnapshot::new)
    }

    /// The maintenance of a dataset, without knowing its codec. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::DatasetNotFound`] if it has no descriptor: one of the Go implementation that has
    /// never been opened for writing; [`Error::ManifestInvalid`] if that is damaged.
    pub async fn maintenance(&self, id: &str) -> Result<Maintenance, Error> {
        let history = self.history(id)?;
        let Some(found) = read_descriptor(&self.objects, &history.slots.layout).await? else {
            return Err(Error::DatasetNotFound { id: history.id().clone() });
        };
        let options = WriterOptions::default();
        Ok(Maintenance::of_dataset(Arc::new(history), options, found.grace_period))
    }

    /// All versions of a dataset, oldest first: those of snapshots, collected ones included, and of
    /// records of maintenance. Costs what [`latest`](Self::latest) does.
    ///
    /// # Errors
    ///
    /// Whatever the store reports.
    pub async fn versions(&self, id: &str) -> Result<Vec<Version>, Error> {
        self.history(id)?.versions().await
    }

    /// The newest snapshot of a dataset, if there is one. Costs three requests.
    ///
    /// # Errors
    ///
    /// As [`Dataset::latest`](crate::Dataset::latest).
    pub async fn latest(&self, id: &str) -> Result<Option<DatasetSnapshot>, Error> {
        Ok(self.history(id)?.refresh().await?.map(DatasetSnapshot::new))
    }

    /// The bytes of a data file as they are stored. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if it is gone, [`Error::Truncated`] if it has another size, or whatever
    /// the store reports.
    pub async fn open(&self, file: &DataFile) -> Result<Bytes, Error> {
        self.objects.read_exact(&file.key, file.size).await
    }

    /// Random access on a data file as it is stored. Costs nothing yet.
    pub fn reader(&self, file: &DataFile) -> ObjectReader {
        ObjectReader::new(self.objects.clone(), file.key.clone(), file.size)
    }

    /// The content of a data file of a snapshot, piece by piece, in bounded memory whatever its
    /// size: decompressed, and verified when its end is reached.
    ///
    /// Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::Opened`] if the snapshot was written with another compressor;
    /// [`Error::UnknownChecksum`]; those of reading records, at once or in the stream, which then
    /// ends.
    pub async fn content(
        &self,
        snapshot: &DatasetSnapshot,
        file: &DataFile,
        compressor: Option<&dyn Compressor>,
        limits: Limits,
    ) -> Result<impl Stream<Item = Result<Bytes, Error>> + Send + use<>, Error> {
        let manifest = snapshot.manifest();
        let opened = compressor.map_or(DatasetManifest::NONE, Compressor::name);
        check_opened(manifest.version, "compressor", &manifest.compressor, opened)?;
        let slot = || file.key.clone();
        let algorithm = Checksums::default().named(manifest.checksum.as_deref(), slot)?;
        let decompression = Decompression::begin(compressor, file, limits)?;
        let opened = FileContent::open(&self.objects, file.clone(), algorithm, decompression);
        let content = opened.await?;
        Ok(stream::try_unfold(content, |mut content| async move {
            Ok(content.next().await?.map(|bytes| (bytes, content)))
        }))
    }

    /// What there is of a dataset: its newest snapshot, and its history. Writes nothing.
    ///
    /// Costs those of [`latest`](Self::latest), 2 lists and n + t reads for n slots and t tags.
    ///
    /// # Errors
    ///
    /// As [`latest`](Self::latest); whatever else cannot be read is counted.
    #[tracing::instrument(name = "lode.stat", skip_all, fields(id), err)]
    pub async fn stat(&self, id: &str) -> Result<DatasetStat, Error> {
        let history = self.history(id)?;
        let head = history.refresh().await?.map(DatasetSnapshot::new);
        let (mut files, mut rows, mut bytes) = (0, 0_u64, 0_u64);
        let mut found = BTreeSet::new();
        let each = |manifest: &DatasetManifest| {
            files += manifest.files.len() as u64;
            rows = rows.saturating_add(manifest.row_count);
            let sizes = manifest.files.iter().map(|file| file.size);
            bytes = sizes.fold(bytes, u64::saturating_add);
            found.extend(partitions(&history.slots.layout, manifest));
        };
        let stat = look_through(&history, each).await?;
        let partitions = found.len() as u64;
        Ok(DatasetStat { head, files, rows, bytes, partitions, history: stat })
    }

    /// In what two snapshots of one dataset differ, by their manifests. Costs nothing.
    pub fn diff(&self, before: &DatasetSnapshot, after: &DatasetSnapshot) -> DatasetDiff {
        let layout = DatasetLayout::new(after.manifest().id.clone(), self.layout);
        DatasetDiff::new(before.manifest(), after.manifest(), &layout)
    }

    fn layout_of(&self, id: &str) -> Result<DatasetLayout, Error> {
        Ok(DatasetLayout::new(Id::existing(id)?, self.layout))
    }

    pub(crate) fn history(&self, id: &str) -> Result<History<DatasetSlots>, Error> {
        let layout = self.layout_of(id)?;
        Ok(History::new(self.objects.clone(), DatasetSlots { layout }))
    }

    /// The versions that the index of the partitions below `prefix` names.
    async fn candidates(
        &self,
        layout: &DatasetLayout,
        prefix: &str,
    ) -> Result<BTreeSet<Version>, Error> {
        let mut found = BTreeSet::new();
        let mut list = self.objects.list(&layout.partitions(), None)?;
        while let Some(meta) = list.try_next().await? {
            let entry = layout.parse_partition_entry(meta.location.as_ref());
            if let Some((_, version)) = entry.filter(|(at, _)| is_below(at, prefix)) {
                found.insert(version);
            }
        }
        Ok(found)
    }

    /// No versions: is there nothing at all, or files without a manifest?
    async fn explain_absence(
        &self,
        history: &History<DatasetSlots>,
        prefix: Option<&str>,
    ) -> Result<Vec<DatasetSnapshot>, Error> {
        let layout = &history.slots.layout;
        // A dataset may well have no files in a partition.
        if prefix.is_some() && !history.versions().await?.is_empty() {
            return Ok(Vec::new());
        }
        let id = layout.id().clone();
        let mut list = self.objects.list(&layout.folder(), None)?;
        while let Some(meta) = list.try_next().await? {
            if !matches!(layout.place(meta.location.as_ref()), Place::Foreign | Place::Unknown) {
                return Err(Error::NoManifests { id });
            }
        }
        Err(Error::DatasetNotFound { id })
    }
}

/// Whether a partition is `prefix` or lies in it.
fn is_below(partition: &Partition, prefix: &str) -> bool {
    let rest = partition.as_str().strip_prefix(prefix);
    prefix.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The layout that the descriptor of a dataset says, if there is one at this place.
async fn described_layout(
    objects: &Objects,
    layout: &DatasetLayout,
) -> Result<Option<LayoutKind>, Error> {
    Ok(read_descriptor(objects, layout).await?.map(|found| found.layout))
}

/// The descriptor of a dataset, if there is one at this place.
pub(crate) async fn read_descriptor(
    objects: &Objects,
    layout: &DatasetLayout,
) -> Result<Option<DatasetDescriptor>, Error> {
    let key = layout.descriptor();
    let Some(bytes) = objects.read(&key).await? else { return Ok(None) };
    match descriptor::decode_dataset(&bytes) {
        Ok(found) => Ok(Some(found)),
        Err(source) => Err(Error::ManifestInvalid { key, source }),
    }
}
