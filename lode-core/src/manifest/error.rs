//! Why bytes are no manifest, or not the one that was asked for.

use alloc::string::String;
use core::error::Error;
use core::fmt;

use crate::ErrorKind;

/// Why bytes are no manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum ManifestError {
    /// A part of the compact format cannot be read.
    Decode {
        /// Where in the bytes.
        at: usize,
        /// Which part.
        field: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
    /// A field has a value that it cannot have.
    Field {
        /// Which one, as a path: `blocks[3].offset`.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// The text is no JSON, or a field is missing or of the wrong type.
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// The bytes do not have the checksum that they end with: they are damaged.
    Trailer {
        /// What they end with.
        expected: u32,
        /// What they have.
        found: u32,
    },
    /// The content cannot be written in this format.
    Unrepresentable {
        /// Which field, as a path.
        field: String,
        /// Why not.
        reason: &'static str,
    },
    /// It is written in a version of the format that this one cannot read.
    Version {
        /// The version found.
        found: String,
    },
}

impl ManifestError {
    /// What can be done about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Decode { .. } | Self::Field { .. } | Self::Json { .. } | Self::Trailer { .. } => {
                ErrorKind::Corrupt
            }
            Self::Unrepresentable { .. } => ErrorKind::InvalidInput,
            Self::Version { .. } => ErrorKind::Unsupported,
        }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode { at, field, reason } => write!(f, "at byte {at}, {field}: {reason}"),
            Self::Field { field, reason } => write!(f, "{field}: {reason}"),
            Self::Json { line, column, reason } => {
                write!(f, "line {line}, column {column}: {reason}")
            }
            Self::Trailer { expected, found } => write!(
                f,
                "the bytes are damaged: their CRC-32C is {found:08x}, they end with {expected:08x}"
            ),
            Self::Unrepresentable { field, reason } => write!(f, "{field}: {reason}"),
            Self::Version { found } => {
                write!(f, "format version {found} is not supported by this version of Lode")
            }
        }
    }
}

impl Error for ManifestError {}

/// What is in the store disagrees with what was asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mismatch {
    /// What disagrees: `total_length`.
    pub field: &'static str,
    /// What was asked for.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl Mismatch {
    /// Compares one field.
    ///
    /// # Errors
    ///
    /// If the two differ.
    pub fn check<T: fmt::Display + PartialEq + ?Sized>(
        field: &'static str,
        expected: &T,
        found: &T,
    ) -> Result<(), Self> {
        use alloc::string::ToString;
        if expected == found {
            return Ok(());
        }
        Err(Self { field, expected: expected.to_string(), found: found.to_string() })
    }

    /// Always [`ErrorKind::Mismatch`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Mismatch
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, expected, found } = self;
        write!(f, "{field} is {found}, not {expected}")
    }
}

impl Error for Mismatch {}
