//! 4096 cells.

use core::ops::Range;

/// How many cells a chunk has.
pub(super) const CELLS: u64 = (WORDS * BITS) as u64;
const WORDS: usize = 64;
const BITS: usize = 64;

/// A bit for each cell that is in the set, and two for each word of them, so that what is looked
/// for is found in three steps.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// Bit `i` is set if word `i` has a cell.
    some: u64,
    /// Bit `i` is set if word `i` has all of its cells.
    full: u64,
    words: [u64; WORDS],
}

/// What a change has made of a chunk.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    /// How many cells are in the set, or no longer in it, that were not, or were.
    pub(super) cells: u64,
    /// How many more runs of cells there are; less than none are wrapped around.
    pub(super) runs: usize,
}

impl Chunk {
    pub(super) const EMPTY: Self = Self { some: 0, full: 0, words: [0; WORDS] };

    pub(super) fn is_empty(&self) -> bool {
        self.some == 0
    }

    pub(super) fn has(&self, cell: u64) -> bool {
        self.word(index(cell)) & bit(cell) != 0
    }

    /// The first cell from `from` on that is in the set.
    pub(super) fn next_set(&self, from: u64) -> Option<u64> {
        first(from, |index| self.word(index), self.some)
    }

    /// The first cell from `from` on that is not in the set.
    pub(super) fn next_clear(&self, from: u64) -> Option<u64> {
        first(from, |index| !self.word(index), !self.full)
    }

    /// Puts cells in, or takes them out.
    pub(super) fn put(&mut self, cells: &Range<u64>, is_in: bool) -> Change {
        let words = index(cells.start)..index(cells.end - 1) + 1;
        if index(cells.end) == words.start && bit(cells.start) != 1 {
            // Neither the word below nor the one above begins or ends a run by that.
            let runs = |word: u64| (word & !(word << 1)).count_ones() as usize;
            let (before, after) = self.put_word(words.start, mask(words.start, cells), is_in);
            let cells = u64::from((before ^ after).count_ones());
            return Change { cells, runs: runs(after).wrapping_sub(runs(before)) };
        }
        // The cell behind them may begin a run, or may no longer.
        let touched = words.start..(index(cells.end) + 1).min(WORDS);
        let runs = self.runs(touched.clone());
        let mut changed = 0;
        for index in words {
            let (before, after) = self.put_word(index, mask(index, cells), is_in);
            changed += u64::from((before ^ after).count_ones());
        }
        Change { cells: changed, runs: self.runs(touched).wrapping_sub(runs) }
    }

    /// Puts all cells in that another chunk has.
    pub(super) fn unite(&mut self, other: &Self) -> Change {
        let (first, behind) = (other.some.trailing_zeros(), u64::BITS - other.some.leading_zeros());
        let touched = first as usize..(behind as usize + 1).min(WORDS);
        let runs = self.runs(touched.clone());
        let (mut rest, mut changed) = (other.some, 0);
        while rest != 0 {
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let (before, after) = self.put_word(index, other.word(index), true);
            changed += u64::from((before ^ after).count_ones());
        }
        Change { cells: changed, runs: self.runs(touched).wrapping_sub(runs) }
    }

    /// Changes the cells of one word: what it was, and what it is now.
    fn put_word(&mut self, index: usize, mask: u64, is_in: bool) -> (u64, u64) {
        let Some(word) = self.words.get_mut(index) else { return (0, 0) };
        let before = *word;
        let after = if is_in { before | mask } else { before & !mask };
        *word = after;
        let bit = 1 << index;
        self.some = if after == 0 { self.some & !bit } else { self.some | bit };
        self.full = if after == !0 { self.full | bit } else { self.full & !bit };
        (before, after)
    }

    /// How many runs begin in these words.
    fn runs(&self, words: Range<usize>) -> usize {
        let mut below = words.start.checked_sub(1).map_or(0, |index| self.word(index) >> 63);
        let mut runs = 0;
        for index in words {
            let word = self.word(index);
            runs += (word & !(word << 1 | below)).count_ones() as usize;
            below = word >> 63;
        }
        runs
    }

    fn word(&self, index: usize) -> u64 {
        self.words.get(index).copied().unwrap_or(0)
    }
}

/// The word that a cell is in.
fn index(cell: u64) -> usize {
    (cell / BITS as u64) as usize
}

/// Its bit there.
fn bit(cell: u64) -> u64 {
    1 << (cell % BITS as u64)
}

/// The bits that `cells` has of a word.
fn mask(word: usize, cells: &Range<u64>) -> u64 {
    let mut mask = !0;
    if word == index(cells.start) {
        mask &= !(bit(cells.start) - 1);
    }
    if word == index(cells.end) {
        mask &= bit(cells.end) - 1;
    }
    mask
}

/// The first bit from `from` on, where `words` has a bit for each word that has one.
fn first(from: u64, word: impl Fn(usize) -> u64, words: u64) -> Option<u64> {
    let at = index(from);
    let rest = word(at) & !(bit(from) - 1);
    if rest != 0 {
        return Some(cell(at, rest));
    }
    let above = words & !(u64::MAX >> (BITS - 1 - at));
    let at = above.trailing_zeros() as usize;
    (above != 0).then(|| cell(at, word(at)))
}

/// The first cell of a word that has one.
fn cell(index: usize, word: u64) -> u64 {
    index as u64 * BITS as u64 + u64::from(word.trailing_zeros())
}
