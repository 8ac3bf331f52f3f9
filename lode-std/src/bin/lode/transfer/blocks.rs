//! Reading what is committed, block by block.

use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt, TryStreamExt};
use lode_core::manifest::Block;
use lode_std::{ByteRange, Snapshot};

use super::in_flight;
use crate::failure::Failure;

/// How many blocks are looked up before they are read.
const TURN: usize = 1000;

/// The bytes of `within` that are committed: offsets and bytes, in order.
///
/// Blocks are read as a whole even if a part of them is wanted, because only then can they be
/// verified. A block was held in memory when it was written, and is so here.
pub(crate) fn read_blocks(
    snapshot: &Snapshot,
    within: ByteRange,
) -> impl Stream<Item = Result<(u64, Bytes), Failure>> {
    let blocks = snapshot.blocks(within.into()).into_stream().map_err(Failure::from);
    let turns = blocks.try_chunks(TURN).map_err(|error| error.1);
    turns.map_ok(move |turn| read_turn(snapshot, turn, within)).try_flatten()
}

/// Reads these blocks, as many at the same time as their sizes allow.
fn read_turn(
    snapshot: &Snapshot,
    blocks: Vec<Block>,
    within: ByteRange,
) -> impl Stream<Item = Result<(u64, Bytes), Failure>> {
    let largest = blocks.iter().map(|block| block.range.length()).max().unwrap_or(1);
    stream::iter(blocks)
        .map(move |block| async move { read_block(snapshot, &block, within).await })
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
