//! The collector machine, with a store that answers anything.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::Version;
use lode_core::collect::{Collect, CollectAction, CollectEvent, CollectOutcome};
use lode_fuzz::machine::{maybe_version, version};

fuzz_target!(|input: &[u8]| {
    // Bytes that no event can be made of are no finding.
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let patience = u.int_in_range(0..=3)?;
    let (mut machine, mut action) = Collect::start(patience);
    let mut known = Known { patience, ..Known::default() };
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
    /// How many more times its slot may be taken.
    patience: u32,
    chosen: bool,
    failed: bool,
    /// The newest slot: all up to it are marked.
    marked: Option<Version>,
    recorded: bool,
    tags: bool,
    swept: bool,
    /// Whether a record would say nothing.
    is_idle: bool,
}

impl Known {
    fn learn(&mut self, event: CollectEvent) {
        match event {
            CollectEvent::Chosen => self.chosen = true,
            CollectEvent::Failed => self.failed = true,
            CollectEvent::MarkedSlots { newest } => self.marked = Some(newest),
            CollectEvent::Nothing => self.is_idle = true,
            CollectEvent::Overtaken => match self.patience.checked_sub(1) {
                Some(patience) => self.patience = patience,
                None => self.failed = true,
            },
            CollectEvent::Recorded => self.recorded = true,
            CollectEvent::MarkedTags => self.tags = true,
            CollectEvent::Swept { more, .. } => self.swept = !more,
            _ => {}
        }
    }

    fn judge(&self, action: CollectAction) {
        assert!(!self.failed || action == CollectAction::Done(CollectOutcome::Failed));
        match action {
            CollectAction::Choose => assert!(!self.chosen),
            // Only what came after the marks has to be marked.
            CollectAction::MarkSlots { after } => {
                assert!(self.chosen && !self.recorded && after == self.marked);
            }
            CollectAction::Record { on } => {
                assert!(self.marked == Some(on) && !self.recorded);
            }
            // Tags come after the record: whoever writes one later sees the record.
            CollectAction::MarkTags => assert!(self.recorded && !self.tags),
            CollectAction::Sweep => assert!(self.recorded && self.tags && !self.swept),
            CollectAction::Bury { .. } => assert!(self.recorded && self.swept),
            CollectAction::Done(CollectOutcome::Finished) => {
                assert!(self.swept && self.recorded || self.is_idle);
            }
            CollectAction::Done(_) => assert!(self.failed),
            _ => {}
        }
    }
}

fn answers(event: CollectEvent, action: CollectAction) -> bool {
    match (action, event) {
        (CollectAction::Done(_), _) => false,
        (_, CollectEvent::Failed)
        | (CollectAction::Choose, CollectEvent::Chosen | CollectEvent::Nothing)
        | (CollectAction::Bury { .. }, CollectEvent::Buried(_))
        | (
            CollectAction::MarkSlots { .. },
            CollectEvent::MarkedSlots { .. } | CollectEvent::Nothing,
        )
        | (CollectAction::MarkTags, CollectEvent::MarkedTags)
        | (CollectAction::Record { .. }, CollectEvent::Recorded | CollectEvent::Overtaken)
        | (CollectAction::Sweep, CollectEvent::Swept { .. }) => true,
        _ => false,
    }
}

/// Mostly one that answers the action.
fn event(u: &mut Unstructured<'_>, action: CollectAction) -> Result<CollectEvent> {
    if u.ratio(1, 16)? {
        return Ok(CollectEvent::Failed);
    }
    let mut all = vec![
        CollectEvent::Buried(maybe_version(u)?),
        CollectEvent::Chosen,
        CollectEvent::MarkedSlots { newest: version(u)? },
        CollectEvent::MarkedTags,
        CollectEvent::Overtaken,
        CollectEvent::Recorded,
        CollectEvent::Swept { more: bool::arbitrary(u)?, next: maybe_version(u)? },
    ];
    if u.ratio(1, 16)? {
        all.push(CollectEvent::Nothing);
    }
    if u.ratio(7, 8)? && !matches!(action, CollectAction::Done(_)) {
        all.retain(|event| answers(*event, action));
    }
    u.choose(&all).copied()
}
