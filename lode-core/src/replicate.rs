//! Bringing what one volume or dataset has into another: what has to travel, and what has to agree.
//!
//! Pure. Of volumes, a [`Plan`] follows from the blocks of both. A shell reads what must be
//! compared, and only if all of it agrees sends what is missing. It plans again whenever the target
//! has changed; what it has [settled](Plan::new) by then is not compared again.
//!
//! Of datasets, whole histories are copied slot by slot: a [`Comparison`] finds out whether the
//! target's is the beginning of the source's. [`same_content`] tells whether a single snapshot is there already.

mod history;
mod snapshot;

use alloc::vec::Vec;

pub use self::history::{Comparison, Step};
pub use self::snapshot::same_content;

use crate::manifest::{Block, BlockTable};
use crate::range::{ByteRange, GrowableRangeSet, gaps_between};

/// What it takes to bring all blocks of a snapshot into a volume.
///
/// Every byte of the snapshot that was not settled before is in exactly one of `missing`, `same`,
/// `diverged` and `compare`.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// What the target does not have, in order, no piece empty.
    pub missing: Vec<Piece>,
    /// What both have, by equal digests of equal ranges.
    pub same: GrowableRangeSet,
    /// What both have, with other bytes, by other digests of equal ranges.
    pub diverged: GrowableRangeSet,
    /// What both have, with nothing but the bytes themselves to compare.
    pub compare: GrowableRangeSet,
}

/// What one of the volumes has.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The algorithm of the blocks' digests.
    pub checksum: Option<&'a str>,
    /// All blocks of the snapshot.
    pub blocks: &'a BlockTable,
}

/// A part of one block of the source that the target does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Piece {
    /// The block, which has to be read as a whole to be verified.
    pub block: ByteRange,
    /// What is missing; it lies within `block`.
    pub range: ByteRange,
    /// Whether the block has a digest by which it is verified.
    pub is_verified: bool,
}

impl Plan {
    /// A plan to bring `source` into the volume whose head has `target`, if there is one. What is
    /// `settled` has been found to agree before. Costs O(n log m) for n blocks of the source and m
    /// of the target.
    pub fn new(source: Side<'_>, target: Option<Side<'_>>, settled: &GrowableRangeSet) -> Self {
        let comparable =
            source.checksum.is_some() && target.is_some_and(|to| to.checksum == source.checksum);
        let (mut same, mut diverged) = (Vec::new(), Vec::new());
        let (mut missing, mut compare) = (Vec::new(), Vec::new());
        let mut there = Vec::new();
        for block in source.blocks {
            there.clear();
            there.extend(target.iter().flat_map(|target| target.blocks.touched(block.range)));
            let gaps = gaps_between(there.iter().map(|other| other.range), block.range);
            let is_verified = source.checksum.is_some() && block.digest.is_some();
            missing.extend(gaps.map(|range| Piece { block: block.range, range, is_verified }));
            match Verdict::of(&block, &there).filter(|_| comparable) {
                _ if settled.covers(block.range) => {}
                Some(Verdict::Same) => same.push(block.range),
                Some(Verdict::Diverged) => diverged.push(block.range),
                None => {
                    let common = there.iter().filter_map(|at| at.range.intersection(block.range));
                    compare.extend(common.flat_map(|range| settled.gaps(range)));
                }
            }
        }
        let set = GrowableRangeSet::from_iter;
        Self { missing, same: set(same), diverged: set(diverged), compare: set(compare) }
    }

    /// How many bytes are missing.
    pub fn missing_bytes(&self) -> u64 {
        self.missing.iter().map(|piece| piece.range.length()).sum()
    }

    /// Whether all of this range is missing and is a whole block of the source, so that a block of
    /// the target with the same bytes would do for it.
    pub fn misses(&self, range: ByteRange) -> bool {
        let at = self.missing.binary_search_by_key(&range.start(), |piece| piece.range.start());
        let piece = at.ok().and_then(|at| self.missing.get(at));
        piece.is_some_and(|piece| piece.range == range && piece.block == range)
    }

    /// What is missing, cut into batches to be committed one after the other: none has more than
    /// so many pieces, and none more than so many bytes unless it is a single piece.
    pub fn batches(&self, pieces: usize, bytes: u64) -> impl Iterator<Item = &[Piece]> {
        let mut rest = self.missing.as_slice();
        core::iter::from_fn(move || {
            let mut size = 0_u64;
            let fits = |piece: &&Piece| {
                size = size.saturating_add(piece.range.length());
                size <= bytes
            };
            let count = rest.iter().take(pieces).take_while(fits).count();
            let (batch, behind) = rest.split_at_checked(count.max(1))?;
            rest = behind;
            Some(batch)
        })
    }
}

/// What the digests of two blocks say of their bytes.
#[derive(Clone, Copy)]
enum Verdict {
    Same,
    Diverged,
}

impl Verdict {
    /// Of a block and what of the target it touches, by the same algorithm; `None` if that says
    /// nothing.
    fn of(block: &Block, there: &[Block]) -> Option<Self> {
        let [other] = there else { return None };
        if other.range != block.range {
            return None;
        }
        match other.digest? == block.digest? {
            true => Some(Self::Same),
            false => Some(Self::Diverged),
        }
    }
}

/// From the first to the last byte in which two parts of volumes differ, both beginning at
/// `offset`.
///
/// ```
/// use lode_core::range::ByteRange;
/// use lode_core::replicate::difference;
///
/// assert_eq!(difference(b"abcd", b"aXcd", 10), ByteRange::new(11, 12));
/// assert_eq!(difference(b"abcd", b"abcd", 10), None);
/// ```
pub fn difference(ours: &[u8], theirs: &[u8], offset: u64) -> Option<ByteRange> {
    let mut differing =
        ours.iter().zip(theirs).enumerate().filter(|(_, (left, right))| left != right);
    let (first, _) = differing.next()?;
    let last = differing.next_back().map_or(first, |(last, _)| last);
    ByteRange::new(offset + first as u64, offset + last as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(start: u64, end: u64) -> Piece {
        let range = ByteRange::new(start, end).unwrap();
        Piece { block: range, range, is_verified: true }
    }

    fn lengths(plan: &Plan, pieces: usize, bytes: u64) -> Vec<usize> {
        plan.batches(pieces, bytes).map(<[Piece]>::len).collect()
    }

    #[test]
    fn batches_are_bounded_both_ways_and_never_empty() {
        let missing = [(0, 10), (10, 20), (20, 60), (60, 61), (61, 62)];
        let missing = missing.map(|(start, end)| piece(start, end)).to_vec();
        let plan = Plan { missing, ..Plan::default() };
        assert_eq!(lengths(&plan, 2, u64::MAX), [2, 2, 1]);
        assert_eq!(lengths(&plan, 9, 20), [2, 1, 2]);
        assert_eq!(lengths(&plan, 9, 0), [1; 5]);
        assert_eq!(lengths(&plan, 0, 99), [1; 5]);
        assert_eq!(lengths(&Plan::default(), 1, 1), [0; 0]);
    }

    #[test]
    fn differences_are_named_exactly() {
        assert_eq!(difference(b"abc", b"abc", 10), None);
        assert_eq!(difference(b"abcd", b"aXcd", 10), ByteRange::new(11, 12));
        assert_eq!(difference(b"abcd", b"XbcX", 10), ByteRange::new(10, 14));
    }
}
