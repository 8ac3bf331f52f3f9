//! CRC-32C (Castagnoli), the checksum of devices and of the compact format's trailer.

use crate::checksum::{Checksum, Digest};

#[cfg(not(feature = "alloc"))]
#[path = "crc32c/small.rs"]
mod state;
#[cfg(all(feature = "alloc", not(feature = "std")))]
#[path = "crc32c/fast.rs"]
mod state;
#[cfg(feature = "std")]
#[path = "crc32c/fastest.rs"]
mod state;

use self::state::State;

/// The CRC-32C of `bytes`.
///
/// ```
/// assert_eq!(lode_core::crc32c::of(b"123456789"), 0xe306_9283);
/// ```
pub fn of(bytes: &[u8]) -> u32 {
    let mut state = Crc32c::begin();
    state.update(bytes);
    state.value()
}

/// The CRC-32C of bytes that have this `value`, and of one more behind them; over none it is 0. What
/// has to be kept in between is a number, which is zero at the start.
pub(crate) fn append(value: u32, byte: u8) -> u32 {
    state::append(value, byte)
}

/// CRC-32C over bytes that arrive in parts. Its digest is the four bytes of the value, most
/// significant first, so that it prints as the number does.
#[derive(Clone)]
pub struct Crc32c(State);

impl Crc32c {
    /// The value over any bytes and then their own value, least significant byte first: what a
    /// whole object of the compact format has, trailer included.
    pub(crate) const RESIDUE: u32 = 0x4867_4bc7;

    /// The value over all bytes so far.
    pub fn value(self) -> u32 {
        self.0.value()
    }
}

impl Checksum for Crc32c {
    const NAME: &'static str = "crc32c";
    const SIZE: usize = 4;

    fn begin() -> Self {
        Self(State::begin())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        Digest::from(self.value().to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole() {
        let mut parts = Crc32c::begin();
        parts.update(b"1234");
        parts.update(b"");
        parts.update(b"56789");
        assert_eq!(parts.clone().value(), of(b"123456789"));
        let one_by_one = b"123456789".iter().fold(0, |value, byte| append(value, *byte));
        assert_eq!(one_by_one, of(b"123456789"));
        assert_eq!(parts.finish().as_bytes(), [0xe3, 0x06, 0x92, 0x83]);
    }

    #[test]
    fn what_ends_with_its_own_value_has_the_residue() {
        for bytes in [&b""[..], b"1", b"123456789"] {
            let mut whole = Crc32c::begin();
            whole.update(bytes);
            whole.update(&of(bytes).to_le_bytes());
            assert_eq!(whole.value(), Crc32c::RESIDUE);
        }
    }
}
