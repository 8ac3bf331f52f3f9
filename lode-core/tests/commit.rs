//! What the machines ask for, step by step: no more than is needed, and they come to an end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use lode_core::Version;
use lode_core::commit::{
    Action, Commit, Density, Event, Listed, Look, Outcome, Position, Resolution, Resolve,
    ResolveStep, Rules, Seen, Sent, Slot,
};
use lode_core::manifest::CommitId;

const RULES: Rules = Rules { density: Density::Dense, retries: 2, resends: 1, hint_attempts: 2 };

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn listed(versions: impl IntoIterator<Item = u64>) -> Listed {
    let mut listed = Listed::default();
    versions.into_iter().for_each(|number| listed.push(version(number)));
    listed
}

/// What is in the slots 1, 2, 3, …: `L`ive, `R`ecord, `D`amaged, or nothing.
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
            Some(b'R') => {
                let below = self.slots.get(..index).unwrap();
                let head = below.rfind('L').map(|place| version(place as u64 + 1));
                Slot::Record { commit_id: None, head }
            }
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
            Look::Exists(at) => Seen::Exists(self.slot(at) != Slot::Absent),
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
                Look::Exists(at) => format!("?{} ", at.get()),
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
    for (slots, hint, expected, looks) in [
        ("LLL", Some(2), at(3, 3), "hint 2 3 ?5 4"),
        ("LLL", Some(3), at(3, 3), "hint 3 4"),
        ("LLL", None, at(3, 3), "hint 1 2 ?4 3"),
        ("LLL", Some(7), at(3, 3), "hint 7 ?3 ?5 4 3"),
        ("", None, at(0, 0), "hint 1"),
        ("", Some(1), at(0, 0), "hint 1"),
        ("LLD", Some(3), damaged(3), "hint 3 4"),
        ("LLDR", Some(3), at(4, 2), "hint 3 4 ?6 5"),
        ("LLR", Some(2), at(3, 2), "hint 2 3 ?5 4"),
        ("LLRL", Some(4), at(4, 4), "hint 4 5"),
    ] {
        let history = History { slots, hint };
        let (found, looked) = history.resolve(Resolve::cold(Density::Dense));
        assert_eq!((found, looked.as_str()), (expected, looks), "{slots:?}, hint {hint:?}");
        // Where Go may have written but has not, nothing is listed either, if there is a hint.
        let (found, looked) = history.resolve(Resolve::cold(Density::MayBeSparse));
        assert_eq!(found, expected, "{slots:?}, hint {hint:?}");
        assert_eq!(looked.contains('>'), hint.is_none(), "{looked}");
    }
}

#[test]
fn what_came_after_a_known_head_is_found() {
    for (slots, known, expected, looks) in [
        ("LLL", 3, at(3, 3), "4"),
        ("LLLL", 3, at(4, 4), "4 5"),
        ("LLLLL", 3, at(5, 5), "4 5 ?7 6"),
        ("LLLRR", 3, at(5, 3), "4 5 ?7 6"),
    ] {
        for density in [Density::Dense, Density::MayBeSparse] {
            let start = Resolve::since(Position::at(version(known)), density);
            let found = History { slots, hint: None }.resolve(start);
            assert_eq!(found, (expected, looks.to_string()), "{slots:?} after {known}");
        }
    }
}

/// Some stores list from the offset on, instead of behind it.
#[test]
fn a_list_may_hold_what_was_not_asked_for() {
    assert_eq!(listed([2, 5, 3]).newest(), Some(version(5)));
    assert_eq!(listed([]).newest(), None);
    let known = version(1_000_000_000_000_000_003);
    let position = Position::at(known);
    let (machine, look) = Resolve::since(position, Density::MayBeSparse);
    assert_eq!(look, Look::Hint, "Go's hint says whether something came");
    let newer = version(known.get() + 50);
    let ResolveStep::Look(machine, look) = machine.on(Seen::Hint(Some(newer))) else {
        panic!("the hint names something newer")
    };
    assert_eq!(look, Look::Slots { after: Some(known) });
    let done = ResolveStep::Done(Resolution::At(position));
    assert_eq!(machine.on(Seen::Listed(listed([known.get()]))), done);
    assert_eq!(machine.on(Seen::Listed(listed([1, 2]))), done);
}

#[test]
fn a_failure_ends_it_unless_it_is_the_hint_s() {
    for density in [Density::Dense, Density::MayBeSparse] {
        let (machine, _) = Resolve::cold(density);
        let ResolveStep::Look(machine, _) = machine.on(Seen::Failed) else { panic!("it ends") };
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

/// A record is committed without a hint.
#[test]
fn no_hint_is_written_where_the_rules_want_none() {
    let slot = version(4);
    let actions = play(
        Commit::start(
            CommitId::of_handle(1, 2),
            Rules { hint_attempts: 0, retries: 0, ..RULES },
            Some(Position::at(version(3))),
        ),
        &[Event::Prepared, Event::Sent(Sent::Created)],
    );
    assert_eq!(actions[2], Action::Done(Outcome::Committed { version: slot, hinted: false }));
}

/// The slot that was lost to a record tells where the head is.
#[test]
fn a_slot_may_be_lost_to_a_record() {
    let head = Position::at(version(3));
    let record = Slot::Record { commit_id: Some(CommitId([9; 16])), head: Some(version(3)) };
    let actions = play(
        Commit::start(CommitId::of_handle(1, 2), RULES, Some(head)),
        &[
            Event::Prepared,
            Event::Sent(Sent::Exists),
            Event::Seen(Seen::Slot(record)),
            Event::Waited,
            Event::Seen(Seen::Slot(Slot::Absent)),
        ],
    );
    let position = Position { slot: Some(version(4)), live: Some(version(3)) };
    let expected = [
        Action::BackOff { attempt: 1 },
        Action::Look(Look::Slot(version(5))),
        Action::Prepare { position, version: version(5) },
    ];
    assert_eq!(actions[3..], expected);
}
