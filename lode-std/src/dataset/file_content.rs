//! The content of a data file, piece by piece.

use bytes::Bytes;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use lode_core::checksum::{Algorithm, Hasher};
use lode_core::manifest::DataFile;

use super::transform::{Decompression, STEP};
use crate::Error;
use crate::store::Objects;

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

    /// The next piece, of a bounded size however many bytes a store hands over; `None` at the end, if the file is what was committed.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if !self.stored.is_empty() {
                return Ok(Some(self.stored.split_to(self.stored.len().min(STEP))));
            }
            if let Some(decompression) = &mut self.decompression {
                let bytes = decompression.next()?;
                if bytes.is_some() || decompression.has_ended() {
                    return Ok(bytes);
                }
            }
            match (self.next_stored().await?, &mut self.decompression) {
                (Some(stored), Some(decompression)) => decompression.push(stored),
                (None, Some(decompression)) => decompression.end(),
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

/// Checks that a file has the size that was committed.
fn check_size(file: &DataFile, found: u64) -> Result<(), Error> {
    match found == file.size {
        true => Ok(()),
        false => Err(Error::Truncated { key: file.key.clone(), expected: file.size, found }),
    }
}
