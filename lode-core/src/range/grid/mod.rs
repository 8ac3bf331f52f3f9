//! A table with a bit for each cell of a grid, for ranges that all lie on one.
//!
//! ```text
//! regions   of 512 chunks, sorted; only those that have cells
//!   chunks  of 4096 cells; only those that have cells
//!     words of 64 cells, and two summaries of a bit for each word: has it some, has it all
//! ```

mod chunk;
mod error;
mod iter;
mod region;

use alloc::vec::Vec;
use core::any::Any;
use core::ops::Range;

use self::chunk::{CELLS, Change, Chunk};
use self::region::{CHUNKS, Region};
use super::table::sealed;
use super::{ByteRange, RangeSet, Table};

pub use error::GridError;
pub use iter::GridIter;

/// A set of ranges that all begin and end at a multiple of `CELL` bytes: blocks of one size, say.
///
/// It takes a bit for each cell, and up to half a kilobyte more for every 4096 of them in which
/// there is one; that is less than the 16 bytes of a range of a
/// [`GrowableRangeSet`](super::GrowableRangeSet) if there are more than 33 ranges among 4096 cells,
/// and quicker to change and to ask. Of ranges that are far apart, or that have more than some
/// thousand cells each, that one needs less.
///
/// `CELL` must not be zero, which is checked when it is compiled.
///
/// ```
/// use lode_core::range::{ByteRange, GridRangeSet};
///
/// let block = |number: u64| ByteRange::with_length(number * 4096, 4096).expect("not empty");
/// let mut arrived = GridRangeSet::<4096>::new();
/// for number in [7, 2, 3, 9, 8] {
///     arrived.insert(block(number))?;
/// }
/// assert_eq!(arrived.len(), 2);
/// assert_eq!(arrived.first_gap(block(7)), None);
/// assert!(arrived.insert(ByteRange::new(0, 100).expect("not empty")).is_err());
/// # Ok::<(), lode_core::range::GridError>(())
/// ```
pub type GridRangeSet<const CELL: u64> = RangeSet<GridTable<CELL>>;

/// A bit for each cell of `CELL` bytes. A cell is found in O(1), if what there is is spread evenly,
/// and else in O(log r) for `r` regions of 2^21 cells.
#[derive(Clone, Debug)]
pub struct GridTable<const CELL: u64> {
    /// Sorted by their numbers, and none of them empty.
    regions: Vec<Region>,
    /// How many runs of cells there are.
    runs: usize,
}

/// The most cells that are put in at once: half a gigabyte of bits.
const MOST: u64 = 1 << 32;

impl<const CELL: u64> Table for GridTable<CELL> {
    type Error = GridError;
    type Position = Option<u64>;
    type Iter<'a> = GridIter<'a, CELL>;

    const EMPTY: Self = {
        assert!(CELL > 0, "a cell has a byte at least");
        Self { regions: Vec::new(), runs: 0 }
    };

    fn len(&self) -> usize {
        self.runs
    }

    /// The cell, so that the range may be cut there.
    fn seek(&self, offset: u64) -> Option<u64> {
        self.next_set(offset / CELL)
    }

    fn get(&self, position: Option<u64>) -> Option<ByteRange> {
        let start = position?;
        ByteRange::new(start * CELL, self.next_clear(start) * CELL)
    }

    fn iter(&self) -> GridIter<'_, CELL> {
        GridIter::new(self, Some(0))
    }

    fn iter_from(&self, position: Option<u64>) -> GridIter<'_, CELL> {
        GridIter::new(self, position)
    }

    /// O(1), and O(k) for a range of `k` words of 64 cells.
    fn insert(&mut self, range: ByteRange) -> Result<u64, GridError> {
        check::<CELL>(range)?;
        Ok(self.put(range))
    }

    /// O(r + k) for `r` regions and `k` chunks that the range touches.
    fn remove(&mut self, range: ByteRange) -> Result<u64, GridError> {
        let cells = cells_of::<CELL>(range)?;
        let mut removed = 0;
        let mut from = self.next_set(cells.start);
        while let Some(cell) = from.filter(|cell| *cell < cells.end) {
            let end = (cell - cell % CELLS).saturating_add(CELLS).min(cells.end);
            removed += self.change(cell..end, false);
            from = self.next_set(end);
        }
        self.regions.retain(|region| !region.is_empty());
        Ok(removed * CELL)
    }

    /// Of another table of such cells O(k) for `k` chunks that it has; of any other O(m), if each of
    /// the `m` ranges has few cells.
    fn merge<U: Table>(&mut self, other: &U) -> Result<u64, GridError> {
        if let Some(alike) = (other as &dyn Any).downcast_ref() {
            return Ok(self.unite(alike));
        }
        other.iter().try_for_each(check::<CELL>)?;
        Ok(other.iter().map(|range| self.put(range)).sum())
    }

    fn clear(&mut self) {
        *self = Self::EMPTY;
    }
}

impl<const CELL: u64> sealed::Sealed for GridTable<CELL> {}

/// The cells that a range consists of.
fn cells_of<const CELL: u64>(range: ByteRange) -> Result<Range<u64>, GridError> {
    match (range.start() % CELL, range.end() % CELL) {
        (0, 0) => Ok(range.start() / CELL..range.end() / CELL),
        _ => Err(GridError::OffGrid { range, cell: CELL }),
    }
}

/// Whether a range can be put in.
fn check<const CELL: u64>(range: ByteRange) -> Result<(), GridError> {
    let cells = cells_of::<CELL>(range)?;
    match cells.end - cells.start {
        ..=MOST => Ok(()),
        _ => Err(GridError::TooLong { range, longest: MOST.saturating_mul(CELL) }),
    }
}

impl<const CELL: u64> GridTable<CELL> {
    /// Puts a range in that has been checked, and says how many bytes were not there.
    fn put(&mut self, range: ByteRange) -> u64 {
        let (mut start, end) = (range.start() / CELL, range.end() / CELL);
        let mut added = 0;
        while start < end {
            let next = (start - start % CELLS).saturating_add(CELLS).min(end);
            added += self.change(start..next, true);
            start = next;
        }
        added * CELL
    }

    /// Puts all cells in that another table has, and says how many bytes were not there.
    fn unite(&mut self, other: &Self) -> u64 {
        let mut added = 0;
        let mut next = other.chunk_in(0, 0);
        while let Some((region, number, chunk)) = next {
            let is_at_edge = chunk.has(0) || chunk.has(CELLS - 1);
            added += self.change_chunk(number, is_at_edge, true, |ours| ours.unite(chunk));
            next = other.chunk_in(region, number % CHUNKS + 1);
        }
        added * CELL
    }

    /// Changes cells of one chunk: how many of them have changed.
    fn change(&mut self, cells: Range<u64>, is_in: bool) -> u64 {
        let number = cells.start / CELLS;
        let local = cells.start % CELLS..cells.end - number * CELLS;
        let is_at_edge = local.start == 0 || local.end == CELLS;
        self.change_chunk(number, is_at_edge, is_in, |chunk| chunk.put(&local, is_in))
    }

    /// Changes a chunk, at its first or last cell or not; it is made if there is none and `is_made`.
    fn change_chunk(
        &mut self,
        number: u64,
        is_at_edge: bool,
        is_made: bool,
        change: impl FnOnce(&mut Chunk) -> Change,
    ) -> u64 {
        let region = match (self.find(number / CHUNKS), is_made) {
            (Ok(region), _) => region,
            (Err(_), false) => return 0,
            (Err(place), true) => {
                self.regions.insert(place, Region::new(number / CHUNKS));
                place
            }
        };
        // What is in the chunk and beside it are two runs for each, and one if they touch.
        let before = if is_at_edge { self.joints(number) } else { 0 };
        let Some(region) = self.regions.get_mut(region) else { return 0 };
        let Change { cells, runs } = region.change(number % CHUNKS, is_made, change);
        let after = if is_at_edge { self.joints(number) } else { 0 };
        self.runs = self.runs.wrapping_add(runs).wrapping_add(before).wrapping_sub(after);
        cells
    }

    /// At how many of its two ends a run goes on from a chunk to the next.
    fn joints(&self, number: u64) -> usize {
        let has_first = |chunk: &Chunk| chunk.has(0);
        let has_last = |chunk: &Chunk| chunk.has(CELLS - 1);
        let Some(chunk) = self.chunk(number) else { return 0 };
        let below = number.checked_sub(1).and_then(|below| self.chunk(below));
        let above = self.chunk(number + 1);
        usize::from(has_first(chunk) && below.is_some_and(has_last))
            + usize::from(has_last(chunk) && above.is_some_and(has_first))
    }

    /// Where a region is, or where it would be.
    fn find(&self, number: u64) -> Result<usize, usize> {
        let Some(first) = self.regions.first() else { return Err(0) };
        // Where none is missing it is there; it cannot be behind.
        let guess = usize::try_from(number.wrapping_sub(first.number)).unwrap_or(usize::MAX);
        match self.regions.get(guess) {
            Some(region) if region.number == number => Ok(guess),
            _ => self.regions.binary_search_by_key(&number, |region| region.number),
        }
    }

    fn chunk(&self, number: u64) -> Option<&Chunk> {
        let region = self.find(number / CHUNKS).ok()?;
        self.regions.get(region)?.chunk(number % CHUNKS)
    }

    /// The first chunk from `number` on, its number, and where the region is that it is in.
    fn chunk_from(&self, number: u64) -> Option<(usize, u64, &Chunk)> {
        let (place, from) = match self.find(number / CHUNKS) {
            Ok(place) => (place, number % CHUNKS),
            Err(place) => (place, 0),
        };
        self.chunk_in(place, from)
    }

    /// The same, from a chunk of the region at `place` on.
    fn chunk_in(&self, mut place: usize, mut from: u64) -> Option<(usize, u64, &Chunk)> {
        loop {
            let region = self.regions.get(place)?;
            if let Some((at, chunk)) = region.first_from(from) {
                return Some((place, region.number * CHUNKS + at, chunk));
            }
            (place, from) = (place + 1, 0);
        }
    }

    /// The first cell from `from` on that is in the set.
    fn next_set(&self, from: u64) -> Option<u64> {
        let (mut number, mut local) = (from / CELLS, from % CELLS);
        loop {
            let (_, found, chunk) = self.chunk_from(number)?;
            local = if found == number { local } else { 0 };
            if let Some(cell) = chunk.next_set(local) {
                return Some(found * CELLS + cell);
            }
            (number, local) = (found + 1, 0);
        }
    }

    /// The first cell behind `from`, which is in the set, that is not.
    fn next_clear(&self, from: u64) -> u64 {
        let (mut number, mut local) = (from / CELLS, from % CELLS);
        while let Some(chunk) = self.chunk(number) {
            if let Some(cell) = chunk.next_clear(local) {
                return number * CELLS + cell;
            }
            (number, local) = (number + 1, 0);
        }
        number * CELLS
    }
}
