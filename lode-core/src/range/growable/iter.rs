//! Going through a table piece by piece.

use core::iter::FusedIterator;
use core::slice;

use super::piece::Piece;
use crate::range::ByteRange;

/// The ranges of a [`GrowableTable`](super::GrowableTable).
#[derive(Clone, Debug)]
pub struct PieceIter<'a> {
    piece: slice::Iter<'a, ByteRange>,
    chunks: slice::Iter<'a, Piece>,
    /// What comes behind `chunks`.
    tail: &'a [ByteRange],
}

impl<'a> PieceIter<'a> {
    pub(super) fn new(piece: &'a [ByteRange], chunks: &'a [Piece], tail: &'a [ByteRange]) -> Self {
        Self { piece: piece.iter(), chunks: chunks.iter(), tail }
    }

    /// The first range of the next piece.
    fn turn(&mut self) -> Option<ByteRange> {
        self.piece = match self.chunks.next() {
            Some(chunk) => chunk.ranges.iter(),
            None => core::mem::take(&mut self.tail).iter(),
        };
        self.piece.next().copied()
    }
}

impl Iterator for PieceIter<'_> {
    type Item = ByteRange;

    #[inline]
    fn next(&mut self) -> Option<ByteRange> {
        match self.piece.next() {
            Some(range) => Some(*range),
            None => self.turn(),
        }
    }

    fn fold<B, F: FnMut(B, ByteRange) -> B>(self, init: B, mut take: F) -> B {
        let folded = self.piece.copied().fold(init, &mut take);
        let folded = self
            .chunks
            .fold(folded, |folded, chunk| chunk.ranges.iter().copied().fold(folded, &mut take));
        self.tail.iter().copied().fold(folded, take)
    }

    /// Exact. O(c) where there are `c` chunks.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let chunks: usize = self.chunks.clone().map(|chunk| chunk.ranges.len()).sum();
        let left = self.piece.len() + chunks + self.tail.len();
        (left, Some(left))
    }
}

impl FusedIterator for PieceIter<'_> {}
