//! Hexadecimal digits, eight at a time: manifests in JSON and keys are full of them, and one by one
//! they are a tenth of what it takes to read such a manifest.
//!
//! Each digit has a byte of a 64-bit word, the first one the lowest ("SIMD within a register"; Warren,
//! Hacker's Delight, 2nd edition, chapter 2-18). No byte is carried into its neighbour as long as all
//! are below 128.

/// This byte in every place.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// In each place 128 if the byte there is at least `bound`, and 0 if not. All are below 128.
const fn at_least(bytes: u64, bound: u8) -> u64 {
    (bytes + all(128 - bound)) & all(128)
}

/// What these digits of either case mean, and whether they are digits.
pub(crate) const fn decode(digits: [u8; 8]) -> ([u8; 4], bool) {
    let word = u64::from_le_bytes(digits);
    let low = word & all(127);
    let lower = low | all(32);
    let is_number = at_least(low, b'0') & !at_least(low, b'9' + 1);
    let is_letter = at_least(lower, b'a') & !at_least(lower, b'f' + 1);
    let is_digit = (is_number | is_letter) & !word;
    // `a` ends in the bits of 1, and means 9 more.
    let halves = (low & all(15)) + 9 * (is_letter >> 7);
    // The first of two digits is the upper half of a byte.
    let pairs = halves << 4 | halves >> 8;
    let [first, _, second, _, third, _, fourth, _] = pairs.to_le_bytes();
    ([first, second, third, fourth], is_digit == all(128))
}

/// The digits that print these bytes.
pub(crate) const fn encode([first, second, third, fourth]: [u8; 4]) -> [u8; 8] {
    let pairs = u64::from_le_bytes([first, 0, second, 0, third, 0, fourth, 0]);
    let halves = (pairs >> 4 | pairs << 8) & all(15);
    let letters = at_least(halves, 10) >> 7;
    (halves + all(b'0') + (b'a' - b'9' - 1) as u64 * letters).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_are_printed_and_read_as_the_formatter_does() {
        for byte in 0..=255 {
            for bytes in
                [[byte, 0, 255, 1], [255, byte, 0, 90], [0, 255, byte, 15], [7, 9, 1, byte]]
            {
                let [a, b, c, d] = bytes;
                let text = std::format!("{a:02x}{b:02x}{c:02x}{d:02x}");
                assert_eq!(encode(bytes), text.as_bytes());
                assert_eq!(decode(encode(bytes)), (bytes, true));
                assert_eq!(
                    decode(encode(bytes).map(|digit| digit.to_ascii_uppercase())),
                    (bytes, true)
                );
            }
        }
    }

    #[test]
    fn each_other_byte_is_seen_wherever_it_is() {
        for place in 0..8 {
            for byte in 0..=255_u8 {
                for around in *b"0f" {
                    let mut digits = [around; 8];
                    digits[place] = byte;
                    assert_eq!(decode(digits).1, byte.is_ascii_hexdigit(), "{digits:?}");
                }
            }
        }
    }
}
