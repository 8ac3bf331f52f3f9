//! Adding many ranges at once.

use alloc::vec::Vec;

use super::iter::PieceIter;
use super::piece::Piece;
use super::{GrowableTable, Position};
use crate::range::table::List;
use crate::range::{ByteRange, Table};

/// One to so many of ours is no longer few: then all of ours are read and written again, which is
/// cheap for each of them.
const FEW: usize = 32;
/// Those that have at most so many of ours between them, each, are merged rather than inserted one
/// by one.
const NEAR: usize = 4;

impl<const CHUNK: usize> GrowableTable<CHUNK> {
    /// Adds sorted, disjoint and coalesced ranges, and says how many bytes have become covered.
    pub(super) fn merge_sorted(&mut self, others: impl Iterator<Item = ByteRange> + Clone) -> u64 {
        if others.size_hint().0 > self.len() / FEW {
            return self.merge_many(others);
        }
        let mut others = others.peekable();
        let (mut run, mut added) = (Vec::new(), 0);
        while let Some(first) = others.next() {
            if let Some(more) = self.append(first) {
                added += more;
                continue;
            }
            let position = self.seek_touching(first);
            // What ends within this piece touches none of the next, which is not looked at.
            let border = self.ends.get(position.piece).copied().unwrap_or(u64::MAX);
            run.clear();
            run.push(first);
            while let Some(next) = others.next_if(|next| next.end() <= border) {
                run.push(next);
            }
            let [_, .., last] = run.as_slice() else {
                added += self.insert_at(position, first);
                continue;
            };
            let last = self.piece(position.piece).seek(last.start());
            added += if last.saturating_sub(position.at) <= NEAR * run.len() {
                self.merge_run(position, &run)
            } else {
                let insert = |range: &ByteRange| self.insert_at(self.seek_touching(*range), *range);
                run.iter().map(insert).sum()
            };
        }
        added
    }

    /// Merges ranges that touch no piece but the one at `position`, where the first of them
    /// belongs.
    fn merge_run(&mut self, Position { piece, at }: Position, run: &[ByteRange]) -> u64 {
        let in_chunks = piece < self.chunks.len();
        let changed = self.piece_mut(piece);
        let mut merged = Vec::with_capacity(2 * run.len());
        let (mut rest, mut added) = (changed.ranges.get(at..).unwrap_or_default(), 0);
        let all = rest.len();
        for other in run {
            let below = rest.iter().take_while(|range| range.end() < other.start()).count();
            let (below, above) = rest.split_at_checked(below).unwrap_or((rest, &[]));
            merged.extend_from_slice(below);
            rest = above;

            let (mut joined, mut covered) = (*other, 0);
            // The one before may have grown up to here.
            if let Some(last) = merged.pop_if(|last| other.start() <= last.end()) {
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
            merged.push(joined);
            added += joined.length() - covered;
        }
        let taken = all - rest.len();
        let put = merged.len();
        changed.ranges.splice(at..at + taken, merged);
        changed.respread();
        if in_chunks {
            self.below += put;
            self.below -= taken;
        }
        self.settle(piece);
        added
    }

    /// Merges everything from the first of `others` on anew.
    fn merge_many(&mut self, others: impl Iterator<Item = ByteRange>) -> u64 {
        let mut others = others.peekable();
        let Some(first) = others.peek() else { return 0 };
        let above = self.split_off(self.seek_touching(*first));
        let mut ours = PieceIter::new(&[], &above, &[]).peekable();
        let (mut after, mut before) = (0, 0);
        loop {
            let next = match (ours.peek(), others.peek()) {
                (Some(our), Some(other)) if our.start() >= other.start() => others.next(),
                (None, _) => others.next(),
                (Some(our), _) => {
                    before += our.length();
                    ours.next()
                }
            };
            // In order, so that each is appended.
            let Some(next) = next else { break };
            after += self.append(next).unwrap_or(0);
        }
        after - before
    }

    /// Adds ranges in any order, and says how many bytes have become covered.
    pub(super) fn extend(&mut self, ranges: impl IntoIterator<Item = ByteRange>) -> u64 {
        let mut ranges = ranges.into_iter();
        if self.fits_in_tail(&ranges) {
            let mut ranges = ranges.collect();
            coalesce(&mut ranges);
            return self.fill(ranges);
        }
        let (mut added, mut rest) = (0, Vec::new());
        // As long as they are in order there is nothing to sort.
        for range in ranges.by_ref() {
            match self.append(range) {
                Some(more) => added += more,
                None => {
                    rest.push(range);
                    break;
                }
            }
        }
        rest.extend(ranges);
        let few = self.len() <= rest.len() / FEW;
        if !few {
            coalesce(&mut rest);
            return added + self.merge_sorted(rest.into_iter());
        }
        let before: u64 = self.iter().map(ByteRange::length).sum();
        rest.extend(self.iter());
        self.clear();
        coalesce(&mut rest);
        added + self.fill(rest) - before
    }

    /// Whether these are all there are, and so few that they become the tail as they are.
    fn fits_in_tail(&self, ranges: &impl Iterator<Item = ByteRange>) -> bool {
        self.len() == 0 && ranges.size_hint().1.is_some_and(|most| most <= 2 * CHUNK)
    }

    /// Fills an empty table with sorted, disjoint and coalesced ranges, and says how many bytes
    /// they have.
    fn fill(&mut self, mut ranges: Vec<ByteRange>) -> u64 {
        let covered = ranges.iter().map(|range| range.length()).sum();
        match ranges.len() > 2 * CHUNK {
            true => self.append_all(&ranges),
            false => {
                ranges.shrink_to_fit();
                self.tail = Piece::new(ranges);
            }
        }
        covered
    }
}

/// Makes any ranges sorted, disjoint and coalesced.
fn coalesce(ranges: &mut Vec<ByteRange>) {
    let is_coalesced = |pair: &[ByteRange]| matches!(pair, [a, b] if a.end() < b.start());
    if ranges.windows(2).all(is_coalesced) {
        return;
    }
    ranges.sort_unstable_by_key(|range| range.start());
    ranges.dedup_by(|next, kept| {
        let touch = next.start() <= kept.end();
        if touch {
            *kept = kept.hull(*next);
        }
        touch
    });
}
