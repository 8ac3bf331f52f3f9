//! The tag machine, with a store that answers anything.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::collect::{TagAction, TagEvent, TagOutcome, Tagging};

fuzz_target!(|input: &[u8]| {
    // Bytes that no event can be made of are no finding.
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut machine, mut action) = Tagging::start(u.int_in_range(0..=5)?);
    let mut known = Known::default();
    while !u.is_empty() {
        let event = event(u, action)?;
        let (next, asked) = machine.on(event);
        if answers(event, action) {
            assert_ne!(next, machine, "it has learnt nothing from {event:?}");
            known.learn(action, event);
        } else {
            assert_eq!((next, asked), (machine, action), "{event:?} answers nothing");
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
    /// Whether the tag is there, with our bytes.
    there: bool,
    /// Whether a request may still be applied.
    pending: bool,
    /// Whether the version was seen to have been dropped, after the tag was there.
    dropped: Option<bool>,
    is_anothers: bool,
    deleted: bool,
}

impl Known {
    fn learn(&mut self, action: TagAction, event: TagEvent) {
        match event {
            TagEvent::Created | TagEvent::Ours => self.there = true,
            TagEvent::Unknown if matches!(action, TagAction::Write { .. }) => self.pending = true,
            TagEvent::Anothers => self.is_anothers = true,
            TagEvent::Deleted(deleted) => self.deleted = deleted,
            TagEvent::Dropped(dropped) => self.dropped = Some(dropped),
            _ => {}
        }
    }

    fn judge(&self, action: TagAction) {
        let is_collected = self.dropped == Some(true);
        match action {
            TagAction::Confirm => assert!(self.there),
            TagAction::Withdraw => assert!(self.there && is_collected),
            TagAction::BackOff { attempt } => assert!(attempt > 0),
            TagAction::Done(outcome) => match outcome {
                TagOutcome::Collected { withdrawn } => {
                    assert!(self.there && is_collected);
                    assert_eq!(withdrawn, self.deleted);
                }
                TagOutcome::Confirmed => {
                    assert!(self.there && self.dropped == Some(false));
                }
                TagOutcome::Failed => assert!(!self.there && !self.pending),
                TagOutcome::NameTaken => assert!(self.is_anothers && !self.there),
                TagOutcome::Unconfirmed => assert!(self.there),
                _ => {}
            },
            _ => {}
        }
    }
}

fn answers(event: TagEvent, action: TagAction) -> bool {
    matches!(
        (action, event),
        (
            TagAction::Write { .. },
            TagEvent::Created | TagEvent::Exists | TagEvent::Rejected | TagEvent::Unknown,
        ) | (
            TagAction::Compare,
            TagEvent::Ours | TagEvent::Anothers | TagEvent::Gone | TagEvent::Unknown,
        ) | (TagAction::BackOff { .. }, TagEvent::Waited)
            | (TagAction::Confirm, TagEvent::Dropped(_) | TagEvent::Unknown)
            | (TagAction::Withdraw, TagEvent::Deleted(_))
    )
}

/// Mostly one that answers the action.
fn event(u: &mut Unstructured<'_>, action: TagAction) -> Result<TagEvent> {
    let mut all = vec![
        TagEvent::Anothers,
        TagEvent::Created,
        TagEvent::Deleted(bool::arbitrary(u)?),
        TagEvent::Dropped(bool::arbitrary(u)?),
        TagEvent::Exists,
        TagEvent::Gone,
        TagEvent::Ours,
        TagEvent::Rejected,
        TagEvent::Unknown,
        TagEvent::Waited,
    ];
    if u.ratio(7, 8)? && !matches!(action, TagAction::Done(_)) {
        all.retain(|event| answers(*event, action));
    }
    u.choose(&all).copied()
}
