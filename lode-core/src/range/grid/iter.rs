//! Going through a table.

use core::iter::FusedIterator;

use super::chunk::{CELLS, Chunk};
use super::region::CHUNKS;
use super::{ByteRange, GridTable};

/// Yields the runs of cells of a [`GridTable`], as ranges.
#[derive(Clone, Debug)]
pub struct GridIter<'a, const CELL: u64> {
    table: &'a GridTable<CELL>,
    /// The chunk at hand, if there are more.
    here: Option<Here<'a>>,
}

/// A place in a chunk.
#[derive(Clone, Copy, Debug)]
struct Here<'a> {
    /// Where the region of the chunk is.
    region: usize,
    number: u64,
    chunk: &'a Chunk,
    /// The cell of the chunk from which on the next run is looked for.
    cell: u64,
}

impl<'a, const CELL: u64> GridIter<'a, CELL> {
    /// Goes through what is there from a cell on.
    pub(super) fn new(table: &'a GridTable<CELL>, from: Option<u64>) -> Self {
        Self { table, here: from.and_then(|from| Self::seek(table, from)) }
    }

    fn seek(table: &'a GridTable<CELL>, from: u64) -> Option<Here<'a>> {
        let (region, number, chunk) = table.chunk_from(from / CELLS)?;
        let cell = if number == from / CELLS { from % CELLS } else { 0 };
        Some(Here { region, number, chunk, cell })
    }
}

impl<const CELL: u64> Iterator for GridIter<'_, CELL> {
    type Item = ByteRange;

    fn next(&mut self) -> Option<ByteRange> {
        loop {
            let here = self.here.as_mut()?;
            let first = here.number * CELLS;
            let Some(start) = here.chunk.next_set(here.cell) else {
                let next = self.table.chunk_in(here.region, here.number % CHUNKS + 1);
                self.here =
                    next.map(|(region, number, chunk)| Here { region, number, chunk, cell: 0 });
                continue;
            };
            let end = match here.chunk.next_clear(start) {
                Some(end) => {
                    here.cell = end;
                    first + end
                }
                None => {
                    let end = self.table.next_clear(first + start);
                    self.here = Self::seek(self.table, end);
                    end
                }
            };
            return ByteRange::new((first + start) * CELL, end * CELL);
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.here.map_or(0, |_| self.table.runs)))
    }
}

impl<const CELL: u64> FusedIterator for GridIter<'_, CELL> {}
