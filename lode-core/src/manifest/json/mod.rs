//! JSON, format 1.0.0: the Go implementation's, field for field.
//!
//! ```json
//! {
//!   "schema_name": "lode-volume-manifest",
//!   "format_version": "1.0.0",
//!   "volume_id": "disk-image",
//!   "snapshot_id": "0000000000000000002",
//!   "created_at": "2026-11-22T20:46:28.392632392Z",
//!   "metadata": {},
//!   "total_length": 1024,
//!   "blocks": [
//!     {
//!       "offset": 0,
//!       "length": 256,
//!       "path": "volumes/disk-image/data/0-256-00000000000000ab.bin",
//!       "checksum": "1af3c6f5ab9068e01114c58bf6549142"
//!     }
//!   ],
//!   "parent_snapshot_id": "0000000000000000001",
//!   "checksum_algorithm": "md5",
//!   "commit_id": "0123456789abcdef0000000000000001",
//!   "parent_digest": "blake3:…"
//! }
//! ```
//!
//! A dataset's manifest lists `files` (`path`, `size_bytes`, `checksum`, `stats`) instead of blocks,
//! and says `row_count`, `min_timestamp`, `max_timestamp`, `codec`, `compressor`, `partitioner`.
//!
//! `commit_id` and `parent_digest` are ours; so is `collected`, which marks a tombstone and holds
//! the digest of the bytes that it replaced, and `record`, which marks a record and says what it was
//! made for. What collections have decided is in `epoch`, `epoch_opened_at`, `floor` and `dropped`, a
//! list of objects with the `first` and `last` version of each run. The Go implementation ignores
//! all of these. Omitted when empty, or 0: `parent_snapshot_id`, `checksum_algorithm`, `checksum`,
//! and ours. Times are RFC 3339 in
//! UTC. Fields that are not known are accepted and kept.
//!
//! JSON protects nothing by itself: a flipped bit that leaves a valid manifest is noticed only by
//! the next manifest's `parent_digest`, or by the name of a block that no longer fits its place.

pub(crate) mod value;

mod blocks;
mod common;
mod dataset;
mod volume;
mod writer;

pub(crate) use self::common::{FORMAT, check_schema};
pub use self::dataset::{
    decode_dataset, encode_dataset, encode_dataset_record, encode_dataset_tombstone,
};
pub use self::volume::{decode_volume, encode_record, encode_tombstone, encode_volume};
pub(crate) use self::writer::Object;

use alloc::string::{String, ToString};

use super::ManifestError;

/// The error of `serde_json`, with its place.
pub(crate) fn json_error(error: &serde_json::Error) -> ManifestError {
    ManifestError::Json { line: error.line(), column: error.column(), reason: error.to_string() }
}

/// `field` has a value that it cannot have.
pub(crate) fn wrong(field: impl Into<String>, reason: impl ToString) -> ManifestError {
    ManifestError::Field { field: field.into(), reason: reason.to_string() }
}
