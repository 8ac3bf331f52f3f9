//! What a snapshot consists of, one after the other: its blocks, and its gaps.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use futures::future::join_all;
use futures::{Stream, stream};
use lode_core::manifest::pages::{Page, PageNode, Visit, Walk, Wanted};
use lode_core::manifest::{Block, BlockTable, Blocks, VolumeManifest};
use lode_core::range::ByteRange;

use super::Snapshot;
use super::pages::READS_IN_FLIGHT;
use crate::Error;
use crate::history::Live;

/// The blocks of a snapshot that touch a range, in order. Made by [`Snapshot::blocks`].
///
/// One page at a time is held, and up to 16 are read ahead. After an error it can be asked again.
pub struct SnapshotBlocks {
    cursor: Cursor,
}

impl SnapshotBlocks {
    pub(super) fn new(snapshot: Snapshot, range: Range<u64>) -> Self {
        Self { cursor: Cursor::new(snapshot, range, Walk::blocks) }
    }

    /// The next block. Costs no request, except in a large volume for each page that is not held.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] or [`Error::ManifestInvalid`] if a page is not what was committed;
    /// [`Error::Collected`] if the snapshot has been collected in the meantime; or whatever the
    /// store reports.
    pub async fn next(&mut self) -> Result<Option<Block>, Error> {
        self.cursor.fill().await?;
        Ok(self.cursor.take_block())
    }

    /// All that are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn collect(mut self) -> Result<Vec<Block>, Error> {
        let mut blocks = Vec::new();
        while let Some(block) = self.next().await? {
            blocks.push(block);
        }
        Ok(blocks)
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Block, Error>> + Send + use<> {
        stream::try_unfold(self, async |mut blocks| {
            Ok(blocks.next().await?.map(|block| (block, blocks)))
        })
    }
}

/// What is not committed of a range, in order. Made by [`Snapshot::gaps`].
///
/// It holds no more than [`SnapshotBlocks`], and does not look into pages without gaps.
pub struct SnapshotGaps {
    cursor: Cursor,
    /// Where the next gap starts at the earliest; at or beyond `end` once there are no more.
    next: u64,
    end: u64,
}

impl SnapshotGaps {
    pub(super) fn new(snapshot: Snapshot, range: Range<u64>) -> Self {
        let (next, end) = (range.start, range.end.min(snapshot.len()));
        Self { cursor: Cursor::new(snapshot, range, Walk::coverage), next, end }
    }

    /// The next gap. Costs as much as [`SnapshotBlocks::next`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn next(&mut self) -> Result<Option<ByteRange>, Error> {
        while self.next < self.end {
            self.cursor.fill().await?;
            let (start, end) = match self.cursor.take_range() {
                Some(range) => (range.start().min(self.end), range.end()),
                None => (self.end, self.end),
            };
            let gap = ByteRange::new(self.next, start);
            self.next = self.next.max(end);
            if gap.is_some() {
                return Ok(gap);
            }
        }
        Ok(None)
    }

    /// All that are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn collect(mut self) -> Result<Vec<ByteRange>, Error> {
        let mut gaps = Vec::new();
        while let Some(gap) = self.next().await? {
            gaps.push(gap);
        }
        Ok(gaps)
    }

    /// How many are left.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn count(mut self) -> Result<u64, Error> {
        let mut count = 0;
        while self.next().await?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    /// The same as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<ByteRange, Error>> + Send + use<> {
        stream::try_unfold(self, async |mut gaps| Ok(gaps.next().await?.map(|gap| (gap, gaps))))
    }
}

/// What is committed within a range, block by block or in larger pieces.
pub(super) struct Cursor {
    snapshot: Snapshot,
    within: Option<ByteRange>,
    /// The pages that are still to come; `None` where there are none.
    walk: Option<Walk>,
    /// A page that was visited and could not be read yet.
    pending: Option<Wanted>,
    /// What was come to and not been taken yet: blocks,
    table: Table,
    places: Range<usize>,
    /// or a piece without gaps.
    covered: Option<ByteRange>,
    /// How many pages are read at the same time: more and more, for who goes on goes far.
    ahead: usize,
}

/// Where blocks are.
enum Table {
    Manifest(Arc<Live<VolumeManifest>>),
    Page(Arc<Page>),
}

impl Table {
    fn blocks(&self) -> Option<&BlockTable> {
        match self {
            Self::Manifest(live) => live.manifest.blocks.inline(),
            Self::Page(page) => match &**page {
                Page::Leaf(table) => Some(table),
                Page::Node(_) => None,
            },
        }
    }
}

impl Cursor {
    /// What is within `range`; of a large volume what `walk` visits.
    pub(super) fn new(
        snapshot: Snapshot,
        range: Range<u64>,
        walk: fn(&PageNode, ByteRange) -> Walk,
    ) -> Self {
        let cut = ByteRange::new(range.start, range.end.min(snapshot.len()));
        let (walk, places) = match (&snapshot.manifest().blocks, cut) {
            (Blocks::Inline(table), Some(within)) => (None, table.places(within)),
            (Blocks::Paged(root), Some(within)) => (Some(walk(root, within)), 0..0),
            (_, None) => (None, 0..0),
        };
        let table = Table::Manifest(snapshot.live.clone());
        Self { snapshot, within: cut, walk, pending: None, table, places, covered: None, ahead: 1 }
    }

    /// Sees to it that there is something to be taken, unless it is at the end.
    pub(super) async fn fill(&mut self) -> Result<(), Error> {
        while self.places.is_empty() && self.covered.is_none() {
            let Some(walk) = &mut self.walk else { return Ok(()) };
            let wanted = match self.pending.map(Visit::Page).or_else(|| walk.next()) {
                Some(Visit::Page(wanted)) => wanted,
                Some(Visit::Covered(range)) => {
                    self.covered = Some(range);
                    return Ok(());
                }
                _ => return Ok(()),
            };
            self.pending = Some(wanted);
            let page = self.read(&wanted).await?;
            if let (Some(walk), Page::Node(_)) = (&mut self.walk, &*page) {
                walk.take(&wanted, &page)
                    .map_err(|source| self.snapshot.damaged(&wanted, source))?;
            }
            self.pending = None;
            if let Page::Leaf(table) = &*page {
                self.places = self.within.map_or(0..0, |within| table.places(within));
                self.table = Table::Page(page);
            }
        }
        Ok(())
    }

    /// The next block, of those that have been come to.
    pub(super) fn take_block(&mut self) -> Option<Block> {
        let place = self.places.next()?;
        self.table.blocks()?.get(place)
    }

    /// The next range, of those that have been come to.
    pub(super) fn take_range(&mut self) -> Option<ByteRange> {
        self.covered.take().or_else(|| self.take_block().map(|block| block.range))
    }

    /// Reads a page, and with it some of those that will be next.
    async fn read(&mut self, wanted: &Wanted) -> Result<Arc<Page>, Error> {
        let history = &self.snapshot.history;
        if !history.has_page(wanted) && self.ahead > 1 {
            let next =
                self.walk.iter().flat_map(Walk::ahead).filter(|next| !history.has_page(next));
            let reads = std::iter::once(wanted).chain(next).take(self.ahead);
            // Whatever is wrong with one is reported when its turn comes.
            Box::pin(join_all(reads.map(|wanted| history.page(wanted)))).await;
        }
        self.ahead = (self.ahead * 2).min(READS_IN_FLIGHT);
        self.snapshot.page(wanted).await
    }
}

impl fmt::Debug for SnapshotBlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.cursor.snapshot.version();
        f.debug_struct("SnapshotBlocks").field("snapshot", &snapshot).finish_non_exhaustive()
    }
}

impl fmt::Debug for SnapshotGaps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.cursor.snapshot.version();
        f.debug_struct("SnapshotGaps").field("snapshot", &snapshot).finish_non_exhaustive()
    }
}
