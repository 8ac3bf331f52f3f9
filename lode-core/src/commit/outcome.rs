//! How a commit ends.

use crate::Version;

/// How a commit has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// All of it was in the head already. The snapshot is that of the head.
    AlreadyCommitted,
    /// It is in the history, at this version.
    Committed {
        /// The version.
        version: Version,
        /// Whether the hint names it (or a later one). If not, readers find it by looking; a Go
        /// writer would not.
        hinted: bool,
    },
    /// Another commit has taken the slot, and the rules allow no further attempt. Nothing of ours
    /// is, or will be, in the history.
    Conflict {
        /// The version that the other commit has.
        version: Version,
    },
    /// The manifest in this slot cannot be read, so nothing can be built on it. Repair it.
    Damaged {
        /// The slot.
        version: Version,
    },
    /// No version is left after the last one.
    Exhausted,
    /// The store refused or failed before anything was sent that could still be applied. The shell
    /// holds the store's error.
    Failed,
    /// The hint names a manifest that is not an ancestor of the newest one.
    Forked {
        /// The version that the hint names.
        hint: Version,
        /// The newest version.
        newest: Version,
    },
    /// The shell could not prepare a manifest on this head, and holds the reason.
    Refused,
    /// A create was sent whose outcome could not be learnt. It may yet be applied. Nothing must be
    /// deleted; the very same bytes may be sent again.
    Unknown {
        /// The version that was tried.
        version: Version,
    },
}
