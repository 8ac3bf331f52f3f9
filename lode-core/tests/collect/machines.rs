//! The order that the machines keep. That no other is safe is shown by the explorer.

use lode_core::collect::{
    Collect, CollectAction, CollectEvent, CollectOutcome, TagAction, TagEvent, TagOutcome, Tagging,
};
use proptest::prelude::*;

use super::v;

const PATIENCE: u32 = 2;

fn collect(events: &[CollectEvent]) -> CollectAction {
    let (mut machine, mut action) = Collect::start(PATIENCE);
    for event in events {
        (machine, action) = machine.on(*event);
    }
    action
}

const FINISHED: CollectAction = CollectAction::Done(CollectOutcome::Finished);
const FAILED: CollectAction = CollectAction::Done(CollectOutcome::Failed);

#[test]
fn slots_come_before_the_record_and_tags_after_it() {
    use CollectEvent::{Buried, Chosen, MarkedSlots, MarkedTags, Recorded, Swept};
    let events = [
        Chosen,
        MarkedSlots { newest: v(5) },
        Recorded,
        MarkedTags,
        Swept { more: true, next: Some(v(3)) },
        Swept { more: false, next: Some(v(3)) },
        Buried(Some(v(4))),
        Buried(None),
    ];
    let actions = [
        CollectAction::Choose,
        CollectAction::MarkSlots { after: None },
        CollectAction::Record { on: v(5) },
        CollectAction::MarkTags,
        CollectAction::Sweep,
        CollectAction::Sweep,
        CollectAction::Bury { version: v(3) },
        CollectAction::Bury { version: v(4) },
        FINISHED,
    ];
    for (count, action) in actions.into_iter().enumerate() {
        assert_eq!(collect(&events[..count]), action);
    }
    let swept = [&events[..4], &[Swept { more: false, next: None }]].concat();
    assert_eq!(collect(&swept), FINISHED, "nothing is to be buried");
}

#[test]
fn a_record_that_would_say_nothing_is_not_made() {
    use CollectEvent::{Chosen, MarkedSlots, Nothing};
    assert_eq!(collect(&[Nothing]), FINISHED);
    assert_eq!(collect(&[Chosen, Nothing]), FINISHED);
    let recording = [Chosen, MarkedSlots { newest: v(5) }];
    assert_eq!(collect(&[&recording[..], &[Nothing]].concat()), collect(&recording));
}

#[test]
fn what_came_after_the_marks_is_marked_as_well() {
    use CollectEvent::{Chosen, MarkedSlots, Overtaken};
    let mut events = vec![Chosen, MarkedSlots { newest: v(5) }];
    for newest in [6, 9] {
        events.push(Overtaken);
        let after = if newest == 6 { v(5) } else { v(6) };
        assert_eq!(collect(&events), CollectAction::MarkSlots { after: Some(after) });
        events.push(MarkedSlots { newest: v(newest) });
        assert_eq!(collect(&events), CollectAction::Record { on: v(newest) });
    }
    events.push(Overtaken);
    assert_eq!(collect(&events), FAILED, "its patience is at its end");
}

#[test]
fn a_failure_ends_a_run_wherever_it_is() {
    use CollectEvent::{Buried, Chosen, Failed, MarkedSlots, MarkedTags, Recorded, Swept};
    let events = [
        Chosen,
        MarkedSlots { newest: v(5) },
        Recorded,
        MarkedTags,
        Swept { more: false, next: Some(v(3)) },
        Buried(Some(v(4))),
    ];
    for count in 0..=events.len() {
        let failed = [&events[..count], &[Failed]].concat();
        assert_eq!(collect(&failed), FAILED);
        assert_eq!(collect(&[&failed[..], &events[count..]].concat()), FAILED, "it stays so");
    }
}

fn tag(events: &[TagEvent]) -> TagAction {
    let (mut machine, mut action) = Tagging::start(2);
    for event in events {
        (machine, action) = machine.on(*event);
    }
    action
}

#[test]
fn a_tag_is_written_then_confirmed() {
    use TagEvent::{
        Anothers, Created, Deleted, Dropped, Exists, Gone, Ours, Rejected, Unknown, Waited,
    };
    let (live, dropped) = (Dropped(false), Dropped(true));
    let collected = |withdrawn| TagOutcome::Collected { withdrawn };
    for (events, outcome) in [
        (&[Created, live][..], TagOutcome::Confirmed),
        (&[Exists, Ours, live], TagOutcome::Confirmed),
        (&[Exists, Anothers], TagOutcome::NameTaken),
        (&[Unknown, Waited, Exists, Anothers], TagOutcome::NameTaken),
        (&[Unknown, Waited, Created, Unknown, live], TagOutcome::Confirmed),
        (&[Exists, Gone, Waited, Created, live], TagOutcome::Confirmed),
        (&[Created, dropped, Deleted(true)], collected(true)),
        (&[Created, dropped, Deleted(false), Deleted(true)], collected(true)),
        (&[Created, dropped, Deleted(false), Deleted(false), Deleted(false)], collected(false)),
        (&[Created, Unknown, Unknown, Unknown], TagOutcome::Unconfirmed),
        (&[Rejected], TagOutcome::Failed),
        (&[Unknown, Waited, Rejected], TagOutcome::Unknown),
        (&[Unknown, Waited, Unknown, Waited, Unknown], TagOutcome::Unknown),
        (&[Exists, Unknown, Unknown, Unknown], TagOutcome::Unknown),
    ] {
        assert_eq!(tag(events), TagAction::Done(outcome), "{events:?}");
    }
    assert_eq!(tag(&[Created]), TagAction::Confirm);
    assert_eq!(tag(&[Unknown]), TagAction::BackOff { attempt: 1 });
    assert_eq!(tag(&[Unknown, Waited]), TagAction::Write { again: true });
    // What does not answer the action is ignored.
    assert_eq!(tag(&[Waited]), TagAction::Write { again: false });
    assert_eq!(tag(&[live]), TagAction::Write { again: false });
}

fn collect_events() -> impl Strategy<Value = CollectEvent> {
    let some = (1..5_u64).prop_map(v);
    let version = proptest::option::of(some.clone());
    prop_oneof![
        version.clone().prop_map(CollectEvent::Buried),
        Just(CollectEvent::Chosen),
        some.prop_map(|newest| CollectEvent::MarkedSlots { newest }),
        Just(CollectEvent::MarkedTags),
        Just(CollectEvent::Nothing),
        Just(CollectEvent::Overtaken),
        Just(CollectEvent::Recorded),
        (any::<bool>(), version).prop_map(|(more, next)| CollectEvent::Swept { more, next }),
    ]
}

/// Whether an event is an answer to an action.
fn answers(action: CollectAction, event: CollectEvent) -> bool {
    matches!(
        (action, event),
        (CollectAction::Bury { .. }, CollectEvent::Buried(_))
            | (CollectAction::Choose, CollectEvent::Chosen | CollectEvent::Nothing)
            | (
                CollectAction::MarkSlots { .. },
                CollectEvent::MarkedSlots { .. } | CollectEvent::Nothing
            )
            | (CollectAction::MarkTags, CollectEvent::MarkedTags)
            | (CollectAction::Record { .. }, CollectEvent::Recorded | CollectEvent::Overtaken)
            | (CollectAction::Sweep, CollectEvent::Swept { .. })
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever a shell says, what is no answer changes nothing, and nothing is swept before slots
    /// were marked, a record committed after that, and tags marked after the record.
    #[test]
    fn no_event_makes_it_skip_a_step(
        events in proptest::collection::vec(collect_events(), 0..60),
    ) {
        let (mut machine, mut action) = Collect::start(PATIENCE);
        let (mut order, mut overtaken) = (vec![], 0);
        for event in events {
            prop_assert_eq!(machine.action(), action);
            let (next, next_action) = machine.on(event);
            if !answers(action, event) {
                prop_assert_eq!((next, next_action), (machine, action), "{:?} is no answer", event);
                continue;
            }
            match event {
                CollectEvent::MarkedSlots { .. } => order = vec!["slots"],
                CollectEvent::Overtaken => {
                    order.clear();
                    overtaken += 1;
                }
                CollectEvent::Recorded => order.push("record"),
                CollectEvent::MarkedTags => order.push("tags"),
                _ => {}
            }
            if matches!(next_action, CollectAction::Sweep | CollectAction::Bury { .. }) {
                prop_assert_eq!(&order, &["slots", "record", "tags"]);
            }
            prop_assert!(overtaken <= PATIENCE + 1);
            (machine, action) = (next, next_action);
        }
    }
}
