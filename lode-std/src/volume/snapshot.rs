//! A snapshot of a volume.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::manifest::pages::{Page, Walk, Wanted};
use lode_core::manifest::{
    Block, BlockName, BlockTable, BlockTableError, ManifestError, Metadata, VolumeManifest,
};
use lode_core::range::{ByteRange, GrowableRangeSet, gaps_between};
use lode_core::time::Timestamp;

use super::blocks::Cursor;
use super::fetch::{Fetcher, Part};
use super::slots::VolumeSlots;
use super::{BlockCache, SnapshotBlocks, SnapshotGaps, SnapshotReader};
use crate::Error;
use crate::history::{History, Live, Slots};

/// The greatest block of which a part is read by reading, and so verifying, the whole.
const WIDENED: u64 = 1 << 20;

/// What was committed to a volume at one version. It never changes, and what it holds is known
/// without asking the store: only block bytes are fetched, and of more than 512 blocks the pages
/// that they are listed in.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) history: Arc<History<VolumeSlots>>,
    pub(super) live: Arc<Live<VolumeManifest>>,
    /// Where blocks are looked for before the store is asked.
    cache: Option<BlockCache>,
}

impl Snapshot {
    pub(super) fn new(history: Arc<History<VolumeSlots>>, live: Arc<Live<VolumeManifest>>) -> Self {
        Self { history, live, cache: None }
    }

    /// The same snapshot, whose blocks are looked for in `cache` first, and kept there when they
    /// have been read. A reader takes the cache with it.
    #[must_use]
    pub fn with_cache(self, cache: &BlockCache) -> Self {
        Self { cache: Some(cache.clone()), ..self }
    }

    /// Its manifest.
    pub fn manifest(&self) -> &VolumeManifest {
        &self.live.manifest
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.manifest().version
    }

    /// The version of the snapshot that it was made from.
    pub fn parent(&self) -> Option<Version> {
        self.manifest().parent
    }

    /// When it was committed, by the writer's clock.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.manifest().created_at
    }

    /// What the writer said about it.
    pub fn metadata(&self) -> &Metadata {
        &self.manifest().metadata
    }

    /// How many bytes the volume has, committed or not.
    #[allow(clippy::len_without_is_empty, reason = "no volume is empty")]
    pub fn len(&self) -> u64 {
        self.manifest().total_length
    }

    /// How many bytes are committed.
    pub fn covered(&self) -> u64 {
        self.manifest().blocks.covered()
    }

    /// Whether every byte is committed.
    pub fn is_complete(&self) -> bool {
        self.covered() == self.len()
    }

    /// What is committed, adjacent blocks joined. Holds all of it. Costs as much as going through
    /// all [`gaps`](Self::gaps).
    ///
    /// # Errors
    ///
    /// As [`SnapshotBlocks::next`].
    pub async fn coverage(&self) -> Result<GrowableRangeSet, Error> {
        let mut cursor = Cursor::new(self.clone(), 0..self.len(), Walk::coverage);
        let mut covered = GrowableRangeSet::new();
        loop {
            cursor.fill().await?;
            match cursor.take_range() {
                Some(range) => covered.extend([range]),
                None => return Ok(covered),
            }
        }
    }

    /// What is not committed, within `range`, in order. Nothing is outside the volume, so a range
    /// that ends behind it is cut.
    ///
    /// ```
    /// # use lode_std::{Volume, meta, store};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), lode_std::Error> {
    /// # let volume = Volume::builder("disk-image", 1024).open(store::open("memory:")?).await?;
    /// # let block = volume.stage_at(512, "in the middle").await?;
    /// # let snapshot = volume.commit([block], meta! {}).await?;
    /// let mut gaps = snapshot.gaps(0..snapshot.len());
    /// while let Some(gap) = gaps.next().await? {
    ///     println!("{gap} is still to do");
    /// }
    /// assert_eq!(snapshot.gaps(0..600).collect().await?.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Costs no request, except in a large volume for each page that is not held and has gaps.
    pub fn gaps(&self, range: Range<u64>) -> SnapshotGaps {
        SnapshotGaps::new(self.clone(), range)
    }

    /// The blocks that touch `range`, in order. Costs no request, except in a large volume for each
    /// page that is not held.
    pub fn blocks(&self, range: Range<u64>) -> SnapshotBlocks {
        SnapshotBlocks::new(self.clone(), range)
    }

    /// All blocks. Holds them.
    pub(crate) async fn table(&self) -> Result<BlockTable, Error> {
        if let Some(table) = self.manifest().blocks.inline() {
            return Ok(table.clone());
        }
        let blocks = self.blocks(0..self.len()).collect().await?;
        BlockTable::from_sorted(blocks).map_err(|error| self.unordered(error))
    }

    /// A page of it.
    pub(super) async fn page(&self, wanted: &Wanted) -> Result<Arc<Page>, Error> {
        let page = self.explained(self.history.page(wanted).await).await?;
        let checked = wanted.page.check(wanted.level, &page);
        checked.map_err(|source| self.damaged(wanted, source))?;
        Ok(page)
    }

    /// What is wrong with a page of it.
    pub(super) fn damaged(&self, wanted: &Wanted, source: ManifestError) -> Error {
        Error::ManifestInvalid { key: self.history.slots.layout.page(&wanted.page.name), source }
    }

    /// The bytes of `range`.
    ///
    /// Costs one range read for each block that it touches, several at a time, and in a large volume
    /// one for each page that lists them and is not held. Whole blocks are
    /// verified against their checksums; of a block of up to 1 MiB the whole is read and verified
    /// even if only a part is asked for. A part of a larger block is **not** verified.
    ///
    /// # Errors
    ///
    /// [`Error::RangeMissing`] with the first gap; [`Error::OutOfBounds`]; [`Error::Collected`] if
    /// the snapshot has been collected in the meantime; [`Error::Corrupt`], [`Error::Truncated`] or [`Error::Missing`] if a block is not what was committed;
    /// [`Error::UnknownChecksum`] if it cannot be told.
    pub async fn read_at(&self, range: Range<u64>) -> Result<Bytes, Error> {
        self.read(range, WIDENED).await
    }

    /// The bytes of each of `ranges`, in any order and overlapping or not.
    ///
    /// Costs one range read for each block that any of them touches, however many do, several at a
    /// time; of a block above 1 MiB what is further apart than 64 KiB is read apart. All that is
    /// read is held until the last of it has come. Verifies as [`read_at`](Self::read_at) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn read_many(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, Error> {
        let (mut within, mut all) = (Vec::with_capacity(ranges.len()), Vec::new());
        for range in ranges {
            let found = self.parts(range.clone()).await?;
            within.push(found.as_ref().map(|(within, _)| *within));
            all.extend(found.into_iter().flat_map(|(_, parts)| parts));
        }
        let fetched = self.fetcher(WIDENED).fetch_all(all).await;
        let fetched = self.explained(fetched).await?;
        let bytes = |within: &Option<ByteRange>| within.map(|within| fetched.bytes(within));
        Ok(within.iter().map(|within| bytes(within).unwrap_or_default()).collect())
    }

    /// The bytes of `range`, all of them verified: also of a larger block the whole is read, and
    /// held, if only a part is asked for. Costs as many requests as [`read_at`](Self::read_at).
    /// Blocks without checksums, which the Go implementation may write, cannot be verified.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn read_verified(&self, range: Range<u64>) -> Result<Bytes, Error> {
        self.read(range, u64::MAX).await
    }

    /// The bytes of `range`; blocks of up to `widened` bytes are read as a whole.
    #[tracing::instrument(
        name = "lode.read",
        level = "debug",
        skip_all,
        fields(id = %self.history.id(), start = range.start, end = range.end),
        err(level = "debug")
    )]
    async fn read(&self, range: Range<u64>, widened: u64) -> Result<Bytes, Error> {
        let Some((within, mut parts)) = self.parts(range).await? else { return Ok(Bytes::new()) };
        let fetcher = self.fetcher(widened);
        let bytes = match parts.pop() {
            Some(only) if parts.is_empty() => fetcher.fetch(only).await,
            last => {
                parts.extend(last);
                Box::pin(fetcher.fetch_all(parts)).await.map(|fetched| fetched.bytes(within))
            }
        };
        self.explained(bytes).await
    }

    /// What blocks have of a range, which must be without gaps; `None` if it is empty.
    async fn parts(&self, range: Range<u64>) -> Result<Option<(ByteRange, Vec<Part>)>, Error> {
        if range.start > range.end || range.end > self.len() {
            let total_length = self.len();
            return Err(Error::OutOfBounds { start: range.start, end: range.end, total_length });
        }
        let Some(within) = ByteRange::new(range.start, range.end) else { return Ok(None) };
        let blocks = self.blocks(range).collect().await?;
        if let Some(gap) = gaps_between(blocks.iter().map(|block| block.range), within).next() {
            return Err(Error::RangeMissing { gap, version: self.version() });
        }
        let layout = &self.history.slots.layout;
        let part = |block: &Block| {
            let key = layout.block(block.range, &block.name);
            Ok(Part::new(key, block, within, self.checksum_of(block)?))
        };
        let parts = blocks.iter().map(part).collect::<Result<_, Error>>()?;
        Ok(Some((within, parts)))
    }

    fn fetcher(&self, widened: u64) -> Fetcher<'_> {
        Fetcher { objects: &self.history.objects, cache: self.cache.as_ref(), widened }
    }

    /// If a read has failed, why.
    async fn explained<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Ok(read) => Ok(read),
            // What is seldom awaited is boxed, for all that is not is moved with each read.
            Err(error) => Err(Box::pin(self.history.explain(error, self.version())).await),
        }
    }

    /// A reader of the whole volume, from its beginning. Seeking costs nothing.
    pub fn reader(&self) -> SnapshotReader {
        SnapshotReader::new(self.clone())
    }

    /// The algorithm by which a block of the snapshot is verified: blocks of a volume that the Go
    /// implementation writes to as well may have different ones. `None` if the volume has no
    /// checksums. Costs nothing.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownChecksum`].
    pub fn checksum_of(&self, block: &Block) -> Result<Option<Algorithm>, Error> {
        let slots = &self.history.slots;
        let name = slots.checksum_of(self.manifest(), &block.name);
        slots.checksums.named(name, || slots.slot(self.version()))
    }

    /// All blocks, and the algorithm of their digests. Where blocks have different algorithms, it is
    /// the one of our own, and other blocks are without digests: they cannot be compared by them.
    /// Holds them.
    pub(crate) async fn comparable_table(&self) -> Result<(Option<&str>, BlockTable), Error> {
        let (slots, manifest) = (&self.history.slots, self.manifest());
        let (ours, theirs) = (BlockName::Written { writer: 0, suffix: 0 }, BlockName::Plain);
        let name = slots.checksum_of(manifest, &ours);
        let table = self.table().await?;
        if slots.checksum_of(manifest, &theirs) == name {
            return Ok((name, table));
        }
        let blocks = table.iter().map(|block| match block.name {
            BlockName::Written { .. } => block,
            _ => Block { digest: None, ..block },
        });
        let table = BlockTable::from_sorted(blocks).map_err(|error| self.unordered(error))?;
        Ok((name, table))
    }

    fn unordered(&self, error: BlockTableError) -> Error {
        Error::ManifestInvalid {
            key: self.history.slots.slot(self.version()),
            source: ManifestError::Field { field: "blocks".into(), reason: error.to_string() },
        }
    }
}
