//! Where there is a heap: 16 KiB of tables, 16 bytes at a time.

use crc::{CRC_32_ISCSI, Crc, Digest, Table};

static CASTAGNOLI: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);

#[derive(Clone)]
pub(super) struct State(Digest<'static, u32, Table<16>>);

impl State {
    pub(super) fn begin() -> Self {
        Self(CASTAGNOLI.digest())
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn value(self) -> u32 {
        self.0.finalize()
    }
}

pub(super) fn append(value: u32, byte: u8) -> u32 {
    // The library takes the register as it is before bits are inverted and reflected.
    let mut digest = CASTAGNOLI.digest_with_initial((!value).reverse_bits());
    digest.update(&[byte]);
    digest.finalize()
}
