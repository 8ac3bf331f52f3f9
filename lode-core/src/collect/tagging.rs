//! The tag machine.

/// Writes one tag, and makes sure that it pins what it names.
///
/// A tag is written *first* and confirmed *then*, by a look at the head: if no record up to it has
/// dropped the version, every later one is committed after the tag was written, and its collection
/// reads the tags after that. See the [module](super) for the argument.
///
/// ```text
///          created           not dropped
///  Write ───────────► Confirm ───────► Confirmed
///   │ ▲ exists          ▲ │                   deleted
///   ▼ │ gone       ours │ └─ dropped ► Withdraw ───────► Collected
///  Compare ─────────────┘
///   │ another's
///   ▼
///  NameTaken
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Tagging {
    step: Step,
    /// How many more answers that are not definite it puts up with.
    patience: u32,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Step {
    Write {
        /// How many times it was sent before.
        resends: u32,
    },
    BackOff {
        resends: u32,
    },
    Compare {
        resends: u32,
    },
    Confirm,
    Withdraw,
    Done(TagOutcome),
}

impl Tagging {
    /// Begins to write a tag. `patience` bounds how many uncertain answers are tried again.
    pub const fn start(patience: u32) -> (Self, TagAction) {
        (Self { step: Step::Write { resends: 0 }, patience }, TagAction::Write { again: false })
    }

    /// Takes what became of the last action, and says what to do next. An event that does not
    /// answer it is ignored.
    #[must_use]
    pub fn on(self, event: TagEvent) -> (Self, TagAction) {
        match (self.step, event) {
            (Step::Write { resends }, event) => self.written(resends, event),
            (Step::BackOff { resends }, TagEvent::Waited) => self.enter(Step::Write { resends }),
            (Step::Compare { resends }, event) => self.compared(resends, event),
            (Step::Confirm, event) => self.confirmed(event),
            (Step::Withdraw, TagEvent::Deleted(true)) => {
                self.finish(TagOutcome::Collected { withdrawn: true })
            }
            (Step::Withdraw, TagEvent::Deleted(false)) => {
                self.again(Step::Withdraw, TagOutcome::Collected { withdrawn: false })
            }
            _ => (self, self.action()),
        }
    }

    /// What the machine is waiting for.
    pub const fn action(self) -> TagAction {
        match self.step {
            Step::Write { resends } => TagAction::Write { again: resends > 0 },
            Step::BackOff { resends } => TagAction::BackOff { attempt: resends },
            Step::Compare { .. } => TagAction::Compare,
            Step::Confirm => TagAction::Confirm,
            Step::Withdraw => TagAction::Withdraw,
            Step::Done(outcome) => TagAction::Done(outcome),
        }
    }

    fn written(self, resends: u32, event: TagEvent) -> (Self, TagAction) {
        match event {
            TagEvent::Created => self.enter(Step::Confirm),
            // It may be our own: by a request whose reply was lost, or that a client repeated.
            TagEvent::Exists => self.enter(Step::Compare { resends }),
            // A refusal after an uncertain answer proves nothing about the request before it.
            TagEvent::Rejected if resends == 0 => self.finish(TagOutcome::Failed),
            TagEvent::Rejected => self.finish(TagOutcome::Unknown),
            TagEvent::Unknown => self.resend(resends),
            _ => (self, self.action()),
        }
    }

    fn compared(self, resends: u32, event: TagEvent) -> (Self, TagAction) {
        match event {
            TagEvent::Ours => self.enter(Step::Confirm),
            TagEvent::Anothers => self.finish(TagOutcome::NameTaken),
            // It exists, and then it does not: withdrawn, or a store that is behind itself.
            TagEvent::Gone => self.resend(resends),
            TagEvent::Unknown => self.again(self.step, TagOutcome::Unknown),
            _ => (self, self.action()),
        }
    }

    fn confirmed(self, event: TagEvent) -> (Self, TagAction) {
        match event {
            TagEvent::Dropped(false) => self.finish(TagOutcome::Confirmed),
            TagEvent::Dropped(true) => self.enter(Step::Withdraw),
            TagEvent::Unknown => self.again(self.step, TagOutcome::Unconfirmed),
            _ => (self, self.action()),
        }
    }

    /// Sends the tag again after a while, unless that was done often enough.
    fn resend(self, resends: u32) -> (Self, TagAction) {
        self.again(Step::BackOff { resends: resends + 1 }, TagOutcome::Unknown)
    }

    /// Goes on, unless patience is at its end.
    fn again(self, step: Step, otherwise: TagOutcome) -> (Self, TagAction) {
        match self.patience.checked_sub(1) {
            Some(patience) => Self { patience, ..self }.enter(step),
            None => self.finish(otherwise),
        }
    }

    fn finish(self, outcome: TagOutcome) -> (Self, TagAction) {
        self.enter(Step::Done(outcome))
    }

    fn enter(self, step: Step) -> (Self, TagAction) {
        let next = Self { step, ..self };
        (next, next.action())
    }
}

/// What a shell has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TagAction {
    /// Wait, longer with every attempt and with jitter: [`TagEvent::Waited`].
    BackOff {
        /// Counted from 1.
        attempt: u32,
    },
    /// Read the object of the tag's name and compare its bytes with those that were sent:
    /// [`TagEvent::Ours`], [`TagEvent::Anothers`] or [`TagEvent::Gone`].
    Compare,
    /// Find the head, in the store and not from memory, and look whether the version that was
    /// tagged has been dropped: [`TagEvent::Dropped`] or [`TagEvent::Unknown`].
    Confirm,
    /// Nothing more.
    Done(TagOutcome),
    /// Delete the tag: [`TagEvent::Deleted`].
    Withdraw,
    /// Create the tag, if there is none of its name, with a copy of the slot's live manifest:
    /// [`TagEvent::Created`], [`TagEvent::Exists`], [`TagEvent::Rejected`] or
    /// [`TagEvent::Unknown`].
    Write {
        /// Whether the same bytes were sent before.
        again: bool,
    },
}

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TagEvent {
    /// The object has other bytes than those that were sent.
    Anothers,
    /// The tag was created, by this request.
    Created,
    /// Whether the tag is gone for certain. If not, it may be deleted later.
    Deleted(bool),
    /// Whether the version is in the dropped set of the head.
    Dropped(bool),
    /// There is an object of this name.
    Exists,
    /// There is no object of this name.
    Gone,
    /// The object has the bytes that were sent.
    Ours,
    /// The store refused, and has not applied it.
    Rejected,
    /// The store failed, and it is not known whether it did, or will do, what was asked.
    Unknown,
    /// It was waited for long enough.
    Waited,
}

/// How tagging has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TagOutcome {
    /// The snapshot was collected before the tag could pin it.
    Collected {
        /// Whether the tag is gone. If not, it keeps what is left of the snapshot from being
        /// collected until somebody deletes it, and promises nothing.
        withdrawn: bool,
    },
    /// The tag is there, and what it refers to stays for as long as the tag does.
    Confirmed,
    /// The store refused or failed before anything was sent that could still be applied. The shell
    /// holds the store's error.
    Failed,
    /// There is a tag of this name already, with another content.
    NameTaken,
    /// The tag is there, but the head could not be found, so it promises nothing. Delete it and
    /// choose another name.
    Unconfirmed,
    /// The tag was sent, and it could not be learnt whether it is there. It promises nothing.
    Unknown,
}
