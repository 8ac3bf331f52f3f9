//! What the machines ask for, step by step: no more than is needed, and they come to an end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use lode_core::Version;
use lode_core::commit::{
    Action, Commit, Event, Listed, Look, Outcome, Position, Resolution, Resolve, ResolveStep,
    Rules, Seen, Sent, Slot,
};
use lode_core::manifest::CommitId;

const RULES: Rules = Rules { lists: true, retries: 2, resends: 1, hint_attempts: 2 };

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn listed(versions: impl IntoIterator<Item = u64>) -> Listed {
    let mut listed = Listed::default();
    versions.into_iter().for_each(|number| listed.push(version(number)));
    listed
}

/// What is in the slots 1, 2, 3, …: `L`ive, `C`ollected, `D`amaged, or nothing.
struct History {
    slots: &'static str,
    hint: Option<u64>,
}

impl History {
    fn slot(&self, at: Version) -> Slot {
        let parent = at.get().checked_sub(1).and_then(Version::new);
        let index = usize::try_from(at.get() - 1).unwrap();
        match self.slots.as_bytes().get(index) {
            Some(b'L') => Slot::Live { commit_id: None, parent },
            Some(b'C') => Slot::Collected { commit_id: None, parent },
            Some(b'D') => Slot::Damaged,
            _ => Slot::Absent,
        }
    }

    fn see(&self, look: Look) -> Seen {
        match look {
            Look::Hint => Seen::Hint(self.hint.map(version)),
            Look::Slots { after } => {
                let taken = (1..).zip(self.slots.bytes()).filter(|(_, slot)| *slot != b' ');
                let after = after.map_or(0, Version::get);
                Seen::Listed(listed(taken.map(|(number, _)| number).filter(|it| *it > after)))
            }
            Look::Slot(at) => Seen::Slot(self.slot(at)),
            look => panic!("{look:?}"),
        }
    }

    /// What is found, and what had to be looked at.
    fn resolve(&self, (mut machine, mut look): (Resolve, Look)) -> (Resolution, String) {
        let mut looks = String::new();
        for _ in 0..20 {
            looks += &match look {
                Look::Hint => "hint ".to_string(),
                Look::Slots { after } => format!(">{} ", after.map_or(0, Version::get)),
                Look::Slot(at) => format!("{} ", at.get()),
                look => panic!("{look:?}"),
            };
            match machine.on(self.see(look)) {
                ResolveStep::Done(resolution) => return (resolution, looks.trim_end().to_string()),
                ResolveStep::Look(next, what) => (machine, look) = (next, what),
            }
        }
        panic!("it goes on forever: {looks}");
    }
}

fn at(slot: u64, live: u64) -> Resolution {
    Resolution::At(Position { slot: Version::new(slot), live: Version::new(live) })
}

#[test]
fn the_head_is_found_with_few_looks() {
    let damaged = |number| Resolution::Damaged { version: version(number) };
    for (slots, hint, lists, expected, looks) in [
        ("LLL", Some(2), true, at(3, 3), "hint >2 3"),
        ("LLL", Some(3), true, at(3, 3), "hint >3 3"),
        ("LLL", None, true, at(3, 3), "hint >0 3"),
        ("LLL", Some(7), true, at(3, 3), "hint >7 7 >0 3"),
        ("", None, true, at(0, 0), "hint >0"),
        ("", Some(1), true, at(0, 0), "hint >1 1 >0"),
        ("LLD", Some(2), true, damaged(3), "hint >2 3"),
        ("LLC", Some(2), true, at(3, 2), "hint >2 3 2 >3"),
        ("LLL", Some(2), false, at(3, 3), "hint 2 3 4"),
        ("LLL", None, false, at(3, 3), "hint 1 2 3 4"),
        ("LL", Some(5), false, at(2, 2), "hint 5 1 2 3"),
        ("", Some(1), false, at(0, 0), "hint 1"),
        ("", None, false, at(0, 0), "hint 1"),
        ("LLD", Some(2), false, damaged(3), "hint 2 3"),
        ("LC", Some(2), false, at(2, 1), "hint 2 3 2 1"),
    ] {
        let found = History { slots, hint }.resolve(Resolve::cold(lists));
        assert_eq!(found, (expected, looks.to_string()), "{slots:?}, hint {hint:?}, {lists}");
    }
}

#[test]
fn what_came_after_a_known_head_is_found() {
    for (slots, known, lists, expected, looks) in [
        ("LLL", 3, true, at(3, 3), ">3"),
        ("LLLL", 3, true, at(4, 4), ">3 4"),
        ("LLL", 3, false, at(3, 3), "4"),
        ("LLLL", 3, false, at(4, 4), "4 5"),
    ] {
        let start = Resolve::since(Position::at(version(known)), lists);
        let found = History { slots, hint: None }.resolve(start);
        assert_eq!(found, (expected, looks.to_string()), "{slots:?} after {known}, {lists}");
    }
}

/// Some stores list from the offset on, instead of behind it.
#[test]
fn a_list_may_hold_what_was_not_asked_for() {
    assert_eq!(listed([2, 5, 3]).newest(), Some(version(5)));
    assert_eq!(listed([]).newest(), None);
    let (machine, _) = Resolve::since(Position::at(version(3)), true);
    assert_eq!(machine.on(Seen::Listed(listed([3]))), ResolveStep::Done(at(3, 3)));
    assert_eq!(machine.on(Seen::Listed(listed([1, 2]))), ResolveStep::Done(at(3, 3)));
}

#[test]
fn a_failure_ends_it_unless_it_is_the_hint_s() {
    for lists in [true, false] {
        let (machine, _) = Resolve::cold(lists);
        let ResolveStep::Look(machine, _) = machine.on(Seen::Failed) else { panic!("{lists}") };
        assert_eq!(machine.on(Seen::Failed), ResolveStep::Done(Resolution::Failed));
    }
}

/// Plays events to a commit, and returns what it asks for after each.
fn play((mut machine, first): (Commit, Action), events: &[Event]) -> Vec<Action> {
    let mut actions = vec![first];
    for event in events {
        let (next, action) = machine.on(*event);
        actions.push(action);
        machine = next;
    }
    actions
}

#[test]
fn an_empty_slot_is_settled_by_sending_once_more_however_impatient() {
    let rules = Rules { resends: 0, ..RULES };
    let slot = version(4);
    let actions = play(
        Commit::resolve(CommitId::of_handle(1, 2), rules, slot),
        &[
            Event::Seen(Seen::Slot(Slot::Absent)),
            Event::Waited,
            Event::Sent(Sent::Created),
            Event::Hinted(true),
        ],
    );
    let expected = [
        Action::Look(Look::Slot(slot)),
        Action::BackOff { attempt: 1 },
        Action::Create { version: slot, again: true },
        Action::WriteHint { version: slot },
        Action::Done(Outcome::Committed { version: slot, hinted: true }),
    ];
    assert_eq!(actions, expected);
}

#[test]
fn a_hint_is_written_as_often_as_the_rules_say() {
    let head = Position::at(version(3));
    let slot = version(4);
    let actions = play(
        Commit::start(CommitId::of_handle(1, 2), RULES, Some(head)),
        &[Event::Prepared, Event::Sent(Sent::Created), Event::Hinted(false), Event::Hinted(false)],
    );
    let expected = [
        Action::Prepare { position: head, version: slot },
        Action::Create { version: slot, again: false },
        Action::WriteHint { version: slot },
        Action::WriteHint { version: slot },
        Action::Done(Outcome::Committed { version: slot, hinted: false }),
    ];
    assert_eq!(actions, expected);
}

#[test]
fn a_slot_that_cannot_be_read_is_looked_at_as_often_as_the_rules_say() {
    let slot = version(4);
    let failed = Event::Seen(Seen::Failed);
    let actions = play(
        Commit::start(
            CommitId::of_handle(1, 2),
            Rules { resends: 2, ..RULES },
            Some(Position::at(version(3))),
        ),
        &[Event::Prepared, Event::Sent(Sent::Exists), failed, failed, failed],
    );
    let look = Action::Look(Look::Slot(slot));
    assert_eq!(actions[2..], [look, look, look, Action::Done(Outcome::Unknown { version: slot })]);
}
