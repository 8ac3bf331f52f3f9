//! The collector machine, with a store and a clock that answer anything.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::collect::{Collect, CollectAction, CollectEvent, CollectOutcome, Newest};
use lode_core::time::Timestamp;
use lode_fuzz::machine::{maybe_version, time, version};

fuzz_target!(|input: &[u8]| {
    // Bytes that no event can be made of are no finding.
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let grace_period = *u.choose(&[0, 3600, 24 * 3600, u64::MAX])?;
    let (mut machine, mut action) = Collect::start(grace_period);
    let mut known = Known { grace_period, ..Known::default() };
    while !u.is_empty() {
        let event = event(u, action)?;
        let (next, asked) = machine.on(event);
        if answers(event, action) {
            known.learn(event);
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
    grace_period: u64,
    chosen: bool,
    failed: bool,
    /// When marking began.
    since: Option<Timestamp>,
    /// Whether the newest slot is live, so that all slots are marked.
    slots: bool,
    tags: bool,
    swept: bool,
}

impl Known {
    fn learn(&mut self, event: CollectEvent) {
        match event {
            CollectEvent::Chosen(_) => self.chosen = true,
            CollectEvent::Failed => self.failed = true,
            CollectEvent::Time(since) => {
                (self.since, self.slots, self.tags) = (Some(since), false, false);
            }
            CollectEvent::MarkedSlots(newest) => self.slots = newest == Newest::Live,
            CollectEvent::MarkedTags => self.tags = true,
            CollectEvent::Swept { more, .. } => self.swept = !more,
            _ => {}
        }
    }

    fn judge(&self, action: CollectAction) {
        assert!(!self.failed || action == CollectAction::Done(CollectOutcome::Failed));
        match action {
            CollectAction::Bury { .. } | CollectAction::ReadClock => assert!(self.chosen),
            // Slots come before tags: a tag pins what its slot does no more.
            CollectAction::MarkSlots { .. } => assert!(self.since.is_some() && !self.tags),
            CollectAction::MarkTags { now } => assert_eq!(self.since, Some(now)),
            CollectAction::Sweep { older_than } => {
                let since = self.since.expect("it has asked for the time");
                assert!(self.tags && older_than <= since);
                let earliest = older_than.seconds() == i64::MIN;
                assert!(earliest || since.seconds_since(older_than) > self.grace_period);
            }
            CollectAction::Done(CollectOutcome::Finished) => assert!(self.swept),
            CollectAction::Done(_) => assert!(self.failed),
            _ => {}
        }
    }
}

fn answers(event: CollectEvent, action: CollectAction) -> bool {
    match (action, event) {
        (CollectAction::Done(_), _) => false,
        (_, CollectEvent::Failed)
        | (CollectAction::Choose, CollectEvent::Chosen(_))
        | (CollectAction::Bury { .. }, CollectEvent::Buried(_))
        | (CollectAction::ReadClock, CollectEvent::Time(_))
        | (CollectAction::MarkSlots { .. }, CollectEvent::MarkedSlots(_))
        | (CollectAction::MarkTags { .. }, CollectEvent::MarkedTags)
        | (CollectAction::Sweep { .. }, CollectEvent::Swept { .. }) => true,
        _ => false,
    }
}

/// Mostly one that answers the action.
fn event(u: &mut Unstructured<'_>, action: CollectAction) -> Result<CollectEvent> {
    if u.ratio(1, 16)? {
        return Ok(CollectEvent::Failed);
    }
    let newest = [Newest::Collected(version(u)?), Newest::Live, Newest::Nothing];
    let mut all = vec![
        CollectEvent::Buried(maybe_version(u)?),
        CollectEvent::Chosen(maybe_version(u)?),
        CollectEvent::MarkedSlots(*u.choose(&newest)?),
        CollectEvent::MarkedTags,
        CollectEvent::Swept { more: bool::arbitrary(u)?, now: time(u)? },
        CollectEvent::Time(time(u)?),
    ];
    if u.ratio(7, 8)? && !matches!(action, CollectAction::Done(_)) {
        all.retain(|event| answers(*event, action));
    }
    u.choose(&all).copied()
}
