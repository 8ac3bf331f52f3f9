//! Reading a snapshot as a stream of bytes.

use std::fmt;

use bytes::Bytes;
use lode_core::range::ByteRange;

use super::Snapshot;
use crate::Error;
use crate::pieces::{PieceReader, Pieces, read_pieces};

/// The most bytes that are fetched at once. A larger block is read in parts, which are not
/// verified.
const LARGEST_FETCH: u64 = 16 << 20;

/// Reads a snapshot from its beginning to its end, and seeks.
///
/// One block at a time is fetched and held, unless it is told to [read
/// ahead](SnapshotReader::read_ahead). A gap is an error whose inner error is
/// [`Error::RangeMissing`]; seek past it to go on.
pub struct SnapshotReader {
    reader: PieceReader<Snapshot>,
}

impl SnapshotReader {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { reader: PieceReader::new(snapshot) }
    }
}

impl Pieces for Snapshot {
    fn len(&self) -> u64 {
        Self::len(self)
    }

    /// The rest of the block that begins `rest`; of a gap its first byte, whose reading fails.
    async fn first(&self, rest: ByteRange) -> Result<ByteRange, Error> {
        let (start, after) = (rest.start(), rest.start().saturating_add(1));
        let block = self.blocks(start..after).next().await?;
        let end = block.map_or(after, |block| block.range.end());
        Ok(ByteRange::new(start, end.min(start.saturating_add(LARGEST_FETCH))).unwrap_or(rest))
    }

    async fn fetch(&self, piece: ByteRange) -> Result<Bytes, Error> {
        self.read_at(piece.into()).await
    }
}

read_pieces!(SnapshotReader, "blocks");

impl fmt::Debug for SnapshotReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotReader")
            .field("snapshot", &self.reader.pieces.version())
            .field("position", &self.reader.position)
            .finish_non_exhaustive()
    }
}
