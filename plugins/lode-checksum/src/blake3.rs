//! BLAKE3, by its authors' crate.

use lode_core::checksum::{Checksum, Digest};

/// BLAKE3 with 32 bytes: nobody can make two blocks with the same digest.
#[derive(Clone)]
pub struct Blake3(blake3::Hasher);

impl Checksum for Blake3 {
    const NAME: &'static str = "blake3";
    const SIZE: usize = 32;

    fn begin() -> Self {
        Self(blake3::Hasher::new())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        let digest: [u8; 32] = self.0.finalize().into();
        Digest::from(digest)
    }
}
