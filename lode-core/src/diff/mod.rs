//! In what two snapshots of a volume or dataset differ.
//!
//! Pure, and without their bytes: blocks and files are compared by what the manifests say of them,
//! ranges, sizes and digests. A shell hands in the blocks of a volume one after the other, and
//! leaves out the pages that [both have](crate::manifest::pages::Unshared).
//!
//! A commit only ever adds to a volume. Still a later snapshot may lack something: after a repair
//! the history goes on from an older one.

mod dataset;
mod metadata;
mod volume;

pub use self::dataset::{DatasetDiff, FieldChange};
pub use self::metadata::MetadataChange;
pub use self::volume::{Side, VolumeComparison, VolumeDiff};
