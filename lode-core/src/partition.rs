//! Partitioners: which files of a dataset a record goes into.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use crate::ErrorKind;
use crate::key::{self, KeyError};

/// Says which partition a record belongs to.
pub trait Partitioner<R: ?Sized>: Send + Sync {
    /// The name that manifests record, in lower case: `hive`.
    fn name(&self) -> &'static str;

    /// The partition of a record. Equal records must get equal ones.
    ///
    /// # Errors
    ///
    /// If the record does not say.
    fn partition(&self, record: &R) -> Result<Partition, PartitionError>;
}

/// The folder of a partition, below that of all partitions: `day=2026-01-01/region=eu%2Fwest`.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Partition(
    /// Passes [`key::check`].
    Box<str>,
);

impl Partition {
    /// The partition with this path.
    ///
    /// # Errors
    ///
    /// If it cannot be a part of a key. Whoever makes paths of values must escape them.
    pub fn new(path: impl Into<String>) -> Result<Self, KeyError> {
        let path = path.into();
        key::check(&path)?;
        Ok(Self(path.into_boxed_str()))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a record has no partition.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PartitionError {
    /// It has no value for one of the keys.
    MissingKey {
        /// The key.
        key: String,
    },
    /// The value of a key cannot be a part of a path.
    InvalidValue {
        /// The key.
        key: String,
        /// Why not.
        reason: String,
    },
}

impl PartitionError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for PartitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingKey { key } => write!(f, "the record has no value for {key:?}"),
            Self::InvalidValue { key, reason } => {
                write!(f, "the value of {key:?} cannot name a partition: {reason}")
            }
        }
    }
}

impl Error for PartitionError {}
