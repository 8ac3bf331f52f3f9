//! Versions: the numbers of a history's slots.

use core::error::Error;
use core::fmt;
use core::num::NonZeroU64;
use core::str::FromStr;

use crate::ErrorKind;

/// The number of a snapshot in its history: 1 to 2^63 − 1, printed as 19 decimal digits.
///
/// Versions of one history are dense: the next one is the newest plus one. Histories begun by the
/// Go implementation have nanoseconds since 1970 in their place, and continue densely from there.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Version(
    /// At most `i64::MAX`, so that it is 19 digits wide and a signed integer elsewhere.
    NonZeroU64,
);

impl Version {
    /// The version of a history's first snapshot.
    pub const FIRST: Self = Self(NonZeroU64::MIN);
    /// The greatest version there can be.
    pub const LAST: Self = Self(match NonZeroU64::new(i64::MAX as u64) {
        Some(last) => last,
        None => NonZeroU64::MIN,
    });
    /// How many digits a printed version has.
    pub const DIGITS: usize = 19;

    /// The version with this number, or `None` if it is 0 or above 2^63 − 1.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) if number.get() <= Self::LAST.0.get() => Some(Self(number)),
            _ => None,
        }
    }

    /// Whether it is a time in nanoseconds since 1970, as the Go implementation numbers its
    /// snapshots, and not a count: 10^18 (September 2001) or above.
    pub const fn is_time(self) -> bool {
        self.get() >= 1_000_000_000_000_000_000
    }

    /// Its number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }

    /// The version after this one, or `None` after the last.
    pub const fn next(self) -> Option<Self> {
        Self::new(self.get() + 1)
    }

    /// The version after `newest`, which is the first one where there is none yet.
    pub const fn after(newest: Option<Self>) -> Option<Self> {
        match newest {
            Some(newest) => newest.next(),
            None => Some(Self::FIRST),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digit by digit, because the formatter takes ten times as long to fill up with zeros.
        let mut digits = [b'0'; Self::DIGITS];
        let mut rest = self.get();
        for digit in digits.iter_mut().rev() {
            // Below 10.
            *digit += (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        f.write_str(core::str::from_utf8(&digits).unwrap_or_default())
    }
}

/// Reads exactly 19 digits, as printed; nothing shorter, so that a key has one version.
impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() != Self::DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(VersionError);
        }
        text.parse().ok().and_then(Self::new).ok_or(VersionError)
    }
}

/// A text is no [`Version`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct VersionError;

impl VersionError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a version is 19 decimal digits, from 1 to 2^63 - 1")
    }
}

impl Error for VersionError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn prints_and_reads_nineteen_digits() {
        assert_eq!(Version::FIRST.to_string(), "0000000000000000001");
        assert_eq!(Version::LAST.to_string(), "9223372036854775807");
        assert_eq!("9223372036854775807".parse(), Ok(Version::LAST));
        for bad in ["1", "0000000000000000000", "9223372036854775808", "+000000000000000001", ""] {
            assert_eq!(bad.parse::<Version>(), Err(VersionError), "{bad:?}");
        }
    }

    #[test]
    fn the_last_version_has_no_next() {
        assert_eq!(Version::LAST.next(), None);
        assert_eq!(Version::after(None), Some(Version::FIRST));
        assert_eq!(Version::after(Version::new(7)), Version::new(8));
    }
}
