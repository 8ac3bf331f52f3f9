//! The manifest of a volume's snapshot.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::str::FromStr;

use super::{BlockTable, CommitId, ManifestDigest, ManifestError, Metadata, Mismatch, Value};
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
    pub blocks: BlockTable,
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
        Mismatch::check("volume_id", expected.id, &self.id)?;
        Mismatch::check("snapshot_id", &expected.version, &self.version)?;
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
        if self.total_length == 0 || self.total_length > Self::MAX_LENGTH {
            return wrong("total_length", format!("{} is not 1 to 2^63 - 1", self.total_length));
        }
        if self.blocks.end() > self.total_length {
            let index = self.blocks.len() - 1;
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

/// Which manifest a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The volume.
    pub id: &'a Id,
    /// The snapshot.
    pub version: Version,
    /// The length that the volume's descriptor or an earlier manifest says, if one is known.
    pub total_length: Option<u64>,
}

/// What takes the place of a manifest that has been collected, or of one that was damaged beyond
/// repair. The slot stays taken, so no late write can ever fill it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// The volume that it belongs to.
    pub id: Id,
    /// The slot that it fills.
    pub version: Version,
    /// The parent of the manifest that was here, so that the chain holds.
    pub parent: Option<Version>,
    /// That manifest's digest of its parent.
    pub parent_digest: Option<ManifestDigest>,
    /// The commit that had filled the slot, so that its writer can still learn that it took place.
    pub commit_id: Option<CommitId>,
    /// The digest of the bytes that were here, which its successor names.
    pub digest: ManifestDigest,
    /// How many bytes the volume has.
    pub total_length: u64,
    /// When the manifest that was here was made.
    pub created_at: Option<Timestamp>,
}

/// What a slot holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SlotContent {
    /// A snapshot.
    Live(VolumeManifest),
    /// A snapshot was here.
    Collected(Tombstone),
}

/// The format of a history's manifests.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Format {
    /// The compact format, version 2.
    #[default]
    Compact,
    /// JSON, version 1.0.0, which the Go implementation reads and writes.
    Json,
}

impl Format {
    /// Its name in descriptors and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Json => "json",
        }
    }

    /// The name of the object in a slot.
    pub const fn slot_name(self) -> &'static str {
        match self {
            Self::Compact => "manifest.lode",
            Self::Json => "manifest.json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Mismatch;

    fn from_str(name: &str) -> Result<Self, Mismatch> {
        [Self::Compact, Self::Json].into_iter().find(|format| format.name() == name).ok_or_else(
            || Mismatch {
                field: "format",
                expected: "compact or json".to_string(),
                found: name.to_string(),
            },
        )
    }
}
