//! Objects of the compact format that nobody has encoded.

use lode_core::crc32c;

/// An object with this kind and body, and the trailer that it needs.
pub(crate) fn seal(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = [b"LODE\x02".as_slice(), &[kind], body].concat();
    let trailer = crc32c::of(&bytes);
    bytes.extend(trailer.to_le_bytes());
    bytes
}

pub(crate) fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap();
        number >>= 7;
        match number {
            0 => break bytes.push(low),
            _ => bytes.push(low | 0x80),
        }
    }
    bytes
}
