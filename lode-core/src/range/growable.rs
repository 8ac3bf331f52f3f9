//! A table that grows, for hosts.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::iter::Copied;
use core::slice;

use super::table::{sealed, seek};
use super::{ByteRange, RangeSet, Table};

/// A set of any number of ranges.
///
/// It grows, so that changing it cannot fail; a `let` takes the result apart without an
/// `unwrap`. For many ranges at once, collect or extend: that sorts them first and costs
/// O(n + m log m) for `m` of them, in any order, where one at a time costs O(n · m).
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

/// A sorted vector of ranges.
#[derive(Clone, Debug)]
pub struct GrowableTable(Vec<ByteRange>);

impl Table for GrowableTable {
    type Error = Infallible;
    type Position = usize;
    type Iter<'a> = Copied<slice::Iter<'a, ByteRange>>;

    const EMPTY: Self = Self(Vec::new());

    fn len(&self) -> usize {
        self.0.len()
    }

    fn seek(&self, offset: u64) -> usize {
        seek(&self.0, offset)
    }

    fn iter(&self) -> Self::Iter<'_> {
        self.0.iter().copied()
    }

    fn iter_from(&self, position: usize) -> Self::Iter<'_> {
        self.0.get(position..).unwrap_or_default().iter().copied()
    }

    fn replace(&mut self, at: usize, count: usize, with: &[ByteRange]) -> Result<(), Infallible> {
        if let Some(more) = with.get(count) {
            self.0.insert(at + count, *more);
        }
        for (old, new) in self.0.iter_mut().skip(at).zip(with) {
            *old = *new;
        }
        if with.len() < count {
            self.0.drain(at + with.len()..at + count);
        }
        Ok(())
    }

    /// O(log n + t + m), where `t` ranges are at or above the first of `others`. Between `others`
    /// whole runs are copied, so that a few of them among many cost little more than a copy.
    fn merge(
        &mut self,
        others: impl Iterator<Item = ByteRange> + Clone,
    ) -> Result<u64, Infallible> {
        let Some(first) = others.clone().next() else { return Ok(0) };
        let tail = self.0.split_off(self.seek_touching(first));
        self.0.reserve(tail.len());

        let mut added = 0;
        let mut rest = tail.as_slice();
        for other in others {
            let (below, above) = split_below(rest, other.start());
            self.0.extend_from_slice(below);
            rest = above;

            let (mut joined, mut covered) = (other, 0);
            // The one before may have grown up to here.
            if let Some(last) = self.0.pop_if(|last| other.start() <= last.end()) {
                joined = joined.hull(last);
                covered += last.length();
            }
            while let Some((next, above)) = rest.split_first()
                && next.start() <= joined.end()
            {
                joined = joined.hull(*next);
                covered += next.length();
                rest = above;
            }
            self.0.push(joined);
            added += joined.length() - covered;
        }
        self.0.extend_from_slice(rest);
        Ok(added)
    }

    /// Keeps the memory.
    fn clear(&mut self) {
        self.0.clear();
    }
}

impl sealed::Sealed for GrowableTable {}

/// Takes ranges in any order, which may overlap. O(m log m), and O(m) if they are sorted.
impl FromIterator<ByteRange> for GrowableRangeSet {
    fn from_iter<I: IntoIterator<Item = ByteRange>>(ranges: I) -> Self {
        let mut ranges = ranges.into_iter().collect();
        coalesce(&mut ranges);
        Self::from_table(GrowableTable(ranges))
    }
}

/// Takes ranges in any order, which may overlap. O(n + m log m): for a single range,
/// [`insert`](RangeSet::insert) is the better choice.
impl Extend<ByteRange> for GrowableRangeSet {
    fn extend<I: IntoIterator<Item = ByteRange>>(&mut self, ranges: I) {
        let Ok(()) = self.merge(&Self::from_iter(ranges));
    }
}

/// Makes any ranges sorted, disjoint and coalesced.
fn coalesce(ranges: &mut Vec<ByteRange>) {
    ranges.sort_unstable_by_key(|range| range.start());
    ranges.dedup_by(|next, kept| {
        let touch = next.start() <= kept.end();
        if touch {
            *kept = kept.hull(*next);
        }
        touch
    });
}

/// Splits sorted ranges into those that end below `offset` and those that do not. O(log b) where
/// there are `b` below.
fn split_below(ranges: &[ByteRange], offset: u64) -> (&[ByteRange], &[ByteRange]) {
    let mut bound = 1;
    while ranges.get(bound).is_some_and(|range| range.end() < offset) {
        bound *= 2;
    }
    let near = ranges.get(..bound).unwrap_or(ranges);
    ranges.split_at(near.partition_point(|range| range.end() < offset))
}
