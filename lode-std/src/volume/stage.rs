//! Staging: making bytes durable before they are committed.

use std::sync::atomic::Ordering;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use lode_core::key::Key;
use lode_core::manifest::{Block, BlockName};
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Shared, Volume};
use crate::Error;
use crate::gather::gather;

/// How many blocks of a stream are on their way at the same time.
const BLOCKS_IN_FLIGHT: usize = 4;

/// A block that is durable and waits to be committed.
#[derive(Clone, Debug)]
#[must_use = "what is not committed is not part of the volume"]
pub struct Staged {
    pub(super) block: Block,
    /// Where its bytes lie.
    pub(super) key: Key,
}

impl Staged {
    /// The bytes of the volume that it covers.
    pub fn range(&self) -> ByteRange {
        self.block.range
    }
}

impl Volume {
    /// Writes `bytes` as a block at `offset`, durably. It becomes part of the volume when it is
    /// [committed](Self::commit).
    ///
    /// Any number of tasks can stage at the same time. Staging can be repeated, by this handle or
    /// another, also after an interruption. Costs one create; where this handle has staged the
    /// same range lately, one look and one read more for each time; and finding the head, if the
    /// handle has not done that yet.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyBlock`], [`Error::OutOfBounds`], or whatever the store reports.
    #[tracing::instrument(name = "lode.stage", skip_all, fields(id = %self.id(), offset), err)]
    pub async fn stage_at(
        &self,
        offset: u64,
        bytes: impl Into<Bytes> + Send,
    ) -> Result<Staged, Error> {
        let bytes = bytes.into();
        let shared = &*self.shared;
        let range = shared.check_block(offset, bytes.len() as u64)?;
        let digest = shared.checksum.map(|algorithm| algorithm.digest(&bytes));
        let epoch = u64::from(shared.writer.epoch(&shared.history).await?) << 32;
        for attempt in shared.discards.load(Ordering::Relaxed)..=u64::from(u32::MAX) {
            let name = BlockName::Written { writer: shared.writer.bits, suffix: epoch | attempt };
            let key = shared.history.slots.layout.block(range, &name);
            if shared.writer.put(&shared.history.objects, &key, &bytes).await? {
                return Ok(Staged { block: Block { range, name, digest }, key });
            }
        }
        Err(Error::OutOfBounds { start: offset, end: range.end(), total_length: self.len() })
    }

    /// Cuts what `source` yields into blocks of `block_size` bytes, the last one shorter, and
    /// stages them from `offset` on, several at a time.
    ///
    /// Costs one create for each block, and memory for six blocks.
    ///
    /// # Errors
    ///
    /// [`Error::Source`] if reading fails, else as [`stage_at`](Self::stage_at). What has been
    /// staged by then is [discarded](Self::discard).
    pub async fn stage_reader(
        &self,
        offset: u64,
        source: impl AsyncRead + Send + Unpin,
        block_size: usize,
    ) -> Result<Vec<Staged>, Error> {
        if block_size == 0 {
            return Err(Error::EmptyBlock { offset });
        }
        let blocks = stream::try_unfold((source, offset), move |(mut source, offset)| async move {
            let bytes = read_block(&mut source, block_size)
                .await
                .map_err(|source| Error::Source { offset, source })?;
            let next = offset.saturating_add(bytes.len() as u64);
            Ok((!bytes.is_empty()).then_some(((offset, bytes), (source, next))))
        });
        let stage = |block: Result<(u64, Bytes), Error>| async move {
            let (offset, bytes) = block?;
            self.stage_at(offset, bytes).await
        };
        match gather(blocks.map(stage), BLOCKS_IN_FLIGHT).await {
            (staged, None) => Ok(staged),
            (staged, Some(error)) => {
                self.discard(staged).await;
                Err(error)
            }
        }
    }
}

/// The next `size` bytes, or as many as there are.
async fn read_block(source: &mut (impl AsyncRead + Unpin), size: usize) -> std::io::Result<Bytes> {
    let mut block = BytesMut::with_capacity(size);
    let mut rest = source.take(size as u64);
    while rest.read_buf(&mut block).await? > 0 {}
    Ok(block.freeze())
}

impl Shared {
    fn check_block(&self, offset: u64, length: u64) -> Result<ByteRange, Error> {
        if length == 0 {
            return Err(Error::EmptyBlock { offset });
        }
        let total_length = self.descriptor.total_length;
        let range = ByteRange::with_length(offset, length);
        range.filter(|range| range.end() <= total_length).ok_or(Error::OutOfBounds {
            start: offset,
            end: offset.saturating_add(length),
            total_length,
        })
    }
}
