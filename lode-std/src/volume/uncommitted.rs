//! Blocks that are there, and were never committed: by a writer that was interrupted, say.

use bytes::Bytes;
use futures::TryStreamExt;
use lode_core::checksum::{Algorithm, Digest};
use lode_core::manifest::Block;
use lode_core::range::ByteRange;

use super::{Staged, Volume};
use crate::Error;

impl Volume {
    /// Blocks that have one of the ranges for which `digest_of` knows what their digest has to be,
    /// and that no collection may delete unless it is seen by their commit; one for each range.
    /// They have not been read yet, and may be committed like blocks that another handle has
    /// staged.
    ///
    /// They are not to be committed as they are: [`adopt`](Self::adopt) them.
    ///
    /// Costs finding the head, and one listing of all blocks.
    pub(crate) async fn uncommitted(
        &self,
        digest_of: impl Fn(ByteRange) -> Option<Digest> + Send,
    ) -> Result<Vec<Staged>, Error> {
        let shared = &*self.shared;
        let layout = &shared.history.slots.layout;
        let head = shared.history.refresh_head().await?;
        let mut list = shared.history.objects.list(&layout.data(), None)?;
        let mut found: Vec<Staged> = Vec::new();
        while let Some(meta) = list.try_next().await? {
            let Some((range, name)) = layout.parse_block(meta.location.as_ref()) else { continue };
            let Some(digest) = digest_of(range).filter(|_| meta.size == range.length()) else {
                continue;
            };
            if name.epoch().is_some_and(|epoch| head.state.admits(epoch)) {
                let key = layout.block(range, &name);
                found.push(Staged { block: Block { range, name, digest: Some(digest) }, key });
            }
        }
        found.sort_by_key(|staged| staged.block.range);
        found.dedup_by_key(|staged| staged.block.range);
        Ok(found)
    }

    /// Stages the bytes of a block that somebody has left, if its digest is of them. The object that
    /// was left is not committed itself: whoever has staged it may [discard](Self::discard) it at any
    /// moment. Costs one read and one create.
    pub(crate) async fn adopt(
        &self,
        left: &Staged,
        algorithm: Algorithm,
    ) -> Result<Option<Staged>, Error> {
        let bytes = self.shared.history.objects.read_relied(&left.key).await?;
        let holds = |bytes: &Bytes| Some(algorithm.digest(bytes)) == left.block.digest;
        match bytes.filter(holds) {
            Some(bytes) => self.stage_at(left.block.range.start(), bytes).await.map(Some),
            None => Ok(None),
        }
    }
}
