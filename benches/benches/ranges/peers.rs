//! Ours and the peers, each as one who knows it would use it.

use std::collections::BTreeMap;

use iset::IntervalMap;
use lode_core::range::{
    ByteRange, GridRangeSet, GridTable, GrowableRangeSet, GrowableTable, RangeSet, Table,
};
use range_collections::RangeSet2;
use range_set_blaze::RangeSetBlaze;
use roaring::RoaringBitmap;

use crate::subject::Pair;

/// A set of ranges that coalesces.
pub(crate) trait Set: Clone + Default {
    const NAME: &'static str;
    /// Whether each insertion moves half of all ranges.
    const IS_VECTOR: bool = false;

    fn insert(&mut self, start: u64, end: u64);
    /// Whether all of it is in the set.
    fn covers(&self, start: u64, end: u64) -> bool;
    /// The sum of the bounds of the first gap at or above an offset.
    fn first_gap(&self, from: u64) -> u64;
    /// The sum of the lengths of all gaps below `end`.
    fn gaps(&self, end: u64) -> u64;
    fn merge(&mut self, other: &Self);

    fn collect(ranges: &[Pair]) -> Self {
        let mut set = Self::default();
        ranges.iter().for_each(|(start, end)| set.insert(*start, *end));
        set
    }
}

pub(crate) type Lode = GrowableRangeSet;
/// Ours where all ranges lie on one grid.
pub(crate) type Grid = GridRangeSet<4096>;

fn range(start: u64, end: u64) -> ByteRange {
    ByteRange::new(start, end).unwrap()
}

/// What sets of ours differ in: their tables.
pub(crate) trait Ours: Table {
    const NAME: &'static str;

    fn collect(ranges: &[Pair]) -> RangeSet<Self> {
        let mut set = RangeSet::new();
        ranges.iter().for_each(|(start, end)| set.insert(range(*start, *end)).unwrap());
        set
    }
}

impl Ours for GrowableTable {
    const NAME: &'static str = "lode";

    fn collect(ranges: &[Pair]) -> Lode {
        ranges.iter().map(|(start, end)| range(*start, *end)).collect()
    }
}

impl Ours for GridTable<4096> {
    const NAME: &'static str = "lode 4K";
}

impl<T: Ours> Set for RangeSet<T> {
    const NAME: &'static str = T::NAME;

    fn insert(&mut self, start: u64, end: u64) {
        self.insert(range(start, end)).unwrap();
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.covers(range(start, end))
    }

    fn first_gap(&self, from: u64) -> u64 {
        let gap = self.first_gap(range(from, u64::MAX)).unwrap();
        gap.start().wrapping_add(gap.end())
    }

    fn gaps(&self, end: u64) -> u64 {
        self.gaps(range(0, end)).map(ByteRange::length).sum()
    }

    fn merge(&mut self, other: &Self) {
        self.merge(other).unwrap();
    }

    fn collect(ranges: &[Pair]) -> Self {
        T::collect(ranges)
    }
}

/// A sorted vector.
#[derive(Clone, Default)]
pub(crate) struct Vector(Vec<Pair>);

impl Set for Vector {
    const NAME: &'static str = "Vec";
    const IS_VECTOR: bool = true;

    fn insert(&mut self, start: u64, end: u64) {
        if self.0.last().is_none_or(|last| last.1 < start) {
            return self.0.push((start, end));
        }
        let first = self.0.partition_point(|range| range.1 < start);
        let count = self.0[first..].iter().take_while(|range| range.0 <= end).count();
        if count == 0 {
            return self.0.insert(first, (start, end));
        }
        let joined = (self.0[first].0.min(start), self.0[first + count - 1].1.max(end));
        self.0[first] = joined;
        self.0.drain(first + 1..first + count);
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        let first = self.0.partition_point(|range| range.1 <= start);
        self.0.get(first).is_some_and(|range| range.0 <= start && end <= range.1)
    }

    fn first_gap(&self, from: u64) -> u64 {
        let first = self.0.partition_point(|range| range.1 <= from);
        match &self.0[first..] {
            [range, rest @ ..] if range.0 <= from => {
                range.1.wrapping_add(rest.first().map_or(u64::MAX, |next| next.0))
            }
            rest => from.wrapping_add(rest.first().map_or(u64::MAX, |next| next.0)),
        }
    }

    fn gaps(&self, end: u64) -> u64 {
        let inner: u64 = self.0.windows(2).map(|pair| pair[1].0 - pair[0].1).sum();
        let first = self.0.first().map_or(end, |first| first.0);
        inner + first + self.0.last().map_or(0, |last| end.saturating_sub(last.1))
    }

    fn merge(&mut self, other: &Self) {
        let Some(first) = other.0.first() else { return };
        let tail = self.0.split_off(self.0.partition_point(|range| range.1 < first.0));
        let (mut ours, mut theirs) = (tail.iter().peekable(), other.0.iter().peekable());
        loop {
            let ours_first = match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) => our.0 < their.0,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let next = if ours_first { ours.next() } else { theirs.next() };
            let Some(next) = next else { break };
            match self.0.last_mut() {
                Some(last) if last.1 >= next.0 => last.1 = last.1.max(next.1),
                _ => self.0.push(*next),
            }
        }
    }

    fn collect(ranges: &[Pair]) -> Self {
        let mut ranges = ranges.to_vec();
        ranges.sort_unstable();
        ranges.dedup_by(|next, kept| {
            let touch = next.0 <= kept.1;
            if touch {
                kept.1 = kept.1.max(next.1);
            }
            touch
        });
        Self(ranges)
    }
}

/// A B-tree from starts to ends.
#[derive(Clone, Default)]
pub(crate) struct Tree(BTreeMap<u64, u64>);

impl Set for Tree {
    const NAME: &'static str = "BTreeMap";

    fn insert(&mut self, mut start: u64, mut end: u64) {
        if let Some((first, last)) = self.0.range_mut(..=start).next_back()
            && *last >= start
        {
            if *last >= end {
                return;
            }
            (start, end) = (*first, end.max(*last));
        }
        while let Some((first, last)) = self.0.range(start + 1..=end).next() {
            let (first, last) = (*first, *last);
            end = end.max(last);
            self.0.remove(&first);
        }
        self.0.insert(start, end);
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.0.range(..=start).next_back().is_some_and(|(_, last)| *last >= end)
    }

    fn first_gap(&self, from: u64) -> u64 {
        let below = self.0.range(..=from).next_back();
        let start = below.map_or(from, |(_, last)| from.max(*last));
        let end = self.0.range(start..).next().map_or(u64::MAX, |(first, _)| *first);
        start.wrapping_add(end)
    }

    fn gaps(&self, end: u64) -> u64 {
        let (mut sum, mut from) = (0, 0);
        for (first, last) in &self.0 {
            sum += first - from;
            from = *last;
        }
        sum + end.saturating_sub(from)
    }

    fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(start, end)| self.insert(*start, *end));
    }

    fn collect(ranges: &[Pair]) -> Self {
        Self(Vector::collect(ranges).0.into_iter().collect())
    }
}

pub(crate) type Rangemap = rangemap::RangeSet<u64>;

impl Set for Rangemap {
    const NAME: &'static str = "rangemap";

    fn insert(&mut self, start: u64, end: u64) {
        self.insert(start..end);
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.get(&start).is_some_and(|range| range.end >= end)
    }

    fn first_gap(&self, from: u64) -> u64 {
        self.gaps(&(from..u64::MAX)).next().map_or(0, |gap| gap.start.wrapping_add(gap.end))
    }

    fn gaps(&self, end: u64) -> u64 {
        let (mut sum, mut from) = (0, 0);
        for range in self.iter() {
            sum += range.start - from;
            from = range.end;
        }
        sum + end.saturating_sub(from)
    }

    fn merge(&mut self, other: &Self) {
        other.iter().for_each(|range| self.insert(range.clone()));
    }
}

pub(crate) type Blaze = RangeSetBlaze<u64>;

impl Set for Blaze {
    const NAME: &'static str = "blaze";

    fn insert(&mut self, start: u64, end: u64) {
        self.ranges_insert(start..=end - 1);
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.range_at(start).is_some_and(|range| *range.end() >= end - 1)
    }

    fn first_gap(&self, from: u64) -> u64 {
        let (found, present) = self.range_or_gap_at(from);
        let gap = if present { self.range_or_gap_at(*found.end() + 1).0 } else { found };
        from.max(*gap.start()).wrapping_add(*gap.end())
    }

    fn gaps(&self, end: u64) -> u64 {
        let (mut sum, mut from) = (0, 0);
        for range in self.ranges() {
            sum += range.start() - from;
            from = *range.end() + 1;
        }
        sum + end.saturating_sub(from)
    }

    fn merge(&mut self, other: &Self) {
        *self |= other;
    }

    fn collect(ranges: &[Pair]) -> Self {
        ranges.iter().map(|(start, end)| *start..=*end - 1).collect()
    }
}

pub(crate) type Boundaries = RangeSet2<u64>;

impl Set for Boundaries {
    const NAME: &'static str = "collections";
    const IS_VECTOR: bool = true;

    fn insert(&mut self, start: u64, end: u64) {
        self.union_with(&Self::from(start..end));
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        let bounds = self.boundaries();
        let below = bounds.partition_point(|bound| *bound <= start);
        below % 2 == 1 && bounds.get(below).is_none_or(|last| *last >= end)
    }

    fn first_gap(&self, from: u64) -> u64 {
        let bounds = self.boundaries();
        let below = bounds.partition_point(|bound| *bound <= from);
        let (start, next) = if below % 2 == 1 { (bounds[below], below + 1) } else { (from, below) };
        start.wrapping_add(bounds.get(next).copied().unwrap_or(u64::MAX))
    }

    fn gaps(&self, end: u64) -> u64 {
        let [first, inner @ .., last] = self.boundaries() else { return end };
        let inner: u64 = inner.chunks_exact(2).map(|gap| gap[1] - gap[0]).sum();
        inner + first + end.saturating_sub(*last)
    }

    fn merge(&mut self, other: &Self) {
        self.union_with(other);
    }

    fn collect(ranges: &[Pair]) -> Self {
        let bounds = Vector::collect(ranges).0.into_iter().flat_map(|(start, end)| [start, end]);
        Self::new(bounds.collect()).unwrap()
    }
}

/// Intervals with a value each, coalesced by hand.
#[derive(Clone, Default)]
pub(crate) struct Intervals(IntervalMap<u64, u32>);

impl Set for Intervals {
    const NAME: &'static str = "iset";

    fn insert(&mut self, start: u64, end: u64) {
        let touched: Vec<_> = self.0.intervals(start.saturating_sub(1)..=end).collect();
        let (mut first, mut last) = (start, end);
        for range in touched {
            (first, last) = (first.min(range.start), last.max(range.end));
            self.0.remove(range);
        }
        self.0.insert(first..last, 0);
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.0.intervals_overlap(start).next().is_some_and(|range| range.end >= end)
    }

    fn first_gap(&self, from: u64) -> u64 {
        let mut start = from;
        for range in self.0.intervals(from..) {
            if range.start > start {
                return start.wrapping_add(range.start);
            }
            start = range.end;
        }
        start.wrapping_add(u64::MAX)
    }

    fn gaps(&self, end: u64) -> u64 {
        let (mut sum, mut from) = (0, 0);
        for range in self.0.intervals(..) {
            sum += range.start - from;
            from = range.end;
        }
        sum + end.saturating_sub(from)
    }

    fn merge(&mut self, other: &Self) {
        other.0.intervals(..).for_each(|range| self.insert(range.start, range.end));
    }

    fn collect(ranges: &[Pair]) -> Self {
        let ranges = Vector::collect(ranges).0.into_iter();
        Self(IntervalMap::from_sorted(ranges.map(|(start, end)| (start..end, 0))))
    }
}

/// The numbers of blocks of 4 KiB: what can be had where all ranges lie on one grid.
#[derive(Clone, Default)]
pub(crate) struct Blocks(RoaringBitmap);

fn block(offset: u64) -> u32 {
    (offset >> 12) as u32
}

impl Set for Blocks {
    const NAME: &'static str = "roaring 4K";

    fn insert(&mut self, start: u64, end: u64) {
        self.0.insert_range(block(start)..block(end));
    }

    fn covers(&self, start: u64, end: u64) -> bool {
        self.0.contains_range(block(start)..block(end))
    }

    fn first_gap(&self, from: u64) -> u64 {
        let mut ranges = self.0.range(block(from)..);
        let (mut start, mut next) = (block(from), ranges.next_range());
        if let Some(range) = next.take_if(|range| *range.start() == start) {
            (start, next) = (range.end() + 1, ranges.next_range());
        }
        u64::from(start) + u64::from(next.map_or(u32::MAX, |range| *range.start()))
    }

    fn gaps(&self, end: u64) -> u64 {
        let (mut sum, mut from) = (0, 0);
        let mut ranges = self.0.iter();
        while let Some(range) = ranges.next_range() {
            sum += u64::from(range.start() - from);
            from = range.end() + 1;
        }
        sum + u64::from(block(end) - from)
    }

    fn merge(&mut self, other: &Self) {
        self.0 |= &other.0;
    }
}
