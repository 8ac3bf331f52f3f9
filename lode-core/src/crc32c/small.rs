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
        Self(!0)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = shift_in(self.0, *byte);
        }
    }

    pub(super) fn value(self) -> u32 {
        !self.0
    }
}

pub(super) fn append(value: u32, byte: u8) -> u32 {
    !shift_in(!value, byte)
}

#[inline(never)]
fn shift_in(register: u32, byte: u8) -> u32 {
    let mut register = register ^ u32::from(byte);
    for _ in 0..2 {
        // The mask is below the table's length, so that there is always an entry.
        let entry = NIBBLES.get((register & 15) as usize).copied().unwrap_or(0);
        register = (register >> 4) ^ entry;
    }
    register
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
