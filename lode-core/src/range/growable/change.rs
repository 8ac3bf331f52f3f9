//! Changing a table, one piece at a time.

use alloc::vec::Vec;
use core::mem;

use super::{GrowableTable, Position};
use crate::range::{ByteRange, Table};

impl<const CHUNK: usize> GrowableTable<CHUNK> {
    /// Adds a range that begins at or above the start of the last one, and says how many bytes
    /// have become covered by that; nothing if it begins below. O(1).
    pub(super) fn append(&mut self, range: ByteRange) -> Option<u64> {
        match self.tail.last_mut() {
            Some(last) if range.start() < last.start() => None,
            Some(last) if range.start() <= last.end() => {
                let joined = last.hull(range);
                let added = joined.length() - last.length();
                *last = joined;
                Some(added)
            }
            _ => {
                if self.tail.len() >= CHUNK {
                    self.turn_tail();
                }
                self.tail.push(range);
                Some(range.length())
            }
        }
    }

    /// Adds a range at the position of the first one that it touches.
    pub(super) fn insert_at(&mut self, position: Position, range: ByteRange) -> u64 {
        let (mut count, mut covered, mut joined) = (0, 0, range);
        let touched = self.iter_from(position).take_while(|it| it.start() <= range.end());
        for it in touched {
            count += 1;
            covered += it.length();
            joined = joined.hull(it);
        }
        self.put(position, count, &[joined]);
        joined.length() - covered
    }

    /// [`Table::replace`].
    pub(super) fn put(&mut self, position: Position, count: usize, with: &[ByteRange]) {
        let Position { piece, at } = position;
        let in_chunks = piece < self.chunks.len();
        let ranges = self.chunks.get_mut(piece).unwrap_or(&mut self.tail);
        // The rest of them are in the pieces behind.
        let here = count.min(ranges.len().saturating_sub(at));
        if let Some(more) = with.get(here) {
            ranges.insert(at + here, *more);
        }
        for (old, new) in ranges.iter_mut().skip(at).zip(with) {
            *old = *new;
        }
        if with.len() < here {
            ranges.drain(at + with.len()..at + here);
        }
        if in_chunks {
            self.below += with.len();
            self.below -= here;
        }
        if here < count {
            self.take_front(piece + 1, count - here);
        }
        self.settle(piece);
    }

    /// Takes `count` ranges out, from the first one of `piece` on.
    #[cold]
    fn take_front(&mut self, piece: usize, count: usize) {
        let mut left = count;
        let above = self.chunks.iter().skip(piece);
        let whole = above.take_while(|chunk| {
            let all = chunk.len() <= left;
            if all {
                left -= chunk.len();
            }
            all
        });
        let behind = piece + whole.count();
        self.chunks.drain(piece..behind);
        self.ends.drain(piece..behind);
        self.below -= count - left;
        if piece < self.chunks.len() {
            self.below -= left;
        }
        self.chunks.get_mut(piece).unwrap_or(&mut self.tail).drain(..left);
    }

    /// Restores what holds of every piece after `piece` has changed.
    pub(super) fn settle(&mut self, piece: usize) {
        let limit = self.limit();
        let Some((chunk, end)) = self.chunks.get(piece).zip(self.ends.get_mut(piece)) else {
            if self.tail.len() > limit {
                self.turn_tail();
                self.split(piece, limit);
            }
            return self.fill_tail();
        };
        match chunk.last() {
            Some(last) => *end = last.end(),
            None => {
                self.chunks.remove(piece);
                self.ends.remove(piece);
                return self.fill_tail();
            }
        }
        if chunk.len() > limit {
            self.split(piece, limit);
        } else if chunk.len() < limit / 8 {
            self.join(piece, limit);
        }
        self.fill_tail();
    }

    /// Makes a chunk of the tail.
    #[cold]
    fn turn_tail(&mut self) {
        let Some(last) = self.tail.last() else { return };
        self.ends.push(last.end());
        self.below += self.tail.len();
        self.chunks.push(mem::replace(&mut self.tail, Vec::with_capacity(CHUNK)));
    }

    /// Makes the last chunk the tail, if that is empty.
    pub(super) fn fill_tail(&mut self) {
        if self.tail.is_empty()
            && let Some(last) = self.chunks.pop()
        {
            self.ends.pop();
            self.below -= last.len();
            self.tail = last;
        }
    }

    /// Cuts a chunk that is longer than `limit` into about equal ones, half of that or more.
    #[cold]
    fn split(&mut self, piece: usize, limit: usize) {
        let Some(chunk) = self.chunks.get_mut(piece) else { return };
        let size = chunk.len().div_ceil(2 * chunk.len() / limit);
        let copy = |part: &[ByteRange]| {
            // The one that is too many is put in before the chunk is cut.
            let mut chunk = Vec::with_capacity(limit + 1);
            chunk.extend_from_slice(part);
            chunk
        };
        let above = chunk.get(size..).unwrap_or_default();
        let above: Vec<_> = above.chunks(size).map(copy).collect();
        chunk.truncate(size);
        let ends = |chunk: &Vec<ByteRange>| chunk.last().map_or(0, |last| last.end());
        if let Some(end) = self.ends.get_mut(piece) {
            *end = ends(chunk);
        }
        self.ends.splice(piece + 1..piece + 1, above.iter().map(ends));
        self.chunks.splice(piece + 1..piece + 1, above);
    }

    /// Joins a short chunk with the one behind it, if there is room for more.
    #[cold]
    fn join(&mut self, piece: usize, limit: usize) {
        if let Some([short, next]) = self.chunks.get_mut(piece..piece + 2)
            && short.len() + next.len() <= limit / 2
        {
            short.append(next);
            self.chunks.remove(piece + 1);
            // Both end where the second did.
            self.ends.remove(piece);
        }
    }

    /// Fills all chunks.
    pub(super) fn pack(&mut self) {
        let loose = mem::replace(self, Self::EMPTY);
        for chunk in loose.chunks {
            self.append_all(&chunk);
        }
        self.append_all(&loose.tail);
        self.chunks.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.tail.shrink_to_fit();
    }

    /// Appends ranges that are above all there are, and touch none.
    fn append_all(&mut self, mut ranges: &[ByteRange]) {
        while !ranges.is_empty() {
            if self.tail.len() >= CHUNK {
                self.turn_tail();
            }
            let room = CHUNK.saturating_sub(self.tail.len());
            let (now, rest) = ranges.split_at_checked(room).unwrap_or((ranges, &[]));
            self.tail.extend_from_slice(now);
            ranges = rest;
        }
    }

    /// Takes off everything from `position` on.
    pub(super) fn split_off(&mut self, Position { piece, at }: Position) -> Self {
        let tail = mem::take(&mut self.tail);
        let Some(chunk) = self.chunks.get_mut(piece) else {
            let (below, above) = tail.split_at_checked(at).unwrap_or((&tail, &[]));
            let above = Self { tail: above.to_vec(), ..Self::EMPTY };
            self.tail.extend_from_slice(below);
            self.fill_tail();
            return above;
        };
        let first = chunk.split_off(at.min(chunk.len()));
        let mut chunks = self.chunks.split_off(piece + 1);
        let mut ends = self.ends.split_off(piece + 1);
        let above: usize = chunks.iter().map(Vec::len).sum();
        self.below -= above + first.len();
        // What is left of the one that was cut becomes the tail, or goes.
        self.tail = self.chunks.pop().unwrap_or_default();
        self.below -= self.tail.len();
        let cut = self.ends.pop().unwrap_or_default();
        self.fill_tail();
        let below = above + first.len();
        if !first.is_empty() {
            chunks.insert(0, first);
            ends.insert(0, cut);
        }
        Self { chunks, ends, below, tail }
    }
}
