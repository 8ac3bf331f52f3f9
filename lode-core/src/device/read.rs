//! Reading what is committed.

use super::block::Block;
use super::error::VolumeError;
use super::tape::{Tape, WINDOW};
use super::volume::Volume;
use crate::ErrorKind;
use crate::checksum::Checksum;
use crate::crc32c::Crc32c;
use crate::range::ByteRange;
use crate::store::{Error, Name, ObjectKind, Store};
use crate::time::Clock;

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Fills `buf` with the bytes of the newest snapshot from `offset` on. Each block that is
    /// touched is read and verified as a whole, whatever part of it is asked for.
    ///
    /// Costs a read for each 32 bytes of the head's manifest; for each block one for the part
    /// that is asked for, and one for each 32 bytes of the rest.
    ///
    /// # Errors
    ///
    /// [`VolumeError::RangeMissing`] names the first gap; [`VolumeError::Corrupt`] the object
    /// that is damaged; [`VolumeError::OutOfBounds`]; [`VolumeError::Store`]. What `buf` holds
    /// then means nothing.
    pub fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), VolumeError<S::Error>> {
        let settings = self.mounted()?;
        if buf.is_empty() {
            return Ok(());
        }
        let range = Self::range(settings, offset, buf.len())?;
        if let Some(gap) = self.committed.first_gap(range) {
            return Err(VolumeError::RangeMissing { gap });
        }
        // Each byte is committed, so that some block has it.
        self.each_committed(&mut |tape, block| read_block(tape, block, range, buf))?;
        Ok(())
    }
}

/// Reads and verifies a block, and puts what it has of `range` into its place in `buf`. If it has
/// nothing of it, it is left alone.
pub(super) fn read_block<S: Store>(
    tape: &mut Tape<'_, S>,
    block: &Block,
    range: ByteRange,
    buf: &mut [u8],
) {
    let Some(part) = block.range().and_then(|it| it.intersection(range)) else { return };
    // All of it is within the buffer, and before and behind it there is less than the block has.
    let from = (part.start() - range.start()) as usize;
    let into = buf.get_mut(from..from + part.length() as usize).unwrap_or_default();
    let (before, behind) = ((part.start() - block.start) as u32, (block.end() - part.end()) as u32);

    let name = Name::wrapping(ObjectKind::Block, block.number);
    let mut bytes = Bytes { store: tape.store, name: &name, at: 0, crc: Crc32c::begin() };
    let read = bytes.pass(before).and_then(|()| bytes.fill(into)).and_then(|()| bytes.pass(behind));
    match read {
        Ok(()) if bytes.crc.value() == block.crc => {}
        Err(error) if error.kind() != ErrorKind::NotFound => tape.blame_store(error),
        _ => tape.blame(&name),
    }
}

/// The bytes of a block, as they are read.
struct Bytes<'a, S> {
    store: &'a mut S,
    name: &'a Name,
    at: u64,
    /// Over what was read. An object that is too short leaves some of the buffer as it was, which
    /// is found out here.
    crc: Crc32c,
}

impl<S: Store> Bytes<'_, S> {
    #[inline(never)]
    fn fill(&mut self, buf: &mut [u8]) -> Result<(), S::Error> {
        let count = self.store.read(self.name, self.at, buf)?;
        self.crc.update(buf.get(..count).unwrap_or_default());
        self.at += buf.len() as u64;
        Ok(())
    }

    /// Passes over so many bytes.
    #[inline(never)]
    fn pass(&mut self, count: u32) -> Result<(), S::Error> {
        let (mut window, mut left) = ([0; WINDOW], count as usize);
        while left > 0 {
            let some = left.min(WINDOW);
            self.fill(window.get_mut(..some).unwrap_or_default())?;
            left -= some;
        }
        Ok(())
    }
}
