//! What a verification has looked at.

use crate::maintain::Tally;

/// What a [verification](super::Verification) has looked at, and how much of it is not as it
/// should be.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// The live snapshots.
    pub snapshots: u64,
    /// The tombstones.
    pub collected: u64,
    /// The records of collections and repairs.
    pub records: u64,
    /// The tags and leases.
    pub tags: u64,
    /// The objects that any of them refers to, with the sizes that were committed.
    pub objects: Tally,
    /// Those whose bytes were read.
    pub verified: Tally,
    /// The objects that nothing refers to.
    pub orphans: Tally,
    /// How many findings are damage.
    pub damage: u64,
    /// How many are not.
    pub notices: u64,
    /// How many objects and folders could not be read. Of them nothing is known: verify again when
    /// they can be.
    pub unreadable: u64,
}

/// How far a verification is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// So many bytes are going to be read.
    Reading(u64),
    /// So many more of them have been.
    Done(u64),
}
