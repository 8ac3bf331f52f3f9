//! Changing a table, one piece at a time.

use alloc::vec::Vec;
use core::mem;

use super::piece::Piece;
use super::{GrowableTable, Position};
use crate::range::{ByteRange, Table};

impl<const CHUNK: usize> GrowableTable<CHUNK> {
    /// Adds a range that begins at or above the start of the last one, and says how many bytes
    /// have become covered by that; nothing if it begins below. O(1).
    #[inline]
    pub(super) fn append(&mut self, range: ByteRange) -> Option<u64> {
        if let Some(last) = self.tail.ranges.last_mut()
            && range.start() <= last.end()
        {
            let joined = last.hull(range);
            let added = joined.length() - last.length();
            return (last.start() <= range.start()).then(|| {
                *last = joined;
                added
            });
        }
        if self.tail.is_full() {
            self.make_room();
        }
        self.tail.ranges.push(range);
        Some(range.length())
    }

    /// Makes room for one more range in the tail.
    #[cold]
    fn make_room(&mut self) {
        let room = self.room();
        match self.tail.ranges.len() >= room {
            true => self.turn_tail(),
            false => self.tail.grow(room),
        }
    }

    /// Adds a range at the position of the first one that it touches.
    pub(super) fn insert_at(&mut self, position: Position, range: ByteRange) -> u64 {
        if self.insert_between(position, range) {
            return range.length();
        }
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

    /// Adds a range before the one at this position, if it does not touch that and the piece has
    /// room: then nothing else changes. So it is with most ranges that come in any order.
    fn insert_between(&mut self, Position { piece, at }: Position, range: ByteRange) -> bool {
        let limit = self.limit();
        let in_chunks = piece < self.chunks.len();
        let changed = self.piece_mut(piece);
        let fits = changed.ranges.len() < limit && !changed.is_full();
        let is_between = changed.ranges.get(at).is_some_and(|next| range.end() < next.start());
        if fits && is_between {
            changed.insert(at, range);
            self.below += usize::from(in_chunks);
        }
        fits && is_between
    }

    /// [`Table::replace`].
    pub(super) fn put(&mut self, position: Position, count: usize, with: &[ByteRange]) {
        let Position { piece, at } = position;
        let in_chunks = piece < self.chunks.len();
        let most = self.limit() + 1;
        let changed = self.piece_mut(piece);
        if with.len() > count && changed.is_full() {
            changed.grow(most);
        }
        // The rest of them are in the pieces behind.
        let here = count.min(changed.ranges.len().saturating_sub(at));
        changed.put(at, here, with);
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
            let all = chunk.ranges.len() <= left;
            if all {
                left -= chunk.ranges.len();
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
        let cut = self.piece_mut(piece);
        cut.ranges.drain(..left);
        cut.respread();
    }

    /// Restores what holds of every piece after `piece` has changed.
    pub(super) fn settle(&mut self, piece: usize) {
        let limit = self.limit();
        let Some((chunk, end)) = self.chunks.get(piece).zip(self.ends.get_mut(piece)) else {
            if self.tail.ranges.len() > limit {
                self.turn_tail();
                self.split(piece, self.limit());
            }
            return self.fill_tail();
        };
        *end = chunk.end();
        match chunk.ranges.len() {
            0 => {
                self.chunks.remove(piece);
                self.ends.remove(piece);
            }
            count if count > limit => self.split(piece, limit),
            count if count < limit / 8 => self.join(piece, limit),
            _ => {}
        }
        self.fill_tail();
    }

    /// Makes a chunk of the tail.
    #[cold]
    fn turn_tail(&mut self) {
        self.tail.respread();
        let behind = Piece::behind(&self.tail, CHUNK);
        let full = mem::replace(&mut self.tail, behind);
        self.ends.push(full.end());
        self.below += full.ranges.len();
        self.chunks.push(full);
        if self.chunks.len().is_power_of_two() {
            self.respread();
        }
    }

    /// Makes the last chunk the tail, if that is empty.
    pub(super) fn fill_tail(&mut self) {
        if self.tail.ranges.is_empty()
            && let Some(last) = self.chunks.pop()
        {
            self.ends.pop();
            self.below -= last.ranges.len();
            self.tail = last;
        }
    }

    /// Cuts a chunk that is longer than `limit` into about equal ones, half of that or more.
    #[cold]
    fn split(&mut self, piece: usize, limit: usize) {
        let Some(chunk) = self.chunks.get_mut(piece) else { return };
        let ranges = &mut chunk.ranges;
        let size = ranges.len().div_ceil(2 * ranges.len() / limit);
        let copy = |part: &[ByteRange]| {
            // The one that is too many is put in before the chunk is cut.
            let mut copied = Vec::with_capacity(limit + 1);
            copied.extend_from_slice(part);
            Piece::new(copied)
        };
        let above = ranges.get(size..).unwrap_or_default();
        let above: Vec<_> = above.chunks(size).map(copy).collect();
        ranges.truncate(size);
        chunk.respread();
        if let Some(end) = self.ends.get_mut(piece) {
            *end = chunk.end();
        }
        self.ends.splice(piece + 1..piece + 1, above.iter().map(Piece::end));
        self.chunks.splice(piece + 1..piece + 1, above);
        self.respread();
    }

    /// Joins a short chunk with the one behind it, if there is room for more.
    #[cold]
    fn join(&mut self, piece: usize, limit: usize) {
        if let Some([short, next]) = self.chunks.get_mut(piece..piece + 2)
            && short.ranges.len() + next.ranges.len() <= limit / 2
        {
            short.ranges.append(&mut next.ranges);
            short.respread();
            self.chunks.remove(piece + 1);
            // Both end where the second did.
            self.ends.remove(piece);
        }
    }

    /// Fills all chunks.
    pub(super) fn pack(&mut self) {
        let loose = mem::replace(self, Self::EMPTY);
        for chunk in loose.chunks {
            self.append_all(&chunk.ranges);
        }
        self.append_all(&loose.tail.ranges);
        self.chunks.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.tail.ranges.shrink_to_fit();
    }

    /// Appends ranges that are above all there are, and touch none.
    pub(super) fn append_all(&mut self, mut ranges: &[ByteRange]) {
        while !ranges.is_empty() {
            if self.tail.ranges.len() >= self.room() {
                self.turn_tail();
            }
            let room = self.room().saturating_sub(self.tail.ranges.len());
            let (now, rest) = ranges.split_at_checked(room).unwrap_or((ranges, &[]));
            self.tail.ranges.extend_from_slice(now);
            ranges = rest;
        }
        self.tail.respread();
        self.respread();
    }

    /// Takes off everything from `position` on: the pieces that it was in, of which only the last
    /// may be empty.
    pub(super) fn split_off(&mut self, Position { piece, at }: Position) -> Vec<Piece> {
        let mut above = self.chunks.split_off(piece.min(self.chunks.len()));
        self.ends.truncate(piece);
        self.below -= above.iter().map(|chunk| chunk.ranges.len()).sum::<usize>();
        above.push(mem::replace(&mut self.tail, Piece::EMPTY));
        // What is below in the piece that is cut becomes the tail.
        if let Some(cut) = above.first_mut() {
            let rest = cut.ranges.split_off(at.min(cut.ranges.len()));
            self.tail = mem::replace(cut, Piece::new(rest));
        }
        self.fill_tail();
        above
    }
}
