//! Digests of bytes, and the trait by which an algorithm is plugged in.
//!
//! A device names its algorithm by type, [`Checksum`]; a host also holds it as a value,
//! `Algorithm` (feature `alloc`), because which one a block was written with is known only once
//! its manifest has been read.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

#[cfg(feature = "alloc")]
pub use self::algorithm::{Algorithm, Hasher};
use crate::{ErrorKind, hex};

#[cfg(feature = "alloc")]
mod algorithm;

/// A checksum algorithm: a running state that takes bytes and ends in a [`Digest`].
///
/// The digest must depend only on the bytes, not on how they were cut into parts. Implement it
/// for a type of your own to plug in another algorithm.
pub trait Checksum: Sized {
    /// The name that manifests record, in lower case: `crc32c`, `xxh3-128`.
    const NAME: &'static str;
    /// How many bytes a digest has: 4 to [`Digest::MAX_SIZE`].
    const SIZE: usize;

    /// The state over no bytes.
    fn begin() -> Self;

    /// Takes the next bytes.
    fn update(&mut self, bytes: &[u8]);

    /// The digest of all bytes taken: [`SIZE`](Self::SIZE) bytes.
    fn finish(self) -> Digest;

    /// The digest of `bytes`.
    fn digest(bytes: &[u8]) -> Digest {
        let mut state = Self::begin();
        state.update(bytes);
        state.finish()
    }
}

/// What a checksum algorithm made of some bytes: up to 32 bytes, printed in hexadecimal.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Digest {
    /// At most `MAX_SIZE`.
    size: u8,
    /// All zero behind `size`, so that equality may compare the whole.
    bytes: [u8; Self::MAX_SIZE],
}

impl Digest {
    /// The most bytes a digest has.
    pub const MAX_SIZE: usize = 32;

    /// A digest of these bytes, or `None` if they are more than 32.
    pub fn new(digest: &[u8]) -> Option<Self> {
        let mut bytes = [0; Self::MAX_SIZE];
        bytes.get_mut(..digest.len())?.copy_from_slice(digest);
        Some(Self { size: u8::try_from(digest.len()).ok()?, bytes })
    }

    /// What [`FromStr`] reads, where it is not known to be a text.
    pub(crate) fn from_hex(digits: &[u8]) -> Option<Self> {
        let size = digits.len() / 2;
        if !digits.len().is_multiple_of(2) || !(1..=Self::MAX_SIZE).contains(&size) {
            return None;
        }
        let (mut bytes, mut are_digits) = ([0; Self::MAX_SIZE], true);
        let mut put = |place: &mut [u8; 4], digits| {
            let is_sound;
            (*place, is_sound) = hex::decode(digits);
            are_digits &= is_sound;
        };
        let (groups, rest) = digits.as_chunks();
        let places = bytes.as_chunks_mut().0;
        places.iter_mut().zip(groups).for_each(|(place, group)| put(place, *group));
        if let (Some(place), false) = (places.get_mut(groups.len()), rest.is_empty()) {
            let mut last = [b'0'; 8];
            last.iter_mut().zip(rest).for_each(|(place, digit)| *place = *digit);
            put(place, last);
        }
        are_digits.then_some(Self { size: u8::try_from(size).ok()?, bytes })
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.size)).unwrap_or(&self.bytes)
    }
}

macro_rules! from_array {
    ($($size:literal)*) => {$(
        impl From<[u8; $size]> for Digest {
            fn from(digest: [u8; $size]) -> Self {
                let mut bytes = [0; Self::MAX_SIZE];
                for (to, from) in bytes.iter_mut().zip(digest) {
                    *to = from;
                }
                Self { size: $size, bytes }
            }
        }
    )*};
}

from_array!(4 8 16 20 32);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [[b'0'; 8]; Self::MAX_SIZE / 4];
        let used = usize::from(self.size).div_ceil(4);
        for (digits, bytes) in text.iter_mut().zip(self.bytes.as_chunks().0).take(used) {
            *digits = hex::encode(*bytes);
        }
        let text = text.as_flattened().get(..2 * usize::from(self.size)).unwrap_or_default();
        f.write_str(core::str::from_utf8(text).unwrap_or_default())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads hexadecimal digits of either case, two to a byte.
impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::from_hex(text.as_bytes()).ok_or(DigestError)
    }
}

/// A text is no [`Digest`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DigestError;

impl DigestError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a digest is 1 to 32 bytes in hexadecimal, two digits to a byte")
    }
}

impl Error for DigestError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn prints_and_reads_hexadecimal() {
        let digest = Digest::from([0x00, 0x1f, 0xa0, 0xff]);
        assert_eq!(digest.to_string(), "001fa0ff");
        assert_eq!("001FA0ff".parse(), Ok(digest));
        assert_ne!(Digest::new(&[0]), Digest::new(&[0, 0]));
        let long = "0".repeat(66);
        for bad in ["", "0", "0g", "gg", "0:", "@0", "é0", long.as_str()] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError), "{bad:?}");
        }
    }
}
