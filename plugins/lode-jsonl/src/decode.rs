//! Reading: a file at once, or piece by piece.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;

use lode_core::codec::{CodecError, StreamDecoder};
use memchr::memchr;
use serde::de::DeserializeOwned;

use crate::line::{Limits, Lines};

/// The records of a whole file, decoded when they are asked for. After an error there are no more.
pub struct Records<T> {
    file: Vec<u8>,
    /// Where the next line begins. At the length of the file, there is none.
    next: usize,
    lines: Lines,
    record: PhantomData<fn() -> T>,
}

impl<T> Records<T> {
    pub(crate) const fn new(file: Vec<u8>, limits: Limits) -> Self {
        Self { file, next: 0, lines: Lines::new(limits), record: PhantomData }
    }
}

impl<T: DeserializeOwned> Iterator for Records<T> {
    type Item = Result<T, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.file.get(self.next..).filter(|rest| !rest.is_empty())?;
            let (line, length) = match split_line(rest) {
                Some((line, _)) => (line, line.len().saturating_add(1)),
                None => (rest, rest.len()),
            };
            self.next = self.next.saturating_add(length);
            match self.lines.read(line) {
                Ok(None) => {}
                Ok(Some(record)) => return Some(Ok(record)),
                Err(error) => {
                    self.next = self.file.len();
                    return Some(Err(error));
                }
            }
        }
    }
}

impl<T: DeserializeOwned> FusedIterator for Records<T> {}

impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("next", &self.next).finish_non_exhaustive()
    }
}

/// A file that is being read piece by piece. It keeps the beginning of one line, and after an
/// error it gives that same error for everything.
#[derive(Debug)]
pub struct Decoder<T> {
    /// What the pieces so far had of the line that has not ended yet.
    begun: Vec<u8>,
    lines: Lines,
    failed: Option<CodecError>,
    record: PhantomData<fn() -> T>,
}

impl<T> Decoder<T> {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { begun: Vec::new(), lines: Lines::new(limits), failed: None, record: PhantomData }
    }
}

impl<T: DeserializeOwned> Decoder<T> {
    fn read(&mut self, mut bytes: &[u8], records: &mut Vec<T>) -> Result<(), CodecError> {
        while let Some((end, rest)) = split_line(bytes) {
            bytes = rest;
            if self.begun.is_empty() {
                records.extend(self.lines.read(end)?);
            } else {
                self.begin(end)?;
                records.extend(self.lines.read(&self.begun)?);
                self.begun.clear();
            }
        }
        self.begin(bytes)
    }

    /// Keeps more of a line, if it may be that long.
    fn begin(&mut self, bytes: &[u8]) -> Result<(), CodecError> {
        self.lines.check(self.begun.len().saturating_add(bytes.len()))?;
        self.begun.extend_from_slice(bytes);
        Ok(())
    }

    /// Fails if a step has failed before.
    fn check(&self) -> Result<(), CodecError> {
        self.failed.clone().map_or(Ok(()), Err)
    }
}

impl<T: DeserializeOwned> StreamDecoder<T> for Decoder<T> {
    fn push(&mut self, bytes: &[u8], records: &mut Vec<T>) -> Result<(), CodecError> {
        self.check()?;
        self.read(bytes, records).inspect_err(|error| self.failed = Some(error.clone()))
    }

    fn finish(mut self, records: &mut Vec<T>) -> Result<(), CodecError> {
        self.check()?;
        records.extend(self.lines.read(&self.begun)?);
        Ok(())
    }
}

/// The first line without its `\n`, and what follows it.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr(b'\n', bytes)?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((line, rest.strip_prefix(b"\n")?))
}
