//! Objects of the compact format.

use lode_core::crc32c;

/// How many bytes a trailer has.
const TRAILER: usize = 4;

/// The same object with the trailer that it needs, so that what lies behind it is reached.
pub fn sealed(object: &[u8]) -> Vec<u8> {
    let mut bytes = object.get(..object.len().saturating_sub(TRAILER)).unwrap_or_default().to_vec();
    let trailer = crc32c::of(&bytes);
    bytes.extend(trailer.to_le_bytes());
    bytes
}
