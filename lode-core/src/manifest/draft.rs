//! A commit before it has a place in the history.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::pages::{NewPage, Update, UpdateError, Updated};
use super::{
    Block, BlockTable, Blocks, CollectionState, CommitId, Expected, ManifestDigest, ManifestError,
    Metadata, Mismatch, Overlap, VolumeManifest,
};
use crate::Version;
use crate::id::Id;
use crate::key::Key;
use crate::layout::VolumeLayout;
use crate::time::Timestamp;

/// What a writer wants to commit to a volume, whatever it will be committed on top of.
///
/// It can be rebased any number of times: after each lost race, onto the winner. That is to
/// [update](Self::update) the blocks there, and to [make](Self::rebase) a manifest of what that
/// has made.
#[derive(Clone, Debug)]
pub struct VolumeDraft {
    /// The volume.
    pub id: Id,
    /// How many bytes the volume has.
    pub total_length: u64,
    /// The algorithm of the new blocks' digests.
    pub checksum: Option<Box<str>>,
    /// The id of this logical commit, the same in every attempt.
    pub commit_id: CommitId,
    /// What the caller says about the snapshot.
    pub metadata: Metadata,
    /// The new blocks, in any order.
    pub blocks: Vec<Block>,
}

impl VolumeDraft {
    /// Begins to add its blocks to those of `head`, or of an empty history.
    ///
    /// `state` is that of the newest slot.
    ///
    /// # Errors
    ///
    /// If the head is of another volume, length or checksum algorithm, or a block was staged in an
    /// epoch that has been collected. A head of the Go implementation may have any algorithm: see
    /// [`VolumeManifest::checksum_of`].
    pub fn update<'a>(
        &self,
        head: Option<&'a VolumeManifest>,
        state: &CollectionState,
    ) -> Result<Update<'a>, RebaseError> {
        static NO_BLOCKS: Blocks = Blocks::Inline(BlockTable::EMPTY);
        self.check_epochs(state)?;
        let blocks = match head {
            Some(head) => {
                self.check_head(head).map_err(RebaseError::Mismatch)?;
                &head.blocks
            }
            None => &NO_BLOCKS,
        };
        Ok(Update::new(blocks, self.blocks.clone()))
    }

    /// The rule for writers. New pages have the epoch of the commit in their names.
    fn check_epochs(&self, state: &CollectionState) -> Result<(), RebaseError> {
        let is_expired =
            |name: &super::BlockName| name.epoch().is_some_and(|epoch| !state.admits(epoch));
        let block = self.blocks.iter().find(|block| is_expired(&block.name));
        // Of a commit that began in an epoch that has been collected all blocks are as old.
        let begun = (!state.admits(self.commit_id.epoch())).then(|| self.blocks.first()).flatten();
        match block.or(begun) {
            None => Ok(()),
            Some(Block { range, name, .. }) => {
                let layout = VolumeLayout::new(self.id.clone());
                Err(RebaseError::Expired { key: layout.block(*range, name) })
            }
        }
    }

    /// The manifest that is built on a slot, to whose blocks those of the draft have been added, and
    /// the pages that are new; `None` if every block was there already, so that the
    /// commit has happened before.
    pub fn rebase(
        &self,
        updated: Updated,
        onto: Onto<'_, VolumeManifest>,
    ) -> Option<(VolumeManifest, Vec<NewPage>)> {
        let Onto { head, version, state, created_at } = onto;
        if updated.added == 0 {
            return None;
        }
        let go_checksum = head.and_then(|(head, _)| head.go_checksum(self.checksum.as_deref()));
        let go_checksum = go_checksum.map(|name| (VolumeManifest::GO_CHECKSUM.into(), name.into()));
        let manifest = VolumeManifest {
            id: self.id.clone(),
            version,
            parent: head.map(|(head, _)| head.version),
            parent_digest: head.map(|(_, digest)| digest),
            commit_id: Some(self.commit_id),
            created_at,
            total_length: self.total_length,
            checksum: self.checksum.clone(),
            metadata: self.metadata.clone(),
            blocks: updated.blocks,
            state,
            extra: go_checksum.into_iter().collect(),
        };
        Some((manifest, updated.pages))
    }

    fn check_head(&self, head: &VolumeManifest) -> Result<(), Mismatch> {
        let total_length = Some(self.total_length);
        head.check(&Expected { id: &self.id, version: head.version, total_length })?;
        if head.commit_id.is_none() {
            return Ok(());
        }
        let name = |checksum: &Option<Box<str>>| checksum.clone().unwrap_or_else(|| "none".into());
        Mismatch::check("checksum_algorithm", &name(&self.checksum), &name(&head.checksum))
    }
}

/// What a manifest is built on.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a shell makes them")]
pub struct Onto<'a, M> {
    /// The newest snapshot, and the digest of its bytes.
    pub head: Option<(&'a M, ManifestDigest)>,
    /// The version that the manifest will have: the one after the newest slot.
    pub version: Version,
    /// The state that the manifest will carry.
    pub state: CollectionState,
    /// When it is made.
    pub created_at: Option<Timestamp>,
}

/// Why a draft cannot be committed on a given head.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RebaseError {
    /// What was staged in an epoch that has been collected since may be gone: stage it again.
    Expired {
        /// The object.
        key: Key,
    },
    /// The head is of another kind.
    Mismatch(Mismatch),
    /// A block is in the way.
    Overlap(Overlap),
    /// What would be written cannot be.
    Unwritable(ManifestError),
}

impl From<UpdateError> for RebaseError {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Overlap(overlap) => Self::Overlap(overlap),
            UpdateError::Unwritable(error) => Self::Unwritable(error),
        }
    }
}
