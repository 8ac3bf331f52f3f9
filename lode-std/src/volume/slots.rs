//! The slots of a volume.

use lode_core::Version;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{
    Expected, Format, ManifestDigest, ManifestError, Mismatch, RebaseError, SlotContent,
    VolumeDraft, VolumeManifest, compact, json,
};
use lode_core::time::Timestamp;

use crate::Checksums;
use crate::history::{Draft, Slots};

/// The slots of a volume.
#[derive(Debug)]
pub(super) struct VolumeSlots {
    pub(super) layout: VolumeLayout,
    pub(super) format: Format,
    /// What every manifest's length must be, if it is known.
    pub(super) total_length: Option<u64>,
    /// By which the blocks are verified.
    pub(super) checksums: Checksums,
}

impl Slots for VolumeSlots {
    type Manifest = VolumeManifest;

    fn id(&self) -> &Id {
        self.layout.id()
    }

    fn folder(&self) -> Key {
        self.layout.slots()
    }

    fn slot(&self, version: Version) -> Key {
        self.layout.slot(version, self.format)
    }

    fn parse_slot(&self, key: &str) -> Option<Version> {
        self.layout.parse_slot(key, self.format)
    }

    fn hint(&self) -> Key {
        self.layout.hint()
    }

    fn decode(&self, bytes: &[u8]) -> Result<SlotContent<VolumeManifest>, ManifestError> {
        match self.format {
            Format::Json => json::decode_volume(bytes),
            _ => compact::decode(bytes),
        }
    }

    fn encode(&self, manifest: &VolumeManifest) -> Result<Vec<u8>, ManifestError> {
        match self.format {
            Format::Json => json::encode_volume(manifest),
            _ => compact::encode(manifest),
        }
    }

    fn expected(&self, version: Version) -> Expected<'_> {
        Expected { id: self.layout.id(), version, total_length: self.total_length }
    }

    fn check(&self, manifest: &VolumeManifest, expected: &Expected<'_>) -> Result<(), Mismatch> {
        manifest.check(expected)
    }

    fn trusts_hint(&self) -> bool {
        self.format == Format::Json
    }
}

impl Draft<VolumeSlots> for VolumeDraft {
    fn rebase(
        &self,
        head: Option<(&VolumeManifest, ManifestDigest)>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Result<Option<VolumeManifest>, RebaseError> {
        Self::rebase(self, head, version, created_at)
    }
}
