//! Staging parts of a file.

use std::iter;

use futures::stream::{self, StreamExt, TryStreamExt};
use lode_std::{ByteRange, Staged, Volume};

use super::{Source, in_flight};
use crate::failure::Failure;
use crate::progress::Progress;

/// Stages parts of a file as blocks of a volume.
pub(crate) struct Sender<'a> {
    /// The volume.
    pub(crate) volume: &'a Volume,
    /// The file.
    pub(crate) source: &'a Source,
    /// The size of a block.
    pub(crate) block: u64,
}

impl Sender<'_> {
    /// Cuts a part of the file into blocks, on a grid that begins with the file: so what one run
    /// cuts, the next one cuts in the same places.
    pub(crate) fn cut(&self, part: ByteRange) -> impl Iterator<Item = ByteRange> {
        let (origin, block) = (self.source.extent().start(), self.block);
        let mut next = part.start();
        iter::from_fn(move || {
            let inside = (next - origin) % block;
            let range = ByteRange::new(next, part.end().min(next.saturating_add(block - inside)))?;
            next = range.end();
            Some(range)
        })
    }

    /// Stages blocks, several at a time.
    pub(crate) async fn stage(
        &self,
        blocks: &[ByteRange],
        progress: &Progress,
    ) -> Result<Vec<Staged>, Failure> {
        stream::iter(blocks)
            .map(|block| self.stage_block(*block, progress))
            .buffered(in_flight(self.block))
            .try_collect()
            .await
    }

    async fn stage_block(&self, block: ByteRange, progress: &Progress) -> Result<Staged, Failure> {
        let bytes = self.source.read(block).await?;
        let staged = self.volume.stage_at(block.start(), bytes).await?;
        progress.advance(block.length());
        Ok(staged)
    }
}
