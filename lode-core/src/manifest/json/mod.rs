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
//! `commit_id` and `parent_digest` are ours; so is `collected`, which marks a tombstone and holds
//! the digest of the bytes that it replaced. The Go implementation ignores all three. Omitted when
//! empty: `parent_snapshot_id`, `checksum_algorithm`, `checksum`, and ours. Times are RFC 3339 in
//! UTC. Fields that are not known are accepted and kept.
//!
//! JSON protects nothing by itself: a flipped bit that leaves a valid manifest is noticed only by
//! the next manifest's `parent_digest`, or by the name of a block that no longer fits its place.

pub(crate) mod value;

mod volume;

pub use self::volume::{decode_volume, encode_tombstone, encode_volume};

use alloc::string::{String, ToString};

use super::ManifestError;
use crate::time::Timestamp;

/// The error of `serde_json`, with its place.
pub(crate) fn json_error(error: &serde_json::Error) -> ManifestError {
    ManifestError::Json { line: error.line(), column: error.column(), reason: error.to_string() }
}

/// `field` has a value that it cannot have.
pub(crate) fn wrong(field: impl Into<String>, reason: impl ToString) -> ManifestError {
    ManifestError::Field { field: field.into(), reason: reason.to_string() }
}

/// A time in RFC 3339, in UTC, with as many digits as it takes.
pub(crate) fn format_time(at: Timestamp) -> Option<String> {
    let nanoseconds = i32::try_from(at.nanoseconds()).ok()?;
    jiff::Timestamp::new(at.seconds(), nanoseconds).ok().map(|at| at.to_string())
}

/// The point in time that a text in RFC 3339 says, in any zone.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    const SECOND: i128 = 1_000_000_000;
    let nanoseconds = text.parse::<jiff::Timestamp>().ok()?.as_nanosecond();
    let seconds = i64::try_from(nanoseconds.div_euclid(SECOND)).ok()?;
    Timestamp::new(seconds, u32::try_from(nanoseconds.rem_euclid(SECOND)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_back_to_the_nanosecond() {
        for text in
            ["2026-11-22T20:46:28.392632392Z", "1969-12-31T23:59:59.5Z", "2026-01-01T00:00:00Z"]
        {
            assert_eq!(parse_time(text).and_then(format_time).as_deref(), Some(text));
        }
        let zone = parse_time("2026-01-01T02:00:00.000000001+02:00").unwrap();
        assert_eq!(zone, Timestamp::new(1_767_225_600, 1).unwrap());
        for bad in ["", "yesterday", "2026-01-01", "2026-01-01T00:00:00"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }
}
