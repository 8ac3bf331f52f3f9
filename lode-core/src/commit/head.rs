//! Finding the head of a history.

use crate::Version;
use crate::commit::{Probe, Probed};
use crate::manifest::CommitId;

/// Where a history stands.
///
/// The two differ only after a damaged manifest has been replaced by a tombstone.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Position {
    /// The newest slot that is taken. The next version follows it.
    pub slot: Option<Version>,
    /// The newest slot with a live manifest: the head. The next snapshot builds on it.
    pub live: Option<Version>,
}

impl Position {
    /// Of a history without snapshots.
    pub const EMPTY: Self = Self { slot: None, live: None };

    /// Of a history whose newest slot holds a live manifest.
    pub const fn at(version: Version) -> Self {
        Self { slot: Some(version), live: Some(version) }
    }
}

/// Something to look up in the store.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Look {
    /// Read the hint: [`Seen::Hint`].
    Hint,
    /// List the slots after this version, or all of them: [`Seen::Listed`].
    Slots {
        /// Only versions above this one count.
        after: Option<Version>,
    },
    /// Read a slot: [`Seen::Slot`]. Of the live manifests that it reads, the shell keeps what it
    /// will need: the last one named by [`Position::live`] is the head.
    Slot(Version),
}

/// What a [`Look`] has shown.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Seen {
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
    /// the child of the one before: nobody but the Go implementation leaves gaps.
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
    /// Something that is no manifest of this history.
    Damaged,
    /// A manifest.
    Live {
        /// Its commit id; the Go implementation writes none.
        commit_id: Option<CommitId>,
        /// The version that it was made from.
        parent: Option<Version>,
    },
}

/// Finds the head: the hint, then the slots listed after it, of which the newest counts.
///
/// Costs three requests at the most where all is well: hint, list, manifest. The hint only saves
/// listing; it is never believed alone. A tombstone in the newest slot is either a repair, or the
/// work of a collector that ran ahead since the slots were listed; so what came after it is listed
/// once more, and only if that is nothing, the live manifest below it is the head.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Resolve {
    /// Without it the next slots are probed one by one, upwards from the hint.
    lists: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    /// Waiting for the hint.
    Hint,
    /// Waiting for the slots after `known`.
    Listing { known: Known },
    /// Waiting for a slot, on the way down from `newest` to a live one and on to the hint.
    Descending { at: Version, newest: Version, live: Option<Version>, ancestor: Option<Version> },
    /// Waiting for the slot that the hint names, which `newest` does not descend from.
    Confirming { hint: Version, position: Position },
    /// Waiting for the slot after `position`, where the store cannot list.
    Probing(Probe),
}

/// What is known before a listing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Known {
    Nothing,
    /// What the hint says; it may be wrong.
    Hint(Version),
    /// Where the history stood; it is right, but may be old.
    Position(Position),
}

impl Known {
    fn version(self) -> Option<Version> {
        match self {
            Self::Nothing => None,
            Self::Hint(hint) => Some(hint),
            Self::Position(position) => position.slot,
        }
    }
}

impl Resolve {
    /// Begins with the hint.
    pub const fn cold(lists: bool) -> (Self, Look) {
        (Self { lists, state: State::Hint }, Look::Hint)
    }

    /// Begins at a position known from before: one request if nothing has come after it.
    pub const fn since(position: Position, lists: bool) -> (Self, Look) {
        match (lists, Probe::since(position)) {
            (true, _) | (false, None) => {
                let known = Known::Position(position);
                (
                    Self { lists, state: State::Listing { known } },
                    Look::Slots { after: position.slot },
                )
            }
            (false, Some(probe)) => {
                (Self { lists, state: State::Probing(probe) }, Look::Slot(probe.at()))
            }
        }
    }

    /// Takes what was seen and says what to look at next, or where the history stands.
    pub fn on(self, seen: Seen) -> ResolveStep {
        match (self.state, seen) {
            (State::Hint, Seen::Hint(hint)) => self.after_hint(hint),
            // The hint only saves listing, so without it all is listed.
            (State::Hint, Seen::Failed) => self.after_hint(None),
            (_, Seen::Failed) => ResolveStep::Done(Resolution::Failed),
            (State::Listing { known }, Seen::Listed(listed)) => self.after_listing(known, listed),
            (State::Descending { at, newest, live, ancestor }, Seen::Slot(slot)) => {
                self.descend(Descent { at, newest, live, ancestor }, slot)
            }
            (State::Confirming { hint, position }, Seen::Slot(slot)) => {
                self.confirm(hint, position, slot)
            }
            (State::Probing(probe), Seen::Slot(slot)) => self.probe(probe, slot),
            _ => ResolveStep::Look(self, self.look()),
        }
    }

    fn after_hint(self, hint: Option<Version>) -> ResolveStep {
        if self.lists {
            return self.list(hint.map_or(Known::Nothing, Known::Hint));
        }
        self.go(State::Probing(Probe::from_hint(hint)))
    }

    fn after_listing(self, known: Known, listed: Listed) -> ResolveStep {
        // What is not above the version asked for was not asked for.
        let Some(newest) = listed.newest.filter(|newest| Some(*newest) > known.version()) else {
            return match known {
                Known::Nothing => ResolveStep::Done(Resolution::At(Position::EMPTY)),
                Known::Position(position) => ResolveStep::Done(Resolution::At(position)),
                Known::Hint(hint) => self.go(State::Descending {
                    at: hint,
                    newest: hint,
                    live: None,
                    ancestor: Some(hint),
                }),
            };
        };
        let ancestor = known.version().filter(|hint| !listed.is_dense_after(*hint));
        self.go(State::Descending { at: newest, newest, live: None, ancestor })
    }

    fn descend(self, mut descent: Descent, slot: Slot) -> ResolveStep {
        let Descent { at, newest, ancestor, .. } = descent;
        let parent = match slot {
            Slot::Live { parent, .. } => {
                descent.live = descent.live.or(Some(at));
                parent
            }
            Slot::Collected { parent, .. } => parent,
            // The hint is all there was, and it names nothing: look at everything.
            Slot::Absent if at == newest && ancestor == Some(newest) => {
                return self.list(Known::Nothing);
            }
            // Old slots may have been dropped, and an old manifest may be damaged, without
            // harm to the head.
            Slot::Absent | Slot::Damaged if descent.live.is_some() => {
                return self.found(descent.position());
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
                self.go(State::Descending { at: parent, newest, live: None, ancestor })
            }
            (Some(parent), Some(hint)) if parent > hint => {
                self.go(State::Descending { at: parent, newest, live: descent.live, ancestor })
            }
            _ => self.found(descent.position()),
        }
    }

    fn confirm(self, hint: Version, position: Position, slot: Slot) -> ResolveStep {
        match (slot, position) {
            // The hint names nothing. The way down is not at its end yet.
            (Slot::Absent, Position { slot: Some(newest), live: None }) => {
                self.descend_from(newest)
            }
            (Slot::Absent, _) | (_, Position { slot: None, .. }) => self.found(position),
            (_, Position { slot: Some(newest), .. }) => {
                ResolveStep::Done(Resolution::Forked { hint, newest })
            }
        }
    }

    /// Where the history stands, unless a collector has been at the newest slot: it leaves the
    /// head and its predecessor alone, so then there is a newer one.
    fn found(self, position: Position) -> ResolveStep {
        match self.lists && position.live != position.slot {
            true => self.list(Known::Position(position)),
            false => ResolveStep::Done(Resolution::At(position)),
        }
    }

    fn probe(self, mut probe: Probe, slot: Slot) -> ResolveStep {
        match probe.on(slot) {
            None => self.go(State::Probing(probe)),
            Some(Probed::At(Position { slot: Some(newest), live: None })) => {
                self.descend_from(newest)
            }
            Some(Probed::At(position)) => ResolveStep::Done(Resolution::At(position)),
            Some(Probed::Damaged { version }) => ResolveStep::Done(Resolution::Damaged { version }),
        }
    }

    fn descend_from(self, newest: Version) -> ResolveStep {
        self.go(State::Descending { at: newest, newest, live: None, ancestor: None })
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
            State::Hint => Look::Hint,
            State::Listing { known } => Look::Slots { after: known.version() },
            State::Descending { at, .. } => Look::Slot(at),
            State::Probing(probe) => Look::Slot(probe.at()),
            State::Confirming { hint, .. } => Look::Slot(hint),
        }
    }
}

/// The way down from the newest slot.
#[derive(Clone, Copy)]
struct Descent {
    /// The slot that is being looked at.
    at: Version,
    newest: Version,
    /// The first live manifest on the way.
    live: Option<Version>,
    /// A version that the newest must descend from, if that is not clear already.
    ancestor: Option<Version>,
}

impl Descent {
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

/// What [`Resolve`] has found.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Resolution {
    /// The history stands here.
    At(Position),
    /// The manifest in this slot cannot be read, so there is no telling the head. Repair it.
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
