//! Where there is no heap, memory is short: 64 bytes of table, half a byte at a time.

/// What each half byte makes of an empty register.
static NIBBLES: [u32; 16] = nibbles();

#[derive(Clone)]
pub(super) struct State(
    /// All bits inverted.
    u32,
);

impl State {
    pub(super) fn begin() -> Self {
        Self::resume(0)
    }

    pub(super) fn resume(value: u32) -> Self {
        Self(!value)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..2 {
                // The mask is below the table's length, so that there is always an entry.
                let entry = NIBBLES.get((self.0 & 15) as usize).copied().unwrap_or(0);
                self.0 = (self.0 >> 4) ^ entry;
            }
        }
    }

    pub(super) fn value(self) -> u32 {
        !self.0
    }
}

const fn nibbles() -> [u32; 16] {
    /// The polynomial, least significant bit first.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 16];
    let mut rest: &mut [u32] = &mut table;
    let mut nibble = 0;
    while let Some((entry, behind)) = rest.split_first_mut() {
        let mut register = nibble;
        let mut bit = 0;
        while bit < 4 {
            register = (register >> 1) ^ ((register & 1) * POLYNOMIAL);
            bit += 1;
        }
        *entry = register;
        rest = behind;
        nibble += 1;
    }
    table
}
