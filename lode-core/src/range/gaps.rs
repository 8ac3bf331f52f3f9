//! What ranges leave uncovered.

use core::iter::FusedIterator;

use super::ByteRange;

/// The pieces of `within` that are in none of `ranges`, in ascending order.
///
/// `ranges` are sorted by start; they may be adjacent, overlap and reach beyond `within`. What
/// comes after `within` is not asked for, but for one range. O(1) per range, and lazy.
///
/// ```
/// use lode_core::range::{ByteRange, gaps_between};
///
/// let range = |start, end| ByteRange::new(start, end).expect("not empty");
/// let blocks = [range(0, 10), range(10, 20), range(25, 90)];
/// assert!(gaps_between(blocks, range(5, 100)).eq([range(20, 25), range(90, 100)]));
/// ```
pub fn gaps_between<I>(ranges: I, within: ByteRange) -> Gaps<I::IntoIter>
where
    I: IntoIterator<Item = ByteRange>,
{
    Gaps::new(ranges.into_iter(), within, false)
}

/// The gaps between ranges; made by [`gaps_between`] and [`RangeSet::gaps`](super::RangeSet::gaps).
#[derive(Clone, Debug)]
pub struct Gaps<I> {
    ranges: I,
    /// Where the next gap starts at the earliest; at or beyond `end` once there are no more.
    next: u64,
    end: u64,
    /// Whether `ranges` are some of a set, each beginning below `end`: then there is a gap before
    /// each but the first, and nobody needs to look.
    clipped: bool,
}

impl<I> Gaps<I> {
    pub(super) fn new(ranges: I, within: ByteRange, clipped: bool) -> Self {
        Self { ranges, next: within.start(), end: within.end(), clipped }
    }
}

impl<I: Iterator<Item = ByteRange>> Iterator for Gaps<I> {
    type Item = ByteRange;

    fn next(&mut self) -> Option<ByteRange> {
        while self.next < self.end {
            let (start, end) = match self.ranges.next() {
                Some(range) => (range.start().min(self.end), range.end()),
                None => (self.end, self.end),
            };
            let gap = ByteRange::new(self.next, start);
            self.next = self.next.max(end);
            if gap.is_some() {
                return gap;
            }
        }
        None
    }

    fn fold<B, F: FnMut(B, ByteRange) -> B>(mut self, init: B, mut take: F) -> B {
        let mut folded = init;
        let first = if self.clipped { self.ranges.next() } else { None };
        let Some(first) = first else {
            for gap in self.by_ref() {
                folded = take(folded, gap);
            }
            return folded;
        };
        if let Some(gap) = ByteRange::new(self.next, first.start()) {
            folded = take(folded, gap);
        }
        let (folded, last) = self.ranges.fold((folded, first), |(folded, below), range| {
            (take(folded, below.gap_to(range)), range)
        });
        match ByteRange::new(last.end(), self.end) {
            Some(gap) => take(folded, gap),
            None => folded,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.next >= self.end {
            return (0, Some(0));
        }
        // Each range ends at most one gap, and the last gap ends with `within`.
        (0, self.ranges.size_hint().1.and_then(|ranges| ranges.checked_add(1)))
    }
}

impl<I: Iterator<Item = ByteRange>> FusedIterator for Gaps<I> {}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn range(start: u64, end: u64) -> ByteRange {
        ByteRange::new(start, end).unwrap()
    }

    fn gaps(ranges: &[(u64, u64)], within: (u64, u64)) -> Vec<(u64, u64)> {
        let ranges: Vec<_> = ranges.iter().map(|&(start, end)| range(start, end)).collect();
        gaps_between(ranges, range(within.0, within.1)).map(|it| (it.start(), it.end())).collect()
    }

    #[test]
    fn lie_between_ranges_and_at_both_ends() {
        assert_eq!(gaps(&[], (3, 9)), [(3, 9)]);
        assert_eq!(gaps(&[(5, 7)], (3, 9)), [(3, 5), (7, 9)]);
        assert_eq!(gaps(&[(3, 5), (7, 9)], (3, 9)), [(5, 7)]);
        assert_eq!(gaps(&[(0, 4), (8, 12)], (3, 9)), [(4, 8)]);
        assert_eq!(gaps(&[(0, 3), (9, 12)], (3, 9)), [(3, 9)]);
        assert_eq!(gaps(&[(0, 1), (2, 3), (10, 12)], (3, 9)), [(3, 9)]);
        assert_eq!(gaps(&[(0, 12)], (3, 9)), []);
        assert_eq!(gaps(&[(0, u64::MAX)], (u64::MAX - 1, u64::MAX)), []);
        assert_eq!(gaps(&[(0, u64::MAX - 1)], (0, u64::MAX)), [(u64::MAX - 1, u64::MAX)]);
    }

    #[test]
    fn ranges_may_touch_and_overlap() {
        assert_eq!(gaps(&[(1, 3), (3, 5), (5, 6)], (0, 9)), [(0, 1), (6, 9)]);
        assert_eq!(gaps(&[(1, 7), (2, 3), (6, 8)], (0, 9)), [(0, 1), (8, 9)]);
    }

    #[test]
    fn hint_at_their_number_and_stay_at_their_end() {
        for end in [9, 20] {
            let mut gaps = gaps_between([range(2, 3), range(5, end), range(30, 31)], range(0, 9));
            assert_eq!(gaps.size_hint(), (0, Some(4)));
            assert_eq!(gaps.next(), Some(range(0, 2)));
            assert_eq!(gaps.size_hint(), (0, Some(3)));
            assert_eq!(gaps.next(), Some(range(3, 5)));
            assert_eq!(gaps.next(), None);
            assert_eq!(gaps.size_hint(), (0, Some(0)));
            assert_eq!(gaps.next(), None);
        }
    }

    #[test]
    fn do_not_read_on_behind_the_end() {
        let mut ranges = [range(2, 3), range(9, 10), range(11, 12)].into_iter();
        assert_eq!(gaps_between(ranges.by_ref(), range(0, 9)).count(), 2);
        assert_eq!(ranges.next(), Some(range(11, 12)));
    }
}
