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

use alloc::boxed::Box;
use alloc::string::ToString;

use crate::id::Id;
use crate::manifest::{Format, Mismatch};

/// What every writer of one volume must agree on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VolumeDescriptor {
    /// The volume.
    pub id: Id,
    /// The format of all its manifests, hence the one key of each slot.
    pub format: Format,
    /// How many bytes it has: 1 to 2^63 − 1.
    pub total_length: u64,
    /// The algorithm of all its blocks' digests; the Go implementation may have written none.
    pub checksum: Option<Box<str>>,
    /// For how long a collector leaves alone what no manifest refers to, in seconds. What is
    /// staged must be committed within half of it.
    pub grace_period: u64,
}

impl VolumeDescriptor {
    /// The grace period unless another one is chosen: a day.
    pub const GRACE_PERIOD: u64 = 24 * 60 * 60;

    /// Checks that what a writer asks for is what is there.
    ///
    /// # Errors
    ///
    /// The first thing that is another.
    pub fn check(&self, wanted: &Wanted<'_>) -> Result<(), Mismatch> {
        let Wanted { id, total_length, format, checksum, grace_period } = wanted;
        let found = self.checksum.as_deref().unwrap_or("none");
        Mismatch::check("volume_id", *id, &self.id)?;
        check_if("total_length", total_length.as_ref(), &self.total_length)?;
        check_if("manifest_format", format.as_ref(), &self.format)?;
        check_if("checksum_algorithm", *checksum, found)?;
        check_if("grace_period_seconds", grace_period.as_ref(), &self.grace_period)
    }
}

fn check_if<T: ToString + core::fmt::Display + PartialEq + ?Sized>(
    field: &'static str,
    wanted: Option<&T>,
    found: &T,
) -> Result<(), Mismatch> {
    wanted.map_or(Ok(()), |wanted| Mismatch::check(field, wanted, found))
}

/// What a writer asks of a volume; `None` where it takes what is there.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The volume.
    pub id: &'a Id,
    /// How many bytes it has.
    pub total_length: Option<u64>,
    /// The format of its manifests.
    pub format: Option<Format>,
    /// The name of its checksum algorithm.
    pub checksum: Option<&'a str>,
    /// Its grace period in seconds.
    pub grace_period: Option<u64>,
}

#[cfg(feature = "json")]
pub use self::json::{decode, encode};

#[cfg(feature = "json")]
mod json {
    use alloc::borrow::Cow;
    use alloc::boxed::Box;
    use alloc::format;
    use alloc::vec::Vec;

    use serde::{Deserialize, Serialize};

    use super::VolumeDescriptor;
    use crate::id::Id;
    use crate::manifest::ManifestError;
    use crate::manifest::json::{check_format, json_error, wrong};
    use crate::manifest::volume::check_length;

    const SCHEMA: &str = "lode-volume";
    const FORMAT: &str = "1.0.0";

    /// The descriptor in JSON. The same one always makes the same bytes.
    ///
    /// # Errors
    ///
    /// [`ManifestError::Field`] if its total length is out of bounds.
    pub fn encode(descriptor: &VolumeDescriptor) -> Result<Vec<u8>, ManifestError> {
        check_length(descriptor.total_length)?;
        let wire = Wire {
            schema_name: SCHEMA.into(),
            format_version: FORMAT.into(),
            volume_id: descriptor.id.as_str().into(),
            manifest_format: descriptor.format.name().into(),
            total_length: descriptor.total_length,
            checksum_algorithm: descriptor.checksum.as_deref().map(Cow::Borrowed),
            grace_period_seconds: descriptor.grace_period,
        };
        serde_json::to_vec_pretty(&wire).map_err(|e| json_error(&e))
    }

    /// Reads what [`encode`] wrote.
    ///
    /// # Errors
    ///
    /// As those of manifests.
    pub fn decode(bytes: &[u8]) -> Result<VolumeDescriptor, ManifestError> {
        let wire: Wire<'_> = serde_json::from_slice(bytes).map_err(|e| json_error(&e))?;
        if wire.schema_name != SCHEMA {
            return Err(wrong("schema_name", format!("{:?} is not {SCHEMA:?}", wire.schema_name)));
        }
        check_format(&wire.format_version)?;
        check_length(wire.total_length)?;
        Ok(VolumeDescriptor {
            id: Id::existing(&wire.volume_id).map_err(|e| wrong("volume_id", e))?,
            format: wire.manifest_format.parse().map_err(|e| wrong("manifest_format", e))?,
            total_length: wire.total_length,
            checksum: wire.checksum_algorithm.map(|name| Box::from(name.as_ref())),
            grace_period: wire.grace_period_seconds,
        })
    }

    #[derive(Deserialize, Serialize)]
    struct Wire<'a> {
        #[serde(borrow)]
        schema_name: Cow<'a, str>,
        #[serde(borrow)]
        format_version: Cow<'a, str>,
        #[serde(borrow)]
        volume_id: Cow<'a, str>,
        #[serde(borrow)]
        manifest_format: Cow<'a, str>,
        total_length: u64,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        checksum_algorithm: Option<Cow<'a, str>>,
        grace_period_seconds: u64,
    }
}
