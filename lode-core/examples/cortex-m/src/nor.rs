//! A NOR flash that is simulated in RAM, and loses its power now and then.

use core::sync::atomic::{AtomicU8, Ordering};

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

use crate::resets::tick;
use crate::retained::{FLASH, retained};

/// The flash. What is written only clears bits; erasing sets those of a page.
pub struct Nor;

/// The range is not on the flash.
#[derive(Debug)]
pub struct OutOfRange;

impl NorFlashError for OutOfRange {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for Nor {
    type Error = OutOfRange;
}

fn bytes(from: u32, length: usize) -> Result<&'static [AtomicU8], OutOfRange> {
    let (flash, from) = (retained().flash(), from as usize);
    from.checked_add(length).and_then(|to| flash.get(from..to)).ok_or(OutOfRange)
}

impl ReadNorFlash for Nor {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), OutOfRange> {
        let stored = bytes(offset, into.len())?;
        for (byte, stored) in into.iter_mut().zip(stored) {
            *byte = stored.load(Ordering::Relaxed);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        FLASH
    }
}

impl NorFlash for Nor {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 2048;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), OutOfRange> {
        let length = to.checked_sub(from).ok_or(OutOfRange)? as usize;
        for stored in bytes(from, length)? {
            tick();
            stored.store(0xff, Ordering::Relaxed);
        }
        Ok(())
    }

    fn write(&mut self, offset: u32, from: &[u8]) -> Result<(), OutOfRange> {
        for (byte, stored) in from.iter().zip(bytes(offset, from.len())?) {
            tick();
            stored.store(stored.load(Ordering::Relaxed) & byte, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl MultiwriteNorFlash for Nor {}
