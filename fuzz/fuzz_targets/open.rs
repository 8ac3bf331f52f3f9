//! Opening for writing, with a store that answers anything.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::commit::{Open, OpenAction, OpenEvent, OpenOutcome};

const EVENTS: [OpenEvent; 6] = [
    OpenEvent::Absent,
    OpenEvent::Created,
    OpenEvent::Exists,
    OpenEvent::Found,
    OpenEvent::Refused,
    OpenEvent::Unknown,
];

fuzz_target!(|input: &[u8]| {
    // Bytes that no event can be made of are no finding.
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let patience = u8::arbitrary(u)?;
    let begin = if bool::arbitrary(u)? { Open::create } else { Open::start };
    let (mut machine, mut action) = begin(patience.into());
    // What the last check has answered, and how many answers it took.
    let (mut checked, mut answered) = (None, 0);
    while !u.is_empty() {
        let event = *u.choose(&EVENTS)?;
        let (next, asked) = machine.on(event);
        if answers(event, action) {
            assert_ne!(next, machine, "it has learnt nothing from {event:?}");
            checked = (action == OpenAction::Check).then_some(event).or(checked);
            answered += 1;
            assert!(answered <= 3 + 2 * (u32::from(patience) + 1), "it has no end");
        } else {
            assert_eq!((next, asked), (machine, action), "{event:?} answers nothing");
        }
        (machine, action) = (next, asked);
        judge(action, checked);
    }
    Ok(())
}

fn judge(action: OpenAction, checked: Option<OpenEvent>) {
    let OpenAction::Done(outcome) = action else { return };
    match outcome {
        OpenOutcome::Ready => assert_eq!(checked, Some(OpenEvent::Exists)),
        OpenOutcome::ConditionsIgnored => assert_eq!(checked, Some(OpenEvent::Created)),
        _ => {}
    }
}

fn answers(event: OpenEvent, action: OpenAction) -> bool {
    match event {
        OpenEvent::Absent | OpenEvent::Found => action == OpenAction::Read,
        OpenEvent::Created | OpenEvent::Exists => {
            matches!(action, OpenAction::Create | OpenAction::Check)
        }
        _ => !matches!(action, OpenAction::Done(_)),
    }
}
