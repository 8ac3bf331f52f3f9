//! What kinds of failure there are, whichever module reports them.

/// The kind of a failure: what a program can do about it, apart from what went wrong in detail.
///
/// Every error type of this project has a `kind()` that returns one of these.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store took longer than the caller allows, or refuses for now. Trying again may help.
    Busy,
    /// The snapshot was there and has been collected. Read a newer one.
    Collected,
    /// Somebody else has committed first. Look at the new head and commit again.
    Conflict,
    /// Bytes in the store are not what was written. Trying again does not help; repair does.
    Corrupt,
    /// What was staged is too old to be committed safely, or gone. Stage it again.
    Expired,
    /// The history has two branches, so no answer would be the right one.
    Forked,
    /// The caller asked for something that cannot be. The message says what is allowed.
    InvalidInput,
    /// What is in the store disagrees with what the caller says it is.
    Mismatch,
    /// There is no such thing in the store.
    NotFound,
    /// No room is left: in the store, or in a table of fixed capacity.
    OutOfSpace,
    /// The range overlaps one that is already committed.
    Overlap,
    /// The store does not let us.
    PermissionDenied,
    /// The range is not, or not wholly, committed.
    RangeMissing,
    /// The store failed in some other way.
    Store,
    /// It cannot be known whether the commit took place. Resolve it.
    Unknown,
    /// The store, or this build, cannot do that.
    Unsupported,
}
