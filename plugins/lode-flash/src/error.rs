//! What can go wrong.

use core::fmt;

use lode_core::ErrorKind;
use lode_core::store::Name;
use sequential_storage::Error as MapError;

/// A failure of a [`FlashStore`](crate::FlashStore).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error<E> {
    /// The flash failed. The store mounts itself again before it does anything else.
    Flash(E),
    /// No store is on this range of the flash: it is blank, or something else's.
    /// [`format`](crate::FlashStore::format) makes one, and erases what is there.
    Foreign,
    /// The range is not of whole pages, has fewer than four, or they do not suit the buffer. The
    /// documentation of [`FlashStore`](crate::FlashStore) says what does.
    Layout,
    /// An object with this name is there already.
    Taken(Name),
    /// There is no object with this name.
    NotFound(Name),
    /// No room is left. Remove something.
    Full,
    /// The object has more bytes than the store takes.
    TooLarge {
        /// How many bytes it has.
        length: usize,
        /// How many it can have.
        most: usize,
    },
    /// What is stored of this object is not what was written. Remove it.
    Damaged(Name),
    /// What is stored is not what this store has written, and it cannot be mended. Format it.
    Corrupt,
}

impl<E> Error<E> {
    /// What can be done about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Flash(_) => ErrorKind::Store,
            Self::Foreign => ErrorKind::Mismatch,
            Self::Layout | Self::TooLarge { .. } => ErrorKind::InvalidInput,
            Self::Taken(_) => ErrorKind::Conflict,
            Self::NotFound(_) => ErrorKind::NotFound,
            Self::Full => ErrorKind::OutOfSpace,
            Self::Damaged(_) | Self::Corrupt => ErrorKind::Corrupt,
        }
    }

    /// What the map reports: that it is full, that the flash failed, or that it is no map.
    pub(crate) fn of_map(error: MapError<E>) -> Self {
        match error {
            MapError::Storage { value } => Self::Flash(value),
            MapError::FullStorage => Self::Full,
            _ => Self::Corrupt,
        }
    }
}

impl<E: fmt::Debug> lode_core::store::Error for Error<E> {
    fn kind(&self) -> ErrorKind {
        self.kind()
    }
}

impl<E: fmt::Debug> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flash(error) => write!(f, "the flash failed: {error:?}"),
            Self::Foreign => f.write_str("no store is on this range of the flash; format it"),
            Self::Layout => {
                f.write_str("the range must be four whole pages or more that suit the buffer")
            }
            Self::Taken(name) => write!(f, "{name} is there already"),
            Self::NotFound(name) => write!(f, "there is no {name}"),
            Self::Full => f.write_str("no room is left on the flash; remove something"),
            Self::TooLarge { length, most } => {
                write!(f, "an object of {length} bytes is too large; the most is {most}")
            }
            Self::Damaged(name) => write!(f, "{name} is damaged; remove it"),
            Self::Corrupt => f.write_str("the store is damaged and cannot be mended; format it"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Error<E> {}
