//! The blocks of a snapshot, in columns.
//!
//! Neighbours mostly have one length and one writer, so these are kept once for all of them:
//!
//! ```text
//! starts    8 bytes for each block
//! digests   as many as a digest has, for each block
//! runs      once for neighbours of the same length and writer
//! ```
//!
//! That is a third of what a list of blocks takes, and to copy or to store a table is to copy its
//! columns.

mod digests;
mod iter;
mod runs;

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::ops::Range;

pub(super) use self::digests::Digests;
pub use self::iter::TableBlocks;
pub(super) use self::runs::{Names, Run, Runs};
use super::Block;
use crate::ErrorKind;
use crate::range::ByteRange;

/// The blocks of a snapshot, in the order of their offsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockTable {
    /// Ascending; each block ends at or before the start of the next.
    starts: Vec<u64>,
    runs: Runs,
    digests: Digests,
    /// The sum of the lengths.
    covered: u64,
}

impl BlockTable {
    /// No blocks.
    pub const EMPTY: Self =
        Self { starts: Vec::new(), runs: Runs::EMPTY, digests: Digests::EMPTY, covered: 0 };

    /// A table of blocks that are in order already. Costs O(n).
    ///
    /// # Errors
    ///
    /// The place of the first block that does not begin at or behind the end of the one before.
    pub fn from_sorted(blocks: impl IntoIterator<Item = Block>) -> Result<Self, BlockTableError> {
        let mut table = Self::EMPTY;
        blocks.into_iter().try_for_each(|block| table.append(block))?;
        Ok(table)
    }

    /// Appends a block.
    ///
    /// # Errors
    ///
    /// If it does not begin at or behind the end of the last one.
    pub(super) fn append(&mut self, block: Block) -> Result<(), BlockTableError> {
        if block.range.start() < self.end() {
            return Err(BlockTableError { index: self.len(), range: block.range });
        }
        self.push(block);
        Ok(())
    }

    /// A table of these columns, which are known to be in order and disjoint and to have the same
    /// number of blocks.
    pub(super) fn from_columns(starts: Vec<u64>, runs: Runs, digests: Digests) -> Self {
        let lengths = runs.iter(starts.len());
        let covered = lengths.map(|(places, run)| places.len() as u64 * run.length).sum();
        Self { starts, runs, digests, covered }
    }

    /// An empty table with room for as many more blocks than `like` has.
    pub(super) fn with_room(like: &Self, more: usize) -> Self {
        let count = like.len() + more;
        let mut table = Self::EMPTY;
        table.starts.reserve_exact(count);
        table.digests = Digests::with_capacity(count, &like.digests);
        table
    }

    /// Appends a block that is known to begin at or behind the end of the last one.
    pub(super) fn push(&mut self, block: Block) {
        let length = block.range.length();
        self.runs.push(self.len(), 1, length, block.name.into());
        self.starts.push(block.range.start());
        self.digests.push(block.digest);
        self.covered += length;
    }

    /// Appends the blocks at these places of another table, which are known to begin at or behind
    /// the end of the last one. Costs a copy of their starts and digests.
    pub(super) fn extend(&mut self, other: &Self, places: Range<usize>) {
        let Some(starts) = other.starts.get(places.clone()) else { return };
        self.covered += self.runs.extend(self.len(), &other.runs, places.clone());
        self.starts.extend_from_slice(starts);
        self.digests.extend(&other.digests, places);
    }

    /// All blocks, in order.
    pub fn iter(&self) -> TableBlocks<'_> {
        TableBlocks::new(self, 0..self.len())
    }

    /// All blocks, in order, as a list.
    pub fn to_vec(&self) -> Vec<Block> {
        self.iter().collect()
    }

    /// The block at this place, counted from 0. Costs O(log n).
    pub fn get(&self, place: usize) -> Option<Block> {
        self.block(self.runs.seek(place), place)
    }

    /// The last block. Costs O(1).
    pub(super) fn last(&self) -> Option<Block> {
        self.block(self.runs.len().checked_sub(1)?, self.len().checked_sub(1)?)
    }

    /// The block at this place, which is in this run.
    fn block(&self, run: usize, place: usize) -> Option<Block> {
        let start = self.starts.get(place)?;
        let (length, name) = self.runs.get(run, place)?;
        let range = ByteRange::with_length(*start, length)?;
        Some(Block { range, name, digest: self.digests.get(place) })
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// How many bytes they cover.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// The start of the first block, 0 if there is none.
    pub fn start(&self) -> u64 {
        self.starts.first().copied().unwrap_or(0)
    }

    /// The end of the last block, 0 if there is none.
    pub fn end(&self) -> u64 {
        let last = self.starts.last().zip(self.runs.last_length());
        last.map_or(0, |(start, length)| start + length)
    }

    /// The blocks that have a byte in `range`. Costs O(log n).
    pub fn touched(&self, range: ByteRange) -> TableBlocks<'_> {
        TableBlocks::new(self, self.places(range))
    }

    /// The places of the blocks that have a byte in `range`. Costs O(log n).
    pub fn places(&self, range: ByteRange) -> Range<usize> {
        let behind = self.seek(range.start());
        let reaches = |before: &usize| {
            let start = self.starts.get(*before).zip(self.runs.length(*before));
            start.is_some_and(|(start, length)| start + length > range.start())
        };
        let first = behind.checked_sub(1).filter(reaches).unwrap_or(behind);
        let rest = self.starts.get(behind..).unwrap_or_default();
        first..behind + rest.partition_point(|start| *start < range.end())
    }

    /// The place of the first block that begins above `offset`.
    pub(super) fn seek(&self, offset: u64) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// Their ranges, in order; adjacent ones are not joined.
    pub fn ranges(&self) -> impl Iterator<Item = ByteRange> + Clone {
        self.runs.iter(self.len()).flat_map(|(places, run)| {
            let starts = self.starts.get(places).unwrap_or_default().iter();
            starts.filter_map(|start| ByteRange::with_length(*start, run.length))
        })
    }

    /// About how many bytes of memory the blocks take.
    pub(super) fn weight(&self) -> usize {
        size_of_val(self.starts.as_slice()) + self.digests.weight() + self.runs.weight()
    }

    /// The start of each block.
    pub(super) fn starts(&self) -> &[u64] {
        &self.starts
    }

    /// The runs of blocks of the same length and writer, with their places.
    pub(super) fn runs(&self) -> impl Iterator<Item = (Range<usize>, &Run)> + Clone {
        self.runs.iter(self.len())
    }

    /// How many runs there are.
    pub(super) fn count_runs(&self) -> usize {
        self.runs.len()
    }

    /// The digest of each block.
    pub(super) fn digests(&self) -> &Digests {
        &self.digests
    }
}

/// Blocks are not in order, or overlap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockTableError {
    /// The place of the block that begins before the one before it ends.
    pub index: usize,
    /// Its range.
    pub range: ByteRange,
}

impl BlockTableError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for BlockTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, range } = self;
        write!(f, "block {index} at {range} begins before the block before it ends")
    }
}

impl Error for BlockTableError {}
