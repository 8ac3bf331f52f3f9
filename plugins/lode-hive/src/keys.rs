//! What a partitioner may be made of.

use alloc::string::String;
use core::error::Error;
use core::fmt;

use lode_core::ErrorKind;

use crate::path::segment;

/// Checks that there are keys, none twice, and that each can begin a segment.
pub(crate) fn check(keys: &[String]) -> Result<(), KeysError> {
    if keys.is_empty() {
        return Err(KeysError::None);
    }
    for (index, key) in keys.iter().enumerate() {
        // An `=` stays as it is in a path, and everything after the first one is the value.
        if key.is_empty() || key.contains('=') || segment(key, "").is_err() {
            return Err(KeysError::Invalid { key: key.clone() });
        }
        if keys.iter().take(index).any(|earlier| earlier == key) {
            return Err(KeysError::Twice { key: key.clone() });
        }
    }
    Ok(())
}

/// Why a dataset cannot be partitioned by some keys.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeysError {
    /// There are none.
    None,
    /// A key is there twice.
    Twice {
        /// The key.
        key: String,
    },
    /// A key is empty, contains `=`, or is too long for a path.
    Invalid {
        /// The key.
        key: String,
    },
}

impl KeysError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no key to partition by"),
            Self::Twice { key } => write!(f, "{key:?} is there twice"),
            Self::Invalid { key } => {
                write!(f, "{key:?} cannot be a key: it is empty, contains `=` or is too long")
            }
        }
    }
}

impl Error for KeysError {}
