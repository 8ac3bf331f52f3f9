//! What a history is of.

use std::collections::HashSet;
use std::fmt::Debug;

use lode_core::Version;
use lode_core::commit::Density;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{Place, Reference};
use lode_core::manifest::pages::PageName;
use lode_core::manifest::{
    Expected, ManifestError, Mismatch, Record, SlotContent, SlotManifest, Tombstone,
};
use lode_core::range::ByteRange;
use lode_core::verify::Problem;

use crate::Error;
use crate::store::Objects;

/// What a history is of: where its slots lie, and what is in them.
pub(crate) trait Slots: Debug + Send + Sync + 'static {
    type Manifest: SlotManifest + Clone + Debug + Send + Sync;

    fn id(&self) -> &Id;
    /// The folder of the slots; `None` if they lie right in the store.
    fn folder(&self) -> Option<Key>;
    fn slot(&self, version: Version) -> Key;
    fn parse_slot(&self, key: &str) -> Option<Version>;
    fn hint(&self) -> Key;
    fn decode(&self, bytes: &[u8]) -> Result<SlotContent<Self::Manifest>, ManifestError>;
    fn encode(&self, manifest: &Self::Manifest) -> Result<Vec<u8>, ManifestError>;

    /// What a manifest must be to be one of this history.
    fn expected(&self, version: Version) -> Expected<'_>;
    fn check(&self, manifest: &Self::Manifest, expected: &Expected<'_>) -> Result<(), Mismatch>;

    /// The index entries of a snapshot, each with the manifest that it holds. They follow from the
    /// snapshot's manifest alone.
    fn entries(&self, _manifest: &Self::Manifest, _version: Version) -> Vec<(Key, Self::Manifest)> {
        Vec::new()
    }

    /// Whether a Go writer trusts the hint blindly.
    fn trusts_hint(&self) -> bool;

    /// Whether a Go writer puts what it commits on top of the snapshot that the hint names, so that
    /// a hint that is behind would lose what came after it.
    fn builds_on_hint(&self) -> bool;

    /// How the slots can lie. A device deletes old ones.
    fn density(&self) -> Density {
        match self.trusts_hint() || self.folder().is_none() {
            true => Density::MayBeSparse,
            false => Density::Dense,
        }
    }

    /// The epoch in the name of a data object or page.
    fn epoch(&self, key: &str) -> Option<u32>;

    /// The folder of the tags.
    fn tags(&self) -> Key;
    fn tag(&self, name: &Id) -> Key;
    fn parse_tag(&self, key: &str) -> Option<Id>;

    /// The folders of what a collector may delete, and whether it may delete this object there.
    fn data_folders(&self) -> Vec<Key>;
    fn is_data(&self, key: &str) -> bool;
    /// Shows all objects that a manifest refers to, itself or by pages: what must be there as long
    /// as it is, and the one answer for collectors and verifications. A page in `seen`, and all
    /// that lies below it, is passed by; those that are seen now are added to it, unless it fails.
    /// A page that cannot be read is shown as well: `see` decides whether to go on without it. It is
    /// not added, nor what lies above it, so that it is shown for each manifest that needs it.
    ///
    /// Costs one read for each page.
    fn references(
        &self,
        objects: &Objects,
        manifest: &Self::Manifest,
        seen: &mut HashSet<PageName>,
        see: See<'_>,
    ) -> impl Future<Output = Result<(), Error>> + Send;
    fn encode_tombstone(&self, tombstone: &Tombstone) -> Result<Vec<u8>, ManifestError>;
    fn encode_record(&self, record: &Record) -> Result<Vec<u8>, ManifestError>;

    /// The folder below which all of it lies.
    fn prefix(&self) -> &str;

    /// What an object is, by its key.
    fn place(&self, key: &str) -> Place;

    /// The algorithm of the checksum that a snapshot has of the object `key`.
    fn checksum<'a>(&'a self, manifest: &'a Self::Manifest, key: &Key) -> Option<&'a str>;

    /// There is none of it at all.
    fn not_found(&self) -> Error;

    fn descriptor(&self) -> Key;

    /// Where a repair keeps the bytes of what it replaces.
    fn damaged(&self, what: &str, hash: u64) -> Key;

    /// The descriptor of a history whose newest snapshot is this.
    fn describe(
        &self,
        newest: &Self::Manifest,
        grace_period: u64,
    ) -> Result<Vec<u8>, ManifestError>;

    /// Checks that a descriptor is one of this history, and agrees with its newest snapshot.
    fn check_descriptor(
        &self,
        bytes: &[u8],
        newest: Option<&Self::Manifest>,
    ) -> Result<(), Problem>;
}

/// The answers of [`Slots`] that are those of the layout, in the field of this name.
macro_rules! as_laid_out {
    () => {
        fn id(&self) -> &lode_core::id::Id {
            self.layout.id()
        }

        fn hint(&self) -> lode_core::key::Key {
            self.layout.hint()
        }

        fn tags(&self) -> lode_core::key::Key {
            self.layout.tags()
        }

        fn tag(&self, name: &lode_core::id::Id) -> lode_core::key::Key {
            self.layout.tag(name)
        }

        fn parse_tag(&self, key: &str) -> Option<lode_core::id::Id> {
            self.layout.parse_tag(key)
        }

        fn data_folders(&self) -> Vec<lode_core::key::Key> {
            self.layout.data_folders()
        }

        fn is_data(&self, key: &str) -> bool {
            self.layout.is_data(key)
        }

        fn epoch(&self, key: &str) -> Option<u32> {
            self.layout.epoch(key)
        }

        fn prefix(&self) -> &str {
            self.layout.prefix()
        }

        fn descriptor(&self) -> lode_core::key::Key {
            self.layout.descriptor()
        }

        fn damaged(&self, what: &str, hash: u64) -> lode_core::key::Key {
            self.layout.damaged(what, hash)
        }
    };
}
pub(crate) use as_laid_out;

/// Takes one reference of a manifest after the other.
pub(crate) type See<'a> =
    &'a mut (dyn FnMut(Result<Reference, LostPage>) -> Result<(), Error> + Send);

/// A page that cannot be read.
#[derive(Debug)]
pub(crate) struct LostPage {
    pub(crate) key: Key,
    /// From the start of the first block that is found by it to the end of the last one.
    pub(crate) range: ByteRange,
    pub(crate) error: Error,
}

impl From<LostPage> for Error {
    fn from(lost: LostPage) -> Self {
        lost.error
    }
}
