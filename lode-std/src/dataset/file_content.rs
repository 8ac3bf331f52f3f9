//! The content of a data file, piece by piece.

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use lode_core::checksum::{Algorithm, Hasher};
use lode_core::compress::{Compressor, Transform};
use lode_core::key::Key;
use lode_core::manifest::DataFile;

use super::Limits;
use super::read::check_size;
use crate::Error;
use crate::store::Objects;

/// How many bytes come out at once, however many of them a store hands over.
const STEP: usize = 64 << 10;

/// The content of a file that is being read: decompressed, in small pieces, and verified when its
/// end is reached.
pub(super) struct FileContent {
    pub(super) file: DataFile,
    bytes: BoxStream<'static, Result<Bytes, Error>>,
    /// Over the stored bytes; taken when their end is reached.
    hasher: Option<Box<dyn Hasher>>,
    decompression: Option<Decompression>,
    /// What has been read of a file that is not compressed.
    stored: Bytes,
    /// How many stored bytes have been read.
    size: u64,
}

impl FileContent {
    /// Begins to read a file. Costs one request.
    pub(super) async fn open(
        objects: &Objects,
        file: DataFile,
        algorithm: Option<Algorithm>,
        decompression: Option<Decompression>,
    ) -> Result<Self, Error> {
        let bytes = objects.stream(&file.key).await?;
        let hasher = algorithm.filter(|_| file.digest.is_some()).map(|found| found.begin());
        Ok(Self { file, bytes, hasher, decompression, stored: Bytes::new(), size: 0 })
    }

    /// The next piece; `None` at the end, if the file is what was committed.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if !self.stored.is_empty() {
                return Ok(Some(self.stored.split_to(self.stored.len().min(STEP))));
            }
            if let Some(decompression) = &mut self.decompression {
                let bytes = decompression.step(&self.file.key)?;
                if bytes.is_some() || decompression.last {
                    return Ok(bytes);
                }
            }
            match (self.next_stored().await?, &mut self.decompression) {
                (Some(stored), Some(decompression)) => decompression.input = stored,
                (None, Some(decompression)) => decompression.last = true,
                (Some(stored), None) => self.stored = stored,
                (None, None) => return Ok(None),
            }
        }
    }

    /// The next bytes as they are stored; `None` at their end, if they are what was committed.
    async fn next_stored(&mut self) -> Result<Option<Bytes>, Error> {
        let stored = self.bytes.try_next().await?;
        if let Some(bytes) = &stored {
            self.size += bytes.len() as u64;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(bytes);
            }
            return Ok(stored);
        }
        check_size(&self.file, self.size)?;
        let found = self.hasher.take().map(Hasher::finish);
        match self.file.digest.zip(found).filter(|(expected, found)| expected != found) {
            Some((expected, found)) => {
                Err(Error::Corrupt { key: self.file.key.clone(), expected, found })
            }
            None => Ok(None),
        }
    }
}

/// A decompression, which puts out a bounded number of bytes at a time.
pub(super) struct Decompression {
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
    pub(super) fn begin(
        compressor: &dyn Compressor,
        file: &DataFile,
        limits: Limits,
    ) -> Result<Self, Error> {
        let transform = compressor.decompress();
        let transform =
            transform.map_err(|source| Error::Compress { key: file.key.clone(), source })?;
        let limit = limits.of_file(file.size);
        Ok(Self { transform, input: Bytes::new(), last: false, done: false, limit, left: limit })
    }

    /// What comes out next; `None` if more input is needed, or nothing is left.
    fn step(&mut self, key: &Key) -> Result<Option<Bytes>, Error> {
        while !self.input.is_empty() || (self.last && !self.done) {
            let mut output = vec![0; STEP];
            let progress = self.transform.step(&self.input, &mut output, self.last);
            let progress =
                progress.map_err(|source| Error::Compress { key: key.clone(), source })?;
            if progress.taken == 0 && progress.put == 0 && !progress.done {
                return Err(Error::Stalled { key: key.clone() });
            }
            let left = self.left.checked_sub(progress.put as u64);
            self.left = left.ok_or(Error::TooLarge { key: key.clone(), limit: self.limit })?;
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
