//! The blocks of a manifest and those that are staged, in one order, cut into runs.

use super::block::Block;
use super::tape::Tape;
use super::walk::Walk;
use crate::manifest::compact::shape;
use crate::store::Store;

/// Where a reader is among the blocks of a manifest and the staged ones. A copy can run ahead.
#[derive(Clone)]
pub(super) struct Merge {
    pub(super) walk: Walk,
    /// Whether the block that `walk` is at is still to come.
    pending: bool,
    /// How many of the staged blocks have been passed.
    staged: usize,
}

impl Merge {
    pub(super) fn new(walk: Walk) -> Self {
        Self { walk, pending: false, staged: 0 }
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

/// The longest run that begins with some block: equal lengths, and numbers that count up. The
/// encoder of hosts cuts the same ones.
pub(super) struct Run {
    pub(super) count: u32,
    /// Whether all gaps are like the first.
    uniform: bool,
    /// The first gap.
    pub(super) stride: u64,
    /// The bits that are set in any gap.
    bits: u64,
}

impl Run {
    /// The run that begins with `first`, behind which `blocks` stands.
    #[inline(never)]
    pub(super) fn longest<S: Store>(
        first: &Block,
        blocks: &Merge,
        tape: &mut Tape<'_, S>,
        staged: &[Block],
    ) -> Self {
        let mut blocks = blocks.clone();
        let mut run = Self { count: 1, uniform: true, stride: 0, bits: 0 };
        let mut end = first.end();
        while let Some(block) = blocks.next(tape, staged) {
            let number = first.number + u64::from(run.count);
            if block.length != first.length || block.number != number {
                break;
            }
            // A damaged manifest may change between two readings of it.
            let gap = block.start.saturating_sub(end);
            if run.count == 1 {
                run.stride = gap;
            }
            run.uniform &= gap == run.stride;
            run.bits |= gap;
            run.count += 1;
            end = block.end();
        }
        run
    }

    /// The unit of the gaps as a power of 2, where they have to be listed.
    pub(super) fn shift(&self) -> Option<u8> {
        // Some gap is not 0, so that the shift is below 64.
        (!self.uniform).then(|| self.bits.trailing_zeros() as u8 & shape::MAX_SHIFT)
    }
}
