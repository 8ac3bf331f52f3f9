//! Staging parts of a file.

use std::cell::Cell;
use std::future::ready;
use std::iter;

use futures::stream::{self, StreamExt};
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

    /// Stages blocks, several at a time: those that have arrived, and why others have not. After a
    /// failure no other is begun, and those on their way are waited for.
    pub(crate) async fn stage(
        &self,
        blocks: &[ByteRange],
        progress: &Progress,
    ) -> (Vec<Staged>, Option<Failure>) {
        let has_failed = Cell::new(false);
        let blocks = stream::iter(blocks).take_while(|_| ready(!has_failed.get()));
        let staged = blocks.map(|block| self.stage_block(*block, progress));
        let mut staged = std::pin::pin!(staged.buffered(in_flight(self.block)));
        let (mut arrived, mut failure) = (Vec::new(), None);
        while let Some(staged) = staged.next().await {
            match staged {
                Ok(block) => arrived.push(block),
                Err(error) => {
                    has_failed.set(true);
                    failure = failure.or(Some(error));
                }
            }
        }
        (arrived, failure)
    }

    async fn stage_block(&self, block: ByteRange, progress: &Progress) -> Result<Staged, Failure> {
        let bytes = self.source.read(block).await?;
        let staged = self.volume.stage_at(block.start(), bytes).await?;
        progress.advance(block.length());
        Ok(staged)
    }
}
