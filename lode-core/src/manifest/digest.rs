//! What identifies a manifest: the commit that made it, and the digest of its bytes.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::checksum::{Digest, DigestError};

/// Identifies one logical commit, however often its manifest is sent and whoever asks.
///
/// It is fixed before the first attempt, so a writer that finds a slot taken can tell its own
/// manifest, whose reply was lost, from another's.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct CommitId(
    /// 64 random bits of the handle, 32 bits of the epoch that it knew, and 32 of its counter; on
    /// devices the device's id and its boot count.
    pub [u8; 16],
);

impl CommitId {
    /// The id of the `count`th commit of a handle with these random bits; the upper half of the
    /// count is the epoch that the handle knows.
    pub fn of_handle(random: u64, count: u64) -> Self {
        Self(((u128::from(random) << 64) | u128::from(count)).to_be_bytes())
    }

    /// The epoch in which the commit was begun, on a host: what it writes was staged in that.
    pub fn epoch(self) -> u32 {
        // The third of its four words.
        (u128::from_be_bytes(self.0) >> 32) as u32
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Digest::from(self.0), f)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads 32 hexadecimal digits.
impl FromStr for CommitId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let digest = text.parse::<Digest>()?;
        digest.as_bytes().try_into().map(Self).map_err(|_| DigestError)
    }
}

/// The digest of a manifest's stored bytes, by which its successor names it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[non_exhaustive]
pub enum ManifestDigest {
    /// CRC-32C, which devices have at hand: it is the compact format's trailer.
    Crc32c(u32),
    /// BLAKE3, on hosts.
    Blake3([u8; 32]),
}

/// As `blake3:` or `crc32c:` and hexadecimal digits.
impl fmt::Display for ManifestDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crc32c(value) => write!(f, "crc32c:{value:08x}"),
            Self::Blake3(digest) => {
                f.write_str("blake3:")?;
                fmt::Display::fmt(&Digest::from(*digest), f)
            }
        }
    }
}

impl FromStr for ManifestDigest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, digits) = text.split_once(':').ok_or(DigestError)?;
        let digest = digits.parse::<Digest>()?;
        let bytes = digest.as_bytes();
        match algorithm {
            "crc32c" => bytes.try_into().map(u32::from_be_bytes).map(Self::Crc32c).ok(),
            "blake3" => bytes.try_into().map(Self::Blake3).ok(),
            _ => None,
        }
        .ok_or(DigestError)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn texts_are_read_back() {
        let id = CommitId::of_handle(0x0123_4567_89ab_cdef, 3);
        assert_eq!(id.to_string(), "0123456789abcdef0000000000000003");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("0123".parse::<CommitId>(), Err(DigestError));
        for digest in [ManifestDigest::Crc32c(7), ManifestDigest::Blake3([9; 32])] {
            assert_eq!(digest.to_string().parse(), Ok(digest));
        }
        for bad in ["crc32c:00", "blake3:00000007", "md5:00000007", "00000007"] {
            assert_eq!(bad.parse::<ManifestDigest>(), Err(DigestError), "{bad}");
        }
    }
}
