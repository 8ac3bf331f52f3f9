//! 512 chunks, of which there are those that have cells.

use alloc::boxed::Box;

use super::chunk::{Change, Chunk};

/// How many chunks a region has.
pub(super) const CHUNKS: u64 = 512;

/// Chunks side by side.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// Which one it is, of all that an offset may lie in.
    pub(super) number: u64,
    /// Bit by bit, which chunks there are.
    present: [u64; CHUNKS as usize / 64],
    /// None of them is empty.
    chunks: Box<[Option<Box<Chunk>>; CHUNKS as usize]>,
}

impl Region {
    pub(super) fn new(number: u64) -> Self {
        let chunks = Box::new([const { None }; CHUNKS as usize]);
        Self { number, present: [0; CHUNKS as usize / 64], chunks }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.present.iter().all(|word| *word == 0)
    }

    pub(super) fn chunk(&self, at: u64) -> Option<&Chunk> {
        self.chunks.get(at as usize)?.as_deref()
    }

    /// The first chunk from `from` on, and its place.
    pub(super) fn first_from(&self, from: u64) -> Option<(u64, &Chunk)> {
        let mut index = from as usize / 64;
        let mut word = self.present.get(index)? & (!0 << (from % 64));
        while word == 0 {
            index += 1;
            word = *self.present.get(index)?;
        }
        let at = index as u64 * 64 + u64::from(word.trailing_zeros());
        Some((at, self.chunk(at)?))
    }

    /// Changes a chunk, which is made if it is not there and `is_made`, and is gone when it is empty.
    pub(super) fn change(
        &mut self,
        at: u64,
        is_made: bool,
        change: impl FnOnce(&mut Chunk) -> Change,
    ) -> Change {
        let Some(place) = self.chunks.get_mut(at as usize) else { return Change::default() };
        if !is_made && place.is_none() {
            return Change::default();
        }
        let chunk = place.get_or_insert_with(|| Box::new(Chunk::EMPTY));
        let changed = change(chunk);
        let is_there = !chunk.is_empty();
        if !is_there {
            *place = None;
        }
        if let Some(word) = self.present.get_mut(at as usize / 64) {
            let bit = 1 << (at % 64);
            *word = if is_there { *word | bit } else { *word & !bit };
        }
        changed
    }
}
