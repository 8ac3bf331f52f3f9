//! Reading what is committed, block by block.

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};
use lode_core::manifest::Block;
use lode_std::{ByteRange, Snapshot};

use super::in_flight;
use crate::failure::Failure;

/// The bytes of `within` that are committed: offsets and bytes, in order.
///
/// Blocks are read as a whole even if a part of them is wanted, because only then can they be
/// verified. A block was held in memory when it was written, and is so here.
pub(crate) fn read_blocks(
    snapshot: &Snapshot,
    within: ByteRange,
) -> impl Stream<Item = Result<(u64, Bytes), Failure>> {
    let blocks = snapshot.manifest().blocks.touched(within);
    let largest = blocks.iter().map(|block| block.range.length()).max().unwrap_or(1);
    stream::iter(blocks)
        .map(move |block| read_block(snapshot, block, within))
        .buffered(in_flight(largest))
}

/// What of `block` lies in `within`; they must meet.
pub(super) async fn read_block(
    snapshot: &Snapshot,
    block: &Block,
    within: ByteRange,
) -> Result<(u64, Bytes), Failure> {
    let wanted = block.range.intersection(within).unwrap_or(block.range);
    Ok((wanted.start(), snapshot.read_verified(wanted.into()).await?))
}
