//! In what two snapshots of a volume differ.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::MetadataChange;
use super::metadata::changes;
use crate::manifest::{Block, VolumeManifest};
use crate::range::{ByteRange, GrowableRangeSet};

/// In what a snapshot of a volume differs from another one.
///
/// Every byte that either has is in exactly one of `added`, `removed` and `replaced`, or both have
/// it in equal blocks.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct VolumeDiff {
    /// What only the second has.
    pub added: GrowableRangeSet,
    /// What only the first has.
    pub removed: GrowableRangeSet,
    /// What both have, in blocks that are not the same: by other digests of equal ranges, or cut
    /// in another way. Whether the bytes are the same cannot be told without reading them, unless
    /// it is the digests that differ.
    pub replaced: GrowableRangeSet,
    /// How many blocks of the second are not the same in the first.
    pub blocks_added: u64,
    /// How many blocks of the first are not the same in the second.
    pub blocks_removed: u64,
    /// What was said otherwise.
    pub metadata: Vec<MetadataChange>,
}

impl VolumeDiff {
    /// Whether blocks and metadata are the same.
    pub fn is_empty(&self) -> bool {
        self.blocks_added == 0 && self.blocks_removed == 0 && self.metadata.is_empty()
    }
}

/// One of the two snapshots that are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "two are compared")]
pub enum Side {
    /// The first.
    Before,
    /// The second.
    After,
}

/// Compares the blocks of two snapshots, which come one after the other. It holds one block of each
/// and the ranges that it has found.
///
/// It says of which snapshot it [wants](Self::wants) a block and is [given](Self::take) it, until it
/// wants none. Blocks that both have may be left out on both sides.
#[derive(Clone, Debug)]
pub struct VolumeComparison {
    before: Cursor,
    after: Cursor,
    /// Whether digests are of the same algorithm.
    is_comparable: bool,
    diff: VolumeDiff,
}

/// Where a side has come to.
#[derive(Clone, Debug)]
enum Cursor {
    /// Its next block is not known yet.
    Waiting,
    /// At a block; what begins at `rest` has not been compared.
    At { block: Block, rest: ByteRange },
    /// There are no more.
    Ended,
}

impl VolumeComparison {
    /// Begins to compare two snapshots of one volume.
    pub fn new(before: &VolumeManifest, after: &VolumeManifest) -> Self {
        let metadata = changes(&before.metadata, &after.metadata);
        Self {
            before: Cursor::Waiting,
            after: Cursor::Waiting,
            is_comparable: before.checksum.is_some() && before.checksum == after.checksum,
            diff: VolumeDiff { metadata, ..VolumeDiff::default() },
        }
    }

    /// Of which snapshot it needs the next block; `None` if it is done.
    pub fn wants(&self) -> Option<Side> {
        match (&self.before, &self.after) {
            (Cursor::Waiting, _) => Some(Side::Before),
            (_, Cursor::Waiting) => Some(Side::After),
            _ => None,
        }
    }

    /// Takes the next block of the snapshot that it wants one of, in the order of offsets; `None`
    /// if there are no more.
    pub fn take(&mut self, side: Side, block: Option<Block>) {
        let cursor = match side {
            Side::Before => &mut self.before,
            Side::After => &mut self.after,
        };
        *cursor = match block {
            Some(block) => Cursor::At { rest: block.range, block },
            None => Cursor::Ended,
        };
        while self.wants().is_none() && self.compare() {}
    }

    /// What it has found.
    pub fn finish(self) -> VolumeDiff {
        self.diff
    }

    /// Goes on to where the next block begins or ends; whether there was anything left.
    fn compare(&mut self) -> bool {
        let diff = &mut self.diff;
        match (&mut self.before, &mut self.after) {
            (Cursor::At { rest, .. }, Cursor::Ended) => {
                diff.removed.extend([*rest]);
                self.before.leave(&mut diff.blocks_removed);
            }
            (Cursor::Ended, Cursor::At { rest, .. }) => {
                diff.added.extend([*rest]);
                self.after.leave(&mut diff.blocks_added);
            }
            (Cursor::At { block: ours, .. }, Cursor::At { block: theirs, .. })
                if is_same(ours, theirs, self.is_comparable) =>
            {
                (self.before, self.after) = (Cursor::Waiting, Cursor::Waiting);
            }
            (Cursor::At { rest: ours, .. }, Cursor::At { rest: theirs, .. }) => {
                let (found, end) = match ours.start().cmp(&theirs.start()) {
                    Ordering::Less => (&mut diff.removed, ours.end().min(theirs.start())),
                    Ordering::Greater => (&mut diff.added, theirs.end().min(ours.start())),
                    Ordering::Equal => (&mut diff.replaced, ours.end().min(theirs.end())),
                };
                found.extend(ByteRange::new(ours.start().min(theirs.start()), end));
                self.before.advance(end, &mut diff.blocks_removed);
                self.after.advance(end, &mut diff.blocks_added);
            }
            _ => return false,
        }
        true
    }
}

impl Cursor {
    /// Leaves what lies below `end` behind.
    fn advance(&mut self, end: u64, left: &mut u64) {
        if let Self::At { rest, .. } = self {
            match ByteRange::new(rest.start().max(end), rest.end()) {
                Some(behind) => *rest = behind,
                None => self.leave(left),
            }
        }
    }

    /// Leaves a block behind that is not the same on the other side.
    fn leave(&mut self, left: &mut u64) {
        *self = Self::Waiting;
        *left += 1;
    }
}

/// Digests by other algorithms say nothing; then it is the objects that are the same or not.
fn is_same(ours: &Block, theirs: &Block, is_comparable: bool) -> bool {
    match is_comparable {
        true => ours.is_same_content(theirs),
        false => ours.range == theirs.range && ours.name == theirs.name,
    }
}
