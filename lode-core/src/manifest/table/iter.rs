//! Going through the blocks of a table.

use core::iter::FusedIterator;
use core::ops::Range;

use super::BlockTable;
use crate::manifest::Block;

/// Blocks of a table, in order. Made by [`BlockTable::iter`] and [`BlockTable::touched`].
#[derive(Clone, Debug)]
pub struct TableBlocks<'a> {
    table: &'a BlockTable,
    /// Of those that are still to come.
    places: Range<usize>,
    /// The number of a run that the next one is in or behind.
    run: usize,
}

impl<'a> TableBlocks<'a> {
    pub(super) fn new(table: &'a BlockTable, places: Range<usize>) -> Self {
        Self { table, run: table.runs.seek(places.start), places }
    }
}

impl Iterator for TableBlocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        let place = self.places.next()?;
        self.run = self.table.runs.go_on(self.run, place);
        self.table.block(self.run, place)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for TableBlocks<'_> {}
impl FusedIterator for TableBlocks<'_> {}

impl<'a> IntoIterator for &'a BlockTable {
    type Item = Block;
    type IntoIter = TableBlocks<'a>;

    fn into_iter(self) -> TableBlocks<'a> {
        self.iter()
    }
}
