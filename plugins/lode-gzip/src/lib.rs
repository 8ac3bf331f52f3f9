//! gzip for [Lode](lode_core)'s data files.
//!
//! [`Gzip`] is a [`Compressor`]: name `gzip`, extension `gz`. It is what everybody can read; where
//! that does not matter, Zstandard is both smaller and faster.
//!
//! ```
//! use lode_core::compress::{CompressError, Compressor};
//! use lode_gzip::Gzip;
//!
//! # fn main() -> Result<(), CompressError> {
//! let mut small = [0; 64];
//! let compressed = Gzip::default().compress()?.step(&[b'a'; 1000], &mut small, true)?;
//! assert!(compressed.done);
//!
//! let mut back = [0; 2000];
//! let progress =
//!     Gzip::default().decompress()?.step(&small[..compressed.put], &mut back, false)?;
//! assert_eq!(&back[..progress.put], [b'a'; 1000]);
//! # Ok(())
//! # }
//! ```

mod compress;
mod decompress;

use flate2::Compression;
use lode_core::compress::{CompressError, Compressor, Progress, Transform};

use self::compress::Compressing;
use self::decompress::Decompressing;

/// The name in manifests and errors.
const NAME: &str = "gzip";
/// The base-2 logarithm of the window: the largest that the format knows, 32 KiB.
const WINDOW_BITS: u8 = 15;

/// gzip (RFC 1952), by a zlib in Rust.
///
/// Equal bytes, compressed with the same level in equal steps, are equal files: no time, name or
/// system is recorded. Compressing takes about 300 KiB of memory, decompressing about 50 KiB,
/// whatever the input.
///
/// Files of several members one after the other are read as their contents one after the other,
/// as the Go implementation reads them. Anything else that follows the last member is an error,
/// and so is a member whose length or CRC-32 is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gzip {
    /// At most [`Gzip::MAX_LEVEL`].
    level: u8,
}

impl Gzip {
    /// The level that makes the smallest files.
    pub const MAX_LEVEL: u8 = 9;

    /// gzip with a level: from 0, which stores the bytes as they are, over 1, the fastest, to
    /// [`MAX_LEVEL`](Self::MAX_LEVEL). The default is 6. Reading does not depend on it.
    ///
    /// # Errors
    ///
    /// [`CompressError::Failed`] if there is no such level.
    pub fn with_level(level: u8) -> Result<Self, CompressError> {
        if level > Self::MAX_LEVEL {
            let reason = format!("there is no level {level}, only 0 to {}", Self::MAX_LEVEL);
            return Err(CompressError::Failed { compressor: NAME, reason });
        }
        Ok(Self { level })
    }

    /// The level.
    pub const fn level(self) -> u8 {
        self.level
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self { level: 6 }
    }
}

impl Compressor for Gzip {
    fn name(&self) -> &'static str {
        NAME
    }

    fn extension(&self) -> &'static str {
        "gz"
    }

    fn compress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Compressing::new(Compression::new(self.level.into()))))
    }

    fn decompress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Decompressing::new()))
    }
}

/// A step after everything has been put.
fn after_the_end(input: &[u8], error: CompressError) -> Result<Progress, CompressError> {
    if input.is_empty() { Ok(Progress { done: true, ..Progress::default() }) } else { Err(error) }
}

/// The library failed.
fn failed(reason: impl Into<String>) -> CompressError {
    CompressError::Failed { compressor: NAME, reason: reason.into() }
}

/// How many bytes a counter of the library has moved on, which are never more than a buffer has.
fn moved(before: u64, now: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
