//! Reading a snapshot as a stream of bytes.

use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;
use lode_core::range::ByteRange;

use super::Snapshot;
use crate::Error;
use crate::pieces::{PieceReader, Pieces, read_pieces};

/// The most bytes that are fetched at once. A larger block is read in parts, which are not
/// verified.
const LARGEST_FETCH: u64 = 16 << 20;

/// Reads a snapshot from its beginning to its end, and seeks.
///
/// One block at a time is fetched and held, unless it is told to [`prefetch`](Self::prefetch). A gap is an error whose inner error is
/// [`Error::RangeMissing`]; seek past it to go on.
pub struct SnapshotReader {
    reader: PieceReader<Snapshot>,
}

impl SnapshotReader {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { reader: PieceReader::new(snapshot) }
    }

    /// Fetches so many blocks at the same time, of which all but the first are ahead of what is
    /// read; for who reads from end to end. As many are held. Seeking gives up what is on its way,
    /// unless it is to what is held already.
    #[must_use]
    pub fn prefetch(self, blocks: usize) -> Self {
        Self { reader: self.reader.with_window(blocks) }
    }
}

impl Pieces for Snapshot {
    fn len(&self) -> u64 {
        Self::len(self)
    }

    /// The rest of the block that begins `rest`, or a byte of the gap there.
    fn piece(&self, rest: ByteRange) -> ByteRange {
        let first = ByteRange::with_length(rest.start(), 1).unwrap_or(rest);
        let block = self.manifest().blocks.touched(first).first();
        let end = block.map_or(first.end(), |block| block.range.end());
        let end = end.min(rest.start().saturating_add(LARGEST_FETCH));
        ByteRange::new(rest.start(), end).unwrap_or(first)
    }

    fn fetch(&self, piece: ByteRange) -> BoxFuture<'static, Result<Bytes, Error>> {
        let snapshot = self.clone();
        Box::pin(async move { snapshot.read_at(piece.into()).await })
    }
}

read_pieces!(SnapshotReader);

impl fmt::Debug for SnapshotReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotReader")
            .field("snapshot", &self.reader.pieces.version())
            .field("position", &self.reader.position)
            .finish_non_exhaustive()
    }
}
