//! The slots of a dataset.

use std::collections::{BTreeSet, HashSet};

use futures::future::{Either, ready};
use lode_core::Version;
use lode_core::descriptor::{self, DatasetDescriptor, WantedDataset};
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind, Place};
use lode_core::manifest::pages::PageName;
use lode_core::manifest::{
    DatasetDraft, DatasetManifest, Expected, ManifestError, Mismatch, Record, SlotContent,
    Tombstone, index_entries, json,
};
use lode_core::partition::Partition;
use lode_core::verify::Problem;

use crate::Error;
use crate::history::{
    Content, Draft, History, Parent, Rebased, Rebasing, See, Slots, as_laid_out, refusal,
};
use crate::store::Objects;

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

    as_laid_out!();

    fn folder(&self) -> Option<Key> {
        Some(self.layout.slots())
    }

    fn slot(&self, version: Version) -> Key {
        self.layout.slot(version)
    }

    fn parse_slot(&self, key: &str) -> Option<Version> {
        self.layout.parse_slot(key)
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
    fn entries(&self, manifest: &DatasetManifest, version: Version) -> Vec<(Key, DatasetManifest)> {
        if self.layout.kind() != LayoutKind::Hive {
            return Vec::new();
        }
        let entries = index_entries(manifest, &self.layout).into_iter();
        let keyed = entries.filter_map(|(partition, entry)| {
            Some((self.layout.partition_entry(&partition, version).ok()?, entry))
        });
        keyed.collect()
    }

    fn trusts_hint(&self) -> bool {
        true
    }

    /// A snapshot of a dataset has its own files.
    fn builds_on_hint(&self) -> bool {
        false
    }

    async fn references(
        &self,
        _objects: &Objects,
        manifest: &DatasetManifest,
        _seen: &mut HashSet<PageName>,
        see: See<'_>,
    ) -> Result<(), Error> {
        manifest.references().try_for_each(|found| see(Ok(found)))
    }

    fn encode_tombstone(&self, tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError> {
        json::encode_dataset_tombstone(tombstone)
    }

    fn encode_record(&self, record: &Record) -> Result<Vec<u8>, ManifestError> {
        json::encode_dataset_record(record)
    }

    fn place(&self, key: &str) -> Place {
        self.layout.place(key)
    }

    fn checksum<'a>(&'a self, manifest: &'a DatasetManifest, _key: &Key) -> Option<&'a str> {
        manifest.checksum.as_deref()
    }

    fn not_found(&self) -> Error {
        Error::DatasetNotFound { id: self.layout.id().clone() }
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
    fn rebase<'a>(
        &'a self,
        history: &'a History<DatasetSlots>,
        parent: Parent<'a, DatasetManifest>,
    ) -> Rebasing<'a, DatasetManifest> {
        let slots = &history.slots;
        let rebased = match Self::rebase(self, &slots.layout, parent.onto()) {
            Ok(manifest) => {
                Ok(Some(Rebased { content: Content::Snapshot(manifest), pages: Vec::new() }))
            }
            Err(error) => Err(refusal(slots, error, parent.head.position.live)),
        };
        Either::Left(ready(rebased))
    }
}
