//! A table that grows, for hosts.

mod change;
mod iter;
mod merge;
mod search;

use alloc::vec::Vec;
use core::convert::Infallible;

use self::iter::PieceIter;
use self::search::seek_between;
use super::table::sealed;
use super::{ByteRange, RangeSet, Table};

/// A set of any number of ranges.
///
/// It grows, so that changing it cannot fail; a `let` takes the result apart without an
/// `unwrap`. For many ranges at once, collect or extend: that sorts them first and costs
/// O(n + m log m) for `m` of them, in any order.
///
/// ```
/// use lode_core::range::{ByteRange, GrowableRangeSet};
///
/// let ranges = [20..30, 0..10, 10..20].map(|range| ByteRange::try_from(range).expect("not empty"));
///
/// let mut set = GrowableRangeSet::new();
/// for range in ranges {
///     let Ok(()) = set.insert(range);
/// }
/// assert_eq!(set, GrowableRangeSet::from_iter(ranges));
/// assert_eq!(set.len(), 1);
/// ```
pub type GrowableRangeSet = RangeSet<GrowableTable>;

/// Sorted vectors of at most `CHUNK` ranges each, one behind the other.
///
/// ```text
/// chunks   [0..4 9..12 20..21]  [30..31 40..50]     each with room for some more
/// ends                     21               50      found by these
/// tail     [70..71 80..90]                          where a set that is filled in order grows
/// ```
///
/// So a change moves the ranges of one chunk and not all of them, and a search touches few cache
/// lines: the ends of the chunks lie close together, and within a chunk it begins where the range
/// would be if they were spread evenly. A table of few ranges is a tail and nothing else. Filled
/// in order or at once, all chunks are full and a range takes 16 bytes and a few bits.
#[derive(Clone, Debug)]
pub struct GrowableTable<const CHUNK: usize = 512> {
    /// None is empty.
    chunks: Vec<Vec<ByteRange>>,
    /// Where the last range of each chunk ends.
    ends: Vec<u64>,
    /// How many ranges are in `chunks`.
    below: usize,
    /// The ranges above those in `chunks`; empty only if the table is.
    tail: Vec<ByteRange>,
}

/// Where a range is in a [`GrowableTable`].
#[derive(Clone, Copy, Debug)]
pub struct Position {
    /// A chunk, or the tail if there are no more chunks.
    piece: usize,
    at: usize,
}

impl<const CHUNK: usize> Table for GrowableTable<CHUNK> {
    type Error = Infallible;
    type Position = Position;
    type Iter<'a> = PieceIter<'a>;

    const EMPTY: Self = Self { chunks: Vec::new(), ends: Vec::new(), below: 0, tail: Vec::new() };

    fn len(&self) -> usize {
        self.below + self.tail.len()
    }

    fn seek(&self, offset: u64) -> Position {
        let tail = self.chunks.len();
        let low = match (self.ends.last(), self.tail.as_slice()) {
            (Some(end), _) if offset < *end => return self.seek_in_chunks(offset),
            // Writers mostly go forward, so that most answers are at the end.
            (_, [.., last]) if last.end() <= offset => {
                return Position { piece: tail, at: self.tail.len() };
            }
            (_, [first, ..]) => first.start(),
            (_, []) => return Position { piece: tail, at: 0 },
        };
        let high = self.tail.last().map_or(low, |last| last.end());
        Position { piece: tail, at: seek_between(&self.tail, low, high, offset) }
    }

    fn get(&self, position: Position) -> Option<ByteRange> {
        let piece = self.chunks.get(position.piece).unwrap_or(&self.tail);
        piece.get(position.at).copied()
    }

    fn iter(&self) -> PieceIter<'_> {
        PieceIter::new(&[], &self.chunks, &self.tail)
    }

    fn iter_from(&self, Position { piece, at }: Position) -> PieceIter<'_> {
        let Some(chunk) = self.chunks.get(piece) else {
            return PieceIter::new(self.tail.get(at..).unwrap_or_default(), &[], &[]);
        };
        let above = self.chunks.get(piece + 1..).unwrap_or_default();
        PieceIter::new(chunk.get(at..).unwrap_or_default(), above, &self.tail)
    }

    fn replace(
        &mut self,
        position: Position,
        count: usize,
        with: &[ByteRange],
    ) -> Result<(), Infallible> {
        self.put(position, count, with);
        Ok(())
    }

    /// O(1) at the end. Elsewhere O(log n) and what it takes to move half a chunk.
    fn insert(&mut self, range: ByteRange) -> Result<u64, Infallible> {
        Ok(self.append(range).unwrap_or_else(|| self.insert_at(self.seek_touching(range), range)))
    }

    /// O(m log n) and what it takes to move `m` chunks, if `others` are few. If they are many,
    /// O(t + m), where `t` ranges are at or above the first of `others`; all of that ends up
    /// packed.
    fn merge(
        &mut self,
        others: impl Iterator<Item = ByteRange> + Clone,
    ) -> Result<u64, Infallible> {
        Ok(self.merge_sorted(others))
    }

    /// Keeps the memory of the tail.
    fn clear(&mut self) {
        self.chunks.clear();
        self.ends.clear();
        self.below = 0;
        self.tail.clear();
    }
}

impl<const CHUNK: usize> sealed::Sealed for GrowableTable<CHUNK> {}

impl<const CHUNK: usize> GrowableTable<CHUNK> {
    /// The position of the first range that ends above `offset`, which one in `chunks` does.
    fn seek_in_chunks(&self, offset: u64) -> Position {
        let piece = self.ends.partition_point(|end| *end <= offset);
        let chunk = self.chunks.get(piece).map_or(&[][..], Vec::as_slice);
        let high = self.ends.get(piece).copied().unwrap_or(offset);
        let low = match piece.checked_sub(1).and_then(|before| self.ends.get(before)) {
            Some(end) => *end,
            None => chunk.first().map_or(high, |first| first.start()),
        };
        Position { piece, at: seek_between(chunk, low, high, offset) }
    }

    /// How many ranges a chunk may have when it takes one more. Small tables are cut finer, since
    /// there the index costs next to nothing.
    fn limit(&self) -> usize {
        if self.len() < 16 * CHUNK { (CHUNK / 4).max(2) } else { CHUNK }
    }
}

impl<const CHUNK: usize> RangeSet<GrowableTable<CHUNK>> {
    /// Gives back the memory that is kept for more ranges: what remains is 16 bytes a range and a
    /// few bits. O(n). A set that was collected, or filled in order, is packed already.
    pub fn shrink_to_fit(&mut self) {
        self.table.pack();
    }
}

/// Takes ranges in any order, which may overlap. O(m log m), and O(m) if they are sorted.
impl<const CHUNK: usize> FromIterator<ByteRange> for RangeSet<GrowableTable<CHUNK>> {
    fn from_iter<I: IntoIterator<Item = ByteRange>>(ranges: I) -> Self {
        let mut set = Self::new();
        set.extend(ranges);
        set
    }
}

/// Takes ranges in any order, which may overlap. O(n + m log m), and O(m) if they are sorted and
/// lie above all that are in the set.
impl<const CHUNK: usize> Extend<ByteRange> for RangeSet<GrowableTable<CHUNK>> {
    fn extend<I: IntoIterator<Item = ByteRange>>(&mut self, ranges: I) {
        self.covered += self.table.extend(ranges);
    }
}
