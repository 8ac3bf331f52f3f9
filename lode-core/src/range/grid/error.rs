//! Why a range is not taken.

use core::error::Error;
use core::fmt;

use super::ByteRange;
use crate::ErrorKind;

/// A set on a grid does not take a range. Nothing has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum GridError {
    /// It does not begin and end at multiples of a cell.
    OffGrid {
        /// The range.
        range: ByteRange,
        /// How many bytes a cell has.
        cell: u64,
    },
    /// It has too many cells to be put in at once. A `GrowableRangeSet` takes it, and needs less.
    TooLong {
        /// The range.
        range: ByteRange,
        /// How many bytes can be put in at once.
        longest: u64,
    },
}

impl GridError {
    /// [`ErrorKind::InvalidInput`] of a range that is not on the grid, [`ErrorKind::OutOfSpace`] of
    /// one that is too long.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::OffGrid { .. } => ErrorKind::InvalidInput,
            Self::TooLong { .. } => ErrorKind::OutOfSpace,
        }
    }
}

impl fmt::Display for GridError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OffGrid { range, cell } => {
                write!(f, "{range} does not begin and end at multiples of {cell} bytes")
            }
            Self::TooLong { range, longest } => {
                write!(f, "{range} is longer than {longest} bytes; put it in part by part")
            }
        }
    }
}

impl Error for GridError {}
