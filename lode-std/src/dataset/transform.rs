//! Compressing and decompressing files, in steps of bounded size.

use bytes::Bytes;
use lode_core::compress::{Compressor, Progress, Transform};
use lode_core::key::Key;
use lode_core::manifest::DataFile;

use super::Limits;
use crate::Error;

/// How many bytes come out of one step at the most.
pub(super) const STEP: usize = 64 << 10;

/// A file that is being compressed.
pub(super) struct Compression {
    key: Key,
    transform: Box<dyn Transform>,
    buffer: Vec<u8>,
}

impl Compression {
    /// Begins to compress the file `key`.
    pub(super) fn begin(compressor: &dyn Compressor, key: &Key) -> Result<Self, Error> {
        let transform = compressor.compress();
        let transform = transform.map_err(|source| Error::Compress { key: key.clone(), source })?;
        Ok(Self { key: key.clone(), transform, buffer: vec![0; STEP] })
    }

    /// Takes all of `input`, and hands what comes out to `sink`.
    pub(super) fn push(
        &mut self,
        mut input: &[u8],
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), Error> {
        while !input.is_empty() {
            let progress = self.step(input, false, &mut sink)?;
            input = input.get(progress.taken..).unwrap_or_default();
        }
        Ok(())
    }

    /// Hands the rest to `sink`.
    pub(super) fn finish(mut self, mut sink: impl FnMut(&[u8])) -> Result<(), Error> {
        while !self.step(&[], true, &mut sink)?.done {}
        Ok(())
    }

    fn step(
        &mut self,
        input: &[u8],
        last: bool,
        sink: &mut impl FnMut(&[u8]),
    ) -> Result<Progress, Error> {
        let progress = step(&mut *self.transform, &self.key, input, &mut self.buffer, last)?;
        sink(self.buffer.get(..progress.put).unwrap_or_default());
        Ok(progress)
    }
}

/// A file that is being decompressed, which puts out a bounded number of bytes at a time and in
/// all.
pub(super) struct Decompression {
    key: Key,
    transform: Box<dyn Transform>,
    /// What has been read and not been taken.
    input: Bytes,
    /// Whether nothing follows `input`.
    last: bool,
    done: bool,
    limit: u64,
    /// How many bytes may still come out.
    left: u64,
}

impl Decompression {
    /// Begins to decompress a file, if there is a compressor.
    pub(super) fn begin(
        compressor: Option<&dyn Compressor>,
        file: &DataFile,
        limits: Limits,
    ) -> Result<Option<Self>, Error> {
        let Some(compressor) = compressor else { return Ok(None) };
        let key = file.key.clone();
        let transform = match compressor.decompress() {
            Ok(transform) => transform,
            Err(source) => return Err(Error::Compress { key, source }),
        };
        let limit = limits.of_file(file.size);
        let (input, last, done) = (Bytes::new(), false, false);
        Ok(Some(Self { key, transform, input, last, done, limit, left: limit }))
    }

    /// All that comes out of a whole file.
    pub(super) fn run(mut self, stored: Bytes) -> Result<Bytes, Error> {
        self.push(stored);
        self.end();
        let mut bytes = Vec::new();
        while let Some(piece) = self.next()? {
            bytes.extend_from_slice(&piece);
        }
        Ok(Bytes::from(bytes))
    }

    /// Takes the next bytes of the file. All that were taken before must have come out.
    pub(super) fn push(&mut self, stored: Bytes) {
        self.input = stored;
    }

    /// Takes note that no more bytes follow.
    pub(super) fn end(&mut self) {
        self.last = true;
    }

    /// Whether no more bytes follow.
    pub(super) fn has_ended(&self) -> bool {
        self.last
    }

    /// What comes out next; `None` if more bytes are needed, or nothing is left.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.input.is_empty() || (self.last && !self.done) {
            let mut output = vec![0; STEP];
            let transform = &mut *self.transform;
            let progress = step(transform, &self.key, &self.input, &mut output, self.last)?;
            let left = self.left.checked_sub(progress.put as u64);
            let limit = self.limit;
            self.left = left.ok_or_else(|| Error::TooLarge { key: self.key.clone(), limit })?;
            self.input = self.input.split_off(progress.taken.min(self.input.len()));
            self.done = progress.done;
            if progress.put > 0 {
                output.truncate(progress.put);
                return Ok(Some(Bytes::from(output)));
            }
        }
        Ok(None)
    }
}

/// One step of the file `key`, which must get somewhere.
fn step(
    transform: &mut dyn Transform,
    key: &Key,
    input: &[u8],
    output: &mut [u8],
    last: bool,
) -> Result<Progress, Error> {
    let progress = transform
        .step(input, output, last)
        .map_err(|source| Error::Compress { key: key.clone(), source })?;
    match progress {
        Progress { taken: 0, put: 0, done: false } => Err(Error::Stalled { key: key.clone() }),
        progress => Ok(progress),
    }
}
