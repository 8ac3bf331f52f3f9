//! Staging: making bytes durable before they are committed.

use bytes::{Bytes, BytesMut};
use futures::{TryStreamExt, stream};
use lode_core::manifest::{Block, BlockName};
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Shared, Volume};
use crate::Error;
use crate::history::StagedObject;

/// How many blocks of a stream are on their way at the same time.
const BLOCKS_IN_FLIGHT: usize = 4;

/// A block that is durable and waits to be committed.
#[derive(Clone, Debug)]
#[must_use = "what is not committed is not part of the volume"]
pub struct Staged {
    pub(super) block: Block,
    pub(super) object: StagedObject,
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
    /// same range lately, one look and one read more for each time.
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
        let now = shared.writer.now();
        let era = u64::from(shared.writer.era(now)) << 32;
        for attempt in 0..=u64::from(u32::MAX) {
            let name = BlockName::Written { writer: shared.writer.bits, suffix: era | attempt };
            let key = shared.history.slots.layout.block(range, &name);
            let objects = &shared.history.objects;
            if let Some(object) = shared.writer.put(objects, &key, &bytes, now).await? {
                return Ok(Staged { block: Block { range, name, digest }, object });
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
    /// staged by then is not committed, and will be collected.
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
        blocks
            .map_ok(|(offset, bytes)| self.stage_at(offset, bytes))
            .try_buffered(BLOCKS_IN_FLIGHT)
            .try_collect()
            .await
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

    /// What a commit needs of a staged block. What another handle has sent is looked at again:
    /// its clock is not this one's.
    pub(super) fn split(&self, staged: Staged) -> (Block, StagedObject) {
        let Staged { block, object } = staged;
        let is_own = matches!(
            block.name,
            BlockName::Written { writer, .. } if writer == self.writer.bits
        );
        let at = object.at.filter(|_| is_own);
        (block, StagedObject { at, ..object })
    }
}
