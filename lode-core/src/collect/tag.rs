//! The object of a tag.
//!
//! An object of the [compact format](crate::manifest::compact), whatever the format of the
//! history, with a copy of the manifest as it lies in its slot:
//!
//! ```text
//! at     size  field
//! 0         6  prefix       "LODE", format 2, kind 5
//! 6         8  nonce        random bits, little-endian, so that no two tags are equal
//! 14        n  end          1 byte: 0 never · 1, then seconds since 1970 as a zigzag varint and
//!                           nanoseconds as a varint
//! 14 + n    m  manifest     the bytes of the slot, all that remain
//! 14+n+m    4  trailer      CRC-32C of all bytes before it, little-endian
//! ```

use alloc::vec::Vec;

use crate::crc32c;
use crate::manifest::ManifestError;
use crate::manifest::compact::{Kind, Prefix};
use crate::time::Timestamp;

/// A tag, or with an end a lease: a copy of a manifest, which pins what it refers to.
///
/// A copy, because the slot itself may get a tombstone while its data stay pinned.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Tag<'a> {
    /// 64 random bits, drawn once for each tag. By them a writer that finds its name taken can
    /// tell its own tag, whose reply was lost, from another's.
    pub nonce: u64,
    /// When it ends, by the clock of whoever took it; `None` for a tag.
    pub end: Option<Timestamp>,
    /// The bytes of the slot, verbatim.
    pub manifest: &'a [u8],
}

impl<'a> Tag<'a> {
    const PREFIX: Prefix = Prefix { kind: Kind::Tag };

    /// The bytes of its object. The same tag always makes the same bytes.
    ///
    /// # Errors
    ///
    /// None in practice; the type is that of the other encoders.
    pub fn encode(&self) -> Result<Vec<u8>, ManifestError> {
        let end = self.end.map(|end| (end.seconds(), end.nanoseconds()));
        let mut bytes = Vec::with_capacity(self.manifest.len() + 64);
        bytes.extend_from_slice(&Self::PREFIX.to_bytes());
        bytes.extend_from_slice(&self.nonce.to_le_bytes());
        let mut bytes = postcard::to_extend(&end, bytes).map_err(|_| {
            ManifestError::Unrepresentable { field: "end".into(), reason: "it cannot be written" }
        })?;
        bytes.extend_from_slice(self.manifest);
        let trailer = crc32c::of(&bytes);
        bytes.extend_from_slice(&trailer.to_le_bytes());
        Ok(bytes)
    }

    /// Reads what [`encode`](Self::encode) wrote; the manifest in it is not looked at. Allocates
    /// nothing.
    ///
    /// # Errors
    ///
    /// As those of compact manifests.
    pub fn decode(object: &'a [u8]) -> Result<Self, ManifestError> {
        let wrong = |at, field, reason| ManifestError::Decode { at, field, reason };
        let (prefix, body) = Prefix::split(object)?;
        if prefix != Self::PREFIX {
            return Err(wrong(5, "kind", "it is not a tag"));
        }
        let (nonce, rest) = body
            .split_first_chunk()
            .ok_or_else(|| wrong(Prefix::SIZE, "nonce", "it is cut short"))?;
        let at = Prefix::SIZE + nonce.len();
        let (end, manifest): (Option<(i64, u32)>, _) = postcard::take_from_bytes(rest)
            .map_err(|_| wrong(at, "end", "it is cut short or not well formed"))?;
        let end = match end {
            None => None,
            Some((seconds, nanoseconds)) => Some(
                Timestamp::new(seconds, nanoseconds)
                    .ok_or_else(|| wrong(at, "end", "its nanoseconds are a second or more"))?,
            ),
        };
        Ok(Self { nonce: u64::from_le_bytes(*nonce), end, manifest })
    }

    /// Whether it pins nothing any more at the time `now`.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.end.is_some_and(|end| end <= now)
    }
}
