//! A commit before it has a place in the history.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{
    Block, BlockTable, CommitId, Expected, ManifestDigest, Metadata, Mismatch, Overlap,
    VolumeManifest,
};
use crate::Version;
use crate::id::Id;
use crate::time::Timestamp;

/// What a writer wants to commit to a volume, whatever it will be committed on top of.
///
/// It can be [rebased](Self::rebase) any number of times: after each lost race, onto the winner.
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
    /// The manifest of `version` on top of `head`, or of an empty history; `None` if every block
    /// is in the head already, so that the commit has happened before.
    ///
    /// # Errors
    ///
    /// [`RebaseError::Overlap`] if a block is in the way, [`RebaseError::Mismatch`] if the head
    /// is of another volume, length or checksum algorithm.
    pub fn rebase(
        &self,
        head: Option<(&VolumeManifest, ManifestDigest)>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Result<Option<VolumeManifest>, RebaseError> {
        let empty = BlockTable::default();
        let blocks = match head {
            Some((head, _)) => {
                self.check_head(head).map_err(RebaseError::Mismatch)?;
                &head.blocks
            }
            None => &empty,
        };
        let merged = blocks.merge(self.blocks.clone()).map_err(RebaseError::Overlap)?;
        if merged.added == 0 {
            return Ok(None);
        }
        Ok(Some(VolumeManifest {
            id: self.id.clone(),
            version,
            parent: head.map(|(head, _)| head.version),
            parent_digest: head.map(|(_, digest)| digest),
            commit_id: Some(self.commit_id),
            created_at,
            total_length: self.total_length,
            checksum: self.checksum.clone(),
            metadata: self.metadata.clone(),
            blocks: merged.table,
            extra: BTreeMap::new(),
        }))
    }

    fn check_head(&self, head: &VolumeManifest) -> Result<(), Mismatch> {
        let total_length = Some(self.total_length);
        head.check(&Expected { id: &self.id, version: head.version, total_length })?;
        let name = |checksum: &Option<Box<str>>| checksum.clone().unwrap_or_else(|| "none".into());
        Mismatch::check("checksum_algorithm", &name(&self.checksum), &name(&head.checksum))
    }
}

/// Why a [`VolumeDraft`] cannot be committed on a given head.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum RebaseError {
    /// The head is of another kind.
    Mismatch(Mismatch),
    /// A block is in the way.
    Overlap(Overlap),
}
