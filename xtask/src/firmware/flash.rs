//! The objects in an image of a flash.

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use lode_core::store::{ListStore, Name, ReadStore};
use lode_flash::FlashStore;

use super::check::Objects;
use crate::command::Failure;

/// An image of a flash, as the firmware has it.
struct Image(Vec<u8>);

/// The range is not in the image.
#[derive(Debug)]
struct OutOfRange;

impl NorFlashError for OutOfRange {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl ErrorType for Image {
    type Error = OutOfRange;
}

impl Image {
    fn bytes(&mut self, from: u32, length: usize) -> Result<&mut [u8], OutOfRange> {
        let from = from as usize;
        self.0.get_mut(from..from.saturating_add(length)).ok_or(OutOfRange)
    }
}

impl ReadNorFlash for Image {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), OutOfRange> {
        into.copy_from_slice(self.bytes(offset, into.len())?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Image {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 2048;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), OutOfRange> {
        self.bytes(from, to.saturating_sub(from) as usize)?.fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), OutOfRange> {
        for (stored, byte) in self.bytes(offset, bytes.len())?.iter_mut().zip(bytes) {
            *stored &= byte;
        }
        Ok(())
    }
}

impl MultiwriteNorFlash for Image {}

/// All objects in an image that the logger has left.
pub(super) fn objects(image: Vec<u8>) -> Result<Objects, Failure> {
    let failed = |error: lode_flash::Error<OutOfRange>| Failure::Check(format!("{error:?}"));
    let end = u32::try_from(image.len()).map_err(|_| Failure::Check("a huge image".to_string()))?;
    let mut store = FlashStore::<_, 512, 4096>::new(Image(image), 0..end);
    let mut names = Vec::new();
    store.list(&mut |name: &Name| names.push(*name)).map_err(failed)?;
    let mut objects = Objects::new();
    for name in names {
        let mut bytes = vec![0; 4096];
        let length = store.read(&name, 0, &mut bytes).map_err(failed)?;
        bytes.truncate(length);
        objects.insert(name.to_string(), bytes);
    }
    Ok(objects)
}
