//! Where random bits come from.

use std::fmt::Debug;
use std::io;

/// A source of random bits. Give a [builder](crate::VolumeBuilder::entropy) your own to make a
/// run repeatable.
pub trait Entropy: Debug + Send + Sync {
    /// 64 random bits. They name a handle's blocks and commits, so no two handles may get equal
    /// ones.
    ///
    /// # Errors
    ///
    /// If the source fails.
    fn bits(&self) -> io::Result<u64>;
}

/// The randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[allow(clippy::disallowed_methods, reason = "this adapter owns the real randomness")]
    fn bits(&self) -> io::Result<u64> {
        getrandom::u64().map_err(io::Error::from)
    }
}
