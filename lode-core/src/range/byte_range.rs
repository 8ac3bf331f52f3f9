//! One range of bytes.

use core::error::Error;
use core::fmt;
use core::ops::Range;

use crate::ErrorKind;

/// A range of bytes that is not empty: from `start` up to, but not including, `end`.
///
/// Printed as `start..end`, and ordered by start, then by end.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ByteRange {
    /// Below `end`: an empty range would have a place but nothing in it, and every set would have
    /// to say whether that counts.
    start: u64,
    /// Above `start`.
    end: u64,
}

impl ByteRange {
    /// The range `start..end`, or `None` if that is empty or reversed.
    #[inline]
    pub const fn new(start: u64, end: u64) -> Option<Self> {
        if start < end { Some(Self { start, end }) } else { None }
    }

    /// The range of `length` bytes from `offset`, or `None` if `length` is 0 or the range would
    /// end beyond `u64::MAX`.
    #[inline]
    pub const fn with_length(offset: u64, length: u64) -> Option<Self> {
        match offset.checked_add(length) {
            Some(end) => Self::new(offset, end),
            None => None,
        }
    }

    /// The offset of its first byte.
    #[inline]
    pub const fn start(self) -> u64 {
        self.start
    }

    /// The offset behind its last byte.
    #[inline]
    pub const fn end(self) -> u64 {
        self.end
    }

    /// How many bytes it has; at least 1.
    #[inline]
    pub const fn length(self) -> u64 {
        self.end - self.start
    }

    /// Whether every byte of `other` is in this range.
    #[inline]
    pub const fn contains(&self, other: &Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether some byte is in both ranges. Adjacent ranges do not overlap.
    #[inline]
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The bytes that are in both ranges, or `None` if they do not overlap.
    #[inline]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The bytes between this range and one that begins above its end.
    #[inline]
    pub(super) fn gap_to(self, next: Self) -> Self {
        Self { start: self.end, end: next.start }
    }

    /// The smallest range that contains both.
    #[inline]
    pub(super) fn hull(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl fmt::Debug for ByteRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<ByteRange> for Range<u64> {
    fn from(range: ByteRange) -> Self {
        range.start..range.end
    }
}

impl TryFrom<Range<u64>> for ByteRange {
    type Error = ByteRangeError;

    fn try_from(range: Range<u64>) -> Result<Self, ByteRangeError> {
        Self::new(range.start, range.end).ok_or(ByteRangeError)
    }
}

/// A range is empty or reversed, hence no [`ByteRange`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ByteRangeError;

impl ByteRangeError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for ByteRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a byte range ends above its start")
    }
}

impl Error for ByteRangeError {}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    fn range(start: u64, end: u64) -> ByteRange {
        ByteRange::new(start, end).unwrap()
    }

    #[test]
    fn is_never_empty() {
        assert_eq!(ByteRange::new(5, 5), None);
        assert_eq!(ByteRange::new(6, 5), None);
        assert_eq!(ByteRange::with_length(5, 0), None);
        assert_eq!(ByteRange::try_from(5..5), Err(ByteRangeError));
        assert_eq!(ByteRangeError.kind(), ErrorKind::InvalidInput);
        assert_eq!(ByteRangeError.to_string(), "a byte range ends above its start");
        assert_eq!(ByteRange::try_from(5..6), Ok(range(5, 6)));
    }

    #[test]
    fn ends_at_the_last_offset_at_most() {
        let all = range(0, u64::MAX);
        assert_eq!(all.length(), u64::MAX);
        assert_eq!(ByteRange::with_length(0, u64::MAX), Some(all));
        assert_eq!(ByteRange::with_length(1, u64::MAX), None);
        assert_eq!(ByteRange::with_length(u64::MAX - 1, 1), Some(range(u64::MAX - 1, u64::MAX)));
        assert_eq!(ByteRange::with_length(u64::MAX, 1), None);
    }

    #[test]
    fn compares_with_another() {
        let middle = range(10, 20);
        for (other, overlap, contained) in [
            (range(0, 10), None, false),
            (range(20, 30), None, false),
            (range(0, 11), Some(range(10, 11)), false),
            (range(19, 30), Some(range(19, 20)), false),
            (range(0, 30), Some(middle), false),
            (range(10, 20), Some(middle), true),
            (range(10, 19), Some(range(10, 19)), true),
            (range(11, 20), Some(range(11, 20)), true),
        ] {
            assert_eq!(middle.intersection(other), overlap, "{other}");
            assert_eq!(other.intersection(middle), overlap, "{other}");
            assert_eq!(middle.overlaps(other), overlap.is_some(), "{other}");
            assert_eq!(other.overlaps(middle), overlap.is_some(), "{other}");
            assert_eq!(middle.contains(&other), contained, "{other}");
        }
    }

    #[test]
    fn prints_and_converts() {
        assert_eq!(range(3, 14).to_string(), "3..14");
        assert_eq!(std::format!("{:?}", range(3, 14)), "3..14");
        assert_eq!(Range::from(range(3, 14)), 3..14);
        assert!(range(3, 14) < range(3, 15) && range(3, 15) < range(4, 5));
    }
}
