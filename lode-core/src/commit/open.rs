//! Opening a history for writing.

/// Opens a history for writing: finds its descriptor, or creates it before the first commit, and
/// makes sure that the store keeps its word on create-if-absent.
///
/// Some servers silently ignore conditions and overwrite. So the descriptor is created once more
/// with the bytes that it has; a store that does not answer "already exists" cannot tell writers
/// apart. That costs one request for each handle that is opened, and none for any later commit.
///
/// Opening writes nothing else: a descriptor that is absent is [created](Self::create) when the
/// handle commits for the first time.
///
/// ```text
///  start            found                   exists
///  ─────► Read ───────────► (compare) ─► Check ───────► Ready
///          │ absent          ▲              │ created
///          ▼                 │ Read         ▼
///        Absent              │ exists    ConditionsIgnored
///                            │           ▲
///  create                    │  created  │ created
///  ─────► Create ────────────┴────────► Check ───────► Ready
///                                               exists
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Open {
    step: Step,
    /// How many more answers that are not definite it puts up with.
    patience: u32,
    /// Whether a descriptor that is absent is to be created.
    creates: bool,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Step {
    Read,
    Create,
    Check,
    Done(OpenOutcome),
}

impl Open {
    /// Begins to open. `patience` bounds how many uncertain answers are tried again.
    pub const fn start(patience: u32) -> (Self, OpenAction) {
        (Self { step: Step::Read, patience, creates: false }, OpenAction::Read)
    }

    /// Begins to create the descriptor that was [`Absent`](OpenOutcome::Absent).
    pub const fn create(patience: u32) -> (Self, OpenAction) {
        (Self { step: Step::Create, patience, creates: true }, OpenAction::Create)
    }

    /// Takes what became of the last action, and says what to do next. An event that does not
    /// answer it is ignored.
    #[must_use]
    pub fn on(self, event: OpenEvent) -> (Self, OpenAction) {
        let step = match (self.step, event) {
            (Step::Read, OpenEvent::Found) => Step::Check,
            (Step::Read, OpenEvent::Absent) if !self.creates => Step::Done(OpenOutcome::Absent),
            // It exists, and then it does not: a store that is behind itself.
            (Step::Read, OpenEvent::Absent) => return self.again(Step::Create),
            // Created by a request of ours, or by somebody else: what is there decides.
            (Step::Create, OpenEvent::Exists) => Step::Read,
            (Step::Create, OpenEvent::Created) => Step::Check,
            (Step::Check, OpenEvent::Exists) => Step::Done(OpenOutcome::Ready),
            (Step::Check, OpenEvent::Created) => Step::Done(OpenOutcome::ConditionsIgnored),
            (Step::Done(outcome), _) => Step::Done(outcome),
            (_, OpenEvent::Refused) => Step::Done(OpenOutcome::Failed),
            (step, OpenEvent::Unknown) => return self.again(step),
            (step, _) => step,
        };
        self.enter(step)
    }

    /// Goes on, unless patience is at its end.
    fn again(self, step: Step) -> (Self, OpenAction) {
        match self.patience.checked_sub(1) {
            Some(patience) => Self { patience, ..self }.enter(step),
            None => self.enter(Step::Done(OpenOutcome::Failed)),
        }
    }

    fn enter(self, step: Step) -> (Self, OpenAction) {
        let action = match step {
            Step::Read => OpenAction::Read,
            Step::Create => OpenAction::Create,
            Step::Check => OpenAction::Check,
            Step::Done(outcome) => OpenAction::Done(outcome),
        };
        (Self { step, ..self }, action)
    }
}

/// What a shell has to do next.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OpenAction {
    /// Create the descriptor again, if it is absent, with the very bytes that it has.
    Check,
    /// Create the descriptor, if it is absent.
    Create,
    /// Nothing more.
    Done(OpenOutcome),
    /// Read the descriptor and compare it with what the caller asks for, or would have created.
    Read,
}

/// What became of an action.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OpenEvent {
    /// There is no descriptor.
    Absent,
    /// It was created.
    Created,
    /// It was there already.
    Exists,
    /// It is there, and fits.
    Found,
    /// It does not fit, cannot be made, or the store refused. The shell keeps why.
    Refused,
    /// The store failed, and it is not known whether it did what was asked.
    Unknown,
}

/// How opening has ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OpenOutcome {
    /// There is no descriptor. It is to be [created](Open::create) before the first commit.
    Absent,
    /// The store does not keep its word on create-if-absent: it created an object that is there.
    ConditionsIgnored,
    /// It cannot be opened; the shell holds the reason.
    Failed,
    /// The descriptor fits, and conditions are kept.
    Ready,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(events: &[OpenEvent]) -> OpenAction {
        follow(Open::start(2), events)
    }

    fn create(events: &[OpenEvent]) -> OpenAction {
        follow(Open::create(2), events)
    }

    fn follow((mut machine, mut action): (Open, OpenAction), events: &[OpenEvent]) -> OpenAction {
        for event in events {
            (machine, action) = machine.on(*event);
        }
        action
    }

    #[test]
    fn the_first_creator_wins_and_conditions_are_checked() {
        use OpenEvent::{Absent, Created, Exists, Found, Refused, Unknown};
        let done = OpenAction::Done;
        assert_eq!(run(&[Found, Exists]), done(OpenOutcome::Ready));
        assert_eq!(run(&[Absent]), done(OpenOutcome::Absent));
        assert_eq!(create(&[Created, Exists]), done(OpenOutcome::Ready));
        assert_eq!(create(&[Exists]), OpenAction::Read);
        assert_eq!(create(&[Exists, Found, Exists]), done(OpenOutcome::Ready));
        assert_eq!(create(&[Exists, Absent, Created, Exists]), done(OpenOutcome::Ready));
        let behind = [Exists, Absent, Exists, Absent, Exists, Absent];
        assert_eq!(create(&behind), done(OpenOutcome::Failed));
        assert_eq!(create(&[Exists, Refused]), done(OpenOutcome::Failed));
        assert_eq!(run(&[Found, Created]), done(OpenOutcome::ConditionsIgnored));
        assert_eq!(create(&[Created, Created]), done(OpenOutcome::ConditionsIgnored));
        assert_eq!(run(&[Unknown, Unknown, Unknown]), done(OpenOutcome::Failed));
        assert_eq!(create(&[Unknown, Exists, Found, Exists]), done(OpenOutcome::Ready));
    }

    #[test]
    fn an_event_that_answers_nothing_is_ignored() {
        assert_eq!(run(&[OpenEvent::Created]), OpenAction::Read);
        assert_eq!(create(&[OpenEvent::Found]), OpenAction::Create);
    }
}
