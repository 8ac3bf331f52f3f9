//! Object keys that cannot leave their place.
//!
//! A key is a relative path: segments joined by `/`. It has no empty, `.` or `..` segment, no
//! control character and no backslash; a segment has at most 255 bytes and a key at most 1024, so
//! that every store and file system can carry it. Keys that come out of a manifest pass the same
//! check and must lie [below](Key::is_below) the history's own prefix: a hostile manifest cannot
//! make a reader leave it.

use core::error::Error;
use core::fmt;

use crate::ErrorKind;

/// The most bytes a key has.
pub const MAX_KEY: usize = 1024;
/// The most bytes a segment of a key has.
pub const MAX_SEGMENT: usize = 255;

/// Checks that `key` is a key, without keeping it.
///
/// # Errors
///
/// The first rule that it breaks.
pub fn check(key: &str) -> Result<(), KeyError> {
    if key.len() > MAX_KEY {
        return Err(KeyError::TooLong { bytes: key.len() });
    }
    key.split('/').try_for_each(check_segment)
}

/// Checks that `segment` can be one segment of a key.
///
/// # Errors
///
/// The first rule that it breaks.
pub fn check_segment(segment: &str) -> Result<(), KeyError> {
    match segment {
        "" => return Err(KeyError::EmptySegment),
        "." | ".." => return Err(KeyError::DotSegment),
        _ if segment.len() > MAX_SEGMENT => {
            return Err(KeyError::SegmentTooLong { bytes: segment.len() });
        }
        _ => {}
    }
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'/';
    if segment.bytes().all(is_plain) {
        return Ok(());
    }
    match segment.chars().find(|c| c.is_control() || matches!(c, '\\' | '/')) {
        Some(character) => Err(KeyError::Character { character }),
        None => Ok(()),
    }
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyError {
    /// It contains a control character, a backslash, or within one segment a slash.
    Character {
        /// The first such character.
        character: char,
    },
    /// One of its segments is `.` or `..`.
    DotSegment,
    /// It is empty, begins or ends with a slash, or has two in a row.
    EmptySegment,
    /// One of its segments is too long.
    SegmentTooLong {
        /// How many bytes it has; [`MAX_SEGMENT`] are allowed.
        bytes: usize,
    },
    /// It is too long.
    TooLong {
        /// How many bytes it has; [`MAX_KEY`] are allowed.
        bytes: usize,
    },
}

impl KeyError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character { character } => {
                write!(f, "the character {character:?} is not allowed in a key")
            }
            Self::DotSegment => f.write_str("`.` and `..` are not allowed in a key"),
            Self::EmptySegment => f.write_str("a key has no empty segment"),
            Self::SegmentTooLong { bytes } => {
                write!(f, "a segment of a key has at most {MAX_SEGMENT} bytes, not {bytes}")
            }
            Self::TooLong { bytes } => {
                write!(f, "a key has at most {MAX_KEY} bytes, not {bytes}")
            }
        }
    }
}

impl Error for KeyError {}

#[cfg(feature = "alloc")]
pub use self::owned::Key;

#[cfg(feature = "alloc")]
mod owned {
    use alloc::string::String;
    use core::fmt;

    use super::{KeyError, check};
    use crate::store::Name;

    /// A key that has been checked.
    ///
    /// ```
    /// use lode_core::key::{Key, KeyError};
    ///
    /// assert!(Key::new("volumes/disk/latest").is_ok());
    /// assert_eq!(Key::new("volumes/../secret"), Err(KeyError::DotSegment));
    /// ```
    #[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
    pub struct Key(
        /// Passes [`check`]. Not shrunk to its length: most keys are made for one request.
        String,
    );

    impl Key {
        /// Checks `key` and keeps it.
        ///
        /// # Errors
        ///
        /// The first rule that it breaks.
        pub fn new(key: impl Into<String>) -> Result<Self, KeyError> {
            let key = key.into();
            check(&key)?;
            Ok(Self(key))
        }

        /// A key that a layout put together from segments that were checked one by one.
        pub(crate) fn assembled(key: String) -> Self {
            debug_assert_eq!(check(&key), Ok(()), "{key}");
            Self(key)
        }

        /// The key as text.
        pub fn as_str(&self) -> &str {
            &self.0
        }

        /// Its last segment.
        pub fn name(&self) -> &str {
            self.0.rsplit('/').next().unwrap_or_default()
        }

        /// Whether it lies in the folder `prefix`, at any depth.
        pub fn is_below(&self, prefix: &str) -> bool {
            self.strip_prefix(prefix).is_some()
        }

        /// What follows the folder `prefix`, or `None` if the key does not lie in it.
        pub fn strip_prefix(&self, prefix: &str) -> Option<&str> {
            self.0.strip_prefix(prefix)?.strip_prefix('/')
        }
    }

    impl fmt::Display for Key {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(&self.0)
        }
    }

    /// The key of an object on a device: its name, which is one segment.
    impl From<Name> for Key {
        fn from(name: Name) -> Self {
            Self::assembled(name.as_str().into())
        }
    }

    impl AsRef<str> for Key {
        fn as_ref(&self) -> &str {
            &self.0
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;

    use super::*;

    #[test]
    fn keys_stay_in_their_place() {
        for good in ["a", "a/b", "volumes/disk-image/data/0-256.bin", "day=2026-01-01/ü%2F"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for empty in ["", "/", "/a", "a/", "a//b"] {
            assert_eq!(check(empty), Err(KeyError::EmptySegment), "{empty}");
        }
        for dots in [".", "..", "a/../b", "a/./b", "../a"] {
            assert_eq!(check(dots), Err(KeyError::DotSegment), "{dots}");
        }
        for (bad, character) in
            [("a\\b", '\\'), ("a\0", '\0'), ("a\nb", '\n'), ("\u{85}", '\u{85}')]
        {
            assert_eq!(check(bad), Err(KeyError::Character { character }), "{bad:?}");
        }
        // Also where it consists of nothing else.
        for (segment, character) in [("a/b", '/'), ("/", '/'), ("\\", '\\'), ("\\\\", '\\')] {
            assert_eq!(check_segment(segment), Err(KeyError::Character { character }));
        }
    }

    #[test]
    fn lengths_are_bounded_at_exactly_the_limits() {
        assert_eq!(check(&"a".repeat(255)), Ok(()));
        assert_eq!(check(&"a".repeat(256)), Err(KeyError::SegmentTooLong { bytes: 256 }));
        let key = |bytes: usize| -> String { "ab/".repeat(400).chars().take(bytes).collect() };
        assert_eq!(check(&key(1024)), Ok(()));
        assert_eq!(check(&key(1025)), Err(KeyError::TooLong { bytes: 1025 }));
    }

    #[test]
    fn errors_say_which_rule_is_broken() {
        for (key, text) in [
            ("a\tb", r"the character '\t' is not allowed in a key"),
            ("a/..", "`.` and `..` are not allowed in a key"),
            ("a//b", "a key has no empty segment"),
            (&"a".repeat(256), "a segment of a key has at most 255 bytes, not 256"),
            (&"ab/".repeat(342), "a key has at most 1024 bytes, not 1026"),
        ] {
            let error = check(key).unwrap_err();
            assert_eq!(std::format!("{error}"), text);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn below_means_in_the_folder() {
        let key = Key::new("volumes/a/data/0-1.bin").unwrap();
        assert!(key.is_below("volumes/a"));
        assert!(!key.is_below("volumes/a/data/0-1.bin"));
        assert!(!key.is_below("volumes/a/dat"));
        assert_eq!(key.strip_prefix("volumes/a/data"), Some("0-1.bin"));
        assert_eq!(key.name(), "0-1.bin");
        assert_eq!(std::format!("{key}"), key.as_str());
        assert_eq!(key.as_ref(), key.as_str());
    }
}
