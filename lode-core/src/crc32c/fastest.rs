//! Where there is an operating system, it tells whether the processor does it by itself.

#[derive(Clone)]
pub(super) struct State(u32);

impl State {
    pub(super) fn begin() -> Self {
        Self(0)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0 = crc32c::crc32c_append(self.0, bytes);
    }

    pub(super) fn value(self) -> u32 {
        self.0
    }
}

pub(super) fn append(value: u32, byte: u8) -> u32 {
    crc32c::crc32c_append(value, &[byte])
}
