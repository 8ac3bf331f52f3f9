//! A volume as a reader and a writer of `embedded-io`.

use embedded_io::{ErrorType, Read, Seek, SeekFrom, Write};

use super::error::VolumeError;
use super::volume::Volume;
use crate::ErrorKind;
use crate::range::ByteRange;
use crate::store::{self, Store};
use crate::time::Clock;

/// Reads a range of the newest snapshot; made by [`Volume::reader`].
///
/// Each call costs as much as [`Volume::read_at`]: read large pieces.
#[derive(Debug)]
pub struct Reader<'a, S, C, const RUNS: usize> {
    volume: &'a mut Volume<S, C, RUNS>,
    range: ByteRange,
    /// Counted from the start of `range`; it may lie behind its end.
    at: u64,
}

/// Stages what is written to it, one block for each buffer full; made by [`Volume::writer`].
///
/// What is in the buffer is staged by `flush`, and lost without it.
#[derive(Debug)]
pub struct Writer<'a, S, C, const RUNS: usize> {
    volume: &'a mut Volume<S, C, RUNS>,
    buffer: &'a mut [u8],
    filled: usize,
    /// Where the buffer's first byte belongs.
    offset: u64,
}

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Reads `range` of the newest snapshot from its beginning to its end. No store calls yet.
    ///
    /// # Errors
    ///
    /// [`VolumeError::RangeMissing`] if not all of it is committed.
    pub fn reader(
        &mut self,
        range: ByteRange,
    ) -> Result<Reader<'_, S, C, RUNS>, VolumeError<S::Error>> {
        self.mounted()?;
        match self.committed.first_gap(range) {
            Some(gap) => Err(VolumeError::RangeMissing { gap }),
            None => Ok(Reader { volume: self, range, at: 0 }),
        }
    }

    /// Stages what is written from `offset` on, in blocks of the size of `buffer`, which may not
    /// be empty. No store calls yet.
    ///
    /// # Errors
    ///
    /// [`VolumeError::OutOfBounds`] if there is no room in the volume, or in the buffer.
    pub fn writer<'a>(
        &'a mut self,
        offset: u64,
        buffer: &'a mut [u8],
    ) -> Result<Writer<'a, S, C, RUNS>, VolumeError<S::Error>> {
        let settings = self.mounted()?;
        Self::range(settings, offset, buffer.len().min(1))?;
        Ok(Writer { volume: self, buffer, filled: 0, offset })
    }
}

impl<S: Store, C, const RUNS: usize> ErrorType for Reader<'_, S, C, RUNS> {
    type Error = VolumeError<S::Error>;
}

impl<S: Store, C: Clock, const RUNS: usize> Read for Reader<'_, S, C, RUNS> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error> {
        let left = self.range.length().saturating_sub(self.at);
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let buf = buf.get_mut(..count).unwrap_or_default();
        self.volume.read_at(self.range.start().saturating_add(self.at), buf)?;
        self.at += count as u64;
        Ok(count)
    }
}

/// Offsets count from the start of the range.
impl<S: Store, C: Clock, const RUNS: usize> Seek for Reader<'_, S, C, RUNS> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64, Self::Error> {
        let length = self.range.length();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(VolumeError::OutOfBounds { offset: self.at, length })?;
        Ok(self.at)
    }
}

impl<S: Store, C, const RUNS: usize> ErrorType for Writer<'_, S, C, RUNS> {
    type Error = VolumeError<S::Error>;
}

impl<S: Store, C: Clock, const RUNS: usize> Write for Writer<'_, S, C, RUNS> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        if self.filled == self.buffer.len() {
            self.flush()?;
        }
        let room = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let count = room.len().min(bytes.len());
        for (place, byte) in room.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.filled += count;
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        let filled = self.buffer.get(..self.filled).unwrap_or_default();
        if !filled.is_empty() {
            self.volume.stage(self.offset, filled)?;
            self.offset += self.filled as u64;
            self.filled = 0;
        }
        Ok(())
    }
}

impl<E: store::Error> embedded_io::Error for VolumeError<E> {
    fn kind(&self) -> embedded_io::ErrorKind {
        match self.kind() {
            ErrorKind::Busy => embedded_io::ErrorKind::TimedOut,
            ErrorKind::Corrupt | ErrorKind::Mismatch => embedded_io::ErrorKind::InvalidData,
            ErrorKind::InvalidInput => embedded_io::ErrorKind::InvalidInput,
            ErrorKind::NotFound | ErrorKind::RangeMissing => embedded_io::ErrorKind::NotFound,
            ErrorKind::OutOfSpace => embedded_io::ErrorKind::OutOfMemory,
            ErrorKind::Overlap => embedded_io::ErrorKind::AlreadyExists,
            ErrorKind::PermissionDenied => embedded_io::ErrorKind::PermissionDenied,
            ErrorKind::Unsupported => embedded_io::ErrorKind::Unsupported,
            _ => embedded_io::ErrorKind::Other,
        }
    }
}
