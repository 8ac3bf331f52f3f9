//! The descriptor of a volume.

use alloc::boxed::Box;

use super::check_if;
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
    /// For how long a collection spares what has been staged and no manifest refers to yet, in
    /// seconds.
    pub grace_period: u64,
}

impl VolumeDescriptor {
    /// Checks that what a writer asks for is what is there.
    ///
    /// # Errors
    ///
    /// The first thing that is another.
    pub fn check(&self, wanted: &WantedVolume<'_>) -> Result<(), Mismatch> {
        let WantedVolume { id, total_length, format, checksum, grace_period } = wanted;
        let found = self.checksum.as_deref().unwrap_or("none");
        Mismatch::check("volume_id", *id, &self.id)?;
        check_if("total_length", total_length.as_ref(), &self.total_length)?;
        check_if("manifest_format", format.as_ref(), &self.format)?;
        check_if("checksum_algorithm", *checksum, found)?;
        check_if("grace_period_seconds", grace_period.as_ref(), &self.grace_period)
    }
}

/// What a writer asks of a volume; `None` where it takes what is there.
#[derive(Clone, Copy, Debug)]
pub struct WantedVolume<'a> {
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
