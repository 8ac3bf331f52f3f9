//! What an earlier run has left: blocks that have arrived, and were never committed.

use std::collections::BTreeMap;

use futures::stream::{self, StreamExt, TryStreamExt};
use lode_core::manifest::BlockTable;
use lode_core::range::ByteRange;
use lode_core::replicate::Plan;

use super::Replication;
use crate::{Error, Staged};

impl Replication<'_> {
    /// The blocks that are missing in the target and lie there all the same, with the bytes that
    /// the source's digests are of. Whoever has written them: if they are young their bytes are
    /// staged from there, and need not travel again.
    pub(super) async fn find_left(
        &self,
        plan: &Plan,
        (named, ours): &(Option<&str>, BlockTable),
    ) -> Result<BTreeMap<ByteRange, Staged>, Error> {
        let algorithm = self.target.checksum();
        // Else nothing but the bytes of the source could tell.
        let Some(algorithm) = algorithm.filter(|algorithm| *named == Some(algorithm.name())) else {
            return Ok(BTreeMap::new());
        };
        let digest_of = |range: ByteRange| {
            let block = ours.touched(range).next().filter(|_| plan.misses(range))?;
            block.digest
        };
        let found = self.target.uncommitted(digest_of).await?;
        let largest = found.iter().map(|staged| staged.range().length()).max().unwrap_or(1);
        let verified = stream::iter(found).map(|staged| async move {
            let adopted = self.target.adopt(&staged, algorithm).await?;
            Ok::<_, Error>(adopted.map(|staged| (staged.range(), staged)))
        });
        let verified = verified.buffer_unordered(self.pace.in_flight(largest));
        verified.try_filter_map(|found| std::future::ready(Ok(found))).try_collect().await
    }
}
