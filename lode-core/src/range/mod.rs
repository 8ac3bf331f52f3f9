//! Byte ranges, and sets of them.
//!
//! A volume is sparse: what has been committed of it, what one snapshot replaces and what is still
//! missing are all sets of byte ranges. A [`RangeSet`] keeps such a set in one form only: sorted,
//! disjoint and coalesced, so that between any two of its ranges there is at least one byte that
//! is not in the set. Equal sets therefore hold equal ranges, however they came about.
//!
//! Where the ranges are kept is up to the set's [`Table`]: a [`FixedRangeSet`] has room for so
//! many and reports [`Full`] beyond that, a `GrowableRangeSet` (feature `alloc`) grows and cannot
//! fail, and a `GridRangeSet` has a bit for each block where all of them lie on one grid. Everything
//! else is the same code.
//!
//! ```
//! use lode_core::range::{ByteRange, FixedRangeSet, Full};
//!
//! fn range(start: u64, end: u64) -> ByteRange {
//!     ByteRange::new(start, end).expect("not empty")
//! }
//!
//! let mut committed = FixedRangeSet::<4>::new();
//! committed.insert(range(0, 10))?;
//! committed.insert(range(30, 40))?;
//! committed.insert(range(10, 20))?; // joins 0..10
//!
//! assert!(committed.iter().eq([range(0, 20), range(30, 40)]));
//! assert!(committed.covers(range(5, 15)));
//! assert_eq!(committed.first_gap(range(0, 50)), Some(range(20, 30)));
//! assert_eq!(committed.first_overlap(range(20, 35)), Some(range(30, 35)));
//! assert_eq!(committed.covered(), 30);
//! # Ok::<(), Full>(())
//! ```
//!
//! # Offsets
//!
//! An offset is any `u64`. A range ends where the next one may start, so no range holds the byte
//! at `u64::MAX`; up to there nothing wraps and nothing panics.
//!
//! # Cost
//!
//! Costs are given in `n`, the number of ranges in the set, and `k`, the number of them that the
//! operation touches or yields.

mod byte_range;
mod fixed;
mod gaps;
#[cfg(feature = "alloc")]
mod grid;
#[cfg(feature = "alloc")]
mod growable;
mod set;
mod table;

pub use byte_range::{ByteRange, ByteRangeError};
pub use fixed::{FixedRangeSet, FixedTable, Full};
pub use gaps::{Gaps, gaps_between};
#[cfg(feature = "alloc")]
pub use grid::{GridError, GridIter, GridRangeSet, GridTable};
#[cfg(feature = "alloc")]
pub use growable::{GrowableRangeSet, GrowableTable};
pub use set::{Iter, IterWithin, RangeSet};
pub use table::Table;

#[cfg(test)]
mod tests;
