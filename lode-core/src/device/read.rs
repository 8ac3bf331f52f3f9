//! Reading what is committed.

use super::block::Block;
use super::error::VolumeError;
use super::tape::WINDOW;
use super::volume::Volume;
use crate::ErrorKind;
use crate::checksum::Checksum;
use crate::crc32c::Crc32c;
use crate::range::ByteRange;
use crate::store::{Error, ObjectKind, Store};
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
        let range = Self::range(&settings, offset, buf.len())?;
        if let Some(gap) = self.committed.first_gap(range) {
            return Err(VolumeError::RangeMissing { gap });
        }
        let head = self.head.ok_or(VolumeError::NotMounted)?;
        let mut missing = range.length();
        self.each_committed(&settings, &mut |store, block| {
            let Some(part) = block.range().and_then(|it| it.intersection(range)) else {
                return Ok(());
            };
            missing = missing.saturating_sub(part.length());
            read_block(store, block, range, buf)
        })?;
        match missing {
            0 => Ok(()),
            _ => {
                let name = Self::name(ObjectKind::Manifest, head.version.get())?;
                Err(VolumeError::Corrupt { name })
            }
        }
    }
}

/// Reads and verifies a block, and puts what it has of `range` into its place in `buf`.
#[inline(never)]
fn read_block<S: Store>(
    store: &mut S,
    block: &Block,
    range: ByteRange,
    buf: &mut [u8],
) -> Result<(), VolumeError<S::Error>> {
    let name = Volume::<S, crate::time::NoClock, 0>::name(ObjectKind::Block, block.number)?;
    let mut window = [0; WINDOW];
    let (mut crc, mut at) = (Crc32c::begin(), block.start);
    while at < block.end() {
        let wanted = wanted(at, block.end(), range, buf);
        let into = wanted.unwrap_or_default();
        let into = match into.is_empty() {
            false => into,
            true => {
                let end =
                    if at < range.start() { range.start().min(block.end()) } else { block.end() };
                let count = (end - at).min(WINDOW as u64) as usize;
                window.get_mut(..count).unwrap_or_default()
            }
        };
        match store.read(&name, at - block.start, into) {
            Ok(count) if count == into.len() => {}
            Ok(_) => return Err(VolumeError::Corrupt { name }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(VolumeError::Corrupt { name });
            }
            Err(error) => return Err(VolumeError::of_store(error)),
        }
        crc.update(into);
        at += into.len() as u64;
    }
    match crc.value() == block.crc {
        true => Ok(()),
        false => Err(VolumeError::Corrupt { name }),
    }
}

/// Where in `buf` the bytes from `at` up to `end` belong, as far as they are in `range`; `None` if
/// the one at `at` is not.
fn wanted(at: u64, end: u64, range: ByteRange, buf: &mut [u8]) -> Option<&mut [u8]> {
    let from = at.checked_sub(range.start())?;
    let to = end.min(range.end()).checked_sub(range.start())?;
    buf.get_mut(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
}
