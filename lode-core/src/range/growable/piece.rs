//! One of the vectors that a table consists of.

use alloc::vec::Vec;

use super::search::Spread;
use crate::range::ByteRange;

/// Ranges in order, and where to look for one.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) ranges: Vec<ByteRange>,
    spread: Spread,
}

impl Piece {
    pub(super) const EMPTY: Self = Self { ranges: Vec::new(), spread: Spread::NONE };

    pub(super) fn new(ranges: Vec<ByteRange>) -> Self {
        let mut piece = Self { ranges, spread: Spread::NONE };
        piece.respread();
        piece
    }

    /// Room for so many ranges behind those of a full piece, which are likely to be spread alike.
    pub(super) fn behind(full: &Self, capacity: usize) -> Self {
        let spread = full.spread.behind(full.ranges.len());
        Self { ranges: Vec::with_capacity(capacity), spread }
    }

    /// Where the last range ends, 0 if there is none.
    #[inline]
    pub(super) fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |last| last.end())
    }

    /// The place of the first range that ends above `offset`.
    #[inline]
    pub(super) fn seek(&self, offset: u64) -> usize {
        self.spread.seek(&self.ranges, offset, |range| range.end())
    }

    /// Whether appending a range moves all of them.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.ranges.len() == self.ranges.capacity()
    }

    /// Makes room for more ranges, but not more than `most` in all.
    pub(super) fn grow(&mut self, most: usize) {
        let count = self.ranges.len();
        self.ranges.reserve_exact((4 * count).max(8).min(most).saturating_sub(count));
        // Those that follow are likely to be spread as these are.
        self.respread();
    }

    /// Puts a range where it belongs.
    pub(super) fn insert(&mut self, at: usize, range: ByteRange) {
        self.ranges.insert(at, range);
        self.note_change();
    }

    /// Puts `with`, which is longer by one at most, in the place of `count` ranges from `at` on.
    pub(super) fn put(&mut self, at: usize, count: usize, with: &[ByteRange]) {
        if let Some(more) = with.get(count) {
            self.ranges.insert(at + count, *more);
        }
        for (old, new) in self.ranges.iter_mut().skip(at).zip(with) {
            *old = *new;
        }
        if with.len() < count {
            self.ranges.copy_within(at + count.., at + with.len());
            self.ranges.truncate(self.ranges.len() - (count - with.len()));
        }
        self.note_change();
    }

    /// A few ranges more or less make little difference.
    fn note_change(&mut self) {
        if self.ranges.len().is_multiple_of(8) {
            self.respread();
        }
    }

    /// Looks how the ranges are spread.
    pub(super) fn respread(&mut self) {
        self.spread = Spread::of(&self.ranges, |range| range.end()).unwrap_or(self.spread);
    }
}
