//! Finding the head of a history in which the Go implementation has written, whose versions are
//! times. Dense histories are in `tests/probe.rs`.

use lode_core::Version;
use lode_core::commit::{
    Density, Listed, Look, Position, Resolution, Resolve, ResolveStep, Seen, Slot,
};

/// So many nanoseconds after the first version that is a time.
fn v(number: u64) -> Version {
    Version::new(1_000_000_000_000_000_000 + number).unwrap()
}

/// A store that does not change while it is looked at.
struct Still {
    hint: Option<u64>,
    slots: Vec<(u64, Slot)>,
}

impl Still {
    fn see(&self, look: Look) -> Seen {
        match look {
            Look::Hint => Seen::Hint(self.hint.map(v)),
            Look::Slots { after } => {
                let mut listed = Listed::default();
                // From the top, for no order is promised.
                let versions = self.slots.iter().rev().map(|(at, _)| v(*at));
                versions.filter(|at| Some(*at) > after).for_each(|at| listed.push(at));
                Seen::Listed(listed)
            }
            Look::Exists(at) => {
                Seen::Exists(self.slots.iter().any(|(version, _)| v(*version) == at))
            }
            Look::Slot(at) => {
                let slot = self.slots.iter().find(|(version, _)| v(*version) == at);
                Seen::Slot(slot.map_or(Slot::Absent, |(_, slot)| *slot))
            }
            _ => panic!("a look that the model does not know: {look:?}"),
        }
    }

    /// Runs to the end; what was looked at, and what was found.
    fn run(&self, (machine, look): (Resolve, Look)) -> (Vec<Look>, Resolution) {
        let mut looks = vec![look];
        let mut step = machine.on(self.see(look));
        while let ResolveStep::Look(machine, look) = step {
            assert!(looks.len() < 50, "it goes on for ever: {looks:?}");
            looks.push(look);
            step = machine.on(self.see(look));
        }
        let ResolveStep::Done(resolution) = step else { panic!("the loop ends when it is done") };
        (looks, resolution)
    }

    #[track_caller]
    fn finds(&self, expected: Resolution, requests: usize) {
        let (looks, found) = self.run(Resolve::cold(Density::MayBeSparse));
        assert_eq!((found, looks.len()), (expected, requests), "{looks:?}");
    }
}

fn live(parent: impl Into<Option<u64>>) -> Slot {
    Slot::Live { commit_id: None, parent: parent.into().map(v) }
}

fn record(head: u64) -> Slot {
    Slot::Record { commit_id: None, head: Some(v(head)) }
}

fn tomb(parent: impl Into<Option<u64>>) -> Slot {
    Slot::Collected { commit_id: None, parent: parent.into().map(v) }
}

/// A dense history of live manifests, 1 to `newest`.
fn dense(newest: u64) -> Vec<(u64, Slot)> {
    (1..=newest).map(|at| (at, live(at.checked_sub(1).filter(|parent| *parent > 0)))).collect()
}

fn at(number: u64) -> Resolution {
    Resolution::At(Position::at(v(number)))
}

fn at_below(slot: u64, live: u64) -> Resolution {
    Resolution::At(Position { slot: Some(v(slot)), live: Some(v(live)) })
}

fn forked(hint: u64, newest: u64) -> Resolution {
    Resolution::Forked { hint: v(hint), newest: v(newest) }
}

#[test]
fn an_empty_history_is_empty() {
    Still { hint: None, slots: vec![] }.finds(Resolution::At(Position::EMPTY), 2);
    // The hint, an empty list, the slot that it names, and all slots.
    Still { hint: Some(3), slots: vec![] }.finds(Resolution::At(Position::EMPTY), 4);
}

#[test]
fn a_dense_history_costs_three_requests_however_stale_the_hint_is() {
    for hint in [None, Some(1), Some(4), Some(5)] {
        Still { hint, slots: dense(5) }.finds(at(5), 3);
    }
}

#[test]
fn a_hint_at_nothing_makes_it_list_everything() {
    Still { hint: Some(9), slots: dense(5) }.finds(at(5), 5);
}

#[test]
fn a_history_of_go_is_walked_from_the_newest_to_the_hint() {
    let slots = vec![(100, live(None)), (250, live(100)), (300, live(250)), (420, live(300))];
    // The hint, the list, then 420, 300 and 250, whose parent is the hint.
    Still { hint: Some(100), slots: slots.clone() }.finds(at(420), 5);
    Still { hint: Some(300), slots: slots.clone() }.finds(at(420), 3);
    Still { hint: Some(420), slots: slots.clone() }.finds(at(420), 3);
    // Without a hint there is nothing that the newest has to descend from.
    Still { hint: None, slots: slots.clone() }.finds(at(420), 3);
    // The walk passes the hint by, but the hint names nothing.
    Still { hint: Some(200), slots }.finds(at(420), 6);
}

/// A Go writer whose clock went back names a manifest that the newest does not descend from.
#[test]
fn a_hint_on_another_branch_is_a_fork() {
    let slots = vec![(100, live(None)), (200, live(100)), (300, live(100))];
    Still { hint: Some(200), slots: slots.clone() }.finds(forked(200, 300), 4);
    Still { hint: Some(100), slots }.finds(at(300), 3);
    let rootless = vec![(200, live(None)), (300, live(None))];
    Still { hint: Some(200), slots: rootless }.finds(forked(200, 300), 4);
    // Whatever lies in the slot of the hint, it is there.
    for other in [tomb(100), Slot::Damaged] {
        let slots = vec![(100, live(None)), (200, other), (300, live(100))];
        Still { hint: Some(200), slots }.finds(forked(200, 300), 4);
    }
    // A tombstone on top hides no fork.
    let slots = vec![(100, live(None)), (200, live(100)), (300, tomb(100))];
    Still { hint: Some(200), slots }.finds(forked(200, 300), 6);
}

#[test]
fn a_parent_that_is_not_older_is_a_fork() {
    Still { hint: None, slots: vec![(100, live(200))] }.finds(forked(100, 200), 3);
    Still { hint: None, slots: vec![(100, live(100))] }.finds(forked(100, 100), 3);
    Still { hint: None, slots: vec![(100, tomb(100))] }.finds(forked(100, 100), 5);
}

/// One more list shows whether a collector was faster than the walk.
#[test]
fn a_tombstone_in_the_newest_slot_is_looked_behind() {
    let mut slots = dense(5);
    slots[4].1 = tomb(4);
    for hint in [None, Some(2)] {
        // The hint, the list, the tombstone, a list, the tombstone again, and the one below.
        Still { hint, slots: slots.clone() }.finds(at_below(5, 4), 6);
    }
    // The collector was faster: two more have come.
    for hint in [None, Some(5)] {
        let (mut machine, look) = Resolve::cold(Density::MayBeSparse);
        assert_eq!(look, Look::Hint);
        let before = Still { hint, slots: dense(5) };
        let mut after = dense(7);
        after[4].1 = tomb(4);
        let after = Still { hint, slots: after };
        let mut store = &before;
        let mut look = look;
        loop {
            match machine.on(store.see(look)) {
                ResolveStep::Done(resolution) => break assert_eq!(resolution, at(7)),
                ResolveStep::Look(next, what) => (machine, look) = (next, what),
            }
            if matches!(look, Look::Slot(_)) {
                store = &after;
            }
        }
    }
    // Nothing is live: the next version still follows the newest slot.
    let buried = Resolution::At(Position { slot: Some(v(1)), live: None });
    Still { hint: None, slots: vec![(1, tomb(None))] }.finds(buried, 5);
}

#[test]
fn a_record_on_top_names_the_head() {
    let slots = vec![(100, live(None)), (200, live(100)), (201, record(200))];
    for hint in [None, Some(100), Some(200)] {
        let store = Still { hint, slots: slots.clone() };
        let (looks, found) = store.run(Resolve::cold(Density::MayBeSparse));
        assert_eq!(found, at_below(201, 200), "{looks:?}");
        let lists = looks.iter().filter(|look| matches!(look, Look::Slots { .. })).count();
        assert_eq!(lists, 1, "{looks:?}");
    }
    // What Go makes on the newest snapshot, past the record, is linear.
    let mut more = slots;
    more.push((300, live(200)));
    for hint in [200, 201, 300] {
        Still { hint: Some(hint), slots: more.clone() }
            .finds(at(300), if hint == 201 { 4 } else { 3 });
    }
}

/// The hint lies on another branch, but names nothing: the live manifest is looked for all the
/// same.
#[test]
fn tombstones_on_top_are_descended_past_a_hint_at_nothing() {
    let slots = vec![(100, live(None)), (300, tomb(100))];
    let (_, found) = Still { hint: Some(200), slots }.run(Resolve::cold(Density::MayBeSparse));
    assert_eq!(found, at_below(300, 100));
}

#[test]
fn a_damaged_manifest_on_top_is_reported_and_an_old_one_does_no_harm() {
    let damaged = |version| Resolution::Damaged { version: v(version) };
    let mut slots = dense(3);
    slots[2].1 = Slot::Damaged;
    for hint in [None, Some(1), Some(3)] {
        Still { hint, slots: slots.clone() }.finds(damaged(3), 3);
    }
    slots.push((4, tomb(3)));
    Still { hint: None, slots }.finds(damaged(3), 6);
    let old = vec![(100, Slot::Damaged), (200, Slot::Damaged), (300, live(200))];
    Still { hint: Some(100), slots: old }.finds(at(300), 4);
    // What was listed is not there: a store that is behind itself.
    let gone = vec![(1, live(None)), (2, Slot::Absent)];
    Still { hint: None, slots: gone }.finds(damaged(2), 3);
    let dropped = vec![(300, live(200)), (400, live(300))];
    Still { hint: Some(100), slots: dropped }.finds(at(400), 5);
}

#[test]
fn from_a_known_position_the_hint_says_whether_something_came() {
    let since = |hint, slots: &[(u64, Slot)], known| {
        let store = Still { hint: Some(hint), slots: slots.to_vec() };
        store.run(Resolve::since(Position::at(v(known)), Density::MayBeSparse))
    };
    let slots = [(100, live(None)), (250, live(100)), (300, live(250))];
    // The hint, and the next slot: our own writers go on densely.
    assert_eq!(since(300, &slots, 300), (vec![Look::Hint, Look::Slot(v(301))], at(300)));
    let (looks, found) = since(300, &slots, 100);
    assert_eq!(found, at(300));
    let listed = Look::Slots { after: Some(v(100)) };
    assert_eq!(looks, [Look::Hint, listed, Look::Slot(v(300)), Look::Slot(v(250))]);
    let dense = dense(4);
    assert_eq!(since(2, &dense, 2).1, at(4), "an old hint");
    let store = Still { hint: Some(5), slots: self::dense(5) };
    let (looks, found) = store.run(Resolve::since(Position::EMPTY, Density::MayBeSparse));
    assert_eq!((looks.first(), found), (Some(&Look::Hint), at(5)));
}

#[test]
fn only_the_hint_may_fail() {
    let store = Still { hint: Some(2), slots: dense(3) };
    let (mut machine, mut look) = Resolve::cold(Density::MayBeSparse);
    while let ResolveStep::Look(next, next_look) = machine.on(store.see(look)) {
        if look != Look::Hint {
            assert_eq!(machine.on(Seen::Failed), ResolveStep::Done(Resolution::Failed));
        }
        (machine, look) = (next, next_look);
    }
    let (machine, _) = Resolve::cold(Density::MayBeSparse);
    let ResolveStep::Look(_, look) = machine.on(Seen::Failed) else { panic!("it gives up") };
    assert_eq!(look, Look::Slots { after: None });
}
