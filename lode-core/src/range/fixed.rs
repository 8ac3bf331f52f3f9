//! A table of fixed capacity, for devices.

use core::error::Error;
use core::fmt;
use core::iter::Copied;
use core::mem;
use core::slice;

use super::table::{List, sealed, seek};
use super::{ByteRange, RangeSet, Table};
use crate::ErrorKind;

/// A set of at most `N` ranges, kept in place, without a heap.
///
/// It takes 16 bytes per range and 16 more. A change that would leave more than `N` ranges fails
/// with [`Full`] and leaves the set as it was.
///
/// [`RangeSet::new`] is `const`, so that the set can be a `static`.
pub type FixedRangeSet<const N: usize> = RangeSet<FixedTable<N>>;

/// A sorted vector of at most `N` ranges, kept in place.
#[derive(Clone, Debug)]
pub struct FixedTable<const N: usize>(heapless::Vec<ByteRange, N>);

impl<const N: usize> Table for FixedTable<N> {
    type Error = Full;
    type Position = usize;
    type Iter<'a> = Copied<slice::Iter<'a, ByteRange>>;

    const EMPTY: Self = Self(heapless::Vec::new());

    fn len(&self) -> usize {
        self.0.len()
    }

    fn seek(&self, offset: u64) -> usize {
        seek(&self.0, offset)
    }

    fn get(&self, position: usize) -> Option<ByteRange> {
        self.0.get(position).copied()
    }

    fn iter(&self) -> Self::Iter<'_> {
        self.0.iter().copied()
    }

    fn iter_from(&self, position: usize) -> Self::Iter<'_> {
        self.0.get(position..).unwrap_or_default().iter().copied()
    }

    /// O(n): it goes through all ranges once, which is less code than to search and to move.
    fn insert(&mut self, range: ByteRange) -> Result<u64, Full> {
        let touches = |it: &ByteRange| it.start() <= range.end() && range.start() <= it.end();
        if self.0.is_full() && !self.0.iter().any(touches) {
            return Err(Full { capacity: N, range });
        }
        // What is behind all that has been put back: the new range, and then what it has displaced.
        let (mut carried, mut kept, mut added) = (range, 0, range.length());
        for at in 0..self.0.len() {
            let Some(mut here) = self.0.get(at).copied() else { break };
            if here.start() > carried.end() {
                mem::swap(&mut here, &mut carried);
            } else if here.end() >= carried.start() {
                let joined = carried.hull(here);
                // In this order nothing is above the length of `joined`.
                added += joined.length() - carried.length();
                added -= here.length();
                carried = joined;
                continue;
            }
            if let Some(place) = self.0.get_mut(kept) {
                *place = here;
            }
            kept += 1;
        }
        self.0.truncate(kept);
        self.0.push(carried).map_err(|range| Full { capacity: N, range })?;
        Ok(added)
    }

    fn remove(&mut self, range: ByteRange) -> Result<u64, Full> {
        self.cut(range)
    }

    /// O(m · n), in place; `n` is small here, and a second table on the stack would not be.
    fn merge<U: Table>(&mut self, other: &U) -> Result<u64, Full> {
        let others = other.iter();
        // One of `others` that touches `t` of our ranges makes one of them. No range is lost twice:
        // ranges that touch in turn form a line, never a ring.
        let lost: usize =
            others.clone().map(|other| self.count_touching(other).saturating_sub(1)).sum();
        let room = N.saturating_sub(self.len().saturating_sub(lost));
        let mut apart = others.clone().filter(|other| self.count_touching(*other) == 0);
        if let Some(range) = apart.nth(room) {
            return Err(Full { capacity: N, range });
        }

        // Those that touch ours come first: they only make room, so that the rest finds it.
        let mut added = 0;
        for other in others.clone() {
            if self.count_touching(other) > 0 {
                added += self.insert(other)?;
            }
        }
        for other in others {
            added += self.insert(other)?;
        }
        Ok(added)
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

impl<const N: usize> FixedTable<N> {
    /// Takes `count` ranges out from `at` on.
    fn close(&mut self, at: usize, count: usize) {
        let kept = self.0.len().saturating_sub(count);
        for to in at..kept {
            let moved = self.0.get(to + count).copied();
            if let (Some(place), Some(moved)) = (self.0.get_mut(to), moved) {
                *place = moved;
            }
        }
        self.0.truncate(kept);
    }

    /// How many ranges would coalesce with `other`.
    fn count_touching(&self, other: ByteRange) -> usize {
        let ranges = self.iter_from(self.seek_touching(other));
        ranges.take_while(|range| range.start() <= other.end()).count()
    }
}

impl<const N: usize> List for FixedTable<N> {
    fn replace(&mut self, at: usize, count: usize, with: &[ByteRange]) -> Result<(), Full> {
        // First, since only this can fail.
        if let Some(more) = with.get(count) {
            self.0.push(*more).map_err(|range| Full { capacity: N, range })?;
            // Not by `insert`, which panics where it is not sure of `at`.
            let mut carried = *more;
            for place in self.0.iter_mut().skip(at + count) {
                mem::swap(place, &mut carried);
            }
        }
        for (old, new) in self.0.iter_mut().skip(at).zip(with) {
            *old = *new;
        }
        if with.len() < count {
            self.close(at + with.len(), count - with.len());
        }
        Ok(())
    }
}

impl<const N: usize> sealed::Sealed for FixedTable<N> {}

/// A table of fixed capacity has no room for one more range. Nothing has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Full {
    capacity: usize,
    range: ByteRange,
}

impl Full {
    /// How many ranges the table has room for.
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// The range for which there was no room: one to be added, or the upper part of one that a
    /// removal would have split.
    pub const fn range(&self) -> ByteRange {
        self.range
    }

    /// Always [`ErrorKind::OutOfSpace`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::OutOfSpace
    }
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a table of {} ranges has no room for {}", self.capacity, self.range)
    }
}

impl Error for Full {}
