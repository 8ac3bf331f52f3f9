//! Compressors: how the bytes of a data file are made fewer, and come back.
//!
//! Both directions are states that move bytes from one buffer into another, so the caller decides
//! how much memory they get, and can stop a bomb after any number of bytes.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use crate::ErrorKind;

/// Makes the bytes of a data file fewer, and brings them back.
pub trait Compressor: fmt::Debug + Send + Sync {
    /// The name that manifests record, in lower case: `gzip`.
    fn name(&self) -> &'static str;

    /// What the names of files end with, without the dot: `gz`.
    fn extension(&self) -> &'static str;

    /// Begins to compress a file.
    ///
    /// # Errors
    ///
    /// If the library has no resources for it.
    fn compress(&self) -> Result<Box<dyn Transform>, CompressError>;

    /// Begins to decompress a file.
    ///
    /// # Errors
    ///
    /// If the library has no resources for it.
    fn decompress(&self) -> Result<Box<dyn Transform>, CompressError>;
}

/// A file that is being compressed or decompressed.
pub trait Transform: Send {
    /// Takes bytes off the front of `input` and puts bytes to the front of `output`, as many as
    /// go. With `last`, no input will come after this one.
    ///
    /// Unless it is [done](Progress::done) it takes or puts at least one byte, if there is input
    /// or it is the last, and `output` is not empty.
    ///
    /// # Errors
    ///
    /// If the input is damaged, or ends too early.
    fn step(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        last: bool,
    ) -> Result<Progress, CompressError>;
}

/// What one [step](Transform::step) has done.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// How many bytes of the input were taken.
    pub taken: usize,
    /// How many bytes of the output were put.
    pub put: usize,
    /// Whether everything has been put. Input that follows is an error of the next step.
    pub done: bool,
}

/// Why bytes could not be compressed or decompressed.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CompressError {
    /// The input is no file of this format, or is damaged.
    Corrupt {
        /// The name of the compressor.
        compressor: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The library failed.
    Failed {
        /// The name of the compressor.
        compressor: &'static str,
        /// Why.
        reason: String,
    },
    /// The input ends too early.
    Truncated {
        /// The name of the compressor.
        compressor: &'static str,
    },
}

impl CompressError {
    /// What can be done about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Corrupt { .. } | Self::Truncated { .. } => ErrorKind::Corrupt,
            Self::Failed { .. } => ErrorKind::Unsupported,
        }
    }
}

impl fmt::Display for CompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { compressor, reason } => {
                write!(f, "the {compressor} data is damaged: {reason}")
            }
            Self::Failed { compressor, reason } => write!(f, "{compressor} failed: {reason}"),
            Self::Truncated { compressor } => {
                write!(f, "the {compressor} data ends too early: it has been cut short")
            }
        }
    }
}

impl Error for CompressError {}
