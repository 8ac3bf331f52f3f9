//! CRC-32C (Castagnoli), the checksum of devices and of the compact format's trailer.

use crc::{CRC_32_ISCSI, Crc, Digest as State, Table};

use crate::checksum::{Checksum, Digest};

/// Where there is no heap, memory is short: 1 KiB of tables, a byte at a time.
#[cfg(not(feature = "alloc"))]
type Tables = Table<1>;
/// Elsewhere 16 KiB of tables, 16 bytes at a time.
#[cfg(feature = "alloc")]
type Tables = Table<16>;

static CASTAGNOLI: Crc<u32, Tables> = Crc::<u32, Tables>::new(&CRC_32_ISCSI);

/// The CRC-32C of `bytes`.
///
/// ```
/// assert_eq!(lode_core::crc32c::of(b"123456789"), 0xe306_9283);
/// ```
pub fn of(bytes: &[u8]) -> u32 {
    CASTAGNOLI.checksum(bytes)
}

/// CRC-32C over bytes that arrive in parts. Its digest is the four bytes of the value, most
/// significant first, so that it prints as the number does.
#[derive(Clone)]
pub struct Crc32c(State<'static, u32, Tables>);

impl Crc32c {
    /// The value over all bytes so far.
    pub fn value(self) -> u32 {
        self.0.finalize()
    }
}

impl Checksum for Crc32c {
    const NAME: &'static str = "crc32c";
    const SIZE: usize = 4;

    fn begin() -> Self {
        Self(CASTAGNOLI.digest())
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
        assert_eq!(parts.finish().as_bytes(), [0xe3, 0x06, 0x92, 0x83]);
    }
}
