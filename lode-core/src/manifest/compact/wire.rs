//! The records of the compact format, as they lie in the bytes.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::reader::Reader;
use crate::manifest::{CommitId, ManifestDigest, ManifestError};

/// What a manifest and its tombstone begin with. It is read field by field, so that an error can
/// name its place.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    pub(super) id: &'a str,
    pub(super) version: u64,
    pub(super) parent: Option<u64>,
    pub(super) parent_digest: WireDigest,
    pub(super) commit_id: Option<CommitId>,
    pub(super) created_at: Option<(i64, u32)>,
    pub(super) total_length: u64,
}

/// An optional [`ManifestDigest`], in one byte and the digest.
#[derive(Deserialize, Serialize)]
pub(super) enum WireDigest {
    None,
    Crc32c(u32),
    Blake3([u8; 32]),
}

impl From<Option<ManifestDigest>> for WireDigest {
    fn from(digest: Option<ManifestDigest>) -> Self {
        match digest {
            None => Self::None,
            Some(ManifestDigest::Crc32c(value)) => Self::Crc32c(value),
            Some(ManifestDigest::Blake3(digest)) => Self::Blake3(digest),
        }
    }
}

impl From<WireDigest> for Option<ManifestDigest> {
    fn from(digest: WireDigest) -> Self {
        match digest {
            WireDigest::None => None,
            WireDigest::Crc32c(value) => Some(ManifestDigest::Crc32c(value)),
            WireDigest::Blake3(digest) => Some(ManifestDigest::Blake3(digest)),
        }
    }
}

/// What a run begins with: numbers, and a byte. Where writers take turns there are as many runs as
/// blocks, so it is written and read without a detour.
pub(super) struct RunHead {
    pub(super) gap: u64,
    pub(super) length: u64,
    pub(super) count: u64,
    pub(super) writer: u64,
    pub(super) suffix: u64,
    pub(super) shape: u8,
}

impl RunHead {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for number in [self.gap, self.length, self.count, self.writer, self.suffix] {
            put_varint(number, out);
        }
        out.push(self.shape);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, ManifestError> {
        const FIELD: &str = "run";
        let at = reader.at;
        let head = Self {
            gap: reader.varint(FIELD)?,
            length: reader.varint(FIELD)?,
            count: reader.varint(FIELD)?,
            writer: reader.varint(FIELD)?,
            suffix: reader.varint(FIELD)?,
            shape: reader.take(FIELD)?,
        };
        if head.length == 0 || head.count == 0 {
            let reason = "its length or count is 0";
            return Err(ManifestError::Decode { at, field: FIELD, reason });
        }
        Ok(head)
    }
}

/// How the blocks of a run lie to each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Spacing {
    /// Each begins where the one before ends.
    Adjacent,
    /// The gaps are all of this many bytes.
    Strided(u64),
    /// The gaps are given one by one, in units of 2 to this power.
    Listed(u8),
}

/// The smallest digest; it bounds the number of blocks by the number of bytes.
pub(super) const MIN_DIGEST: usize = 4;

/// Appends `value` in postcard's format.
pub(super) fn put<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> postcard::Result<()> {
    *out = postcard::to_extend(value, core::mem::take(out))?;
    Ok(())
}

/// Appends a number as [`put`] does, where there are many.
pub(super) fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while let [low, ..] = value.to_le_bytes()
        && value > 0x7f
    {
        out.push(low | 0x80);
        value >>= 7;
    }
    let [last, ..] = value.to_le_bytes();
    out.push(last);
}
