//! Making bytes durable before they are committed.

use core::mem;

use super::block::Block;
use super::error::VolumeError;
use super::volume::Volume;
use crate::range::ByteRange;
use crate::store::{Error, Name, ObjectKind, Store};
use crate::time::Clock;
use crate::{ErrorKind, crc32c};

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Writes `bytes`, which belong at `offset`, as one block. It becomes part of the volume with
    /// the next [`commit`](Self::commit); until then nobody reads it, and a reset forgets it.
    ///
    /// What is staged or committed already with the same bounds and bytes is left as it is, so
    /// that interrupted work can be repeated as a whole.
    ///
    /// Costs 1 create; 2 calls more where an interrupted staging has left its block. If the range
    /// is committed, the head's manifest is read instead.
    ///
    /// # Errors
    ///
    /// Nothing has changed: [`VolumeError::OutOfBounds`], [`VolumeError::TooLarge`],
    /// [`VolumeError::Overlap`], [`VolumeError::Full`], [`VolumeError::MediumFull`],
    /// [`VolumeError::Exhausted`], [`VolumeError::Store`].
    pub fn stage(&mut self, offset: u64, bytes: &[u8]) -> Result<(), VolumeError<S::Error>> {
        let settings = self.mounted()?;
        let range = Self::range(settings, offset, bytes.len())?;
        let most = S::MAX_OBJECT.min(u32::MAX as usize);
        if bytes.len() > most {
            return Err(VolumeError::TooLarge { most });
        }
        let crc = crc32c::of(bytes);
        if let Some(staged) = self.staged_blocks().iter().find(|it| it.overlaps(range)) {
            return same(staged, range, crc);
        }
        if self.committed.first_overlap(range).is_some() {
            return self.compare(range, crc);
        }
        self.add(range, bytes, crc)
    }

    /// Stages what overlaps nothing. Not within `stage`, as the stack is deeper elsewhere.
    #[inline(never)]
    fn add(
        &mut self,
        range: ByteRange,
        bytes: &[u8],
        crc: u32,
    ) -> Result<(), VolumeError<S::Error>> {
        let Some(name) = Name::new(ObjectKind::Block, self.next) else {
            return Err(VolumeError::Exhausted);
        };
        let runs = self.runs_with(range);
        if runs > RUNS || self.staged_count == RUNS {
            return Err(VolumeError::Full { runs: RUNS });
        }
        self.create_block(&name, bytes).map_err(VolumeError::of_store)?;
        self.runs = runs;
        let (start, length) = (range.start(), bytes.len() as u32);
        self.insert(Block { start, number: self.next, length, crc });
        self.next += 1;
        Ok(())
    }

    /// Forgets whatever is staged. Its blocks are overwritten by what is staged next, or removed
    /// by [`prune`](Self::prune). No store calls.
    pub fn discard(&mut self) {
        self.next = self.next.saturating_sub(self.staged_count as u64);
        self.staged_count = 0;
        self.runs = self.committed.len();
    }

    /// Makes sure that the first committed block that overlaps `range` is the very same.
    #[inline(never)]
    fn compare(&mut self, range: ByteRange, crc: u32) -> Result<(), VolumeError<S::Error>> {
        let mut first = Block::NONE;
        self.each_committed(&mut |_, block| {
            if first.length == 0 && block.overlaps(range) {
                first = *block;
            }
        })?;
        same(&first, range, crc)
    }

    /// Creates a block. One that has its name already is left from an interrupted staging: no
    /// manifest refers to it, since all numbers in them are lower.
    fn create_block(&mut self, name: &Name, bytes: &[u8]) -> Result<(), S::Error> {
        match self.store.create(name, &[bytes]) {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                self.store.remove(name)?;
                self.store.create(name, &[bytes])
            }
            result => result,
        }
    }

    /// How many runs there will be with one more block, which overlaps nothing.
    fn runs_with(&self, range: ByteRange) -> usize {
        let staged = self.staged_blocks().iter().filter_map(Block::range);
        // Each neighbour ends or begins another run: between them there was a gap.
        let touches = |it: &ByteRange| it.end() == range.start() || it.start() == range.end();
        let neighbours = self.committed.iter().chain(staged).filter(touches).count();
        (self.runs + 1).saturating_sub(neighbours)
    }

    /// Puts a block in its place. There is room for it.
    fn insert(&mut self, block: Block) {
        let mut carried = block;
        for slot in self.staged.iter_mut().take(self.staged_count) {
            if carried.start < slot.start {
                mem::swap(slot, &mut carried);
            }
        }
        if let Some(slot) = self.staged.get_mut(self.staged_count) {
            *slot = carried;
            self.staged_count += 1;
        }
    }
}

/// Makes sure that a block has these bounds and this checksum.
#[inline(never)]
fn same<E>(block: &Block, range: ByteRange, crc: u32) -> Result<(), VolumeError<E>> {
    match block.range() {
        Some(existing) if existing != range || block.crc != crc => {
            Err(VolumeError::Overlap { new: range, existing })
        }
        Some(_) => Ok(()),
        // What is covered is not there.
        None => Err(VolumeError::NotMounted),
    }
}
