//! A table that grows, for hosts.

mod change;
mod iter;
mod merge;
mod piece;
mod search;

use alloc::vec::Vec;
use core::convert::Infallible;

use self::iter::PieceIter;
use self::piece::Piece;
use self::search::Spread;
use super::table::{List, sealed};
use super::{ByteRange, RangeSet, Table};

/// From so many chunks on, to move those behind one takes longer than to move ranges.
const MANY: usize = 2048;

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

/// Sorted vectors of at most `CHUNK` ranges each, one behind the other. The first may have twice as
/// many, and where there are thousands of them each half as many more.
///
/// ```text
/// chunks   [0..4 9..12 20..21]  [30..31 40..50]     each with room for some more
/// ends                     21               50      found by these
/// tail     [70..71 80..90]                          where a set that is filled in order grows
/// ```
///
/// So a change moves the ranges of one chunk and not all of them, and a search touches few cache
/// lines: the ends of the chunks lie close together, and among them and within a chunk it begins
/// where the range would be if all were spread evenly. A table of up to `2 * CHUNK` ranges is a tail
/// and nothing else. Filled in order or at once, all chunks are full and a range takes 16 bytes and a
/// few bits.
#[derive(Clone, Debug)]
pub struct GrowableTable<const CHUNK: usize = 512> {
    /// None is empty.
    chunks: Vec<Piece>,
    /// Where the last range of each chunk ends.
    ends: Vec<u64>,
    /// Of `ends`.
    spread: Spread,
    /// How many ranges are in `chunks`.
    below: usize,
    /// The ranges above those in `chunks`; empty only if the table is.
    tail: Piece,
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

    const EMPTY: Self = Self {
        chunks: Vec::new(),
        ends: Vec::new(),
        spread: Spread::NONE,
        below: 0,
        tail: Piece::EMPTY,
    };

    fn len(&self) -> usize {
        self.below + self.tail.ranges.len()
    }

    fn seek(&self, offset: u64) -> Position {
        if self.ends.is_empty() {
            return Position { piece: 0, at: self.tail.seek(offset) };
        }
        // Behind all chunks there is the tail, without a branch that could be foreseen wrongly.
        let piece = self.spread.seek(&self.ends, offset, |end| *end);
        Position { piece, at: self.piece(piece).seek(offset) }
    }

    fn get(&self, position: Position) -> Option<ByteRange> {
        self.piece(position.piece).ranges.get(position.at).copied()
    }

    fn iter(&self) -> PieceIter<'_> {
        PieceIter::new(&[], &self.chunks, &self.tail.ranges)
    }

    fn iter_from(&self, Position { piece, at }: Position) -> PieceIter<'_> {
        let ranges = self.piece(piece).ranges.get(at..).unwrap_or_default();
        match self.chunks.get(piece + 1..) {
            Some(above) => PieceIter::new(ranges, above, &self.tail.ranges),
            None => PieceIter::new(ranges, &[], &[]),
        }
    }

    fn iter_clipped(&self, within: ByteRange) -> (PieceIter<'_>, bool) {
        // Mostly it is all of a volume that is asked about, and there is nothing to look for.
        let from = match within.start() {
            0 => Position { piece: 0, at: 0 },
            start => self.seek(start),
        };
        // The one that reaches beyond the end, or the first one above it.
        let to = if within.end() < self.tail.end() {
            self.seek(within.end())
        } else {
            Position { piece: self.chunks.len(), at: self.tail.ranges.len() }
        };
        let reached = self.get(to).is_some_and(|range| range.start() < within.end());
        let end = to.at + usize::from(reached);
        let last = &self.piece(to.piece).ranges;
        let ranges = if from.piece == to.piece {
            PieceIter::new(last.get(from.at..end).unwrap_or_default(), &[], &[])
        } else {
            let first = self.piece(from.piece).ranges.get(from.at..).unwrap_or_default();
            let between = self.chunks.get(from.piece + 1..to.piece).unwrap_or_default();
            PieceIter::new(first, between, last.get(..end).unwrap_or_default())
        };
        (ranges, true)
    }

    /// O(1) at the end. Elsewhere O(log n) and what it takes to move half a chunk.
    fn insert(&mut self, range: ByteRange) -> Result<u64, Infallible> {
        Ok(self.append(range).unwrap_or_else(|| self.insert_at(self.seek_touching(range), range)))
    }

    fn remove(&mut self, range: ByteRange) -> Result<u64, Infallible> {
        self.cut(range)
    }

    /// O(m log n) and what it takes to move `m` chunks, if the `m` others are few. If they are many,
    /// O(t + m), where `t` ranges are at or above the first of them; all of that ends up packed.
    fn merge<U: Table>(&mut self, other: &U) -> Result<u64, Infallible> {
        Ok(self.merge_sorted(other.iter()))
    }

    /// Keeps the memory of the tail.
    fn clear(&mut self) {
        self.chunks.clear();
        self.ends.clear();
        self.below = 0;
        self.tail.ranges.clear();
    }
}

impl<const CHUNK: usize> List for GrowableTable<CHUNK> {
    fn replace(
        &mut self,
        position: Position,
        count: usize,
        with: &[ByteRange],
    ) -> Result<(), Infallible> {
        self.put(position, count, with);
        Ok(())
    }
}

impl<const CHUNK: usize> sealed::Sealed for GrowableTable<CHUNK> {}

impl<const CHUNK: usize> GrowableTable<CHUNK> {
    /// A chunk, or the tail behind them.
    fn piece(&self, piece: usize) -> &Piece {
        self.chunks.get(piece).unwrap_or(&self.tail)
    }

    /// The same, to be changed.
    fn piece_mut(&mut self, piece: usize) -> &mut Piece {
        self.chunks.get_mut(piece).unwrap_or(&mut self.tail)
    }

    /// Looks how the chunks are spread.
    fn respread(&mut self) {
        self.spread = Spread::of(&self.ends, |end| *end).unwrap_or(self.spread);
    }

    /// How many ranges a piece may have when it takes one more anywhere. Small tables are cut finer,
    /// since there the index costs next to nothing; but the smallest are not cut at all.
    fn limit(&self) -> usize {
        match self.chunks.len() {
            0 => self.room(),
            _ if self.len() < 16 * CHUNK => (CHUNK / 4).max(2),
            // To cut one moves all that are behind it, so a full one takes some more first.
            MANY.. => CHUNK + CHUNK / 2,
            _ => CHUNK,
        }
    }

    /// How many ranges the tail may have when it takes one more at its end.
    fn room(&self) -> usize {
        if self.chunks.is_empty() { 2 * CHUNK } else { CHUNK }
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

#[cfg(test)]
mod tests;
