//! Giving up what was staged.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use lode_core::key::Key;
use lode_core::manifest::BlockName;

use super::{Staged, Volume};

impl Volume {
    /// Deletes the objects of staged blocks that are not going to be committed, so that they take no
    /// space until a collector finds them: how many of them are gone. What cannot be deleted is
    /// left to a collector. Blocks that another handle has staged are left alone.
    ///
    /// The caller promises that no commit of them has taken place or ever will: not one of its own
    /// that has failed with [`Error::CommitUnknown`](crate::Error::CommitUnknown) or any other error
    /// that does not [rule it out](crate::Error::rules_out_commit), and not one of whoever else it
    /// has handed them to. Where a handle has staged the same bytes twice in the same place, they
    /// are one object; nothing may be staged over their ranges meanwhile. Staged again afterwards they
    /// are another object.
    ///
    /// Costs one delete for each thousand objects.
    #[tracing::instrument(name = "lode.discard", skip_all, fields(id = %self.id()))]
    pub async fn discard(&self, blocks: impl IntoIterator<Item = Staged> + Send) -> usize {
        let shared = &*self.shared;
        let is_own = |staged: &Staged| {
            matches!(
                staged.block.name,
                BlockName::Written { writer, .. } if writer == shared.writer.bits
            )
        };
        let keys: HashSet<Key> =
            blocks.into_iter().filter(is_own).map(|staged| staged.key).collect();
        if keys.is_empty() {
            return 0;
        }
        // A delete may arrive late, so a name that was deleted once is never used again.
        shared.discards.fetch_add(1, Ordering::Relaxed);
        shared.history.objects.delete_all(keys.into_iter().collect()).await.len()
    }
}
