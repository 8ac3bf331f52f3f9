//! The manifest of a volume's snapshot.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use super::slot::Expected;
use super::{Blocks, CommitId, ManifestDigest, ManifestError, Metadata, Mismatch, Value};
use crate::Version;
use crate::id::Id;
use crate::time::Timestamp;

/// The manifest of a volume's snapshot: all that is committed, and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeManifest {
    /// The volume that it belongs to.
    pub id: Id,
    /// Which snapshot of the volume it is.
    pub version: Version,
    /// The live snapshot that it was made from.
    pub parent: Option<Version>,
    /// The digest of the parent's stored bytes.
    pub parent_digest: Option<ManifestDigest>,
    /// The commit that made it; the Go implementation writes none.
    pub commit_id: Option<CommitId>,
    /// When it was made, as far as the writer knew.
    pub created_at: Option<Timestamp>,
    /// How many bytes the volume has, committed or not: 1 to 2^63 − 1.
    pub total_length: u64,
    /// The algorithm of the blocks' digests.
    pub checksum: Option<Box<str>>,
    /// What the caller says about it.
    pub metadata: Metadata,
    /// All blocks of the snapshot, those of its ancestors included.
    pub blocks: Blocks,
    /// Fields of a JSON manifest that this version does not know.
    pub extra: BTreeMap<String, Value>,
}

impl VolumeManifest {
    /// The greatest length of a volume.
    pub const MAX_LENGTH: u64 = i64::MAX as u64;

    /// Checks that it is the manifest that was asked for.
    ///
    /// # Errors
    ///
    /// The first field that is another.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        expected.check("volume_id", self)?;
        match expected.total_length {
            Some(length) => Mismatch::check("total_length", &length, &self.total_length),
            None => Ok(()),
        }
    }

    /// Checks what no format can express by itself: lengths, bounds and writable metadata.
    ///
    /// # Errors
    ///
    /// The first field that is wrong, by its name in the JSON format.
    pub(super) fn validate(&self) -> Result<(), ManifestError> {
        let wrong =
            |field: &str, reason: String| Err(ManifestError::Field { field: field.into(), reason });
        check_length(self.total_length)?;
        if self.blocks.end() > self.total_length {
            let index = self.blocks.len().saturating_sub(1);
            let reason =
                format!("{} is behind the volume's {} bytes", self.blocks.end(), self.total_length);
            return wrong(&format!("blocks[{index}].length"), reason);
        }
        match self.metadata.iter().find(|(_, value)| !value.is_writable()) {
            Some((name, _)) => wrong(
                &format!("metadata.{name}"),
                "it is nested too deep, or a number that is not finite".to_string(),
            ),
            None => Ok(()),
        }
    }
}

/// Checks that a volume can have this length.
pub(crate) fn check_length(length: u64) -> Result<(), ManifestError> {
    match (1..=VolumeManifest::MAX_LENGTH).contains(&length) {
        true => Ok(()),
        false => Err(ManifestError::Field {
            field: "total_length".into(),
            reason: format!("{length} is not 1 to 2^63 - 1"),
        }),
    }
}
