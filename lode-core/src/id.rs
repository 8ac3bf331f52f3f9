//! Ids of volumes and datasets.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use crate::ErrorKind;
use crate::key::{self, KeyError};
use crate::layout::is_foreign_name;

/// The id of a volume or a dataset.
///
/// New ids match `[a-z0-9][a-z0-9._-]{0,63}`, so that no file system folds two of them into one.
/// Ids that others chose are taken as they are, as long as they can be one segment of a key.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(
    /// One valid segment of a key.
    Box<str>,
);

impl Id {
    /// The most bytes a new id has.
    pub const MAX: usize = 64;

    /// An id for something that is yet to be created.
    ///
    /// # Errors
    ///
    /// If it does not match `[a-z0-9][a-z0-9._-]{0,63}`, or operating systems leave files of that
    /// name in folders: `desktop.ini`.
    ///
    /// ```
    /// use lode_core::id::Id;
    ///
    /// assert!(Id::new("disk-image").is_ok());
    /// assert!(Id::new("Disk").is_err());
    /// assert!(Id::existing("Disk").is_ok());
    /// assert!(Id::existing("../disk").is_err());
    /// ```
    pub fn new(id: &str) -> Result<Self, IdError> {
        let found = Self::existing(id)?;
        if id.len() > Self::MAX {
            return Err(IdError::TooLong { bytes: id.len() });
        }
        let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let rule = |(at, byte): (usize, u8)| inside(byte) || (at > 0 && b"._-".contains(&byte));
        match id.bytes().enumerate().all(rule) && !is_foreign_name(id) {
            true => Ok(found),
            false => Err(IdError::NotPortable { id: id.into() }),
        }
    }

    /// The id of something that is there already, whoever chose it.
    ///
    /// # Errors
    ///
    /// If it cannot be one segment of a key.
    pub fn existing(id: &str) -> Result<Self, IdError> {
        match key::check_segment(id) {
            Ok(()) => Ok(Self(id.into())),
            Err(source) => Err(IdError::NotASegment { id: shorten(id), source }),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As [`Id::new`].
impl FromStr for Id {
    type Err = IdError;

    fn from_str(id: &str) -> Result<Self, IdError> {
        Self::new(id)
    }
}

/// Enough of a text to recognise it in a message.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 64;
    match text.char_indices().nth(SHOWN) {
        Some(_) => text.chars().take(SHOWN).chain(['…']).collect(),
        None => text.into(),
    }
}

/// Why a text is no id.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum IdError {
    /// It cannot be a segment of a key.
    NotASegment {
        /// Its beginning.
        id: String,
        /// The rule that it breaks.
        source: KeyError,
    },
    /// It can be read, but not chosen for something new.
    NotPortable {
        /// The id.
        id: String,
    },
    /// It is too long for something new.
    TooLong {
        /// How many bytes it has.
        bytes: usize,
    },
}

impl IdError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASegment { id, source } => write!(f, "the id {id:?} is not usable: {source}"),
            Self::NotPortable { id } => write!(
                f,
                "the id {id:?} is not portable: use lower-case letters, digits, `.`, `_` and `-`, \
                 beginning with a letter or digit, and no name that a system gives to files of its \
                 own"
            ),
            Self::TooLong { bytes } => {
                write!(f, "an id has at most {} bytes, not {bytes}", Id::MAX)
            }
        }
    }
}

impl Error for IdError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotASegment { source, .. } => Some(source),
            Self::NotPortable { .. } | Self::TooLong { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;

    #[test]
    fn new_ids_are_portable() {
        let longest = "a".repeat(64);
        for good in ["a", "0", "disk-image", "a.b_c-d", longest.as_str()] {
            assert_eq!(Id::new(good).map(|id| id.as_str() == good), Ok(true), "{good}");
        }
        for bad in ["desktop.ini", "thumbs.db", "Disk", "-a", ".a", "_a", "a b", "ä", "a=b"] {
            assert_eq!(Id::new(bad), Err(IdError::NotPortable { id: bad.into() }));
            assert_eq!(Id::existing(bad).map(|id| id.as_str() == bad), Ok(true));
        }
        assert_eq!(Id::new(&"a".repeat(65)), Err(IdError::TooLong { bytes: 65 }));
    }

    #[test]
    fn no_id_leaves_its_place() {
        let endless = "x".repeat(10_000);
        for bad in ["", ".", "..", "a/b", "../a", "a\\b", "a\n", endless.as_str()] {
            for result in [Id::new(bad), Id::existing(bad)] {
                let Err(IdError::NotASegment { id, .. }) = result else { panic!("{bad:?}") };
                assert!(id.chars().count() <= 65);
            }
        }
    }

    #[test]
    fn errors_show_the_id_and_the_rule() {
        let print = |id: &str| id.parse::<Id>().unwrap_err().to_string();
        assert_eq!(
            print(".."),
            "the id \"..\" is not usable: `.` and `..` are not allowed in a key"
        );
        assert!(print("Disk").starts_with("the id \"Disk\" is not portable: use lower-case"));
        assert_eq!(print(&"a".repeat(65)), "an id has at most 64 bytes, not 65");
        // As much of a long one as is needed to know it again.
        assert!(print(&"x".repeat(300)).starts_with(&format!("the id \"{}…\"", "x".repeat(64))));
        assert!(
            print(&format!("{}/", "x".repeat(63)))
                .starts_with(&format!("the id \"{}/\"", "x".repeat(63)))
        );

        let source = |id: &str| Id::new(id).unwrap_err().source().map(ToString::to_string);
        assert_eq!(source("a//b"), Some("the character '/' is not allowed in a key".into()));
        assert_eq!(source("Disk"), None);
        assert_eq!(Id::new("Disk").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(Id::new("disk").map(|id| id.to_string()), Ok("disk".into()));
    }
}
