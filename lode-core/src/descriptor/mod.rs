//! Descriptors: what every writer of one history must agree on.
//!
//! It is created once, before the first version, by create-if-absent; the first creator wins and
//! whoever comes later compares. Histories of the Go implementation have none until we write to
//! them: then one is derived from what is there.
//!
//! ```json
//! {
//!   "schema_name": "lode-volume",
//!   "format_version": "1.0.0",
//!   "volume_id": "disk-image",
//!   "manifest_format": "compact",
//!   "total_length": 1073741824,
//!   "checksum_algorithm": "xxh3-128",
//!   "grace_period_seconds": 86400
//! }
//! ```
//!
//! That of a dataset says `dataset_id` and `layout` in place of `volume_id` and what follows it.

mod dataset;
#[cfg(feature = "json")]
mod json;
mod volume;

use core::fmt;

pub use self::dataset::{DatasetDescriptor, WantedDataset};
#[cfg(feature = "json")]
pub use self::json::{decode_dataset, decode_volume, encode_dataset, encode_volume};
pub use self::volume::{VolumeDescriptor, WantedVolume};
use crate::manifest::Mismatch;

/// The grace period unless another one is chosen, in seconds: a day.
pub const GRACE_PERIOD: u64 = 24 * 60 * 60;

/// Compares a field, if anything is asked of it.
fn check_if<T: fmt::Display + PartialEq + ?Sized>(
    field: &'static str,
    wanted: Option<&T>,
    found: &T,
) -> Result<(), Mismatch> {
    wanted.map_or(Ok(()), |wanted| Mismatch::check(field, wanted, found))
}
