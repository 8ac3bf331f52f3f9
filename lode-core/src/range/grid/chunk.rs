//! 4096 cells.

use core::ops::Range;

/// How many cells a chunk has.
pub(super) const CELLS: u64 = (WORDS * BITS) as u64;
const WORDS: usize = 64;
const BITS: usize = 64;
/// The place of the last bit of a word.
const LAST: usize = BITS - 1;

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

impl Change {
    /// This change and then another one.
    fn and(self, next: Self) -> Self {
        Self { cells: self.cells + next.cells, runs: self.runs.wrapping_add(next.runs) }
    }
}

impl Chunk {
    pub(super) const EMPTY: Self = Self { some: 0, full: 0, words: [0; WORDS] };

    pub(super) fn is_empty(&self) -> bool {
        self.some == 0
    }

    pub(super) fn has(&self, cell: u64) -> bool {
        // Without a look at the word, where there is nothing in it.
        self.some & 1 << index(cell) != 0 && self.word(index(cell)) & bit(cell) != 0
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
        let changes = words.map(|index| self.put_word(index, mask(index, cells), is_in));
        changes.fold(Change::default(), Change::and)
    }

    /// Puts all cells in that another chunk has.
    pub(super) fn unite(&mut self, other: &Self) -> Change {
        let (mut rest, mut change) = (other.some, Change::default());
        while rest != 0 {
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            change = change.and(self.put_word(index, other.word(index), true));
        }
        change
    }

    /// Changes the cells of one word.
    ///
    /// Only where its first or its last cell changes the words beside it are looked at, which may
    /// be far away for a processor.
    fn put_word(&mut self, index: usize, mask: u64, is_in: bool) -> Change {
        let Some(word) = self.words.get_mut(index) else { return Change::default() };
        let before = *word;
        let after = if is_in { before | mask } else { before & !mask };
        *word = after;
        let bit = 1 << index;
        self.some = if after == 0 { self.some & !bit } else { self.some | bit };
        self.full = if after == !0 { self.full | bit } else { self.full & !bit };

        let changed = before ^ after;
        let last_below = match index.checked_sub(1) {
            Some(below) if changed & 1 != 0 => self.word(below) >> LAST,
            _ => 0,
        };
        let runs = |word: u64| (word & !(word << 1 | last_below)).count_ones() as usize;
        let mut more = runs(after).wrapping_sub(runs(before));
        if changed >> LAST != 0 {
            // Where a run goes on, none begins.
            let first_above = (self.word(index + 1) & 1) as usize;
            let joins = after >> LAST != 0;
            more =
                if joins { more.wrapping_sub(first_above) } else { more.wrapping_add(first_above) };
        }
        Change { cells: u64::from(changed.count_ones()), runs: more }
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
    let above = words & !(u64::MAX >> (LAST - at));
    let at = above.trailing_zeros() as usize;
    (above != 0).then(|| cell(at, word(at)))
}

/// The first cell of a word that has one.
fn cell(index: usize, word: u64) -> u64 {
    index as u64 * BITS as u64 + u64::from(word.trailing_zeros())
}
