//! The slots of a volume.

use lode_core::Version;
use lode_core::collect::MarkSet;
use lode_core::descriptor::{self, VolumeDescriptor, WantedVolume};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{Place, Reference, VolumeLayout};
use lode_core::manifest::{
    Expected, Format, ManifestDigest, ManifestError, Mismatch, RebaseError, SlotContent, Tombstone,
    VolumeDraft, VolumeManifest, compact, json,
};
use lode_core::time::Timestamp;
use lode_core::verify::Problem;

use crate::history::{Draft, Slots};
use crate::{Checksums, Error};

/// The slots of a volume.
#[derive(Debug)]
pub(crate) struct VolumeSlots {
    pub(crate) layout: VolumeLayout,
    pub(crate) format: Format,
    /// What every manifest's length must be, if it is known.
    pub(crate) total_length: Option<u64>,
    /// By which the blocks are verified.
    pub(crate) checksums: Checksums,
}

impl Slots for VolumeSlots {
    type Manifest = VolumeManifest;

    fn id(&self) -> &Id {
        self.layout.id()
    }

    fn folder(&self) -> Option<Key> {
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
        let content = match self.format {
            Format::Json => json::decode_volume(bytes),
            _ => compact::decode(bytes),
        }?;
        if let SlotContent::Live(manifest) = &content {
            self.layout.check_names(manifest)?;
        }
        Ok(content)
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

    fn tags(&self) -> Key {
        self.layout.tags()
    }

    fn tag(&self, name: &Id) -> Key {
        self.layout.tag(name)
    }

    fn parse_tag(&self, key: &str) -> Option<Id> {
        self.layout.parse_tag(key)
    }

    fn data_folders(&self) -> Vec<Key> {
        self.layout.data_folders()
    }

    fn is_data(&self, key: &str) -> bool {
        self.layout.is_data(key)
    }

    fn mark(&self, manifest: &VolumeManifest, marks: &mut MarkSet) {
        marks.mark_volume(&self.layout, manifest);
    }

    fn encode_tombstone(&self, tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
        match self.format {
            Format::Json => json::encode_tombstone(tombstone),
            _ => compact::encode_tombstone(tombstone),
        }
    }

    fn probe(&self, random: u64) -> Key {
        self.layout.probe(random)
    }

    fn prefix(&self) -> &str {
        self.layout.prefix()
    }

    fn place(&self, key: &str) -> Place {
        self.layout.place(key, self.format)
    }

    fn checksum<'a>(&self, manifest: &'a VolumeManifest) -> Option<&'a str> {
        manifest.checksum.as_deref()
    }

    fn references(&self, manifest: &VolumeManifest, each: &mut dyn FnMut(Reference)) {
        self.layout.references(manifest).for_each(each);
    }

    fn not_found(&self) -> Error {
        Error::VolumeNotFound { id: self.layout.id().clone() }
    }

    fn descriptor(&self) -> Key {
        self.layout.descriptor()
    }

    fn damaged(&self, what: &str, hash: u64) -> Key {
        self.layout.damaged(what, hash)
    }

    fn describe(
        &self,
        newest: &VolumeManifest,
        grace_period: u64,
    ) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_volume(&VolumeDescriptor {
            id: self.layout.id().clone(),
            format: self.format,
            total_length: newest.total_length,
            checksum: newest.checksum.clone(),
            grace_period,
        })
    }

    fn check_descriptor(
        &self,
        bytes: &[u8],
        newest: Option<&VolumeManifest>,
    ) -> Result<(), Problem> {
        let found = descriptor::decode_volume(bytes).map_err(Problem::Invalid)?;
        let wanted = WantedVolume {
            id: self.layout.id(),
            total_length: newest.map(|newest| newest.total_length),
            format: newest.map(|_| self.format),
            checksum: newest.map(|newest| newest.checksum.as_deref().unwrap_or("none")),
            grace_period: None,
        };
        found.check(&wanted).map_err(Problem::Mismatch)
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
