//! The slots of a dataset.

use std::collections::BTreeSet;

use lode_core::Version;
use lode_core::collect::MarkSet;
use lode_core::descriptor::{self, DatasetDescriptor, WantedDataset};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind, Place, Reference};
use lode_core::manifest::{
    DatasetDraft, DatasetManifest, Expected, ManifestDigest, ManifestError, Mismatch, RebaseError,
    SlotContent, Tombstone, json,
};
use lode_core::partition::Partition;
use lode_core::time::Timestamp;
use lode_core::verify::Problem;

use crate::Error;
use crate::history::{Draft, Slots};

/// The slots of a dataset.
#[derive(Clone, Debug)]
pub(crate) struct DatasetSlots {
    pub(crate) layout: DatasetLayout,
}

/// The partitions that a snapshot has files in.
pub(super) fn partitions(
    layout: &DatasetLayout,
    manifest: &DatasetManifest,
) -> BTreeSet<Partition> {
    manifest.files.iter().filter_map(|file| layout.partition_of(&file.key)).collect()
}

impl Slots for DatasetSlots {
    type Manifest = DatasetManifest;

    fn id(&self) -> &Id {
        self.layout.id()
    }

    fn folder(&self) -> Option<Key> {
        Some(self.layout.slots())
    }

    fn slot(&self, version: Version) -> Key {
        self.layout.slot(version)
    }

    fn parse_slot(&self, key: &str) -> Option<Version> {
        self.layout.parse_slot(key)
    }

    fn hint(&self) -> Key {
        self.layout.hint()
    }

    fn decode(&self, bytes: &[u8]) -> Result<SlotContent<DatasetManifest>, ManifestError> {
        json::decode_dataset(bytes, self.layout.prefix())
    }

    fn encode(&self, manifest: &DatasetManifest) -> Result<Vec<u8>, ManifestError> {
        json::encode_dataset(manifest)
    }

    fn expected(&self, version: Version) -> Expected<'_> {
        Expected { id: self.layout.id(), version, total_length: None }
    }

    fn check(&self, manifest: &DatasetManifest, expected: &Expected<'_>) -> Result<(), Mismatch> {
        manifest.check(expected)
    }

    /// An entry for each partition that the snapshot has files in. A partition whose entry would
    /// have too long a key has no files either: their keys are longer.
    fn entries(&self, manifest: &DatasetManifest, version: Version) -> Vec<Key> {
        match self.layout.kind() {
            LayoutKind::Hive => partitions(&self.layout, manifest)
                .iter()
                .filter_map(|partition| self.layout.partition_entry(partition, version).ok())
                .collect(),
            _ => Vec::new(),
        }
    }

    fn trusts_hint(&self) -> bool {
        true
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

    fn mark(&self, manifest: &DatasetManifest, marks: &mut MarkSet) {
        marks.mark_dataset(manifest);
    }

    fn encode_tombstone(&self, tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
        json::encode_dataset_tombstone(tombstone)
    }

    fn probe(&self, random: u64) -> Key {
        self.layout.probe(random)
    }

    fn prefix(&self) -> &str {
        self.layout.prefix()
    }

    fn place(&self, key: &str) -> Place {
        self.layout.place(key)
    }

    fn checksum<'a>(&self, manifest: &'a DatasetManifest) -> Option<&'a str> {
        manifest.checksum.as_deref()
    }

    fn references(&self, manifest: &DatasetManifest, each: &mut dyn FnMut(Reference)) {
        manifest.references().for_each(each);
    }

    fn not_found(&self) -> Error {
        Error::DatasetNotFound { id: self.layout.id().clone() }
    }

    fn descriptor(&self) -> Key {
        self.layout.descriptor()
    }

    fn damaged(&self, what: &str, hash: u64) -> Key {
        self.layout.damaged(what, hash)
    }

    fn describe(
        &self,
        newest: &DatasetManifest,
        grace_period: u64,
    ) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_dataset(&DatasetDescriptor {
            id: self.layout.id().clone(),
            layout: self.layout.kind(),
            checksum: newest.checksum.clone(),
            grace_period,
        })
    }

    fn check_descriptor(
        &self,
        bytes: &[u8],
        newest: Option<&DatasetManifest>,
    ) -> Result<(), Problem> {
        let found = descriptor::decode_dataset(bytes).map_err(Problem::Invalid)?;
        let wanted = WantedDataset {
            id: self.layout.id(),
            layout: self.layout.kind(),
            checksum: newest.map(|newest| newest.checksum.as_deref().unwrap_or("none")),
            grace_period: None,
        };
        found.check(&wanted).map_err(Problem::Mismatch)
    }
}

impl Draft<DatasetSlots> for DatasetDraft {
    fn rebase(
        &self,
        head: Option<(&DatasetManifest, ManifestDigest)>,
        version: Version,
        created_at: Option<Timestamp>,
    ) -> Result<Option<DatasetManifest>, RebaseError> {
        Self::rebase(self, head, version, created_at).map(Some).map_err(RebaseError::Mismatch)
    }
}
