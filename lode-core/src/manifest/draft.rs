//! A commit before it has a place in the history.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::pages::{NewPage, Update, UpdateError, Updated};
use super::{
    Block, BlockTable, Blocks, CommitId, Expected, ManifestDigest, ManifestError, Metadata,
    Mismatch, Overlap, VolumeManifest,
};
use crate::Version;
use crate::id::Id;
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
    /// # Errors
    ///
    /// If the head is of another volume, length or checksum algorithm.
    pub fn update<'a>(&self, head: Option<&'a VolumeManifest>) -> Result<Update<'a>, Mismatch> {
        static NO_BLOCKS: Blocks = Blocks::Inline(BlockTable::EMPTY);
        let blocks = match head {
            Some(head) => {
                self.check_head(head)?;
                &head.blocks
            }
            None => &NO_BLOCKS,
        };
        Ok(Update::new(blocks, self.blocks.clone()))
    }

    /// The manifest of `version` on top of `head`, to whose blocks those of the draft have been
    /// added, and the pages that are new; `None` if every block was there already, so that the
    /// commit has happened before.
    pub fn rebase(
        &self,
        updated: Updated,
        head: Option<(&VolumeManifest, ManifestDigest)>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Option<(VolumeManifest, Vec<NewPage>)> {
        if updated.added == 0 {
            return None;
        }
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
            extra: BTreeMap::new(),
        };
        Some((manifest, updated.pages))
    }

    fn check_head(&self, head: &VolumeManifest) -> Result<(), Mismatch> {
        let total_length = Some(self.total_length);
        head.check(&Expected { id: &self.id, version: head.version, total_length })?;
        let name = |checksum: &Option<Box<str>>| checksum.clone().unwrap_or_else(|| "none".into());
        Mismatch::check("checksum_algorithm", &name(&self.checksum), &name(&head.checksum))
    }
}

/// Why a draft cannot be committed on a given head.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RebaseError {
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
