//! Sending what is missing.

use futures::stream::{self, StreamExt, TryStreamExt};
use lode_core::replicate::{Piece, Plan};

use super::volume::Run;
use super::{MEMORY, Progress, Replication};
use crate::{Error, Staged};

impl Replication<'_> {
    /// Sends what is missing, batch by batch, and takes note of what is there by then.
    pub(super) async fn send(&self, plan: &Plan, run: &mut Run) -> Result<(), Error> {
        self.tell(Progress::Sending(plan.missing_bytes()));
        for batch in plan.batches(self.pace.batch, MEMORY) {
            let left: Vec<_> =
                batch.iter().filter_map(|piece| run.left.remove(&piece.range)).collect();
            let is_left = |range| left.iter().any(|staged| staged.range() == range);
            let missing: Vec<_> =
                batch.iter().copied().filter(|piece| !is_left(piece.range)).collect();
            let adopted = left.iter().map(|staged| staged.range().length()).sum();
            self.tell(Progress::Done(adopted));
            let staged = self.stage(&missing).await?.into_iter().chain(left);
            let metadata = self.source.metadata().clone();
            run.report.head = Some(self.target.commit(staged, metadata).await?);
            run.settled.extend(batch.iter().map(|piece| piece.range));
            run.report.commits += 1;
            run.report.blocks += missing.len();
            run.report.adopted += adopted;
            for piece in missing {
                run.report.sent += piece.range.length();
                run.report.verified += if piece.is_verified { piece.range.length() } else { 0 };
            }
        }
        Ok(())
    }

    /// Stages a batch, several blocks at a time.
    async fn stage(&self, batch: &[Piece]) -> Result<Vec<Staged>, Error> {
        let largest = batch.iter().map(|piece| piece.block.length()).max().unwrap_or(1);
        let of_one_block = batch.chunk_by(|left, right| left.block == right.block);
        let staged: Vec<Vec<_>> = stream::iter(of_one_block)
            .map(|pieces| self.stage_block(pieces))
            .buffered(self.pace.in_flight(largest))
            .try_collect()
            .await?;
        Ok(staged.into_iter().flatten().collect())
    }

    /// Reads a block once, and stages pieces of it.
    async fn stage_block(&self, pieces: &[Piece]) -> Result<Vec<Staged>, Error> {
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
            return Ok(Vec::new());
        };
        let start = first.range.start();
        let bytes = self.source.read_verified(start..last.range.end()).await?;
        let mut staged = Vec::with_capacity(pieces.len());
        let at = |offset: u64| usize::try_from(offset - start).unwrap_or(bytes.len());
        for piece in pieces {
            let part = bytes.slice(at(piece.range.start())..at(piece.range.end()));
            staged.push(self.target.stage_at(piece.range.start(), part).await?);
            self.tell(Progress::Done(piece.range.length()));
        }
        Ok(staged)
    }
}
