//! What an earlier run has left: blocks that have arrived, and were never committed.

use futures::stream::{self, StreamExt};
use lode_core::manifest::BlockTable;
use lode_core::range::ByteRange;
use lode_core::replicate::Plan;

use super::Replication;
use super::volume::Run;
use crate::Error;
use crate::gather::gather;

impl Replication<'_> {
    /// Commits uncommitted blocks of the target that the source's digests match, whichever writer
    /// left them. Their bytes are staged again from the target, and need not be read from the source.
    /// Called once in a run. Returns whether there were any.
    ///
    /// They are committed before anything else is sent. A run that is interrupted later then leaves
    /// none of them uncommitted.
    pub(super) async fn adopt(
        &self,
        plan: &Plan,
        (named, ours): &(Option<&str>, BlockTable),
        run: &mut Run,
    ) -> Result<bool, Error> {
        let algorithm = self.target.checksum();
        // Else nothing but the bytes of the source could tell.
        let Some(algorithm) = algorithm.filter(|algorithm| *named == Some(algorithm.name())) else {
            return Ok(false);
        };
        let digest_of = |range: ByteRange| {
            let block = ours.touched(range).next().filter(|_| plan.misses(range))?;
            block.digest
        };
        let found = self.target.uncommitted(digest_of).await?;
        let largest = found.iter().map(|left| left.range().length()).max().unwrap_or(1);
        for batch in found.chunks(self.pace.batch.max(1)) {
            let tasks = stream::iter(batch).map(|left| self.target.adopt(left, algorithm));
            let (staged, failure) = gather(tasks, self.pace.in_flight(largest)).await;
            let staged: Vec<_> = staged.into_iter().flatten().collect();
            run.report.adopted += self.settle(staged, failure, run).await?;
        }
        Ok(run.report.adopted > 0)
    }
}
