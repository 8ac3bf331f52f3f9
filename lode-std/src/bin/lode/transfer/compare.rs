//! Comparing a file with what is committed.

use futures::stream::{self, StreamExt, TryStreamExt};
use lode_core::checksum::Algorithm;
use lode_core::manifest::Block;
use lode_core::replicate::difference;
use lode_std::{ByteRange, Snapshot};

use super::blocks::read_block;
use super::{Source, in_flight};
use crate::failure::Failure;
use crate::progress::Progress;

/// A comparison of a file with the blocks of a snapshot.
pub(crate) struct Comparison<'a> {
    source: &'a Source,
    snapshot: &'a Snapshot,
    /// Whether digests are compared where that is enough, or all bytes.
    by_digest: bool,
}

impl<'a> Comparison<'a> {
    /// Compares digests where a whole block lies in the file, so that nothing is downloaded, and
    /// bytes elsewhere.
    pub(crate) fn by_digest(source: &'a Source, snapshot: &'a Snapshot) -> Self {
        Self { source, snapshot, by_digest: true }
    }

    /// Compares all bytes, one by one.
    pub(crate) fn by_bytes(source: &'a Source, snapshot: &'a Snapshot) -> Self {
        Self { source, snapshot, by_digest: false }
    }

    /// Compares `blocks`, which must meet the file, and returns how many bytes are equal.
    ///
    /// # Errors
    ///
    /// If some differ: the first range that does.
    pub(crate) async fn run(&self, blocks: &[Block], progress: &Progress) -> Result<u64, Failure> {
        let largest = blocks.iter().map(|block| block.range.length()).max().unwrap_or(1);
        // Either side holds the bytes.
        let in_flight = in_flight(largest.saturating_mul(2));
        stream::iter(blocks)
            .map(|block| self.block(block))
            .buffered(in_flight)
            .try_fold(0, async |equal, bytes| {
                progress.advance(bytes);
                Ok(equal + bytes)
            })
            .await
    }

    /// What a block's digest is made with, if that is known and digests are to be compared.
    fn algorithm_of(&self, block: &Block) -> Option<Algorithm> {
        self.snapshot.checksum_of(block).ok().flatten().filter(|_| self.by_digest)
    }

    async fn block(&self, block: &Block) -> Result<u64, Failure> {
        let extent = self.source.extent();
        let common = block.range.intersection(extent).unwrap_or(block.range);
        let difference = match (self.algorithm_of(block), block.digest) {
            (Some(algorithm), Some(digest)) if common == block.range => {
                let found = self.source.digest(common, algorithm).await?;
                (found != digest).then_some(common)
            }
            _ => {
                let ours = self.source.read(common).await?;
                let (_, theirs) = read_block(self.snapshot, block, common).await?;
                difference(&ours, &theirs, common.start())
            }
        };
        match difference {
            Some(range) => Err(self.differs(range)),
            None => Ok(common.length()),
        }
    }

    fn differs(&self, range: ByteRange) -> Failure {
        let manifest = self.snapshot.manifest();
        let path = self.source.path().display();
        let message = format!(
            "{path} differs from volumes/{} in the range {range}, which is committed and cannot \
             change: write the file elsewhere, or into another volume",
            manifest.id
        );
        Failure::Refused { kind: "mismatch", message, range: Some(range) }
    }
}
