//! Codecs: how records become the bytes of a data file, and come back.
//!
//! Implement [`Codec`] in a crate of your own to plug in another format, and [`StreamingCodec`]
//! if records can be written and read one by one in bounded memory.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::ErrorKind;
use crate::manifest::Value;

/// Turns records into the bytes of one data file, and back.
pub trait Codec: Send + Sync {
    /// What a record is: a struct of yours, a JSON value, a batch of rows.
    type Record: Send;
    /// The records of a file, one after the other.
    type Records: Iterator<Item = Result<Self::Record, CodecError>> + Send;

    /// The name that manifests record, in lower case: `jsonl`.
    fn name(&self) -> &'static str;

    /// Appends a whole file with these records to `out`.
    ///
    /// # Errors
    ///
    /// If a record cannot be encoded; what `out` holds then is of no use.
    fn encode<'a>(
        &self,
        records: impl Iterator<Item = &'a Self::Record>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError>
    where
        Self::Record: 'a;

    /// The records of a whole file. Hostile bytes must end in an error, in memory that is bounded
    /// by their number.
    ///
    /// # Errors
    ///
    /// If the file is damaged in a way that shows before the first record.
    fn decode(&self, file: Vec<u8>) -> Result<Self::Records, CodecError>;
}

/// A codec that writes and reads one record after the other, in bounded memory.
pub trait StreamingCodec: Codec {
    /// The state of a file that is being written.
    type Encoder: StreamEncoder<Self::Record>;
    /// The state of a file that is being read.
    type Decoder: StreamDecoder<Self::Record>;

    /// Begins a file.
    fn encoder(&self) -> Self::Encoder;

    /// Begins to read a file.
    fn decoder(&self) -> Self::Decoder;
}

/// A file that is being written, record by record.
pub trait StreamEncoder<R>: Send {
    /// Appends what this record adds to the file to `out`.
    ///
    /// # Errors
    ///
    /// If the record cannot be encoded; then nothing was appended, and others may follow.
    fn push(&mut self, record: &R, out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Appends what ends the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be ended.
    fn finish(self, out: &mut Vec<u8>) -> Result<Encoded, CodecError>;
}

/// A file that is being read, piece by piece.
pub trait StreamDecoder<R>: Send {
    /// Takes the next bytes of the file, and appends the records that they complete.
    ///
    /// # Errors
    ///
    /// If the bytes are no record, or one is longer than is allowed.
    fn push(&mut self, bytes: &[u8], records: &mut Vec<R>) -> Result<(), CodecError>;

    /// Appends the records that the end of the file completes.
    ///
    /// # Errors
    ///
    /// If the file ends in the middle of a record.
    fn finish(self, records: &mut Vec<R>) -> Result<(), CodecError>;
}

/// What a codec says of a file that it wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    /// How many rows it holds: records, or the rows of all batches.
    pub rows: u64,
    /// What is known of its columns, for the manifest.
    pub stats: Option<FileStats>,
}

/// What is known of a data file without reading it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FileStats {
    /// How many rows it holds.
    pub row_count: u64,
    /// Its columns, in the order of the file.
    pub columns: Vec<ColumnStats>,
}

/// What is known of a column of a data file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnStats {
    /// Its name.
    pub name: Box<str>,
    /// The smallest value, where the type has an order and there is any.
    pub min: Option<Value>,
    /// The greatest value.
    pub max: Option<Value>,
    /// How many values are null.
    pub null_count: u64,
}

/// Why records could not be encoded, or bytes not decoded.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes are no file of this format.
    Decode {
        /// Where: counted from 0, in whatever `unit` says.
        at: u64,
        /// What is counted: `byte`, `line`, `row group`.
        unit: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Something is larger than is allowed.
    Limit {
        /// What: `line`.
        what: &'static str,
        /// Which one, counted from 0.
        at: u64,
        /// How large it may be, in bytes.
        limit: u64,
    },
    /// There are more of something than are allowed.
    TooMany {
        /// Of what: `records`.
        what: &'static str,
        /// How many there may be.
        limit: u64,
    },
    /// A record cannot be encoded.
    Record {
        /// Which one, counted from 0.
        index: u64,
        /// Why not.
        reason: String,
    },
    /// A record does not fit the schema.
    SchemaViolation {
        /// Which one, counted from 0.
        index: u64,
        /// The column.
        column: String,
        /// What is wrong.
        reason: String,
    },
}

impl CodecError {
    /// What can be done about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Decode { .. } => ErrorKind::Corrupt,
            Self::Limit { .. }
            | Self::TooMany { .. }
            | Self::Record { .. }
            | Self::SchemaViolation { .. } => ErrorKind::InvalidInput,
        }
    }
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode { at, unit, reason } => write!(f, "at {unit} {at}: {reason}"),
            Self::Limit { what, at, limit } => {
                write!(f, "{what} {at} is longer than the {limit} bytes that are allowed")
            }
            Self::TooMany { what, limit } => {
                write!(f, "there are more than the {limit} {what} that are allowed")
            }
            Self::Record { index, reason } => write!(f, "record {index}: {reason}"),
            Self::SchemaViolation { index, column, reason } => {
                write!(f, "record {index}, column {column:?}: {reason}")
            }
        }
    }
}

impl Error for CodecError {}
