//! The collector machine.

use crate::Version;

/// One run of the collector, from the plan to the last tombstone. See the [module](super) for why
/// this order, and no other, is safe.
///
/// It can be dropped at any point: nothing is undone, and the next run begins anew.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Collect {
    /// How many more times it starts again after its slot was taken.
    patience: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum State {
    Choosing,
    MarkingSlots {
        after: Option<Version>,
    },
    /// All slots up to `on`, the newest, are marked.
    Recording {
        on: Version,
    },
    MarkingTags,
    Sweeping,
    Burying {
        version: Version,
    },
    Done(CollectOutcome),
}

impl Collect {
    /// Begins a run. `patience` bounds how many times it starts again because its slot was taken.
    pub const fn start(patience: u32) -> (Self, CollectAction) {
        (Self { patience, state: State::Choosing }, CollectAction::Choose)
    }

    /// Takes what became of the last action, and says what to do next. An event that does not
    /// answer it is ignored.
    #[must_use]
    pub fn on(self, event: CollectEvent) -> (Self, CollectAction) {
        let state = match (self.state, event) {
            (state @ State::Done(_), _) => state,
            (_, CollectEvent::Failed) => State::Done(CollectOutcome::Failed),
            (State::Choosing, CollectEvent::Chosen) => State::MarkingSlots { after: None },
            (State::Choosing | State::MarkingSlots { .. }, CollectEvent::Nothing) => {
                State::Done(CollectOutcome::Finished)
            }
            (State::MarkingSlots { .. }, CollectEvent::MarkedSlots { newest }) => {
                State::Recording { on: newest }
            }
            (State::Recording { .. }, CollectEvent::Recorded) => State::MarkingTags,
            (State::Recording { on }, CollectEvent::Overtaken) => return self.again(on),
            (State::MarkingTags, CollectEvent::MarkedTags) => State::Sweeping,
            (State::Sweeping, CollectEvent::Swept { next: None, more: false })
            | (State::Burying { .. }, CollectEvent::Buried(None)) => {
                State::Done(CollectOutcome::Finished)
            }
            (State::Sweeping, CollectEvent::Swept { next: Some(version), more: false })
            | (State::Burying { .. }, CollectEvent::Buried(Some(version))) => {
                State::Burying { version }
            }
            (state, _) => state,
        };
        self.enter(state)
    }

    /// Starts again on the new head. What was marked stays so, for slots do not change.
    fn again(self, on: Version) -> (Self, CollectAction) {
        match self.patience.checked_sub(1) {
            Some(patience) => {
                Self { patience, ..self }.enter(State::MarkingSlots { after: Some(on) })
            }
            None => self.enter(State::Done(CollectOutcome::Failed)),
        }
    }

    fn enter(self, state: State) -> (Self, CollectAction) {
        let next = Self { state, ..self };
        (next, next.action())
    }

    /// What the machine is waiting for.
    pub const fn action(self) -> CollectAction {
        match self.state {
            State::Choosing => CollectAction::Choose,
            State::MarkingSlots { after } => CollectAction::MarkSlots { after },
            State::Recording { on } => CollectAction::Record { on },
            State::MarkingTags => CollectAction::MarkTags,
            State::Sweeping => CollectAction::Sweep,
            State::Burying { version } => CollectAction::Bury { version },
            State::Done(outcome) => CollectAction::Done(outcome),
        }
    }
}

/// What a shell has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectAction {
    /// Put a tombstone over this slot, if a manifest is in it: [`CollectEvent::Buried`]. The
    /// tombstone is made of the very manifest that is read there, and overwrites it. It saves
    /// space, and nothing depends on when.
    Bury {
        /// The slot.
        version: Version,
    },
    /// Find the head, and choose the versions to drop, never the head: [`CollectEvent::Chosen`], or
    /// [`CollectEvent::Nothing`] in an empty history. Nothing has been changed yet, so a dry run
    /// ends here.
    Choose,
    /// Nothing more.
    Done(CollectOutcome),
    /// Read the slots after this version, or all of them, up to the newest, and mark what every
    /// snapshot refers to that has not been dropped and is not about to be:
    /// [`CollectEvent::MarkedSlots`], or [`CollectEvent::Nothing`] if there is nothing to collect.
    /// A slot that cannot be read, whatever the reason, is a [`Failed`](CollectEvent::Failed): what
    /// it refers to is not known.
    MarkSlots {
        /// Only versions above this one: what lies below has been marked.
        after: Option<Version>,
    },
    /// Read each tag: mark what the manifest in it refers to, unless it is a lease that has ended.
    /// Answer [`CollectEvent::MarkedTags`]. One that is gone by the time it is read pins nothing;
    /// one that cannot be read is a [`Failed`](CollectEvent::Failed). Tags are read after the
    /// record: see [`Tagging`](super::Tagging).
    MarkTags,
    /// Commit the record in the slot after this one: [`CollectEvent::Recorded`], or
    /// [`CollectEvent::Overtaken`] if another commit has that slot. It must be one or the other: an
    /// outcome that stays unknown is a [`Failed`](CollectEvent::Failed).
    Record {
        /// The slot that it is built on. All slots up to it are marked.
        on: Version,
    },
    /// List some more data objects and pages, and delete those that are not marked and were staged
    /// below the floor of the record: [`CollectEvent::Swept`]. One that is gone already, or cannot
    /// be deleted now, is left to the next run.
    Sweep,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectEvent {
    /// Answers [`CollectAction::Bury`]: there is a tombstone now. The next version to bury.
    Buried(Option<Version>),
    /// Answers [`CollectAction::Choose`].
    Chosen,
    /// Answers every action: it failed, and trying again at once is not worth it. The shell keeps
    /// why.
    Failed,
    /// Answers [`CollectAction::MarkSlots`].
    MarkedSlots {
        /// The newest slot: all up to it are marked.
        newest: Version,
    },
    /// Answers [`CollectAction::MarkTags`].
    MarkedTags,
    /// Answers [`CollectAction::Choose`] and [`CollectAction::MarkSlots`]: there is nothing to drop
    /// and nothing to delete, so that a record would say nothing.
    Nothing,
    /// Answers [`CollectAction::Record`]: another commit has taken the slot.
    Overtaken,
    /// Answers [`CollectAction::Record`]: it is committed.
    Recorded,
    /// Answers [`CollectAction::Sweep`].
    Swept {
        /// Whether there are objects that have not been listed yet.
        more: bool,
        /// The first version to bury.
        next: Option<Version>,
    },
}

/// How a run has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum CollectOutcome {
    /// It was broken off; the shell holds the reason. What was done is safe, and the next run
    /// does the rest.
    Failed,
    /// Everything that was listed as garbage is deleted.
    Finished,
}

/// Whether a data object or page is deleted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "it goes or stays, for one of two reasons")]
pub enum Fate {
    /// Nothing refers to it, and nothing can any more: delete it.
    Garbage,
    /// Something refers to it.
    Kept,
    /// Nothing refers to it yet.
    Staged,
}

impl Fate {
    /// Judges an object by the epoch in its name, after a record with this floor. Names of the Go
    /// implementation have none, and its writers know no floor: what they have staged also has to
    /// be old.
    pub const fn of(epoch: Option<u32>, is_marked: bool, is_old: bool, floor: u32) -> Self {
        match epoch {
            _ if is_marked => Self::Kept,
            Some(epoch) if epoch < floor => Self::Garbage,
            None if floor > 0 && is_old => Self::Garbage,
            _ => Self::Staged,
        }
    }
}
