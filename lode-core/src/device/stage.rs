//! Making bytes durable before they are committed.

use core::mem;

use super::block::Block;
use super::error::VolumeError;
use super::volume::{Settings, Volume};
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
        let block = Block {
            start: offset,
            number: self.next,
            length: bytes.len() as u32,
            crc: crc32c::of(bytes),
        };
        if self.is_there(&settings, range, block.crc)? {
            return Ok(());
        }
        let name = Self::name(ObjectKind::Block, block.number)?;
        if !self.insert(block) {
            return Err(VolumeError::Full { runs: RUNS });
        }
        if let Err(error) = self.create_block(&name, bytes) {
            self.take_out(offset);
            return Err(VolumeError::of_store(error));
        }
        self.next += 1;
        Ok(())
    }

    /// Forgets whatever is staged. Its blocks are overwritten by what is staged next, or removed
    /// by [`prune`](Self::prune). No store calls.
    pub fn discard(&mut self) {
        self.next = self.next.saturating_sub(self.staged_count as u64);
        self.staged_count = 0;
    }

    /// Whether the very same is staged or committed.
    fn is_there(
        &mut self,
        settings: &Settings,
        range: ByteRange,
        crc: u32,
    ) -> Result<bool, VolumeError<S::Error>> {
        let found = |block: &Block| block.range().is_some_and(|it| it.overlaps(range));
        let mut existing = self.staged_blocks().iter().copied().find(found);
        if existing.is_none() && self.committed.first_overlap(range).is_some() {
            existing = self.find_committed(settings, found)?;
        }
        match existing.and_then(|block| Some((block.range()?, block.crc))) {
            None => Ok(false),
            Some(there) if there == (range, crc) => Ok(true),
            Some((existing, _)) => Err(VolumeError::Overlap { new: range, existing }),
        }
    }

    /// The first block of the head for which `found` holds.
    fn find_committed(
        &mut self,
        settings: &Settings,
        found: impl Fn(&Block) -> bool,
    ) -> Result<Option<Block>, VolumeError<S::Error>> {
        let mut first = None;
        self.each_committed(settings, &mut |_, block| {
            first = first.or(Some(*block).filter(&found));
            Ok(())
        })?;
        Ok(first)
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

    /// Puts a block in its place, unless there would be too many blocks or runs.
    fn insert(&mut self, block: Block) -> bool {
        let place = self.staged_blocks().iter().take_while(|it| it.start < block.start).count();
        if self.staged_count >= RUNS {
            return false;
        }
        self.staged_count += 1;
        let mut carried = block;
        for slot in self.staged.iter_mut().take(self.staged_count).skip(place) {
            mem::swap(slot, &mut carried);
        }
        if self.runs() > RUNS {
            self.take_out(block.start);
            return false;
        }
        true
    }

    fn take_out(&mut self, start: u64) {
        let mut place = self.staged_blocks().iter().take_while(|it| it.start < start).count();
        self.staged_count = self.staged_count.saturating_sub(1);
        while let Some([here, behind]) = self.staged.get_mut(place..place + 2) {
            *here = *behind;
            place += 1;
        }
    }

    /// How many runs there are if what is staged is committed: as many as there are ranges that
    /// no other one ends at the beginning of.
    fn runs(&self) -> usize {
        let staged = self.staged_blocks();
        let follows_staged = |start| staged.iter().any(|block| block.end() == start);
        let follows_committed = |start| self.committed.iter().any(|range| range.end() == start);
        let committed = self.committed.iter().filter(|it| !follows_staged(it.start())).count();
        let begin =
            |block: &&Block| !follows_staged(block.start) && !follows_committed(block.start);
        committed + staged.iter().filter(begin).count()
    }
}
