//! Finding the head of a history.

use crate::Version;
use crate::commit::climb::{Climb, Summit};
use crate::manifest::CommitId;

/// Where a history stands.
///
/// The two differ while the newest slot holds a record: maintenance that changes no data.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Position {
    /// The newest slot that is taken. The next version follows it.
    pub slot: Option<Version>,
    /// The newest snapshot: the head. The next snapshot builds on it. Where the newest slot holds a
    /// record, this one has not been looked at. If it turns out to be a tombstone when it is read,
    /// newer snapshots have come since: find the head again.
    pub live: Option<Version>,
}

impl Position {
    /// Of a history without snapshots.
    pub const EMPTY: Self = Self { slot: None, live: None };

    /// Of a history whose newest slot holds a snapshot.
    pub const fn at(version: Version) -> Self {
        Self { slot: Some(version), live: Some(version) }
    }

    /// Of a history in which this is the newest slot, and holds this.
    pub const fn of(version: Version, slot: Slot) -> Self {
        let live = match slot {
            Slot::Live { .. } => Some(version),
            Slot::Record { head, .. } => head,
            Slot::Absent | Slot::Collected { .. } | Slot::Damaged => None,
        };
        Self { slot: Some(version), live }
    }
}

/// Something to look up in the store.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Look {
    /// Whether a slot is taken: [`Seen::Exists`]. Its content is not needed.
    Exists(Version),
    /// Read the hint: [`Seen::Hint`].
    Hint,
    /// List the slots after this version, or all of them: [`Seen::Listed`]. Only for a history
    /// that the Go implementation has written.
    Slots {
        /// Only versions above this one count.
        after: Option<Version>,
    },
    /// Read a slot: [`Seen::Slot`]. Of the manifests that it reads, the shell keeps what it will
    /// need: the one named by [`Position::live`] is the head, and the one named by
    /// [`Position::slot`] carries the state of collections.
    Slot(Version),
}

/// What a [`Look`] has shown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Seen {
    /// Whether the slot is taken.
    Exists(bool),
    /// The store failed, and trying again at once is not worth it.
    Failed,
    /// What the hint says; `None` if there is none or it makes no sense.
    Hint(Option<Version>),
    /// The slots that were listed.
    Listed(Listed),
    /// What the slot holds.
    Slot(Slot),
}

/// A list of slots, as far as it matters. Push versions in any order, each at most once.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Listed {
    newest: Option<Version>,
    count: u64,
}

impl Listed {
    /// Takes note of a slot above the version that was asked for. No order is relied on: some
    /// stores list in another one.
    pub fn push(&mut self, version: Version) {
        self.newest = self.newest.max(Some(version));
        self.count += 1;
    }

    /// The newest slot.
    pub fn newest(&self) -> Option<Version> {
        self.newest
    }

    /// Whether the slots are all there are from the one after `hint` to the newest. Then each is
    /// the child of the one before: only the Go implementation leaves gaps.
    fn is_dense_after(&self, hint: Version) -> bool {
        self.newest.is_some_and(|newest| newest.get().checked_sub(hint.get()) == Some(self.count))
    }
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Slot {
    /// Nothing.
    Absent,
    /// A tombstone.
    Collected {
        /// Its commit id, if it has one.
        commit_id: Option<CommitId>,
        /// The parent of what was here.
        parent: Option<Version>,
    },
    /// Something that is not a manifest of this history.
    Damaged,
    /// A snapshot.
    Live {
        /// Its commit id; the Go implementation writes none.
        commit_id: Option<CommitId>,
        /// The version that it was made from.
        parent: Option<Version>,
    },
    /// A record of maintenance.
    Record {
        /// Its commit id.
        commit_id: Option<CommitId>,
        /// The snapshot that is the head, below it.
        head: Option<Version>,
    },
}

/// How the slots of a history can lie.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a format is shared with the Go implementation or not")]
pub enum Density {
    /// Versions 1 to the newest, without a gap.
    Dense,
    /// The Go implementation may have written some, whose versions are times in nanoseconds.
    MayBeSparse,
}

/// Finds the head: the hint, then the slots after it, one by one and then in growing steps.
///
/// Costs three requests where the hint is right (hint, manifest, a look at the next slot), and one
/// where a position is known and nothing has come after it. The hint only saves looks; it is never
/// believed alone. Nothing is listed, except where the Go implementation has written: then the hint
/// names a time, and what came after it is listed once.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Resolve {
    density: Density,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    /// Waiting for the hint.
    Hint,
    /// Waiting for the hint, where a position is known that the Go implementation may have
    /// continued.
    Warm { position: Position },
    /// Looking for the newest slot of a dense history.
    Climbing(Climb),
    /// Waiting for the slots after `known`.
    Listing { known: Known },
    /// Waiting for a slot, on the way down from `newest` to a snapshot and on to the hint.
    Descending(Descent),
    /// Waiting for the slot that the hint names, which the newest does not descend from.
    Confirming { hint: Version, position: Position },
}

/// What is known before a listing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Known {
    Nothing,
    /// What the hint says; it may be wrong.
    Hint(Version),
    /// Where the history stood; it is right, but may be old.
    Position(Position),
    /// A tombstone lies where this descent begins. Only what is not the newest slot is buried, so
    /// there should be newer ones.
    Tombstone(Descent),
}

impl Known {
    fn version(self) -> Option<Version> {
        match self {
            Self::Nothing => None,
            Self::Hint(hint) => Some(hint),
            Self::Position(position) => position.slot,
            Self::Tombstone(descent) => Some(descent.newest),
        }
    }
}

impl Resolve {
    /// Begins with the hint.
    pub const fn cold(density: Density) -> (Self, Look) {
        (Self { density, state: State::Hint }, Look::Hint)
    }

    /// Begins at a position known from before: one request if nothing has come after it.
    pub fn since(position: Position, density: Density) -> (Self, Look) {
        let is_sparse = position.slot.is_some_and(Version::is_time);
        let state = match (density, position.slot) {
            (Density::MayBeSparse, Some(_)) if is_sparse => State::Warm { position },
            (Density::MayBeSparse, None) => State::Hint,
            // Nothing can come after it, but there has to be something to look at.
            (_, Some(Version::LAST)) => State::Warm { position },
            _ => State::Climbing(Climb::since(position)),
        };
        let machine = Self { density, state };
        (machine, machine.look())
    }

    /// Takes what was seen and says what to look at next, or where the history stands.
    pub fn on(self, seen: Seen) -> ResolveStep {
        match (self.state, seen) {
            (State::Hint, Seen::Hint(hint)) => self.after_hint(hint),
            // The hint only saves looks.
            (State::Hint, Seen::Failed) => self.after_hint(None),
            (State::Warm { position }, Seen::Hint(Some(hint))) if Some(hint) > position.slot => {
                self.list(Known::Position(position))
            }
            (State::Warm { position }, Seen::Hint(_) | Seen::Failed) => {
                self.climb(Climb::since(position))
            }
            (_, Seen::Failed) => ResolveStep::Done(Resolution::Failed),
            (State::Climbing(climb), Seen::Exists(exists)) if climb.next().is_ok_and(is_exists) => {
                self.climb(climb.on_exists(exists))
            }
            (State::Climbing(climb), Seen::Slot(slot)) if !climb.next().is_ok_and(is_exists) => {
                self.climb(climb.on_slot(slot))
            }
            (State::Listing { known }, Seen::Listed(listed)) => self.after_listing(known, listed),
            (State::Descending(descent), Seen::Slot(slot)) => self.descend(descent, slot),
            (State::Confirming { hint, position }, Seen::Slot(slot)) => {
                self.confirm(hint, position, slot)
            }
            _ => ResolveStep::Look(self, self.look()),
        }
    }

    fn after_hint(self, hint: Option<Version>) -> ResolveStep {
        match (self.density, hint) {
            (Density::MayBeSparse, None) => self.list(Known::Nothing),
            (Density::MayBeSparse, Some(hint)) if hint.is_time() => self.list(Known::Hint(hint)),
            _ => self.climb(Climb::from_hint(hint)),
        }
    }

    fn climb(self, climb: Climb) -> ResolveStep {
        match climb.next() {
            Ok(_) => self.go(State::Climbing(climb)),
            Err(Summit::At(position)) => ResolveStep::Done(Resolution::At(position)),
            Err(Summit::Damaged(version)) => ResolveStep::Done(Resolution::Damaged { version }),
        }
    }

    fn after_listing(self, known: Known, listed: Listed) -> ResolveStep {
        // What is not above the version asked for was not asked for.
        let Some(newest) = listed.newest.filter(|newest| Some(*newest) > known.version()) else {
            return match known {
                Known::Nothing => ResolveStep::Done(Resolution::At(Position::EMPTY)),
                Known::Position(position) => ResolveStep::Done(Resolution::At(position)),
                Known::Tombstone(descent) => {
                    self.go(State::Descending(Descent { is_newest: true, ..descent }))
                }
                Known::Hint(hint) => self
                    .go(State::Descending(Descent { ancestor: Some(hint), ..Descent::from(hint) })),
            };
        };
        let ancestor = match known {
            Known::Tombstone(descent) => descent.ancestor,
            known => known.version().filter(|hint| !listed.is_dense_after(*hint)),
        };
        self.go(State::Descending(Descent { ancestor, ..Descent::from(newest) }))
    }

    fn descend(self, mut descent: Descent, slot: Slot) -> ResolveStep {
        let Descent { at, newest, ancestor, .. } = descent;
        let parent = match slot {
            Slot::Live { parent, .. } => {
                descent.live = descent.live.or(Some(at));
                parent
            }
            Slot::Collected { .. } if at == newest && !descent.is_newest => {
                return self.list(Known::Tombstone(descent));
            }
            Slot::Collected { parent, .. } | Slot::Record { head: parent, .. } => parent,
            // The hint is all there was, and it names nothing: look at everything.
            Slot::Absent if at == newest && ancestor == Some(newest) => {
                return self.list(Known::Nothing);
            }
            // Old slots may have been dropped, and an old manifest may be damaged, without
            // harm to the head.
            Slot::Absent | Slot::Damaged if descent.live.is_some() => {
                return ResolveStep::Done(Resolution::At(descent.position()));
            }
            Slot::Absent | Slot::Damaged => {
                return ResolveStep::Done(Resolution::Damaged { version: at });
            }
        };
        match (parent, ancestor) {
            // A child is above its parent, except where a Go writer's clock went back.
            (Some(parent), _) if parent >= at => {
                ResolveStep::Done(Resolution::Forked { hint: at, newest: parent })
            }
            // The way passes the hint by.
            (parent, Some(hint)) if hint < at && parent < Some(hint) => {
                self.go(State::Confirming { hint, position: descent.position() })
            }
            (Some(parent), _) if descent.live.is_none() => {
                self.go(State::Descending(Descent { at: parent, ..descent }))
            }
            (Some(parent), Some(hint)) if parent > hint => {
                self.go(State::Descending(Descent { at: parent, ..descent }))
            }
            _ => ResolveStep::Done(Resolution::At(descent.position())),
        }
    }

    fn confirm(self, hint: Version, position: Position, slot: Slot) -> ResolveStep {
        match (slot, position) {
            // The hint names nothing. The way down is not at its end yet.
            (Slot::Absent, Position { slot: Some(newest), live: None }) => {
                let descent = Descent { is_newest: true, ..Descent::from(newest) };
                self.go(State::Descending(descent))
            }
            // A record is not an ancestor of the snapshot that was made on the one below it.
            (Slot::Absent | Slot::Record { .. }, _) | (_, Position { slot: None, .. }) => {
                ResolveStep::Done(Resolution::At(position))
            }
            (_, Position { slot: Some(newest), .. }) => {
                ResolveStep::Done(Resolution::Forked { hint, newest })
            }
        }
    }

    fn list(self, known: Known) -> ResolveStep {
        self.go(State::Listing { known })
    }

    fn go(self, state: State) -> ResolveStep {
        let next = Self { state, ..self };
        ResolveStep::Look(next, next.look())
    }

    fn look(self) -> Look {
        match self.state {
            State::Hint | State::Warm { .. } => Look::Hint,
            // One that is at its end is never kept.
            State::Climbing(climb) => climb.next().unwrap_or(Look::Hint),
            State::Listing { known } => Look::Slots { after: known.version() },
            State::Descending(Descent { at, .. }) => Look::Slot(at),
            State::Confirming { hint, .. } => Look::Slot(hint),
        }
    }
}

fn is_exists(look: Look) -> bool {
    matches!(look, Look::Exists(_))
}

/// The way down from the newest slot.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Descent {
    /// The slot that is being looked at.
    at: Version,
    newest: Version,
    /// The first snapshot on the way.
    live: Option<Version>,
    /// A version that the newest must descend from, if that is not clear already.
    ancestor: Option<Version>,
    /// Whether nothing newer was listed after a tombstone was seen in the newest slot.
    is_newest: bool,
}

impl Descent {
    const fn from(newest: Version) -> Self {
        Self { at: newest, newest, live: None, ancestor: None, is_newest: false }
    }

    fn position(self) -> Position {
        Position { slot: Some(self.newest), live: self.live }
    }
}

/// What [`Resolve`] wants next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum ResolveStep {
    /// The head is found, or cannot be.
    Done(Resolution),
    /// Look at this, and tell the machine what was seen.
    Look(Resolve, Look),
}

/// The result of a [`Resolve`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Resolution {
    /// The history stands here.
    At(Position),
    /// The manifest in the newest slot cannot be read, so the head is not known. Repair it.
    Damaged {
        /// The slot.
        version: Version,
    },
    /// The store failed.
    Failed,
    /// The hint names a manifest that is not an ancestor of the newest one.
    Forked {
        /// The version that the hint names.
        hint: Version,
        /// The newest version.
        newest: Version,
    },
}
