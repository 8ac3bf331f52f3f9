//! The manifest of a volume's snapshot.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};

use super::slot::Expected;
use super::{
    Block, BlockName, Blocks, CollectionState, CommitId, ManifestDigest, ManifestError, Metadata,
    Mismatch, Value,
};
use crate::Version;
use crate::id::Id;
use crate::time::Timestamp;

/// The one checksum algorithm that the Go implementation comes with.
const GO_DEFAULT: &str = "md5";

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
    /// The algorithm of the blocks' digests, unless a block says otherwise by who wrote it: see
    /// [`checksum_of`](Self::checksum_of).
    pub checksum: Option<Box<str>>,
    /// What the caller says about it.
    pub metadata: Metadata,
    /// All blocks of the snapshot, those of its ancestors included.
    pub blocks: Blocks,
    /// What collections had decided when it was made. What the Go implementation writes says
    /// nothing: look below it.
    pub state: CollectionState,
    /// Fields of a JSON manifest that this version does not know.
    pub extra: BTreeMap<String, Value>,
}

impl VolumeManifest {
    /// The greatest length of a volume.
    pub const MAX_LENGTH: u64 = i64::MAX as u64;

    /// The [extra](Self::extra) field of a JSON manifest of ours that names the algorithm of the
    /// Go implementation's blocks, where it is another than `checksum`.
    pub const GO_CHECKSUM: &'static str = "go_checksum_algorithm";

    /// The algorithm of a block's digest.
    ///
    /// The two implementations may write to one volume in turns, each with an algorithm of its own.
    /// A manifest of the Go implementation names only the one of the handle that wrote it, or none,
    /// and keeps all digests. Who wrote a block is known from its name:
    ///
    /// | block | manifest of Lode | manifest of Go |
    /// | --- | --- | --- |
    /// | [`Written`](BlockName::Written): ours | `checksum` | `own` |
    /// | any other: Go's | [`GO_CHECKSUM`](Self::GO_CHECKSUM), else `checksum` | `checksum`, else md5, which is all that it comes with |
    ///
    /// `own` is the algorithm of the volume's descriptor. It is `None` also if that is not known;
    /// then our blocks in a manifest of Go cannot be verified.
    pub fn checksum_of<'a>(&'a self, block: &BlockName, own: Option<&'a str>) -> Option<&'a str> {
        let is_ours = self.commit_id.is_some();
        match block {
            BlockName::Written { .. } if !is_ours => own,
            BlockName::Written { .. } => self.checksum.as_deref(),
            _ => match self.extra.get(Self::GO_CHECKSUM) {
                Some(Value::Text(name)) if is_ours => Some(name),
                _ if is_ours => self.checksum.as_deref(),
                _ => Some(self.checksum.as_deref().unwrap_or(GO_DEFAULT)),
            },
        }
    }

    /// The algorithm of the Go implementation's blocks, if there are any with a digest and it is
    /// another than `own`: what the next manifest of ours has to keep.
    pub(super) fn go_checksum(&self, own: Option<&str>) -> Option<&str> {
        let name = self.checksum_of(&BlockName::Plain, None).filter(|name| own != Some(*name))?;
        let is_go = |block: Block| {
            block.digest.is_some() && !matches!(block.name, BlockName::Written { .. })
        };
        let is_kept = self.commit_id.is_some() && self.extra.contains_key(Self::GO_CHECKSUM);
        // Only manifests in JSON, which have no pages, are of the Go implementation.
        let is_needed = is_kept || self.blocks.inline().is_some_and(|all| all.iter().any(is_go));
        is_needed.then_some(name)
    }

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
