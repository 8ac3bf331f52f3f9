//! Where there is an operating system, it tells whether the processor does it by itself.

#[derive(Clone)]
pub(super) struct State(u32);

impl State {
    pub(super) fn begin() -> Self {
        Self::resume(0)
    }

    pub(super) fn resume(value: u32) -> Self {
        Self(value)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0 = crc32c::crc32c_append(self.0, bytes);
    }

    pub(super) fn value(self) -> u32 {
        self.0
    }
}
