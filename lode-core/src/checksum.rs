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
use crate::ErrorKind;

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
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'0');
        // At once, because keys are made of digests: digit by digit it is most of their cost.
        let mut text = [[0; 2]; Self::MAX_SIZE];
        for (pair, byte) in text.iter_mut().zip(self.as_bytes()) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        let text = text.as_flattened().get(..2 * self.as_bytes().len()).unwrap_or_default();
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
        let mut bytes = [0; Self::MAX_SIZE];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if !rest.is_empty() || pairs.is_empty() || pairs.len() > bytes.len() {
            return Err(DigestError);
        }
        // All are looked at before any is judged: JSON is full of digests.
        let mut all = 0;
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            let (high, low) = (hex_digit(*high), hex_digit(*low));
            *byte = high << 4 | low;
            all |= high | low;
        }
        let size = u8::try_from(pairs.len()).ok().filter(|_| all < 16);
        size.map(|size| Self { size, bytes }).ok_or(DigestError)
    }
}

/// What a digit is worth, or 16 and more if it is none.
fn hex_digit(digit: u8) -> u8 {
    let number = digit.wrapping_sub(b'0');
    // The letters of either case, 32 apart.
    let letter = (digit | 32).wrapping_sub(b'a');
    match (number < 10, letter < 6) {
        (true, _) => number,
        (_, true) => letter + 10,
        _ => u8::MAX,
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
