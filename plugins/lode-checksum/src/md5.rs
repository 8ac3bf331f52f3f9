//! MD5, by the `md-5` crate.

use lode_core::checksum::{Checksum, Digest};
use md5::Digest as _;

/// MD5 (RFC 1321): what the Go implementation offers. It finds damage, but anybody can make two
/// blocks with the same digest.
#[derive(Clone)]
pub struct Md5(md5::Md5);

impl Checksum for Md5 {
    const NAME: &'static str = "md5";
    const SIZE: usize = 16;

    fn begin() -> Self {
        Self(md5::Md5::new())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(self) -> Digest {
        let digest: [u8; 16] = self.0.finalize().into();
        Digest::from(digest)
    }
}
