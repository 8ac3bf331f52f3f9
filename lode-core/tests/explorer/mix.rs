//! A hash of states. Only the hashes of the states that were seen are kept, so that far more can
//! be explored: two states that fall together would hide what follows the second. With 64 bits
//! that happens in one exploration of 2^15, if it has 2^25 states.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The hash of a state.
pub(crate) fn fingerprint(state: &impl Hash) -> u64 {
    let mut mix = Mix { one: 0x243f_6a88_85a3_08d3, two: 0x1319_8a2e_0370_7344 };
    state.hash(&mut mix);
    mix.finish()
}

/// Two chains of multiplications, each of which takes every bit along.
struct Mix {
    one: u64,
    two: u64,
}

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let word = part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.one = (self.one.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.two = (self.two.rotate_left(29) ^ number).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }

    fn finish(&self) -> u64 {
        let mut mixed = self.one ^ self.two.rotate_left(32);
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            mixed = (mixed ^ mixed >> 33).wrapping_mul(factor);
        }
        mixed ^ mixed >> 33
    }
}

/// For fingerprints, which are hashes already.
#[derive(Default)]
pub(crate) struct AsIs(u64);

pub(crate) type BuildAsIs = BuildHasherDefault<AsIs>;

impl Hasher for AsIs {
    fn write(&mut self, _: &[u8]) {
        panic!("only fingerprints are looked up");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
