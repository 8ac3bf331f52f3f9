//! Committing to a volume.

use lode_core::manifest::{Block, Metadata, VolumeDraft};

use super::{Snapshot, Staged, Volume};
use crate::Error;
use crate::history::{CommitUnknown, Committer};

impl Volume {
    /// Commits staged blocks: all of them become visible at once, as a new snapshot with this
    /// metadata.
    ///
    /// Blocks that are committed already, with the same bytes, are left out; if none is left, the
    /// commit has happened before and the head is returned. Commits of one handle and its clones
    /// queue up; through a [`committer`](Self::committer) they go out together.
    ///
    /// Costs one create of the manifest and one write of the hint, and in a volume of more than 512
    /// blocks one create before for each page that changes, several at a time; nothing is read or
    /// listed, except by the first commit of a handle and after a conflict, or pages that are not
    /// [kept](crate::VolumeBuilder::page_cache).
    ///
    /// If the future is dropped, the commit may or may not take place.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyCommit`]; [`Error::Overlap`] if a block is in the way of another one;
    /// [`Error::Conflict`] if another writer was faster, and the [`Retry`](crate::Retry) policy
    /// allows no further attempt; [`Error::StageExpired`] if a block was staged before a collection that may
    /// have deleted it;
    /// [`Error::CommitUnknown`] if no definite answer could be had.
    #[tracing::instrument(name = "lode.commit", skip_all, fields(id = %self.id()), err)]
    pub async fn commit(
        &self,
        blocks: impl IntoIterator<Item = Staged> + Send,
        metadata: Metadata,
    ) -> Result<Snapshot, Error> {
        let staged: Vec<_> = blocks.into_iter().collect();
        self.check_own(&staged)?;
        let turn = self.shared.writer.committing.pass().await;
        let blocks = staged.into_iter().map(|staged| staged.block).collect();
        let committed = self.commit_blocks(blocks, metadata).await;
        drop(turn);
        committed
    }

    /// Commits blocks that were staged. It is the caller's turn.
    pub(super) async fn commit_blocks(
        &self,
        blocks: Vec<Block>,
        metadata: Metadata,
    ) -> Result<Snapshot, Error> {
        let (history, writer) = (&self.shared.history, &self.shared.writer);
        // New pages are named after the epoch that is known, by this handle or by another one that
        // has staged a block: that is as new as any of the blocks.
        let epochs = blocks.iter().filter_map(|block| block.name.epoch());
        let epoch = epochs.fold(writer.epoch(history).await?, u32::max);
        let draft = VolumeDraft {
            id: self.id().clone(),
            total_length: self.len(),
            checksum: self.shared.descriptor.checksum.clone(),
            commit_id: writer.next_commit(epoch),
            metadata,
            blocks,
        };
        let live = Committer::commit(history, writer, draft.commit_id, &draft).await?;
        Ok(Snapshot::new(history.clone(), live))
    }

    /// Settles a commit that ended as [`Error::CommitUnknown`], also after a restart and by
    /// another handle: looks whether it took place, and if its slot is still empty sends the very
    /// same manifest again, at any later time.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if it did not take place, and never will; [`Error::CommitUnknown`] if
    /// it still cannot be known; [`Error::Mismatch`] if it is a commit of another volume.
    #[tracing::instrument(name = "lode.resolve", skip_all, fields(id = %self.id()), err)]
    pub async fn resolve(&self, unknown: CommitUnknown) -> Result<Snapshot, Error> {
        let (history, writer) = (&self.shared.history, &self.shared.writer);
        let turn = writer.committing.pass().await;
        let live = Committer::resolve(history, writer, unknown).await?;
        drop(turn);
        Ok(Snapshot::new(history.clone(), live))
    }

    pub(super) fn check_own(&self, staged: &[Staged]) -> Result<(), Error> {
        let layout = &self.shared.history.slots.layout;
        let foreign = |staged: &&Staged| {
            layout.block(staged.block.range, &staged.block.name) != staged.key
                || staged.block.range.end() > self.len()
        };
        match staged.iter().find(foreign) {
            _ if staged.is_empty() => Err(Error::EmptyCommit),
            Some(staged) => Err(Error::ForeignBlock { key: staged.key.clone() }),
            None => Ok(()),
        }
    }
}
