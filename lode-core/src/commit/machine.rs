//! The commit machine.

use crate::Version;
use crate::commit::{Look, Outcome, Position, Resolution, Resolve, ResolveStep, Seen, Slot};
use crate::manifest::CommitId;

/// One logical commit, from the head to the hint. See the [module](super) for the protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Commit {
    /// Finding the head.
    Locating(Locating),
    /// Waiting for the shell to make a manifest.
    Preparing(Preparing),
    /// A create of the slot is on its way.
    Creating(Creating),
    /// The slot is taken: by whom?
    Classifying(Classifying),
    /// Waiting before the next attempt.
    BackingOff(BackingOff),
    /// Committed; the hint is on its way.
    Hinting(Hinting),
    /// At the end.
    Done(Outcome),
}

impl Commit {
    /// Begins a commit. With a `head`, however old, it is prepared at once; without, the head is
    /// looked up first. The `head` must be one that [`Resolve`] or a commit has found: it is not
    /// looked at again.
    pub fn start(id: CommitId, rules: Rules, head: Option<Position>) -> (Self, Action) {
        let context = Context { id, rules, conflicts: 0 };
        match head {
            Some(position) => context.prepare(position),
            None => context.locate(Resolve::cold(rules.lists)),
        }
    }

    /// Begins to settle a commit whose outcome was [`Unknown`](Outcome::Unknown): the slot is
    /// looked at, and only if it is still empty is the same manifest sent once more. An empty
    /// slot alone proves nothing, for the lost create may still land. So it is sent once at the
    /// least, however impatient the rules are: else an empty slot would never be settled.
    pub fn resolve(id: CommitId, rules: Rules, version: Version) -> (Self, Action) {
        let rules = Rules { resends: rules.resends.max(1), ..rules };
        let context = Context { id, rules, conflicts: rules.retries };
        context.classify(Attempt { version, uncertain: true, resends: 0 }, 0)
    }

    /// Takes what became of the last action, and says what to do next.
    #[must_use]
    pub fn on(self, event: Event) -> (Self, Action) {
        let next = match (self, event) {
            (Self::Locating(state), Event::Seen(seen)) => Some(state.on(seen)),
            (Self::Preparing(state), event) => state.on(event),
            (Self::Creating(state), Event::Sent(sent)) => Some(state.on(sent)),
            (Self::Classifying(state), Event::Seen(seen)) => state.on(seen),
            (Self::BackingOff(state), Event::Waited) => Some(state.on()),
            (Self::Hinting(state), Event::Hinted(written)) => Some(state.on(written)),
            _ => None,
        };
        next.unwrap_or((self, self.action()))
    }

    /// What the machine is waiting for.
    pub fn action(self) -> Action {
        match self {
            Self::Locating(Locating { look, .. }) => Action::Look(look),
            Self::Preparing(Preparing { position, version, .. }) => {
                Action::Prepare { position, version }
            }
            Self::Creating(Creating { attempt, .. }) => {
                Action::Create { version: attempt.version, again: attempt.resends > 0 }
            }
            Self::Classifying(Classifying { attempt, .. }) => {
                Action::Look(Look::Slot(attempt.version))
            }
            Self::BackingOff(BackingOff { context, then }) => {
                let attempt = match then {
                    Then::Resend(attempt) => attempt.resends,
                    Then::Relocate(_) => context.conflicts,
                };
                Action::BackOff { attempt }
            }
            Self::Hinting(Hinting { version, .. }) => Action::WriteHint { version },
            Self::Done(outcome) => Action::Done(outcome),
        }
    }
}

/// How patient a commit is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rules {
    /// Whether the store can list. If not, it must have a single writer.
    pub lists: bool,
    /// How many times to try again after losing a slot to another commit.
    pub retries: u32,
    /// How many times to send a manifest again whose create had no definite outcome.
    pub resends: u32,
    /// How many times to write the hint before giving up on it: at least once.
    pub hint_attempts: u32,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Answers [`Action::Prepare`]: everything is in the head already.
    AlreadyCommitted,
    /// Answers [`Action::WriteHint`]: whether it was written.
    Hinted(bool),
    /// Answers [`Action::Prepare`]: the manifest is made and what it refers to is durable.
    Prepared,
    /// Answers [`Action::Prepare`]: no manifest can be made on this head. The shell keeps why.
    Refused,
    /// Answers [`Action::Look`].
    Seen(Seen),
    /// Answers [`Action::Create`].
    Sent(Sent),
    /// Answers [`Action::BackOff`].
    Waited,
}

/// What became of a create-if-absent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Sent {
    /// The object is there, and this request made it.
    Created,
    /// An object is there. It may be our own: by a request whose reply was lost, or one that a
    /// client repeated.
    Exists,
    /// The store refused, and has not applied it: no permission, say.
    Rejected,
    /// It may have been applied, or be applied later: a time-out, a broken connection, a fault in
    /// the store.
    Unknown,
}

/// What a shell has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Wait, longer with every attempt and with jitter: [`Event::Waited`].
    BackOff {
        /// Counted from 1.
        attempt: u32,
    },
    /// Create the slot with the prepared manifest, if it is absent: [`Event::Sent`]. Before
    /// sending, see to it that what the manifest refers to is young enough, or look again.
    Create {
        /// The slot.
        version: Version,
        /// Whether the same bytes were sent before.
        again: bool,
    },
    /// Nothing more.
    Done(Outcome),
    /// Look something up: [`Event::Seen`].
    Look(Look),
    /// Make the manifest of `version` on top of the head at `position`: [`Event::Prepared`],
    /// [`Event::AlreadyCommitted`] or [`Event::Refused`].
    Prepare {
        /// The head.
        position: Position,
        /// The version that the manifest will have.
        version: Version,
    },
    /// Overwrite the hint: [`Event::Hinted`].
    WriteHint {
        /// The version that it names.
        version: Version,
    },
}

/// What stays the same from state to state.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Context {
    id: CommitId,
    rules: Rules,
    /// How many slots were lost so far.
    conflicts: u32,
}

impl Context {
    fn locate(self, (resolve, look): (Resolve, Look)) -> (Commit, Action) {
        enter(Commit::Locating(Locating { context: self, resolve, look }))
    }

    fn prepare(self, position: Position) -> (Commit, Action) {
        match Version::after(position.slot) {
            Some(version) => {
                enter(Commit::Preparing(Preparing { context: self, position, version }))
            }
            None => done(Outcome::Exhausted),
        }
    }

    fn create(self, attempt: Attempt) -> (Commit, Action) {
        enter(Commit::Creating(Creating { context: self, attempt }))
    }

    fn classify(self, attempt: Attempt, reads: u32) -> (Commit, Action) {
        enter(Commit::Classifying(Classifying { context: self, attempt, reads }))
    }

    fn hint(self, version: Version) -> (Commit, Action) {
        enter(Commit::Hinting(Hinting { context: self, version, attempts: 1 }))
    }

    /// Sends the manifest again after a while, unless that was done often enough.
    fn resend(self, attempt: Attempt) -> (Commit, Action) {
        if attempt.resends >= self.rules.resends {
            return done(Outcome::Unknown { version: attempt.version });
        }
        let attempt = Attempt { resends: attempt.resends + 1, ..attempt };
        enter(Commit::BackingOff(BackingOff { context: self, then: Then::Resend(attempt) }))
    }

    /// The slot holds another commit, so ours can never land there.
    fn lose(self, position: Position, version: Version) -> (Commit, Action) {
        if self.conflicts >= self.rules.retries {
            return done(Outcome::Conflict { version });
        }
        let context = Self { conflicts: self.conflicts + 1, ..self };
        enter(Commit::BackingOff(BackingOff { context, then: Then::Relocate(position) }))
    }
}

fn enter(state: Commit) -> (Commit, Action) {
    (state, state.action())
}

fn done(outcome: Outcome) -> (Commit, Action) {
    enter(Commit::Done(outcome))
}

/// One slot that is tried for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Attempt {
    version: Version,
    /// Whether a create was sent whose outcome is not known. From then on a refusal proves
    /// nothing: only the slot's content does.
    uncertain: bool,
    resends: u32,
}

/// See [`Commit::Locating`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Locating {
    context: Context,
    resolve: Resolve,
    look: Look,
}

impl Locating {
    fn on(self, seen: Seen) -> (Commit, Action) {
        match self.resolve.on(seen) {
            ResolveStep::Look(resolve, look) => self.context.locate((resolve, look)),
            ResolveStep::Done(Resolution::At(position)) => self.context.prepare(position),
            ResolveStep::Done(Resolution::Damaged { version }) => {
                done(Outcome::Damaged { version })
            }
            ResolveStep::Done(Resolution::Failed) => done(Outcome::Failed),
            ResolveStep::Done(Resolution::Forked { hint, newest }) => {
                done(Outcome::Forked { hint, newest })
            }
        }
    }
}

/// See [`Commit::Preparing`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Preparing {
    context: Context,
    position: Position,
    version: Version,
}

impl Preparing {
    fn on(self, event: Event) -> Option<(Commit, Action)> {
        let attempt = Attempt { version: self.version, uncertain: false, resends: 0 };
        Some(match event {
            Event::Prepared => self.context.create(attempt),
            Event::AlreadyCommitted => done(Outcome::AlreadyCommitted),
            Event::Refused => done(Outcome::Refused),
            Event::Hinted(_) | Event::Seen(_) | Event::Sent(_) | Event::Waited => return None,
        })
    }
}

/// See [`Commit::Creating`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Creating {
    context: Context,
    attempt: Attempt,
}

impl Creating {
    fn on(self, sent: Sent) -> (Commit, Action) {
        let Self { context, attempt } = self;
        match sent {
            Sent::Created => context.hint(attempt.version),
            Sent::Exists => context.classify(attempt, 0),
            Sent::Rejected if attempt.uncertain => {
                done(Outcome::Unknown { version: attempt.version })
            }
            Sent::Rejected => done(Outcome::Failed),
            Sent::Unknown => context.resend(Attempt { uncertain: true, ..attempt }),
        }
    }
}

/// See [`Commit::Classifying`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Classifying {
    context: Context,
    attempt: Attempt,
    /// How many times the slot could not be read.
    reads: u32,
}

impl Classifying {
    fn on(self, seen: Seen) -> Option<(Commit, Action)> {
        let Self { context, attempt, reads } = self;
        let version = attempt.version;
        Some(match seen {
            Seen::Slot(Slot::Live { commit_id, .. } | Slot::Collected { commit_id, .. })
                if commit_id == Some(context.id) =>
            {
                context.hint(version)
            }
            Seen::Slot(Slot::Live { .. }) => context.lose(Position::at(version), version),
            // What is live below the tombstone has to be looked up.
            Seen::Slot(Slot::Collected { .. }) => {
                context.lose(Position { slot: Some(version), live: None }, version)
            }
            // It exists, and then it does not: a store that is behind itself.
            Seen::Slot(Slot::Absent) => context.resend(Attempt { uncertain: true, ..attempt }),
            Seen::Slot(Slot::Damaged) => done(Outcome::Damaged { version }),
            // What exists may be ours, so without a look at it nothing is known.
            Seen::Failed if reads >= context.rules.resends => done(Outcome::Unknown { version }),
            Seen::Failed => context.classify(attempt, reads + 1),
            Seen::Hint(_) | Seen::Listed(_) => return None,
        })
    }
}

/// See [`Commit::BackingOff`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BackingOff {
    context: Context,
    then: Then,
}

/// What a wait is followed by.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Then {
    Resend(Attempt),
    Relocate(Position),
}

impl BackingOff {
    fn on(self) -> (Commit, Action) {
        let Self { context, then } = self;
        match then {
            Then::Resend(attempt) => context.create(attempt),
            Then::Relocate(Position { live: None, .. }) => {
                context.locate(Resolve::cold(context.rules.lists))
            }
            Then::Relocate(position) => {
                context.locate(Resolve::since(position, context.rules.lists))
            }
        }
    }
}

/// See [`Commit::Hinting`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Hinting {
    context: Context,
    version: Version,
    attempts: u32,
}

impl Hinting {
    fn on(self, written: bool) -> (Commit, Action) {
        let Self { context, version, attempts } = self;
        if !written && attempts < context.rules.hint_attempts {
            return enter(Commit::Hinting(Self { attempts: attempts + 1, ..self }));
        }
        done(Outcome::Committed { version, hinted: written })
    }
}
