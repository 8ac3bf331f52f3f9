//! Events in any order: whatever a shell says, the machines keep their heads.

use lode_core::Version;
use lode_core::commit::{
    Action, Commit, Density, Event, Listed, Look, Open, OpenAction, OpenEvent, Outcome, Position,
    Resolve, ResolveStep, Rules, Seen, Sent, Slot,
};
use lode_core::manifest::CommitId;
use proptest::prelude::*;

const OURS: CommitId = CommitId([7; 16]);
const OTHERS: CommitId = CommitId([9; 16]);

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) }
}

fn versions() -> impl Strategy<Value = Version> {
    let go = 1_000_000_000_000_000_000..1_000_000_000_000_000_006_u64;
    let number = prop_oneof![4 => 1..6_u64, 1 => go, 1 => Just(Version::LAST.get())];
    number.prop_map(|number| Version::new(number).unwrap())
}

fn positions() -> impl Strategy<Value = Position> {
    let some = proptest::option::of(versions());
    (some, proptest::option::of(versions())).prop_map(|(slot, live)| Position { slot, live })
}

fn slots() -> impl Strategy<Value = Slot> {
    let id = proptest::option::of(prop_oneof![Just(OURS), Just(OTHERS)]);
    let parent = proptest::option::of(versions());
    (0..5, id, parent).prop_map(|(kind, commit_id, parent)| match kind {
        0 => Slot::Absent,
        1 => Slot::Collected { commit_id, parent },
        2 => Slot::Damaged,
        3 => Slot::Record { commit_id, head: parent },
        _ => Slot::Live { commit_id, parent },
    })
}

fn seen() -> impl Strategy<Value = Seen> {
    let listed = proptest::collection::vec(versions(), 0..4).prop_map(|versions| {
        let mut listed = Listed::default();
        versions.into_iter().for_each(|version| listed.push(version));
        Seen::Listed(listed)
    });
    prop_oneof![
        Just(Seen::Failed),
        any::<bool>().prop_map(Seen::Exists),
        proptest::option::of(versions()).prop_map(Seen::Hint),
        listed,
        slots().prop_map(Seen::Slot),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![Just(Sent::Created), Just(Sent::Exists), Just(Sent::Rejected), Just(Sent::Unknown),]
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => Just(Event::AlreadyCommitted),
        3 => any::<bool>().prop_map(Event::Hinted),
        3 => Just(Event::Prepared),
        1 => Just(Event::Refused),
        6 => seen().prop_map(Event::Seen),
        4 => sent().prop_map(Event::Sent),
        3 => Just(Event::Waited),
    ]
}

fn densities() -> impl Strategy<Value = Density> {
    prop_oneof![Just(Density::Dense), Just(Density::MayBeSparse)]
}

fn rules() -> impl Strategy<Value = Rules> {
    let counts = (0..3_u32, 0..3_u32, 0..3_u32);
    (densities(), counts).prop_map(|(density, (retries, resends, hint_attempts))| Rules {
        density,
        retries,
        resends,
        hint_attempts,
    })
}

/// Whether an event is an answer to an action.
fn answers(action: Action, event: Event) -> bool {
    match (action, event) {
        (Action::Look(look), Event::Seen(seen)) => shows(look, seen),
        (Action::Prepare { .. }, Event::AlreadyCommitted | Event::Prepared | Event::Refused)
        | (Action::Create { .. }, Event::Sent(_))
        | (Action::BackOff { .. }, Event::Waited)
        | (Action::WriteHint { .. }, Event::Hinted(_)) => true,
        _ => false,
    }
}

fn shows(look: Look, seen: Seen) -> bool {
    matches!(
        (look, seen),
        (_, Seen::Failed)
            | (Look::Exists(_), Seen::Exists(_))
            | (Look::Hint, Seen::Hint(_))
            | (Look::Slots { .. }, Seen::Listed(_))
            | (Look::Slot(_), Seen::Slot(_))
    )
}

fn check_commit(start: (Commit, Action), events: &[Event]) -> Result<(), TestCaseError> {
    let (mut machine, mut action) = start;
    for event in events {
        prop_assert_eq!(machine.action(), action, "the action can be asked for again");
        let (next, next_action) = machine.on(*event);
        if !answers(action, *event) {
            prop_assert_eq!((next, next_action), (machine, action), "{:?} is no answer", event);
        }
        if let Action::Done(outcome) = action {
            prop_assert_eq!((next, next_action), (Commit::Done(outcome), action));
        }
        (machine, action) = (next, next_action);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn commits_ignore_what_is_no_answer_and_stay_done(
        rules in rules(),
        head in proptest::option::of(positions()),
        events in proptest::collection::vec(events(), 0..60),
    ) {
        check_commit(Commit::start(OURS, rules, head), &events)?;
    }

    #[test]
    fn resolving_a_commit_does_so_too_and_never_prepares_again(
        rules in rules(),
        version in versions(),
        events in proptest::collection::vec(events(), 0..60),
    ) {
        let start = Commit::resolve(OURS, rules, version);
        check_commit(start, &events)?;
        let (mut machine, mut action) = start;
        for event in events {
            let prepares = matches!(action, Action::Prepare { .. });
            prop_assert!(!prepares, "the bytes that were sent are the only ones");
            if let Action::Done(outcome) = action {
                let harmless = matches!(
                    outcome,
                    Outcome::Committed { version: at, .. }
                    | Outcome::Conflict { version: at }
                    | Outcome::Damaged { version: at }
                    | Outcome::Unknown { version: at } if at == version
                );
                prop_assert!(harmless, "{:?}", outcome);
            }
            (machine, action) = machine.on(event);
        }
    }

    #[test]
    fn resolves_ignore_what_is_no_answer(
        density in densities(),
        since in proptest::option::of(positions()),
        seen in proptest::collection::vec(seen(), 0..60),
    ) {
        let start = since.map_or(Resolve::cold(density), |at| Resolve::since(at, density));
        let (mut machine, mut look) = start;
        for seen in seen {
            let step = machine.on(seen);
            if !shows(look, seen) {
                prop_assert_eq!(step, ResolveStep::Look(machine, look), "{:?} is no answer", seen);
            }
            let ResolveStep::Look(next, next_look) = step else { break };
            (machine, look) = (next, next_look);
        }
    }

    #[test]
    fn opening_stays_done(
        patience in 0..4_u32,
        creates in any::<bool>(),
        events in proptest::collection::vec(0..6_u8, 0..30),
    ) {
        let begin = if creates { Open::create } else { Open::start };
        let (mut machine, mut action) = begin(patience);
        for event in events {
            let event = match event {
                0 => OpenEvent::Absent,
                1 => OpenEvent::Created,
                2 => OpenEvent::Exists,
                3 => OpenEvent::Found,
                4 => OpenEvent::Refused,
                _ => OpenEvent::Unknown,
            };
            let (next, next_action) = machine.on(event);
            if matches!(action, OpenAction::Done(_)) {
                prop_assert_eq!((next, next_action), (machine, action));
            }
            (machine, action) = (next, next_action);
        }
    }
}

/// Answers that say as little as they can lead to an end in a bounded number of steps.
#[test]
fn patience_has_an_end() {
    let rules = Rules { density: Density::Dense, retries: 3, resends: 3, hint_attempts: 3 };
    let other = Slot::Live { commit_id: Some(OTHERS), parent: None };
    let discouraging = |action, tried| match action {
        Action::Look(Look::Hint) => Event::Seen(Seen::Hint(None)),
        // The slots of the four attempts are taken, once each has been tried for.
        Action::Look(Look::Exists(_)) => Event::Seen(Seen::Exists(false)),
        Action::Look(Look::Slot(at)) if Some(at) > tried => Event::Seen(Seen::Slot(Slot::Absent)),
        Action::Look(_) => Event::Seen(Seen::Slot(other)),
        Action::Prepare { .. } => Event::Prepared,
        Action::Create { again: false, .. } => Event::Sent(Sent::Unknown),
        Action::Create { .. } => Event::Sent(Sent::Exists),
        Action::WriteHint { .. } => Event::Hinted(false),
        _ => Event::Waited,
    };
    let (mut machine, mut action) = Commit::start(OURS, rules, None);
    let (mut waits, mut tried) = (Vec::new(), None);
    for _ in 0..100 {
        if let Action::BackOff { attempt } = action {
            waits.push(attempt);
        }
        if let Action::Create { version, .. } = action {
            tried = Some(version);
        }
        (machine, action) = machine.on(discouraging(action, tried));
    }
    let lost = Version::new(4).unwrap();
    assert_eq!(action, Action::Done(Outcome::Conflict { version: lost }));
    // Each attempt is sent twice and lost once; waits grow with the number of conflicts.
    assert_eq!(waits, [1, 1, 1, 2, 1, 3, 1]);
}

#[test]
fn the_last_version_is_the_last() {
    let rules = Rules { density: Density::Dense, retries: 0, resends: 0, hint_attempts: 1 };
    let (_, action) = Commit::start(OURS, rules, Some(Position::at(Version::LAST)));
    assert_eq!(action, Action::Done(Outcome::Exhausted));
}
