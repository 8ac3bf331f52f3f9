//! Sets of byte ranges.

use core::fmt;
use core::iter::FusedIterator;

use super::{ByteRange, Gaps, Table, gaps_between};

/// A set of bytes, as the fewest ranges that make it up: sorted, disjoint and never adjacent.
///
/// Two sets are equal if they cover the same bytes, whatever their tables.
#[derive(Clone)]
pub struct RangeSet<T> {
    /// Sorted, disjoint and never adjacent.
    pub(super) table: T,
    /// How many bytes the ranges in `table` have. It fits, since they are disjoint.
    pub(super) covered: u64,
}

impl<T: Table> RangeSet<T> {
    /// A set without ranges. It allocates nothing.
    pub const fn new() -> Self {
        Self { table: T::EMPTY, covered: 0 }
    }

    /// Adds a range. It coalesces with those that it overlaps or is adjacent to.
    ///
    /// O(1) at the end of the set, also if it extends the last range. Elsewhere O(log n + k), and
    /// O(n) if the number of ranges changes. In a fixed table always O(n), on a grid O(1).
    ///
    /// # Errors
    ///
    /// [`Full`](super::Full) if the range coalesces with none and a fixed table has no room; a
    /// `GridError` if it is not on the grid. Nothing has changed then.
    pub fn insert(&mut self, range: ByteRange) -> Result<(), T::Error> {
        self.covered += self.table.insert(range)?;
        Ok(())
    }

    /// Takes a range out, whether or not all of it was in. A range that reaches beyond it on both
    /// sides is split in two.
    ///
    /// O(log n + k), and O(n) if the number of ranges changes.
    ///
    /// # Errors
    ///
    /// [`Full`](super::Full) if a range is split and a fixed table has no room; a `GridError` if it
    /// is not on the grid. Nothing has changed then.
    pub fn remove(&mut self, range: ByteRange) -> Result<(), T::Error> {
        self.covered -= self.table.remove(range)?;
        Ok(())
    }

    /// Adds all ranges of `other`, which has `m` of them and may have another kind of table.
    ///
    /// O(n + m) for a table that grows; what lies wholly below `other` is not looked at, so that
    /// appending is O(m). O(n · m) for a fixed one, without further memory. On a grid O(m), and of
    /// another set on the same grid O(k) for `k` times 4096 cells in which that has some.
    ///
    /// # Errors
    ///
    /// [`Full`](super::Full) if a fixed table has no room for the union; a `GridError` if a range is
    /// not on the grid. Nothing has changed then.
    pub fn merge<U: Table>(&mut self, other: &RangeSet<U>) -> Result<(), T::Error> {
        self.covered += self.table.merge(&other.table)?;
        Ok(())
    }

    /// Takes all ranges out. A table that grows keeps its memory.
    pub fn clear(&mut self) {
        self.table.clear();
        self.covered = 0;
    }

    /// How many ranges there are. O(1).
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there are no ranges. O(1).
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// How many bytes are in the set. O(1).
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// Whether every byte of `range` is in the set. O(log n).
    pub fn covers(&self, range: ByteRange) -> bool {
        self.first_above(range.start()).is_some_and(|first| first.contains(&range))
    }

    /// Whether the byte at `offset` is in the set. O(log n).
    pub fn contains_offset(&self, offset: u64) -> bool {
        self.first_above(offset).is_some_and(|first| first.start() <= offset)
    }

    /// The first piece of `within` that is not in the set, or `None` if the set covers it.
    /// O(log n).
    pub fn first_gap(&self, within: ByteRange) -> Option<ByteRange> {
        gaps_between(self.iter_above(within.start()), within).next()
    }

    /// The first piece of `range` that is in the set, or `None` if no byte is. O(log n).
    pub fn first_overlap(&self, range: ByteRange) -> Option<ByteRange> {
        self.first_above(range.start())?.intersection(range)
    }

    /// The pieces of `within` that are not in the set, in ascending order. O(log n), then O(1)
    /// for each. To `fold` them, as `sum` and `for_each` do, is quicker than a loop.
    pub fn gaps(&self, within: ByteRange) -> Gaps<Iter<'_, T>> {
        let (ranges, clipped) = self.table.iter_clipped(within);
        Gaps::new(Iter(ranges), within, clipped)
    }

    /// The ranges, in ascending order. O(1) for each.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter(self.table.iter())
    }

    /// The pieces of `within` that are in the set, in ascending order. O(log n), then O(1) for
    /// each.
    pub fn iter_within(&self, within: ByteRange) -> IterWithin<'_, T> {
        IterWithin { ranges: self.iter_above(within.start()), within }
    }

    /// The first range that ends above `offset`.
    fn first_above(&self, offset: u64) -> Option<ByteRange> {
        self.table.get(self.table.seek(offset))
    }

    /// The ranges from the first one that ends above `offset`.
    fn iter_above(&self, offset: u64) -> Iter<'_, T> {
        Iter(self.table.iter_from(self.table.seek(offset)))
    }
}

impl<T: Table> Default for RangeSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Table> fmt::Debug for RangeSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

impl<T: Table, U: Table> PartialEq<RangeSet<U>> for RangeSet<T> {
    fn eq(&self, other: &RangeSet<U>) -> bool {
        self.iter().eq(other)
    }
}

impl<T: Table> Eq for RangeSet<T> {}

impl<'a, T: Table> IntoIterator for &'a RangeSet<T> {
    type Item = ByteRange;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// The ranges of a set; made by [`RangeSet::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a, T: Table + 'a>(T::Iter<'a>);

impl<T: Table> Iterator for Iter<'_, T> {
    type Item = ByteRange;

    fn next(&mut self) -> Option<ByteRange> {
        self.0.next()
    }

    #[cfg(feature = "alloc")]
    fn fold<B, F: FnMut(B, ByteRange) -> B>(self, init: B, take: F) -> B {
        self.0.fold(init, take)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: Table> FusedIterator for Iter<'_, T> {}

/// The ranges of a set, clipped to one range; made by [`RangeSet::iter_within`].
#[derive(Clone, Debug)]
pub struct IterWithin<'a, T: Table + 'a> {
    /// From the first that ends above the start of `within`, so that the first one that does not
    /// overlap it lies behind.
    ranges: Iter<'a, T>,
    within: ByteRange,
}

impl<T: Table> Iterator for IterWithin<'_, T> {
    type Item = ByteRange;

    fn next(&mut self) -> Option<ByteRange> {
        self.ranges.next()?.intersection(self.within)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, self.ranges.size_hint().1)
    }
}

impl<T: Table> FusedIterator for IterWithin<'_, T> {}
