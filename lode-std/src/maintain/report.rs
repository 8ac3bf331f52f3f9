//! What a collection has done.

use lode_core::Version;
use lode_core::collect::Plan;
use lode_core::key::Key;
use lode_core::time::Timestamp;

/// What a [collection](super::Maintenance::collect) has done, or
/// [would do](super::Maintenance::rehearse).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Report {
    /// A verdict for each snapshot that was live when it began, with the reason.
    pub plan: Plan,
    /// The version of its record; `None` if there was nothing to drop and nothing to delete.
    pub record: Option<Version>,
    /// The snapshots that it has dropped.
    pub buried: Vec<Version>,
    /// The data objects that were deleted.
    pub deleted: Tally,
    /// Those that stay because a snapshot, tag or lease refers to them.
    pub kept: Tally,
    /// Those that nothing refers to yet, and that may still be committed: they were staged in an
    /// epoch that was spared, or since.
    pub young: Tally,
    /// Those that should have been deleted, and are left to the next collection: the store
    /// refused, they had gone already, or something else in their folder was not listed that a
    /// snapshot refers to, as in a store that folds case.
    pub left: Tally,
}

/// A number of objects.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Tally {
    /// How many.
    pub objects: u64,
    /// How many bytes they have in all.
    pub bytes: u64,
}

impl Tally {
    /// Counts one more, of this size.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// A data object that a [rehearsed](super::Maintenance::rehearse) collection would delete.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Garbage {
    /// The object.
    pub key: Key,
    /// How many bytes it has.
    pub bytes: u64,
    /// When it was written, by the store's clock.
    pub modified: Option<Timestamp>,
}
