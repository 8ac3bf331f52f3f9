//! Which commits that wait go out as one.

use alloc::vec::Vec;

use crate::manifest::{Block, Metadata};
use crate::range::GrowableRangeSet;

/// A commit to a volume that waits for its turn.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// What its caller says about the snapshot.
    pub metadata: &'a Metadata,
    /// The blocks that it adds, in any order.
    pub blocks: &'a [Block],
}

/// Says of each of the `waiting`, oldest first, whether it is in the next group: those that become
/// one snapshot. Costs O(n log n) for n blocks in order, and no more than O(n²).
///
/// * The oldest is. So nobody waits for longer than it would alone.
/// * All of a group have the same metadata: a snapshot says what its callers said, and nothing
///   that only one of them did.
/// * None has a byte in common with another of its group, nor with an older one that has to wait:
///   of two that want the same place the older one has it, as if each had gone alone.
pub fn group<'a>(waiting: impl IntoIterator<Item = Waiting<'a>>) -> Vec<bool> {
    let mut claimed = GrowableRangeSet::new();
    let mut metadata = None;
    let mut joins = Vec::new();
    for commit in waiting {
        let ranges = commit.blocks.iter().map(|block| block.range);
        let is_free = ranges.clone().all(|range| claimed.first_overlap(range).is_none());
        joins.push(is_free && metadata.is_none_or(|metadata| metadata == commit.metadata));
        metadata.get_or_insert(commit.metadata);
        claimed.extend(ranges);
    }
    joins
}
