//! What the slots of a history hold, whatever it is a history of.

use super::{CollectionState, CommitId, DatasetManifest, ManifestDigest, Mismatch, VolumeManifest};
use crate::Version;
use crate::id::Id;
use crate::time::Timestamp;

/// What every manifest says of its place in a history.
pub trait SlotManifest {
    /// The volume or dataset that it belongs to.
    fn id(&self) -> &Id;

    /// Which snapshot it is.
    fn version(&self) -> Version;

    /// The live snapshot that it was made from.
    fn parent(&self) -> Option<Version>;

    /// Its digest of that snapshot's bytes.
    fn parent_digest(&self) -> Option<ManifestDigest>;

    /// The commit that made it; the Go implementation writes none.
    fn commit_id(&self) -> Option<CommitId>;

    /// When it was made.
    fn created_at(&self) -> Option<Timestamp>;

    /// How many bytes the volume has; `None` for a dataset.
    fn total_length(&self) -> Option<u64>;

    /// What collections had decided when it was made; of a tombstone, nothing.
    fn state(&self) -> &CollectionState;

    /// What takes its place when it is collected. `digest` is that of the bytes in the slot.
    fn tombstone(&self, digest: ManifestDigest) -> Tombstone {
        Tombstone {
            id: self.id().clone(),
            version: self.version(),
            parent: self.parent(),
            parent_digest: self.parent_digest(),
            commit_id: self.commit_id(),
            digest,
            total_length: self.total_length(),
            created_at: self.created_at(),
        }
    }
}

/// They all keep these in fields of the same names.
macro_rules! slot_manifests {
    ($($manifest:ty, |$this:ident| $total_length:expr, |$that:ident| $state:expr;)*) => {$(
        impl SlotManifest for $manifest {
            fn id(&self) -> &Id {
                &self.id
            }

            fn version(&self) -> Version {
                self.version
            }

            fn parent(&self) -> Option<Version> {
                self.parent
            }

            fn parent_digest(&self) -> Option<ManifestDigest> {
                self.parent_digest
            }

            fn commit_id(&self) -> Option<CommitId> {
                self.commit_id
            }

            fn created_at(&self) -> Option<Timestamp> {
                self.created_at
            }

            fn total_length(&self) -> Option<u64> {
                let $this = self;
                $total_length
            }

            fn state(&self) -> &CollectionState {
                let $that = self;
                $state
            }
        }
    )*};
}

slot_manifests! {
    DatasetManifest, |_dataset| None, |dataset| &dataset.state;
    Record, |record| record.total_length, |record| &record.state;
    Tombstone, |tombstone| tombstone.total_length, |_tombstone| &FIRST;
    VolumeManifest, |volume| Some(volume.total_length), |volume| &volume.state;
}

static FIRST: CollectionState = CollectionState::FIRST;

/// A maintenance commit: a collection, or a repair. It changes no data: the head is the snapshot
/// below it that `parent` names.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The volume or dataset that it belongs to.
    pub id: Id,
    /// The slot that it fills.
    pub version: Version,
    /// The snapshot that is the head.
    pub parent: Option<Version>,
    /// The digest of that snapshot's stored bytes.
    pub parent_digest: Option<ManifestDigest>,
    /// The commit that made it.
    pub commit_id: Option<CommitId>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// How many bytes the volume has; `None` for a dataset.
    pub total_length: Option<u64>,
    /// What it was made for.
    pub purpose: Purpose,
    /// What it has decided.
    pub state: CollectionState,
}

impl Record {
    /// Checks that it is of the slot that was asked for.
    ///
    /// # Errors
    ///
    /// The first field that is another.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        expected.check("id", self)
    }
}

/// What a [`Record`] was made for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Purpose {
    /// Dropping snapshots, and deleting what nothing refers to.
    Collection,
    /// Going on after slots that cannot be read, or snapshots that were given up.
    Repair,
}

impl Purpose {
    /// Its name, in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Repair => "repair",
        }
    }
}

impl core::fmt::Display for Purpose {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name())
    }
}

impl core::str::FromStr for Purpose {
    type Err = Mismatch;

    fn from_str(name: &str) -> Result<Self, Mismatch> {
        let all = [Self::Collection, Self::Repair];
        all.into_iter().find(|purpose| purpose.name() == name).ok_or_else(|| Mismatch {
            field: "record",
            expected: "collection or repair".into(),
            found: name.into(),
        })
    }
}

/// Which manifest a reader asks for.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The volume or dataset.
    pub id: &'a Id,
    /// The snapshot.
    pub version: Version,
    /// The length that a volume's descriptor or an earlier manifest says, if one is known.
    pub total_length: Option<u64>,
}

impl Expected<'_> {
    /// Checks what every manifest says; `id_field` is what its format calls the id.
    pub(super) fn check(
        &self,
        id_field: &'static str,
        manifest: &impl SlotManifest,
    ) -> Result<(), Mismatch> {
        Mismatch::check(id_field, self.id, manifest.id())?;
        Mismatch::check("snapshot_id", &self.version, &manifest.version())
    }
}

/// What takes the place of a manifest that has been collected, or of one that was damaged beyond
/// repair. The slot stays taken, so no late write can ever fill it again.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// The volume or dataset that it belongs to.
    pub id: Id,
    /// The slot that it fills.
    pub version: Version,
    /// The parent of the manifest that was here, so that the chain holds. Over a manifest that
    /// could not be read it is the newest live version below: without it, all that lies below
    /// would be out of reach.
    pub parent: Option<Version>,
    /// That manifest's digest of its parent.
    pub parent_digest: Option<ManifestDigest>,
    /// The commit that had filled the slot, so that its writer can still learn that it took place.
    pub commit_id: Option<CommitId>,
    /// The digest of the bytes that were here, which its successor names.
    pub digest: ManifestDigest,
    /// How many bytes the volume has; `None` for a dataset.
    pub total_length: Option<u64>,
    /// When the manifest that was here was made.
    pub created_at: Option<Timestamp>,
}

impl Tombstone {
    /// Checks that it is of the slot that was asked for.
    ///
    /// # Errors
    ///
    /// The first field that is another.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        expected.check("id", self)
    }
}

/// What a slot holds, of a history whose manifests are `M`.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a slot holds one of these")]
pub enum SlotContent<M> {
    /// A snapshot.
    Live(M),
    /// A snapshot was here.
    Collected(Tombstone),
    /// Maintenance.
    Record(Record),
}
