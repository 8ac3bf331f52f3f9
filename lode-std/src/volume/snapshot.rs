//! A snapshot of a volume.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::manifest::{Metadata, VolumeManifest};
use lode_core::range::{ByteRange, GrowableRangeSet, gaps_between};
use lode_core::time::Timestamp;

use super::fetch::{Fetcher, Part};
use super::slots::VolumeSlots;
use super::{BlockCache, SnapshotReader};
use crate::Error;
use crate::history::{History, Live, Slots};

/// The greatest block of which a part is read by reading, and so verifying, the whole.
const WIDENED: u64 = 1 << 20;

/// What was committed to a volume at one version. It never changes, and what it holds is known
/// without asking the store: only block bytes are fetched.
#[derive(Clone, Debug)]
pub struct Snapshot {
    history: Arc<History<VolumeSlots>>,
    live: Arc<Live<VolumeManifest>>,
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

    /// What is committed, adjacent blocks joined. Costs O(blocks), and no request.
    pub fn coverage(&self) -> GrowableRangeSet {
        self.manifest().blocks.ranges().collect()
    }

    /// What is not committed, within `range`, in order. Costs no request; nothing is outside the
    /// volume, so a range that ends behind it is cut.
    pub fn gaps(&self, range: Range<u64>) -> impl Iterator<Item = ByteRange> + '_ {
        let within = ByteRange::new(range.start, range.end.min(self.len()));
        within.into_iter().flat_map(|within| {
            let touched = self.manifest().blocks.touched(within);
            gaps_between(touched.iter().map(|block| block.range), within)
        })
    }

    /// The bytes of `range`.
    ///
    /// Costs one range read for each block that it touches, several at a time. Whole blocks are
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
        let within = ranges.iter().map(|range| self.check_committed(range.clone()));
        let within: Vec<_> = within.collect::<Result<_, _>>()?;
        let algorithm = self.algorithm()?;
        let parts = within.iter().flatten().flat_map(|within| self.parts(*within, algorithm));
        let fetched = self.fetcher(WIDENED).fetch_all(parts.collect()).await;
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
        let Some(within) = self.check_committed(range)? else { return Ok(Bytes::new()) };
        let mut parts: Vec<_> = self.parts(within, self.algorithm()?).collect();
        let fetcher = self.fetcher(widened);
        let bytes = match parts.pop() {
            Some(only) if parts.is_empty() => fetcher.fetch(only).await,
            last => {
                parts.extend(last);
                fetcher.fetch_all(parts).await.map(|fetched| fetched.bytes(within))
            }
        };
        self.explained(bytes).await
    }

    /// A range without gaps; `None` if it is empty.
    fn check_committed(&self, range: Range<u64>) -> Result<Option<ByteRange>, Error> {
        if range.start > range.end || range.end > self.len() {
            let total_length = self.len();
            return Err(Error::OutOfBounds { start: range.start, end: range.end, total_length });
        }
        match self.gaps(range.clone()).next() {
            Some(gap) => Err(Error::RangeMissing { gap, version: self.version() }),
            None => Ok(ByteRange::new(range.start, range.end)),
        }
    }

    /// What the blocks have of a range.
    fn parts(
        &self,
        within: ByteRange,
        algorithm: Option<Algorithm>,
    ) -> impl Iterator<Item = Part> + '_ {
        let layout = &self.history.slots.layout;
        self.manifest().blocks.touched(within).iter().map(move |block| {
            Part::new(layout.block(block.range, &block.name), block, within, algorithm)
        })
    }

    fn fetcher(&self, widened: u64) -> Fetcher<'_> {
        Fetcher { objects: &self.history.objects, cache: self.cache.as_ref(), widened }
    }

    /// If a read has failed, why.
    async fn explained<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Ok(read) => Ok(read),
            Err(error) => Err(self.history.explain(error, self.version()).await),
        }
    }

    /// A reader of the whole volume, from its beginning. Seeking costs nothing.
    pub fn reader(&self) -> SnapshotReader {
        SnapshotReader::new(self.clone())
    }

    /// The algorithm by which its blocks are verified.
    fn algorithm(&self) -> Result<Option<Algorithm>, Error> {
        let name = self.manifest().checksum.as_deref();
        let slots = &self.history.slots;
        slots.checksums.named(name, || slots.slot(self.version()))
    }
}
