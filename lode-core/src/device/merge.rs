//! The blocks of a manifest and those that are staged, in one order, cut into runs.

use super::block::Block;
use super::tape::{Tape, Window};
use super::walk::{Facts, Walk};
use crate::manifest::compact::shape;
use crate::store::Store;

/// Where a reader is among the blocks of a manifest and the staged ones. A copy can run ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Merge {
    pub(super) walk: Walk,
    /// Whether the block that `walk` is at is still to come.
    pending: bool,
    /// How many of the staged blocks have been passed.
    staged: usize,
}

impl Merge {
    pub(super) const fn new(walk: Walk) -> Self {
        Self { walk, pending: false, staged: 0 }
    }

    /// Goes to where `other` is. Not inline, so that the two are known not to overlap: to move what
    /// may is a function of its own, larger than all this.
    #[inline(never)]
    fn begin_at(&mut self, other: &Self) {
        *self = *other;
    }

    /// The next block; good until it is asked for another. `staged` is always the same, in order,
    /// and overlaps nothing.
    #[inline(never)]
    pub(super) fn next<'b, S: Store>(
        &'b mut self,
        tape: &mut Tape<'_, S>,
        staged: &'b [Block],
    ) -> Option<&'b Block> {
        self.pending = self.pending || self.walk.advance(tape);
        let old = &self.walk.block;
        match staged.get(self.staged) {
            Some(new) if !self.pending || new.start < old.start => {
                self.staged += 1;
                Some(new)
            }
            _ if self.pending => {
                self.pending = false;
                Some(old)
            }
            _ => None,
        }
    }
}

/// What manifests are read with. It is kept in the volume, since there is less room on the stack.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) window: Window,
    pub(super) merge: Merge,
    /// Of the manifest that is written.
    pub(super) run: Run,
    /// Of the manifest that was read last.
    pub(super) facts: Facts,
}

impl Work {
    /// All zero.
    pub(super) const IDLE: Self = Self {
        window: Window::EMPTY,
        merge: Merge::new(Walk::nowhere(0)),
        run: Run::NONE,
        facts: Facts::NONE,
    };
}

/// The blocks of the next manifest.
pub(super) struct Source<'a, S: Store> {
    pub(super) tape: Tape<'a, S>,
    pub(super) merge: &'a mut Merge,
    pub(super) run: &'a mut Run,
    pub(super) staged: &'a [Block],
}

/// A block, and the longest run that begins with it: equal lengths, and numbers that count up. The
/// encoder of hosts cuts the same ones.
#[derive(Debug)]
pub(super) struct Run {
    /// The block that the source is at.
    pub(super) block: Block,
    /// Where the source will be at the end of the run.
    ahead: Merge,
    pub(super) count: u32,
    /// Whether some gap is not like the first.
    is_mixed: bool,
    /// The first gap.
    pub(super) stride: u64,
    /// The bits that are set in any gap.
    bits: u64,
}

impl<S: Store> Source<'_, S> {
    /// Goes on to the next block, if there is one.
    #[inline(never)]
    pub(super) fn advance(&mut self) -> bool {
        let block = self.merge.next(&mut self.tape, self.staged);
        if let Some(block) = block {
            self.run.begin_at(block);
        }
        block.is_some()
    }

    /// Finds the run that begins with the block that the source is at.
    #[inline(never)]
    pub(super) fn measure_run(&mut self) {
        let Self { tape, merge, run, staged } = self;
        let Run { block: first, ahead, count, is_mixed, stride, bits } = &mut **run;
        ahead.begin_at(merge);
        (*count, *is_mixed, *stride, *bits) = (1, false, 0, 0);
        let mut end = first.end();
        while let Some(block) = ahead.next(tape, staged) {
            let number = first.number + u64::from(*count);
            if block.length != first.length || block.number != number {
                break;
            }
            // A damaged manifest may change between two readings of it.
            let gap = block.start.saturating_sub(end);
            if *count == 1 {
                *stride = gap;
            }
            *is_mixed |= gap != *stride;
            *bits |= gap;
            *count += 1;
            end = block.end();
        }
    }
}

impl Run {
    /// All zero.
    const NONE: Self = Self {
        block: Block::NONE,
        ahead: Merge::new(Walk::nowhere(0)),
        count: 0,
        is_mixed: false,
        stride: 0,
        bits: 0,
    };

    /// The next one begins here. Not inline, for the same reason as with [`Merge::begin_at`].
    #[inline(never)]
    fn begin_at(&mut self, block: &Block) {
        self.block = *block;
    }

    /// The unit of the gaps as a power of 2, where they have to be listed.
    pub(super) fn shift(&self) -> Option<u8> {
        // Some gap is not 0, so that the shift is below 64.
        self.is_mixed.then(|| self.bits.trailing_zeros() as u8 & shape::MAX_SHIFT)
    }
}
