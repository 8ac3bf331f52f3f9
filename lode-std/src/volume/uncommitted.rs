//! Blocks that are there, and were never committed: by a writer that was interrupted, say.

use futures::TryStreamExt;
use lode_core::checksum::{Algorithm, Digest};
use lode_core::manifest::Block;
use lode_core::range::ByteRange;

use super::{Staged, Volume};
use crate::Error;
use crate::history::StagedObject;
use crate::store::modified;

impl Volume {
    /// Blocks that have one of the ranges for which `digest_of` knows what their digest has to be,
    /// and that are young enough to be committed; one for each range. Nobody has read them yet.
    ///
    /// They may be committed like blocks that another handle has staged: a commit looks at them
    /// once more. They are found only if they are half as old as that allows.
    ///
    /// Costs one listing of all blocks.
    pub(crate) async fn uncommitted(
        &self,
        digest_of: impl Fn(ByteRange) -> Option<Digest> + Send,
    ) -> Result<Vec<Staged>, Error> {
        let shared = &*self.shared;
        let layout = &shared.history.slots.layout;
        let now = shared.writer.now().unwrap_or_default();
        let mut list = shared.history.objects.list(&layout.data(), None)?;
        let mut found: Vec<Staged> = Vec::new();
        while let Some(meta) = list.try_next().await? {
            let Some((range, name)) = layout.parse_block(meta.location.as_ref()) else { continue };
            let Some(digest) = digest_of(range).filter(|_| meta.size == range.length()) else {
                continue;
            };
            let age = modified(&meta).map_or(u64::MAX, |modified| now.seconds_since(modified));
            if age < shared.writer.grace_period / 8 {
                let object = StagedObject { key: layout.block(range, &name), at: None };
                found.push(Staged { block: Block { range, name, digest: Some(digest) }, object });
            }
        }
        found.sort_by_key(|staged| staged.block.range);
        found.dedup_by_key(|staged| staged.block.range);
        Ok(found)
    }

    /// Whether the object of a staged block has the bytes that the block's digest is of. Costs one
    /// read.
    pub(crate) async fn holds(&self, staged: &Staged, algorithm: Algorithm) -> Result<bool, Error> {
        let bytes = self.shared.history.objects.read(&staged.object.key).await?;
        Ok(bytes.is_some_and(|bytes| Some(algorithm.digest(&bytes)) == staged.block.digest))
    }
}
