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
/// One block at a time is fetched and held. A gap is an error whose inner error is
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

    /// The rest of the block that begins `rest`; of a gap there, the error that it is.
    fn fetch(&self, rest: ByteRange) -> BoxFuture<'static, Result<Bytes, Error>> {
        let snapshot = self.clone();
        Box::pin(async move {
            let start = rest.start();
            let block = snapshot.blocks(start..start.saturating_add(1)).next().await?;
            let end = block.map_or(start.saturating_add(1), |block| block.range.end());
            snapshot.read_at(start..end.min(start.saturating_add(LARGEST_FETCH))).await
        })
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
