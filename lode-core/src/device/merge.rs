//! The blocks of a manifest and those that are staged, in one order, cut into runs.

use super::block::Block;
use super::tape::Tape;
use super::walk::Walk;
use crate::manifest::compact::shape;
use crate::store::Store;

/// Where a reader is among the blocks of a manifest and the staged ones. A copy can run ahead.
#[derive(Clone)]
pub(super) struct Merge {
    walk: Walk,
    /// The next block of the manifest, once it has been read.
    committed: Option<Block>,
    /// How many of the staged blocks have been passed.
    staged: usize,
}

impl Merge {
    pub(super) fn new(walk: Walk) -> Self {
        Self { walk, committed: None, staged: 0 }
    }

    /// The next block. `staged` is always the same, in order, and overlaps nothing.
    pub(super) fn next<S: Store>(
        &mut self,
        tape: &mut Tape<'_, S>,
        staged: &[Block],
    ) -> Option<Block> {
        if self.committed.is_none() {
            self.committed = self.walk.next(tape);
        }
        let new = staged.get(self.staged).filter(|_| tape.is_sound());
        match new {
            Some(new) if self.committed.is_none_or(|old| new.start < old.start) => {
                self.staged += 1;
                Some(*new)
            }
            _ => self.committed.take(),
        }
    }

    /// Expects the end of the manifest, and says what its trailer is.
    pub(super) fn finish<S: Store>(&mut self, tape: &mut Tape<'_, S>) -> u32 {
        self.walk.finish(tape)
    }
}

/// The longest run that some blocks begin with: equal lengths, and numbers that count up. The
/// encoder of hosts cuts the same ones.
pub(super) struct Run {
    pub(super) first: Block,
    pub(super) count: u64,
    /// The first gap.
    pub(super) stride: u64,
    /// Whether all gaps are like the first.
    uniform: bool,
    /// The bits that are set in any gap.
    bits: u64,
}

impl Run {
    /// The run that `blocks` stands before. It is left somewhere behind.
    pub(super) fn longest<S: Store>(
        blocks: &mut Merge,
        tape: &mut Tape<'_, S>,
        staged: &[Block],
    ) -> Option<Self> {
        let first = blocks.next(tape, staged)?;
        let mut run = Self { first, count: 1, stride: 0, uniform: true, bits: 0 };
        let mut end = first.end();
        while let Some(block) = blocks.next(tape, staged) {
            if block.length != first.length || block.number != first.number + run.count {
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
        Some(run)
    }

    /// The unit of the gaps as a power of 2, where they have to be listed.
    pub(super) fn shift(&self) -> Option<u8> {
        // Some gap is not 0, so that the shift is below 64.
        (!self.uniform).then(|| self.bits.trailing_zeros() as u8 & shape::MAX_SHIFT)
    }
}
