//! What can go wrong on a device's medium.

use std::fmt;
use std::io;
use std::path::PathBuf;

use lode_core::ErrorKind;
use lode_core::store::Name;

use crate::Error;

/// What can go wrong on a device's medium.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeviceError {
    /// Somebody else is creating the object at this moment. Nothing was changed; look again.
    Busy {
        /// The object.
        name: Name,
    },
    /// The object was there already, and stays as it is.
    Taken {
        /// The object.
        name: Name,
    },
    /// There is no such object.
    NotFound {
        /// The object.
        name: Name,
    },
    /// The file system failed at an object, and has not changed it.
    File {
        /// At what.
        operation: &'static str,
        /// The object.
        name: Name,
        /// Why.
        source: io::Error,
    },
    /// The file system failed at the directory.
    Directory {
        /// At what.
        operation: &'static str,
        /// The directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be known whether the object was written: look whether it is there.
    Unknown {
        /// The object.
        name: Name,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A store on the network failed, and has not changed anything.
    Store {
        /// Why.
        source: Box<Error>,
    },
}

impl DeviceError {
    /// What can be done about it. An unknown outcome is [`ErrorKind::Unknown`].
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy { .. } => ErrorKind::Busy,
            Self::Taken { .. } => ErrorKind::Conflict,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::File { source, .. } | Self::Directory { source, .. } => ErrorKind::from(source),
            Self::Unknown { .. } => ErrorKind::Unknown,
            Self::Store { source } => source.kind(),
        }
    }
}

impl lode_core::store::Error for DeviceError {
    fn kind(&self) -> ErrorKind {
        Self::kind(self)
    }
}

impl fmt::Display for DeviceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { name } => {
                write!(f, "{name} is being created by somebody else: look again")
            }
            Self::Taken { name } => write!(f, "{name} is there already"),
            Self::NotFound { name } => write!(f, "there is no {name}"),
            Self::File { operation, name, source } => {
                write!(f, "{name} could not be {operation}: {source}")
            }
            Self::Directory { operation, path, source } => {
                write!(f, "the directory {} could not be {operation}: {source}", path.display())
            }
            Self::Unknown { name, source } => {
                write!(f, "it is not known whether {name} was written, look for it: {source}")
            }
            Self::Store { source } => source.fmt(f),
        }
    }
}

impl std::error::Error for DeviceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Busy { .. } | Self::NotFound { .. } | Self::Taken { .. } => None,
            Self::File { source, .. } | Self::Directory { source, .. } => Some(source),
            Self::Unknown { source, .. } => Some(source.as_ref()),
            Self::Store { source } => Some(source.as_ref()),
        }
    }
}
