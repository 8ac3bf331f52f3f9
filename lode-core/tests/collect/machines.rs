//! The order that the machines keep. That no other is safe is shown by the explorer.

use lode_core::collect::{
    Collect, CollectAction, CollectEvent, CollectOutcome, Newest, TagAction, TagEvent, TagOutcome,
    Tagging,
};
use lode_core::commit::{Seen, Slot};
use proptest::prelude::*;

use super::{at, v};

const DAY: u64 = 24 * 60 * 60;

fn collect(events: &[CollectEvent]) -> CollectAction {
    let (mut machine, mut action) = Collect::start(DAY);
    for event in events {
        (machine, action) = machine.on(*event);
    }
    action
}

#[test]
fn tombstones_come_before_slots_and_slots_before_tags() {
    use CollectEvent::{Buried, Chosen, MarkedSlots, MarkedTags, Swept, Time};
    let now = at(1_000_000);
    let events = [
        Chosen(Some(v(3))),
        Buried(Some(v(4))),
        Buried(None),
        Time(now),
        MarkedSlots(Newest::Live),
        MarkedTags,
        Swept { more: true, now: at(1_000_000 + 21_600) },
        Swept { more: false, now: at(1_000_000 + 50_000) },
    ];
    let sweep = CollectAction::Sweep { older_than: at(1_000_000 - 86_401) };
    let actions = [
        CollectAction::Bury { version: v(3) },
        CollectAction::Bury { version: v(4) },
        CollectAction::ReadClock,
        CollectAction::MarkSlots { after: None },
        CollectAction::MarkTags { now },
        sweep,
        sweep,
        CollectAction::Done(CollectOutcome::Finished),
    ];
    for (count, action) in (1..).zip(actions) {
        assert_eq!(collect(&events[..count]), action);
    }
    assert_eq!(collect(&[Chosen(None)]), CollectAction::ReadClock);
}

#[test]
fn marks_older_than_a_quarter_of_the_grace_period_are_made_anew() {
    use CollectEvent::{Chosen, MarkedSlots, MarkedTags, Swept, Time};
    let sweeping = [Chosen(None), Time(at(0)), MarkedSlots(Newest::Nothing), MarkedTags];
    let after = |event| collect(&[&sweeping[..], &[event]].concat());
    let sweep = CollectAction::Sweep { older_than: at(-86_401) };
    assert_eq!(after(Swept { more: true, now: at(21_600) }), sweep);
    assert_eq!(after(Swept { more: true, now: at(21_601) }), CollectAction::ReadClock);
}

#[test]
fn a_tombstone_in_the_newest_slot_is_looked_behind() {
    use CollectEvent::{Chosen, MarkedSlots, Time};
    let marking = [Chosen(None), Time(at(0))];
    let after = |slots: &[Newest]| {
        let slots = slots.iter().map(|newest| MarkedSlots(*newest));
        collect(&marking.into_iter().chain(slots).collect::<Vec<_>>())
    };
    let behind = |number| CollectAction::MarkSlots { after: Some(v(number)) };
    let tags = CollectAction::MarkTags { now: at(0) };
    assert_eq!(after(&[Newest::Collected(v(5))]), behind(5));
    assert_eq!(after(&[Newest::Collected(v(5)), Newest::Collected(v(7))]), behind(7));
    assert_eq!(after(&[Newest::Collected(v(5)), Newest::Live]), tags);
    assert_eq!(after(&[Newest::Collected(v(5)), Newest::Nothing]), tags);
    // A shell that says the same again does not make it go round for ever.
    assert_eq!(after(&[Newest::Collected(v(5)), Newest::Collected(v(5))]), tags);
}

#[test]
fn a_failure_ends_a_run_wherever_it_is() {
    use CollectEvent::{Buried, Chosen, Failed, MarkedSlots, MarkedTags, Time};
    let events = [Chosen(Some(v(1))), Buried(None), Time(at(0)), MarkedSlots(Newest::Live)];
    let events = [&events[..], &[MarkedTags]].concat();
    for count in 0..=events.len() {
        let failed = collect(&[&events[..count], &[Failed]].concat());
        assert_eq!(failed, CollectAction::Done(CollectOutcome::Failed));
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
        Anothers, Created, Deleted, Exists, Gone, Ours, Rejected, Seen as Saw, Unknown, Waited,
    };
    let live = Saw(Seen::Slot(Slot::Live { commit_id: None, parent: None }));
    let buried = Saw(Seen::Slot(Slot::Collected { commit_id: None, parent: None }));
    let damaged = Saw(Seen::Slot(Slot::Damaged));
    let failed = Saw(Seen::Failed);
    let collected = |withdrawn| TagOutcome::Collected { withdrawn };
    for (events, outcome) in [
        (&[Created, live][..], TagOutcome::Confirmed),
        (&[Exists, Ours, live], TagOutcome::Confirmed),
        (&[Exists, Anothers], TagOutcome::NameTaken),
        (&[Unknown, Waited, Exists, Anothers], TagOutcome::NameTaken),
        (&[Unknown, Waited, Created, failed, live], TagOutcome::Confirmed),
        (&[Exists, Gone, Waited, Created, live], TagOutcome::Confirmed),
        (&[Created, buried, Deleted(true)], collected(true)),
        (&[Created, buried, Deleted(false), Deleted(true)], collected(true)),
        (&[Created, buried, Deleted(false), Deleted(false), Deleted(false)], collected(false)),
        (&[Created, damaged], TagOutcome::Unconfirmed),
        (&[Created, failed, failed, failed], TagOutcome::Unconfirmed),
        (&[Rejected], TagOutcome::Failed),
        (&[Unknown, Waited, Rejected], TagOutcome::Unknown),
        (&[Unknown, Waited, Unknown, Waited, Unknown], TagOutcome::Unknown),
        (&[Exists, Unknown, Unknown, Unknown], TagOutcome::Unknown),
    ] {
        assert_eq!(tag(events), TagAction::Done(outcome), "{events:?}");
    }
    assert_eq!(tag(&[Unknown]), TagAction::BackOff { attempt: 1 });
    assert_eq!(tag(&[Unknown, Waited]), TagAction::Write { again: true });
    // What does not answer the action is ignored.
    assert_eq!(tag(&[Waited]), TagAction::Write { again: false });
}

fn collect_events() -> impl Strategy<Value = CollectEvent> {
    let version = proptest::option::of((1..5_u64).prop_map(v));
    let time = (0..100_000_i64).prop_map(at);
    prop_oneof![
        version.clone().prop_map(CollectEvent::Buried),
        version.clone().prop_map(CollectEvent::Chosen),
        version.prop_map(|newest| {
            CollectEvent::MarkedSlots(newest.map_or(Newest::Live, Newest::Collected))
        }),
        Just(CollectEvent::MarkedTags),
        (any::<bool>(), time.clone()).prop_map(|(more, now)| CollectEvent::Swept { more, now }),
        time.prop_map(CollectEvent::Time),
    ]
}

/// Whether an event is an answer to an action.
fn answers(action: CollectAction, event: CollectEvent) -> bool {
    matches!(
        (action, event),
        (CollectAction::Bury { .. }, CollectEvent::Buried(_))
            | (CollectAction::Choose, CollectEvent::Chosen(_))
            | (CollectAction::MarkSlots { .. }, CollectEvent::MarkedSlots(_))
            | (CollectAction::MarkTags { .. }, CollectEvent::MarkedTags)
            | (CollectAction::ReadClock, CollectEvent::Time(_))
            | (CollectAction::Sweep { .. }, CollectEvent::Swept { .. })
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever a shell says, what is no answer changes nothing, and nothing is swept but what
    /// was marked in order after the last look at the clock.
    #[test]
    fn no_event_makes_it_skip_a_step(
        events in proptest::collection::vec(collect_events(), 0..60),
    ) {
        let (mut machine, mut action) = Collect::start(DAY);
        let mut order = vec![];
        for event in events {
            prop_assert_eq!(machine.action(), action);
            let (next, next_action) = machine.on(event);
            if !answers(action, event) {
                prop_assert_eq!((next, next_action), (machine, action), "{:?} is no answer", event);
                continue;
            }
            match event {
                CollectEvent::Time(_) => order = vec!["clock"],
                CollectEvent::MarkedSlots(_) if order == ["clock"] => order.push("slots"),
                CollectEvent::MarkedTags => order.push("tags"),
                _ => {}
            }
            if matches!(next_action, CollectAction::Sweep { .. }) {
                prop_assert_eq!(&order, &["clock", "slots", "tags"]);
            }
            (machine, action) = (next, next_action);
        }
    }
}
