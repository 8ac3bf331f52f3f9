//! The commit machine.

use crate::Version;
use crate::commit::{
    Claim, ClaimAction, ClaimEvent, Claimed, Density, Holder, Look, Outcome, Position, Resolution,
    Resolve, ResolveStep, Seen, Slot,
};
use crate::manifest::CommitId;

/// One logical commit, from the head to the hint. See the [module](super) for the protocol.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Commit {
    /// Finding the head.
    Locating(Locating),
    /// Waiting for the shell to make a manifest.
    Preparing(Preparing),
    /// Trying for a slot: creating, classifying, hinting.
    Claiming(Claiming),
    /// Waiting before the next slot is tried for.
    BackingOff(BackingOff),
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
            None => context.locate(Resolve::cold(rules.density)),
        }
    }

    /// Begins to settle a commit whose outcome was [`Unknown`](Outcome::Unknown): the slot is
    /// looked at, and only if it is still empty is the same manifest sent once more. An empty
    /// slot alone proves nothing, for the lost create may still land. So it is sent once at the
    /// least, however impatient the rules are: else an empty slot would never be settled.
    pub fn resolve(id: CommitId, rules: Rules, version: Version) -> (Self, Action) {
        let rules = Rules { resends: rules.resends.max(1), ..rules };
        let context = Context { id, rules, conflicts: rules.retries };
        context.claim(version, Claim::resolve(rules))
    }

    /// Takes what became of the last action, and says what to do next.
    #[must_use]
    pub fn on(self, event: Event) -> (Self, Action) {
        let next = match (self, event) {
            (Self::Locating(state), Event::Seen(seen)) => Some(state.on(seen)),
            (Self::Preparing(state), event) => state.on(event),
            (Self::Claiming(state), event) => state.on(event),
            (Self::BackingOff(state), Event::Waited) => Some(state.on()),
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
            Self::Claiming(Claiming { version, claim, .. }) => match claim.action() {
                ClaimAction::Create { again } => Action::Create { version, again },
                ClaimAction::Look => Action::Look(Look::Slot(version)),
                ClaimAction::BackOff { attempt } => Action::BackOff { attempt },
                ClaimAction::WriteHint => Action::WriteHint { version },
            },
            Self::BackingOff(BackingOff { context, .. }) => {
                Action::BackOff { attempt: context.conflicts }
            }
            Self::Done(outcome) => Action::Done(outcome),
        }
    }
}

/// How patient a commit is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Rules {
    /// How the slots can lie.
    pub density: Density,
    /// How many times to try again after losing a slot to another commit.
    pub retries: u32,
    /// How many times to send a manifest again whose create had no definite outcome.
    pub resends: u32,
    /// How many times to write the hint before giving up on it; 0 for a record, which no hint
    /// names.
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
    /// Create the slot with the prepared manifest, if it is absent: [`Event::Sent`].
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

    fn claim(self, version: Version, claim: Claim) -> (Commit, Action) {
        enter(Commit::Claiming(Claiming { context: self, version, claim }))
    }

    /// The slot holds another commit, so ours can never land there.
    fn lose(self, position: Position, version: Version) -> (Commit, Action) {
        if self.conflicts >= self.rules.retries {
            return done(Outcome::Conflict { version });
        }
        let context = Self { conflicts: self.conflicts + 1, ..self };
        enter(Commit::BackingOff(BackingOff { context, position }))
    }
}

fn enter(state: Commit) -> (Commit, Action) {
    (state, state.action())
}

fn done(outcome: Outcome) -> (Commit, Action) {
    enter(Commit::Done(outcome))
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
        Some(match event {
            Event::Prepared => self.context.claim(self.version, Claim::start(self.context.rules)),
            Event::AlreadyCommitted => done(Outcome::AlreadyCommitted),
            Event::Refused => done(Outcome::Refused),
            Event::Hinted(_) | Event::Seen(_) | Event::Sent(_) | Event::Waited => return None,
        })
    }
}

/// See [`Commit::Claiming`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Claiming {
    context: Context,
    version: Version,
    claim: Claim,
}

impl Claiming {
    fn on(mut self, event: Event) -> Option<(Commit, Action)> {
        let Self { context, version, .. } = self;
        let claimed = self.claim.on(match event {
            Event::Sent(sent) => ClaimEvent::Sent(sent),
            Event::Seen(Seen::Slot(slot)) => ClaimEvent::Held(Holder::of(slot, context.id)),
            Event::Seen(Seen::Failed) => ClaimEvent::Unreadable,
            Event::Waited => ClaimEvent::Waited,
            Event::Hinted(written) => ClaimEvent::Hinted(written),
            Event::Seen(Seen::Exists(_) | Seen::Hint(_) | Seen::Listed(_))
            | Event::AlreadyCommitted
            | Event::Prepared
            | Event::Refused => return None,
        });
        Some(match claimed {
            None => enter(Commit::Claiming(self)),
            Some(Claimed::Committed { hinted }) => done(Outcome::Committed { version, hinted }),
            Some(Claimed::Damaged) => done(Outcome::Damaged { version }),
            Some(Claimed::Failed) => done(Outcome::Failed),
            Some(Claimed::Lost) => {
                let slot = match event {
                    Event::Seen(Seen::Slot(slot)) => slot,
                    _ => Slot::Damaged,
                };
                context.lose(Position::of(version, slot), version)
            }
            Some(Claimed::Unknown) => done(Outcome::Unknown { version }),
        })
    }
}

/// See [`Commit::BackingOff`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BackingOff {
    context: Context,
    /// Where the history stands at the least.
    position: Position,
}

impl BackingOff {
    fn on(self) -> (Commit, Action) {
        let Self { context, position } = self;
        context.locate(Resolve::since(position, context.rules.density))
    }
}
