//! Trying for one slot: the part of a commit in which it takes place.

use crate::commit::{Rules, Sent, Slot};
use crate::manifest::CommitId;

/// One slot that is tried for, from the first create to the hint.
///
/// It is the middle of [`Commit`](super::Commit), and all of it for a writer that is alone and
/// never has to look for another slot: a device. It keeps neither the version nor the commit id,
/// as its shell has both.
///
/// ```text
///            ┌──────────┐ created             ┌─────────┐
///  start ───►│ Creating ├────────────────────►│ Hinting ├──► Committed
///            └─┬──────▲─┘                     └────▲────┘
///       exists │      │ send again                 │ ours
///            ┌─▼──────┴────┐                       │
///            │ Classifying ├───────────────────────┘
///            └─────────────┴──► Lost
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Claim {
    rules: Rules,
    step: Step,
    /// Whether a create was sent whose outcome is not known. From then on a refusal proves
    /// nothing: only the slot's content does.
    uncertain: bool,
    resends: u32,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Step {
    /// A create of the slot is on its way.
    Creating,
    /// The slot is taken: by whom?
    Classifying {
        /// How many times the slot could not be read.
        reads: u32,
    },
    /// Waiting before the manifest is sent again.
    BackingOff,
    /// Committed; the hint is on its way.
    Hinting { attempts: u32 },
}

/// What the shell of a [`Claim`] has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum ClaimAction {
    /// Wait: [`ClaimEvent::Waited`].
    BackOff {
        /// Counted from 1.
        attempt: u32,
    },
    /// Create the slot, if it is absent: [`ClaimEvent::Sent`].
    Create {
        /// Whether the same bytes were sent before.
        again: bool,
    },
    /// Look who has the slot: [`ClaimEvent::Held`], or [`ClaimEvent::Unreadable`].
    Look,
    /// Overwrite the hint: [`ClaimEvent::Hinted`].
    WriteHint,
}

/// What became of a [`ClaimAction`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum ClaimEvent {
    /// By whom the slot is held.
    Held(Holder),
    /// Whether the hint was written.
    Hinted(bool),
    /// What became of the create.
    Sent(Sent),
    /// The store would not say what the slot holds.
    Unreadable,
    /// The wait is over.
    Waited,
}

/// By whom a slot is held.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Holder {
    /// By another commit.
    Another,
    /// By something that is no manifest of this history.
    Damage,
    /// By nothing.
    Nobody,
    /// By this commit.
    Us,
}

impl Holder {
    /// By whom a slot is held, for the commit with this id.
    pub fn of(slot: Slot, id: CommitId) -> Self {
        match slot {
            Slot::Live { commit_id, .. }
            | Slot::Record { commit_id, .. }
            | Slot::Collected { commit_id, .. } => match commit_id == Some(id) {
                true => Self::Us,
                false => Self::Another,
            },
            Slot::Absent => Self::Nobody,
            Slot::Damaged => Self::Damage,
        }
    }
}

/// How a [`Claim`] has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Claimed {
    /// The slot is ours.
    Committed {
        /// Whether the hint names it.
        hinted: bool,
    },
    /// What the slot holds cannot be read.
    Damaged,
    /// The store refused, and nothing was sent that could still be applied.
    Failed,
    /// The slot holds another commit, so ours can never land there.
    Lost,
    /// A create was sent whose outcome could not be learnt.
    Unknown,
}

impl Claim {
    /// Begins with a create.
    pub const fn start(rules: Rules) -> Self {
        Self { rules, step: Step::Creating, uncertain: false, resends: 0 }
    }

    /// Begins with a look at the slot, after an outcome that is unknown.
    pub const fn resolve(rules: Rules) -> Self {
        let step = Step::Classifying { reads: 0 };
        Self { rules, step, uncertain: true, resends: 0 }
    }

    /// What the machine is waiting for.
    pub const fn action(&self) -> ClaimAction {
        match self.step {
            Step::Creating => ClaimAction::Create { again: self.resends > 0 },
            Step::Classifying { .. } => ClaimAction::Look,
            Step::BackingOff => ClaimAction::BackOff { attempt: self.resends },
            Step::Hinting { .. } => ClaimAction::WriteHint,
        }
    }

    /// Takes what became of the last action: `None` as long as there is a next one. An event that
    /// does not answer it is ignored.
    pub fn on(&mut self, event: ClaimEvent) -> Option<Claimed> {
        match (self.step, event) {
            (Step::Creating, ClaimEvent::Sent(sent)) => return self.sent(sent),
            (Step::Classifying { .. }, ClaimEvent::Held(holder)) => return self.held(holder),
            // What exists may be ours, so without a look at it nothing is known.
            (Step::Classifying { reads }, ClaimEvent::Unreadable) => {
                if reads >= self.rules.resends {
                    return Some(Claimed::Unknown);
                }
                self.step = Step::Classifying { reads: reads + 1 };
            }
            (Step::BackingOff, ClaimEvent::Waited) => self.step = Step::Creating,
            (Step::Hinting { attempts }, ClaimEvent::Hinted(hinted)) => {
                if hinted || attempts >= self.rules.hint_attempts {
                    return Some(Claimed::Committed { hinted });
                }
                self.step = Step::Hinting { attempts: attempts + 1 };
            }
            _ => {}
        }
        None
    }

    fn sent(&mut self, sent: Sent) -> Option<Claimed> {
        match sent {
            Sent::Created => self.hint(),
            Sent::Exists => {
                self.step = Step::Classifying { reads: 0 };
                None
            }
            Sent::Rejected if self.uncertain => Some(Claimed::Unknown),
            Sent::Rejected => Some(Claimed::Failed),
            Sent::Unknown => self.resend(),
        }
    }

    fn held(&mut self, holder: Holder) -> Option<Claimed> {
        match holder {
            Holder::Us => self.hint(),
            Holder::Another => Some(Claimed::Lost),
            Holder::Damage => Some(Claimed::Damaged),
            // It exists, and then it does not: a store that is behind itself.
            Holder::Nobody => self.resend(),
        }
    }

    /// Committed: the hint is next, if there is to be one.
    fn hint(&mut self) -> Option<Claimed> {
        if self.rules.hint_attempts == 0 {
            return Some(Claimed::Committed { hinted: false });
        }
        self.step = Step::Hinting { attempts: 1 };
        None
    }

    /// Sends the manifest again after a while, unless that was done often enough.
    fn resend(&mut self) -> Option<Claimed> {
        if self.resends >= self.rules.resends {
            return Some(Claimed::Unknown);
        }
        self.uncertain = true;
        self.resends += 1;
        self.step = Step::BackingOff;
        None
    }
}
