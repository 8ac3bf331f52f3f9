//! Making bytes durable before they are committed.

use core::mem;

use super::block::Block;
use super::error::VolumeError;
use super::volume::{Settings, Volume, copy};
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
        let range = Self::range(&settings, offset, bytes.len())?;
        let most = S::MAX_OBJECT.min(u32::MAX as usize);
        if bytes.len() > most {
            return Err(VolumeError::TooLarge { most });
        }
        let crc = crc32c::of(bytes);
        if self.reserved.first_overlap(range).is_some() {
            return self.compare(&settings, range, crc);
        }
        let Some(name) = Name::new(ObjectKind::Block, self.next) else {
            return Err(VolumeError::Exhausted);
        };
        if !self.has_room(range) {
            return Err(VolumeError::Full { runs: RUNS });
        }
        self.create_block(&name, bytes).map_err(VolumeError::of_store)?;
        let reserved = self.reserved.insert(range);
        debug_assert!(reserved.is_ok(), "there is room");
        self.insert(Block { start: offset, number: self.next, length: bytes.len() as u32, crc });
        self.next += 1;
        Ok(())
    }

    /// Forgets whatever is staged. Its blocks are overwritten by what is staged next, or removed
    /// by [`prune`](Self::prune). No store calls.
    pub fn discard(&mut self) {
        self.next = self.next.saturating_sub(self.staged_count as u64);
        self.staged_count = 0;
        copy(&mut self.reserved, &self.committed);
    }

    /// Makes sure that what overlaps `range` is the very same, staged or committed.
    fn compare(
        &mut self,
        settings: &Settings,
        range: ByteRange,
        crc: u32,
    ) -> Result<(), VolumeError<S::Error>> {
        let overlaps = |block: &&Block| block.range().is_some_and(|it| it.overlaps(range));
        let mut existing = self.staged_blocks().iter().find(overlaps).copied();
        if existing.is_none() {
            self.each_committed(settings, &mut |_, block| {
                existing = existing.or(Some(block).filter(overlaps).copied());
                Ok(())
            })?;
        }
        match existing.and_then(|block| Some((block.range()?, block.crc))) {
            Some(there) if there == (range, crc) => Ok(()),
            Some((existing, _)) => Err(VolumeError::Overlap { new: range, existing }),
            // What is covered is not there.
            None => Err(VolumeError::NotMounted),
        }
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

    /// Whether one more block can be staged, and its range reserved.
    fn has_room(&self, range: ByteRange) -> bool {
        let start = range.start().saturating_sub(1);
        // No volume reaches to the end of all numbers.
        let touching = ByteRange::new(start, range.end().saturating_add(1));
        let touches = |touching| self.reserved.first_overlap(touching).is_some();
        self.staged_count < RUNS && (self.reserved.len() < RUNS || touching.is_some_and(touches))
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
