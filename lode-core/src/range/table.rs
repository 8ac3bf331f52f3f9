//! What a set keeps its ranges in.

use core::error::Error;
use core::fmt::Debug;
use core::iter::FusedIterator;

use super::ByteRange;

/// Keeps the ranges of a [`RangeSet`](super::RangeSet) in order.
///
/// There are three: [`FixedTable`](super::FixedTable) and, with feature `alloc`, `GrowableTable` and
/// `GridTable`.
/// The trait is sealed, because a set relies on what it promises.
///
/// Ranges are reached by position rather than as one slice, so that a table may keep them in
/// several pieces. A position is good until the table next changes.
pub trait Table: Clone + Debug + Sized + sealed::Sealed + 'static {
    /// Why a range could not be taken; [`Infallible`](core::convert::Infallible) for a table that
    /// grows.
    type Error: Error + Send + Sync + 'static;
    /// Where a range is, or where one could be put.
    type Position: Copy;
    /// Yields ranges in ascending order.
    type Iter<'a>: FusedIterator<Item = ByteRange> + Clone + Debug
    where
        Self: 'a;

    /// A table without ranges.
    const EMPTY: Self;

    /// How many ranges there are. O(1).
    fn len(&self) -> usize;

    /// Whether there are no ranges. O(1).
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position of the first range that ends above `offset`, or the one behind the last range.
    /// What that range has below `offset` may be cut off there. O(log n).
    fn seek(&self, offset: u64) -> Self::Position;

    /// The range at `position`, if there is one. O(1).
    fn get(&self, position: Self::Position) -> Option<ByteRange>;

    /// All ranges. O(1) for each.
    fn iter(&self) -> Self::Iter<'_>;

    /// The ranges from `position` on. O(1) for each.
    fn iter_from(&self, position: Self::Position) -> Self::Iter<'_>;

    /// The ranges from the first one that ends above the start of `within`, and whether they stop
    /// before the first one that begins at or above its end. O(log n), then O(1) for each.
    fn iter_clipped(&self, within: ByteRange) -> (Self::Iter<'_>, bool) {
        (self.iter_from(self.seek(within.start())), false)
    }

    /// Adds a range, and returns how many bytes have become covered by that.
    ///
    /// # Errors
    ///
    /// If it cannot be taken; nothing has changed then.
    fn insert(&mut self, range: ByteRange) -> Result<u64, Self::Error>;

    /// Takes a range out, and returns how many bytes are no longer covered.
    ///
    /// # Errors
    ///
    /// If that cannot be, as where a range would be split in two and there is no room; nothing has
    /// changed then.
    fn remove(&mut self, range: ByteRange) -> Result<u64, Self::Error>;

    /// Adds the ranges of another table, and returns how many bytes have become covered by that.
    ///
    /// # Errors
    ///
    /// If not all of them can be taken; nothing has changed then.
    fn merge<U: Table>(&mut self, other: &U) -> Result<u64, Self::Error>;

    /// Forgets all ranges.
    fn clear(&mut self);
}

/// A table whose ranges are items of a list.
pub(super) trait List: Table {
    /// Puts `with` in the place of the `count` ranges from `position` on.
    ///
    /// The caller sees to it that the ranges stay sorted, disjoint and coalesced, that there are
    /// `count` of them from there, and that `with` is longer than `count` by one at most. O(n) if
    /// the number of ranges changes, but O(1) behind the last one.
    ///
    /// # Errors
    ///
    /// If there is no room; nothing has changed then.
    fn replace(
        &mut self,
        position: Self::Position,
        count: usize,
        with: &[ByteRange],
    ) -> Result<(), Self::Error>;

    /// The position of the first range that overlaps `range` or is adjacent to it; such ranges
    /// coalesce with it. If there is none, it is where `range` belongs.
    fn seek_touching(&self, range: ByteRange) -> Self::Position {
        // Nothing ends at 0, so that saturating loses nothing.
        self.seek(range.start().saturating_sub(1))
    }

    /// Takes a range out, and returns how many bytes are no longer covered.
    ///
    /// # Errors
    ///
    /// If a range would be split in two and there is no room; nothing has changed then.
    fn cut(&mut self, range: ByteRange) -> Result<u64, Self::Error> {
        let position = self.seek(range.start());
        let (mut count, mut uncovered) = (0, 0);
        let (mut below, mut above) = (None, None);
        for cut in self.iter_from(position) {
            let Some(part) = cut.intersection(range) else { break };
            count += 1;
            uncovered += part.length();
            // Only the first can reach below the range, and only the last above it.
            below = below.or(ByteRange::new(cut.start(), range.start()));
            above = ByteRange::new(range.end(), cut.end());
        }
        match (below, above) {
            (Some(below), Some(above)) => self.replace(position, count, &[below, above])?,
            (Some(rest), None) | (None, Some(rest)) => self.replace(position, count, &[rest])?,
            (None, None) => self.replace(position, count, &[])?,
        }
        Ok(uncovered)
    }
}

pub(super) mod sealed {
    /// Keeps others from implementing a table.
    pub trait Sealed {}
}

/// [`Table::seek`] in a slice.
pub(super) fn seek(ranges: &[ByteRange], offset: u64) -> usize {
    match ranges.split_last() {
        // Writers mostly go forward, so that most answers are at the end.
        Some((last, _)) if last.end() <= offset => ranges.len(),
        Some((last, before)) if last.start() <= offset => before.len(),
        _ => ranges.partition_point(|range| range.end() <= offset),
    }
}
