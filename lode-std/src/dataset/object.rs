//! Random access on a stored object.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use lode_core::key::Key;
use lode_core::range::ByteRange;

use crate::Error;
use crate::pieces::{PieceReader, Pieces, read_pieces};
use crate::store::Objects;

/// How many bytes are fetched at once: a round trip's worth, so that small reads in a row cost
/// few requests.
const FETCH: u64 = 256 << 10;

/// Reads any part of a data file as it is stored, by range reads: usable as the reader of a
/// parquet file, say. Checksums are not verified, for they are those of the whole.
pub struct ObjectReader {
    reader: PieceReader<StoredObject>,
}

impl ObjectReader {
    pub(super) fn new(objects: Objects, key: Key, size: u64) -> Self {
        Self { reader: PieceReader::new(StoredObject { objects, key, size }) }
    }

    /// How many bytes the file has.
    pub fn size(&self) -> u64 {
        self.reader.pieces.size
    }

    /// The bytes of a range. Costs one request.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBounds`] if it ends behind the file; [`Error::Missing`] or
    /// [`Error::Truncated`] if the file is not what was committed.
    pub async fn read_range(&self, range: Range<u64>) -> Result<Bytes, Error> {
        let StoredObject { objects, key, size } = &self.reader.pieces;
        if range.start > range.end || range.end > *size {
            let Range { start, end } = range;
            return Err(Error::OutOfBounds { start, end, total_length: *size });
        }
        match range.end - range.start {
            0 => Ok(Bytes::new()),
            length => objects.read_range(key, range.start, length).await,
        }
    }
}

/// An object of a known size.
#[derive(Clone)]
struct StoredObject {
    objects: Objects,
    key: Key,
    size: u64,
}

impl Pieces for StoredObject {
    fn len(&self) -> u64 {
        self.size
    }

    async fn first(&self, rest: ByteRange) -> Result<ByteRange, Error> {
        Ok(ByteRange::with_length(rest.start(), rest.length().min(FETCH)).unwrap_or(rest))
    }

    async fn fetch(&self, piece: ByteRange) -> Result<Bytes, Error> {
        self.objects.read_range(&self.key, piece.start(), piece.length()).await
    }
}

read_pieces!(ObjectReader, "parts of 256 KiB");

impl fmt::Debug for ObjectReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectReader")
            .field("key", &self.reader.pieces.key)
            .field("position", &self.reader.position)
            .finish_non_exhaustive()
    }
}
