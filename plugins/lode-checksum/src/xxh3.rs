//! XXH3, by the `xxhash-rust` crate.

use lode_core::checksum::{Checksum, Digest};
use xxhash_rust::xxh3;

/// XXH3 in its form of 128 bits, without a seed; the digest is in the order of the canonical
/// representation, most significant byte first.
#[derive(Clone)]
pub struct Xxh3(xxh3::Xxh3);

impl Checksum for Xxh3 {
    const NAME: &'static str = "xxh3-128";
    const SIZE: usize = 16;

    fn begin() -> Self {
        Self(xxh3::Xxh3::new())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        Digest::from(self.0.digest128().to_be_bytes())
    }

    fn digest(bytes: &[u8]) -> Digest {
        Digest::from(xxh3::xxh3_128(bytes).to_be_bytes())
    }
}
