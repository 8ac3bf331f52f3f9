//! Sending what is missing.

use futures::stream::{self, StreamExt};
use lode_core::ErrorKind;
use lode_core::replicate::{Piece, Plan};

use super::volume::Run;
use super::{MEMORY, Progress, Replication};
use crate::gather::gather;
use crate::history::Restaging;
use crate::{Error, Snapshot, Staged};

impl Replication<'_> {
    /// Sends what is missing, batch by batch, and takes note of what is there by then.
    pub(super) async fn send(&self, plan: &Plan, run: &mut Run) -> Result<(), Error> {
        let mut missing = plan.missing_bytes();
        self.tell(Progress::Sending(missing));
        for batch in plan.batches(self.pace.batch, MEMORY) {
            let mut restaging = Restaging::default();
            while let Err(error) = self.send_batch(batch, run).await {
                match restaging.may_follow(&error) {
                    true => self.tell(Progress::Sending(missing)),
                    false => return Err(error),
                }
            }
            missing -= batch.iter().map(|piece| piece.range.length()).sum::<u64>();
        }
        Ok(())
    }

    async fn send_batch(&self, batch: &[Piece], run: &mut Run) -> Result<(), Error> {
        let (staged, failure) = self.stage(batch).await;
        self.settle(staged, failure, run).await?;
        run.report.blocks += batch.len();
        for piece in batch {
            run.report.sent += piece.range.length();
            run.report.verified += if piece.is_verified { piece.range.length() } else { 0 };
        }
        Ok(())
    }

    /// Commits staged blocks, and records that they are there. After a failure they are committed or
    /// discarded, and the failure is returned. Returns how many bytes were committed.
    pub(super) async fn settle(
        &self,
        staged: Vec<Staged>,
        failure: Option<Error>,
        run: &mut Run,
    ) -> Result<u64, Error> {
        if let Some(error) = failure {
            self.keep_or_discard(staged, &error).await;
            return Err(error);
        }
        if staged.is_empty() {
            return Ok(0);
        }
        let ranges: Vec<_> = staged.iter().map(Staged::range).collect();
        run.report.head = Some(self.commit(staged).await?);
        run.report.commits += 1;
        run.settled.extend(ranges.iter().copied());
        Ok(ranges.iter().map(|range| range.length()).sum())
    }

    /// Commits what was staged, or discards it.
    async fn commit(&self, staged: Vec<Staged>) -> Result<Snapshot, Error> {
        let committed = self.target.commit(staged.clone(), self.source.metadata().clone()).await;
        if committed.as_ref().is_err_and(Error::rules_out_commit) {
            self.target.discard(staged).await;
        }
        committed
    }

    /// Commits what was staged before an error, so that the next run need not bring it again. A
    /// store without space gets it back instead.
    async fn keep_or_discard(&self, staged: Vec<Staged>, error: &Error) {
        if error.kind() == ErrorKind::OutOfSpace {
            self.target.discard(staged).await;
        } else if !staged.is_empty()
            && let Err(error) = self.commit(staged).await
        {
            tracing::warn!(%error, "what had arrived before an error was not committed");
        }
    }

    /// Stages a batch, several blocks at a time: what has been staged, and why the rest has not.
    async fn stage(&self, batch: &[Piece]) -> (Vec<Staged>, Option<Error>) {
        let largest = batch.iter().map(|piece| piece.block.length()).max().unwrap_or(1);
        let of_one_block = batch.chunk_by(|left, right| left.block == right.block);
        let tasks = stream::iter(of_one_block).map(|pieces| self.stage_block(pieces));
        let (staged, failure) = gather(tasks, self.pace.in_flight(largest)).await;
        (staged.into_iter().flatten().collect(), failure)
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
            match self.target.stage_at(piece.range.start(), part).await {
                Ok(piece) => staged.push(piece),
                Err(error) => {
                    self.target.discard(staged).await;
                    return Err(error);
                }
            }
            self.tell(Progress::Done(piece.range.length()));
        }
        Ok(staged)
    }
}
