//! The commit machine, with a store that answers anything.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::Version;
use lode_core::commit::{Action, Commit, Event, Look, Outcome, Rules, Seen, Sent};
use lode_fuzz::machine::{OURS, density, holder, position, seen, version};

fuzz_target!(|input: &[u8]| {
    // Bytes that no event can be made of are no finding.
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let rules = Rules {
        density: density(u)?,
        retries: u.int_in_range(0..=3)?,
        resends: u.int_in_range(0..=3)?,
        hint_attempts: u.int_in_range(0..=3)?,
    };
    let mut known = Known::default();
    let (mut machine, mut action) = match u.int_in_range(0..=2_u8)? {
        0 => Commit::start(OURS, rules, None),
        1 => Commit::start(OURS, rules, Some(position(u)?)),
        _ => {
            let version = version(u)?;
            known.pending = Some(version);
            Commit::resolve(OURS, rules, version)
        }
    };
    while !u.is_empty() {
        let event = if u.ratio(1, 8)? { any(u)? } else { answer(u, action)? };
        let (next, asked) = machine.on(event);
        match answers(event, action) {
            true => {
                assert_ne!(next, machine, "it has learnt nothing from {event:?}");
                known.learn(action, event);
            }
            false => assert_eq!((next, asked), (machine, action), "{event:?} answers nothing"),
        }
        (machine, action) = (next, asked);
        assert_eq!(machine.action(), action);
        known.judge(action);
    }
    Ok(())
}

/// What a bystander knows.
#[derive(Default)]
struct Known {
    /// A version that is ours for certain.
    ours: Option<Version>,
    /// A slot that a create of ours may still land in.
    pending: Option<Version>,
    /// The last slot that is another's for certain.
    anothers: Option<Version>,
    sent: Option<Version>,
}

impl Known {
    fn learn(&mut self, action: Action, event: Event) {
        match (action, event) {
            (Action::Create { version, .. }, Event::Sent(sent)) => {
                self.sent = Some(version);
                match sent {
                    Sent::Created => self.ours = Some(version),
                    Sent::Unknown => self.pending = Some(version),
                    _ => {}
                }
            }
            (Action::Look(Look::Slot(version)), Event::Seen(Seen::Slot(slot))) => {
                match holder(slot) {
                    Some(Some(OURS)) => self.ours = Some(version),
                    Some(_) => {
                        self.anothers = Some(version);
                        self.pending = self.pending.filter(|pending| *pending != version);
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn judge(&self, action: Action) {
        match action {
            Action::Create { version, again } => {
                assert!(
                    self.pending.is_none_or(|pending| pending == version),
                    "one slot at a time"
                );
                assert!(!again || self.sent == Some(version) || self.pending == Some(version));
            }
            Action::Prepare { .. } => assert_eq!(self.pending, None),
            Action::WriteHint { version } => assert_eq!(self.ours, Some(version)),
            Action::BackOff { attempt } => assert!(attempt > 0),
            Action::Done(outcome) => self.judge_outcome(outcome),
            _ => {}
        }
    }

    fn judge_outcome(&self, outcome: Outcome) {
        match outcome {
            Outcome::Committed { version, .. } => assert_eq!(self.ours, Some(version)),
            Outcome::Unknown { version } => {
                assert!(self.sent == Some(version) || self.pending == Some(version));
            }
            // In a slot that is taken nothing of ours can land.
            Outcome::Damaged { .. } => {}
            Outcome::Conflict { version } => {
                assert_eq!((self.anothers, self.pending), (Some(version), None));
            }
            _ => assert_eq!(self.pending, None, "{outcome:?} while a create may land"),
        }
    }
}

fn answers(event: Event, action: Action) -> bool {
    matches!(
        (action, event),
        (Action::Prepare { .. }, Event::Prepared | Event::AlreadyCommitted | Event::Refused)
            | (Action::BackOff { .. }, Event::Waited)
            | (Action::Create { .. }, Event::Sent(_))
            | (Action::WriteHint { .. }, Event::Hinted(_))
            | (Action::Look(_), Event::Seen(Seen::Failed))
            | (Action::Look(Look::Exists(_)), Event::Seen(Seen::Exists(_)))
            | (Action::Look(Look::Hint), Event::Seen(Seen::Hint(_)))
            | (Action::Look(Look::Slots { .. }), Event::Seen(Seen::Listed(_)))
            | (Action::Look(Look::Slot(_)), Event::Seen(Seen::Slot(_)))
    )
}

fn answer(u: &mut Unstructured<'_>, action: Action) -> Result<Event> {
    Ok(match action {
        Action::BackOff { .. } => Event::Waited,
        Action::Create { .. } => Event::Sent(sent(u)?),
        Action::Look(look) => Event::Seen(seen(u, look)?),
        Action::Prepare { .. } => prepared(u)?,
        Action::WriteHint { .. } => Event::Hinted(bool::arbitrary(u)?),
        _ => any(u)?,
    })
}

fn any(u: &mut Unstructured<'_>) -> Result<Event> {
    let first = Version::FIRST;
    let look = [Look::Exists(first), Look::Hint, Look::Slots { after: None }, Look::Slot(first)];
    Ok(match u.int_in_range(0..=4_u8)? {
        0 => Event::Waited,
        1 => Event::Sent(sent(u)?),
        2 => {
            let look = *u.choose(&look)?;
            Event::Seen(seen(u, look)?)
        }
        3 => prepared(u)?,
        _ => Event::Hinted(bool::arbitrary(u)?),
    })
}

fn sent(u: &mut Unstructured<'_>) -> Result<Sent> {
    u.choose(&[Sent::Created, Sent::Exists, Sent::Rejected, Sent::Unknown]).copied()
}

fn prepared(u: &mut Unstructured<'_>) -> Result<Event> {
    let often = [Event::Prepared; 6];
    let all = [&often[..], &[Event::AlreadyCommitted, Event::Refused]].concat();
    u.choose(&all).copied()
}
