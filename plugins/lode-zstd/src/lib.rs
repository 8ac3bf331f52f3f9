//! Zstandard for [Lode](lode_core)'s data files.
//!
//! [`Zstd`] is a [`Compressor`]: name `zstd`, extension `zst`.
//!
//! ```
//! use lode_core::compress::{CompressError, Compressor};
//! use lode_zstd::Zstd;
//!
//! # fn main() -> Result<(), CompressError> {
//! let mut small = [0; 64];
//! let compressed = Zstd::default().compress()?.step(&[b'a'; 1000], &mut small, true)?;
//! assert!(compressed.done);
//!
//! let mut back = [0; 2000];
//! let progress =
//!     Zstd::default().decompress()?.step(&small[..compressed.put], &mut back, false)?;
//! assert_eq!(&back[..progress.put], [b'a'; 1000]);
//! # Ok(())
//! # }
//! ```

#![no_std]

extern crate alloc;

mod compress;
mod decompress;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use lode_core::compress::{CompressError, Compressor, Progress, Transform};
use zstd_safe::zstd_sys::ZSTD_ErrorCode;
use zstd_safe::{ErrorCode, get_error_name, is_error_kind};

use self::compress::Compressing;
use self::decompress::Decompressing;

/// The name in manifests and errors.
const NAME: &str = "zstd";

/// The base-2 logarithm of the largest window, in bytes, that files may ask a reader to keep:
/// 128 MiB. It is what [`Zstd::MAX_LEVEL`] uses for large files; a file that asks for more is
/// [`CompressError::Corrupt`].
pub const MAX_WINDOW_LOG: u32 = 27;

/// Zstandard (RFC 8878), by its authors' library.
///
/// Equal bytes, compressed with the same level in equal steps, are equal files. Each frame ends
/// with a checksum of its content. If the first step has the last input, the frame also says how
/// long the content is, and both sides take less memory.
///
/// Compressing takes a few MiB of memory at the default level, and up to 1 GiB at the highest.
/// Decompressing takes as much as the window that the file asks for, 2 MiB at the default level,
/// and never more than 128 MiB and some ([`MAX_WINDOW_LOG`]).
///
/// Files of several frames one after the other are read as their contents one after the other, as
/// the Go implementation reads them. Anything else that follows the last frame is an error, and so
/// is a frame whose checksum is wrong. Frames without one are read unchecked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Zstd {
    /// From 1 to [`Zstd::MAX_LEVEL`].
    level: u8,
}

impl Zstd {
    /// The level that makes the smallest files.
    pub const MAX_LEVEL: u8 = 22;

    /// Zstandard with a level: from 1, the fastest, to [`MAX_LEVEL`](Self::MAX_LEVEL). The default
    /// is 3. Reading does not depend on it.
    ///
    /// # Errors
    ///
    /// [`CompressError::Failed`] if there is no such level.
    pub fn with_level(level: u8) -> Result<Self, CompressError> {
        if level == 0 || level > Self::MAX_LEVEL {
            let reason = format!("there is no level {level}, only 1 to {}", Self::MAX_LEVEL);
            return Err(CompressError::Failed { compressor: NAME, reason });
        }
        Ok(Self { level })
    }

    /// The level.
    pub const fn level(self) -> u8 {
        self.level
    }
}

impl Default for Zstd {
    fn default() -> Self {
        Self { level: 3 }
    }
}

impl Compressor for Zstd {
    fn name(&self) -> &'static str {
        NAME
    }

    fn extension(&self) -> &'static str {
        "zst"
    }

    fn compress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Compressing::new(self.level)?))
    }

    fn decompress(&self) -> Result<Box<dyn Transform>, CompressError> {
        Ok(Box::new(Decompressing::new()?))
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

/// The library had no memory for a context.
fn no_context() -> CompressError {
    failed("there is no memory for it")
}

/// The library failed with this code, whatever the input.
fn failed_with(code: ErrorCode) -> CompressError {
    failed(get_error_name(code))
}

/// Decompressing failed with this code.
fn refused(code: ErrorCode) -> CompressError {
    if is_error_kind(code, ZSTD_ErrorCode::ZSTD_error_memory_allocation) {
        return failed_with(code);
    }
    CompressError::Corrupt { compressor: NAME, reason: get_error_name(code).into() }
}
