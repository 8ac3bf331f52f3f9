//! The collector machine.

use crate::Version;
use crate::time::Timestamp;

/// One run of the collector, from the plan to the last object that nothing refers to. See the
/// [module](super) for why this order, and no other, is safe.
///
/// It can be dropped at any point: nothing is undone, and the next run begins anew.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Collect {
    /// In seconds, from the descriptor: every writer counts on it.
    grace_period: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    Choosing,
    Burying {
        version: Version,
    },
    Timing,
    /// `since` is when marking began: never later than the first slot was looked at.
    MarkingSlots {
        since: Timestamp,
        after: Option<Version>,
    },
    MarkingTags {
        since: Timestamp,
    },
    Sweeping {
        since: Timestamp,
    },
    Done(CollectOutcome),
}

impl Collect {
    /// Begins a run on a history with this grace period, in seconds.
    pub const fn start(grace_period: u64) -> (Self, CollectAction) {
        (Self { grace_period, state: State::Choosing }, CollectAction::Choose)
    }

    /// Takes what became of the last action, and says what to do next. An event that does not
    /// answer it is ignored.
    #[must_use]
    pub fn on(self, event: CollectEvent) -> (Self, CollectAction) {
        let state = match (self.state, event) {
            (state @ State::Done(_), _) => state,
            (_, CollectEvent::Failed) => State::Done(CollectOutcome::Failed),
            (State::Choosing, CollectEvent::Chosen(next))
            | (State::Burying { .. }, CollectEvent::Buried(next)) => bury(next),
            (State::Timing, CollectEvent::Time(since)) => {
                State::MarkingSlots { since, after: None }
            }
            (State::MarkingSlots { since, after }, CollectEvent::MarkedSlots(newest)) => {
                after_slots(since, after, newest)
            }
            (State::MarkingTags { since }, CollectEvent::MarkedTags) => State::Sweeping { since },
            (State::Sweeping { since }, CollectEvent::Swept { more: true, now }) => {
                self.after_batch(since, now)
            }
            (State::Sweeping { .. }, CollectEvent::Swept { more: false, .. }) => {
                State::Done(CollectOutcome::Finished)
            }
            (state, _) => state,
        };
        let next = Self { state, ..self };
        (next, next.action())
    }

    /// What the machine is waiting for.
    pub fn action(self) -> CollectAction {
        match self.state {
            State::Choosing => CollectAction::Choose,
            State::Burying { version } => CollectAction::Bury { version },
            State::Timing => CollectAction::ReadClock,
            State::MarkingSlots { after, .. } => CollectAction::MarkSlots { after },
            State::MarkingTags { since } => CollectAction::MarkTags { now: since },
            State::Sweeping { since } => {
                CollectAction::Sweep { older_than: cut_off(since, self.grace_period) }
            }
            State::Done(outcome) => CollectAction::Done(outcome),
        }
    }

    /// Marks grow old, too: assumptions about how late a request can be applied should not have
    /// to hold for longer than they must.
    fn after_batch(self, since: Timestamp, now: Timestamp) -> State {
        match now.seconds_since(since) > self.grace_period / 4 {
            true => State::Timing,
            false => State::Sweeping { since },
        }
    }
}

/// What was written before this, and is not marked, nobody refers to or ever will, if marking
/// began at `since` and the grace period has so many seconds. It lies before the *marking*, not
/// before the sweep: what is committed in between may refer to an object that was young then and
/// is old now.
pub fn cut_off(since: Timestamp, grace_period: u64) -> Timestamp {
    // Stores date objects to the second, so that they seem older than they are.
    since.minus_seconds(grace_period.saturating_add(1))
}

fn bury(next: Option<Version>) -> State {
    next.map_or(State::Timing, |version| State::Burying { version })
}

/// A tombstone in the newest slot is either a repair, or the work of another collector that ran
/// ahead since the slots were listed. Then there are newer ones, which may build on what it had.
fn after_slots(since: Timestamp, after: Option<Version>, newest: Newest) -> State {
    match newest {
        Newest::Collected(version) if Some(version) > after => {
            State::MarkingSlots { since, after: Some(version) }
        }
        Newest::Collected(_) | Newest::Live | Newest::Nothing => State::MarkingTags { since },
    }
}

/// What a shell has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectAction {
    /// Put a tombstone over this slot, if a live manifest is in it: [`CollectEvent::Buried`]. The
    /// tombstone is made of the very manifest that is read there, and overwrites it.
    Bury {
        /// The slot.
        version: Version,
    },
    /// Choose the versions to drop: [`CollectEvent::Chosen`]. Nothing has been changed yet, so a
    /// dry run ends here.
    Choose,
    /// Nothing more.
    Done(CollectOutcome),
    /// List the slots after this version, or all of them, then read each: mark what every live
    /// manifest refers to, and answer [`CollectEvent::MarkedSlots`]. A slot that cannot be read,
    /// whatever the reason, is a [`Failed`](CollectEvent::Failed): what it refers to is not known.
    MarkSlots {
        /// Only versions above this one. `None` begins anew: forget all marks.
        after: Option<Version>,
    },
    /// List all tags, then read each: mark what the manifest in it refers to, unless it is a lease
    /// that has ended by `now`; such a one may be deleted, for its name is never used again. Answer
    /// [`CollectEvent::MarkedTags`]. One that is gone by the time it is read pins nothing; one that
    /// cannot be read is a [`Failed`](CollectEvent::Failed).
    MarkTags {
        /// The time, by the store's clock.
        now: Timestamp,
    },
    /// Ask for the time by the store's clock, which dates the objects: [`CollectEvent::Time`].
    /// Every call asks anew.
    ReadClock,
    /// List some more data objects and pages, and delete those that were last modified before
    /// this time and are not marked: [`CollectEvent::Swept`]. One that is gone already, or cannot
    /// be deleted now, is left to the next run.
    Sweep {
        /// The grace period before marking began, and a second more.
        older_than: Timestamp,
    },
}

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectEvent {
    /// Answers [`CollectAction::Bury`]: there is a tombstone now. The next version to drop.
    Buried(Option<Version>),
    /// Answers [`CollectAction::Choose`]: the first version to drop.
    Chosen(Option<Version>),
    /// Answers every action: it failed, and trying again at once is not worth it. The shell keeps
    /// why.
    Failed,
    /// Answers [`CollectAction::MarkSlots`].
    MarkedSlots(Newest),
    /// Answers [`CollectAction::MarkTags`].
    MarkedTags,
    /// Answers [`CollectAction::Sweep`].
    Swept {
        /// Whether there are objects that have not been listed yet.
        more: bool,
        /// The time, by the store's clock.
        now: Timestamp,
    },
    /// Answers [`CollectAction::ReadClock`].
    Time(Timestamp),
}

/// What was read in the newest of the slots that were listed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a slot that is taken holds one or the other")]
pub enum Newest {
    /// A tombstone, in this slot.
    Collected(Version),
    /// A live manifest.
    Live,
    /// No slot was listed.
    Nothing,
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectOutcome {
    /// It was broken off; the shell holds the reason. What was done is safe, and the next run
    /// does the rest.
    Failed,
    /// All that nothing refers to, and is old enough, has been deleted.
    Finished,
}
