//! Finding the head by looking at single slots: every head, every hint, every way in which a
//! history can grow meanwhile.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

use std::collections::HashSet;

use lode_core::Version;
use lode_core::commit::{Density, Look, Position, Resolution, Resolve, ResolveStep, Seen, Slot};

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// What the newest slots hold, the newest last; all below them are snapshots.
type Top = &'static [Kind];

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Live,
    Record,
    Tombstone,
    Damaged,
}

use Kind::{Damaged, Live, Record, Tombstone};

/// A dense history, at one moment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct History {
    /// What the slots up to this one hold is said by a [`Top`]; what comes later are snapshots.
    begun: u64,
    newest: u64,
    /// All snapshots below this one are buried.
    buried: u64,
}

impl History {
    fn new(newest: u64) -> Self {
        Self { begun: newest, newest, buried: 0 }
    }

    fn kind(self, top: Top, at: u64) -> Kind {
        let place = (at + top.len() as u64).checked_sub(self.begun + 1);
        let place = place.and_then(|place| usize::try_from(place).ok());
        match place.and_then(|place| top.get(place)).copied().unwrap_or(Live) {
            Live if at < self.buried => Tombstone,
            kind => kind,
        }
    }

    /// The newest snapshot up to this slot, when a record was put into it.
    fn head(self, top: Top, at: u64) -> Option<Version> {
        let whole = Self { buried: 0, ..self };
        (1..=at).rev().find(|below| whole.kind(top, *below) == Live).map(version)
    }

    fn slot(self, top: Top, at: Version) -> Slot {
        let (commit_id, at) = (None, at.get());
        if at > self.newest {
            return Slot::Absent;
        }
        match self.kind(top, at) {
            Live => Slot::Live { commit_id, parent: self.head(top, at - 1) },
            Record => Slot::Record { commit_id, head: self.head(top, at) },
            Tombstone => Slot::Collected { commit_id, parent: self.head(top, at - 1) },
            Damaged => Slot::Damaged,
        }
    }

    fn see(self, top: Top, hint: Option<u64>, look: Look) -> Seen {
        match look {
            Look::Exists(at) => Seen::Exists(at.get() <= self.newest),
            Look::Hint => Seen::Hint(hint.and_then(Version::new)),
            Look::Slot(at) => Seen::Slot(self.slot(top, at)),
            look => panic!("a dense history is never listed: {look:?}"),
        }
    }

    /// What is right to find where this slot is the newest.
    fn expected(self, top: Top, newest: u64) -> Resolution {
        let Some(slot) = Version::new(newest) else { return Resolution::At(Position::EMPTY) };
        let whole = Self { buried: 0, ..self };
        match whole.kind(top, newest) {
            Live | Record => {
                Resolution::At(Position { slot: Some(slot), live: self.head(top, newest) })
            }
            Tombstone | Damaged => Resolution::Damaged { version: slot },
        }
    }
}

/// What is found in a history that does not change, and with how many looks.
fn find(
    history: History,
    top: Top,
    hint: Option<u64>,
    (mut machine, mut look): (Resolve, Look),
) -> (Resolution, u32) {
    for looks in 1..200 {
        match machine.on(history.see(top, hint, look)) {
            ResolveStep::Done(resolution) => return (resolution, looks),
            ResolveStep::Look(next, what) => (machine, look) = (next, what),
        }
    }
    panic!("it goes on for ever: {history:?}, {top:?}, hint {hint:?}")
}

/// How many bits a number has.
fn bits(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// The most looks after which the newest of `count` new slots is found: up, down, and its content.
fn most(count: u64) -> u32 {
    2 * bits(count) + 2
}

const TOPS: &[Top] = &[
    &[],
    &[Record],
    &[Record, Live],
    &[Record, Record],
    &[Tombstone, Tombstone, Live, Live],
    &[Tombstone, Live, Record, Live],
    &[Tombstone, Record, Live, Record],
    &[Damaged],
    &[Damaged, Record],
    &[Damaged, Damaged, Record],
    &[Damaged, Record, Live],
    &[Damaged, Live, Live],
    &[Tombstone],
    &[Record, Tombstone],
];

fn hints() -> impl Iterator<Item = Option<u64>> {
    let numbers = (0..=60).chain([1 << 40, 999_999_999_999_999_999, Version::LAST.get()]);
    numbers.map(Some).chain([None])
}

fn cold() -> (Resolve, Look) {
    Resolve::cold(Density::Dense)
}

#[test]
fn every_head_is_found_from_every_hint_with_few_looks() {
    for (top, newest) in TOPS.iter().flat_map(|top| (0..=40).map(move |newest| (*top, newest))) {
        if newest < top.len() as u64 {
            continue;
        }
        let history = History::new(newest);
        for hint in hints() {
            let (found, looks) = find(history, top, hint, cold());
            assert_eq!(found, history.expected(top, newest), "{newest}, {top:?}, {hint:?}");
            // The hint is read first.
            let most = 1 + match hint.unwrap_or_default() {
                0 => most(newest),
                hint if hint > newest => 1 + bits(hint) + 1,
                hint if hint == newest => 2,
                hint => 1 + most(newest - hint),
            };
            // After a tombstone there should be more: that is looked for.
            let most = if top.last() == Some(&Tombstone) { most + 2 } else { most };
            assert!(looks <= most, "{newest}, {top:?}, {hint:?}: {looks}, not {most}");
        }
    }
}

#[test]
fn a_hint_that_is_right_costs_three_looks_and_a_known_head_one() {
    for top in TOPS.iter().filter(|top| !top.contains(&Tombstone) && !top.contains(&Damaged)) {
        for newest in 2..=40 {
            let history = History::new(newest);
            let (found, looks) = find(history, top, Some(newest), cold());
            assert_eq!((found, looks), (history.expected(top, newest), 3));
            let Resolution::At(position) = found else { panic!("{found:?}") };
            // A record of a history in which no snapshot is left is read again.
            if position.live.is_none() {
                continue;
            }
            let warm = Resolve::since(position, Density::Dense);
            assert_eq!(find(history, top, None, warm), (found, 1));
        }
    }
}

/// A known position is right, but may be old.
#[test]
fn what_came_after_a_known_position_is_found_with_few_looks() {
    for (top, newest) in TOPS.iter().flat_map(|top| (0..=40).map(move |newest| (*top, newest))) {
        if newest < top.len() as u64 {
            continue;
        }
        let history = History::new(newest);
        for known in 0..=newest {
            let Resolution::At(position) = history.expected(top, known) else { continue };
            for density in [Density::Dense, Density::MayBeSparse] {
                if density == Density::MayBeSparse && known == 0 {
                    continue;
                }
                let (found, looks) = find(history, top, None, Resolve::since(position, density));
                assert_eq!(found, history.expected(top, newest), "{newest}, {top:?}, {known}");
                assert!(looks <= most(newest - known).max(1), "{newest}, {known}: {looks}");
            }
        }
    }
}

/// The ways in which a history can change before the next look.
fn grown(history: History, to: u64) -> impl Iterator<Item = History> {
    let grown = (0..3).map(move |more| History { newest: history.newest + more, ..history });
    let grown = grown.filter(move |history| history.newest <= to);
    // A collector may bury all but the head, at once.
    grown.flat_map(|history| [history, History { buried: history.newest, ..history }])
}

/// Walks all ways, and counts the states.
fn walk(begun: History, top: Top, hint: Option<u64>, start: (Resolve, Look)) -> usize {
    let mut seen = HashSet::new();
    let mut open = vec![(begun, start.0, start.1)];
    while let Some((history, machine, look)) = open.pop() {
        if !seen.insert((history, machine)) {
            continue;
        }
        for now in grown(history, begun.newest + 6) {
            match machine.on(now.see(top, hint, look)) {
                ResolveStep::Look(next, look) => open.push((now, next, look)),
                ResolveStep::Done(resolution) => {
                    let at_some_moment = begun.newest..=now.newest;
                    let mut right = at_some_moment.map(|newest| now.expected(top, newest));
                    assert!(
                        right.any(|right| right == resolution),
                        "{resolution:?} from {begun:?} to {now:?}, {top:?}, hint {hint:?}"
                    );
                }
            }
        }
    }
    seen.len()
}

#[test]
fn what_is_found_was_the_head_at_some_moment_of_the_search() {
    let mut states = 0;
    for (top, newest) in TOPS.iter().flat_map(|top| (0..=18).map(move |newest| (*top, newest))) {
        if newest < top.len() as u64 {
            continue;
        }
        let begun = History::new(newest);
        for hint in hints().filter(|hint| hint.is_none_or(|hint| !(26..=60).contains(&hint))) {
            states += walk(begun, top, hint, cold());
        }
        for known in 0..=newest {
            if let Resolution::At(position) = begun.expected(top, known) {
                states += walk(begun, top, None, Resolve::since(position, Density::Dense));
            }
        }
    }
    println!("{states} states");
}

#[test]
fn the_last_version_ends_the_search() {
    let last = History::new(Version::LAST.get());
    for hint in [Some(Version::LAST.get()), Some(Version::LAST.get() - 3)] {
        let start = cold();
        let mut step = start.0.on(Seen::Hint(hint.map(version)));
        let mut found = None;
        for _ in 0..100 {
            match step {
                ResolveStep::Done(resolution) => {
                    found = Some(resolution);
                    break;
                }
                ResolveStep::Look(machine, look) => {
                    let seen = match look {
                        Look::Exists(at) => Seen::Exists(at.get() <= last.newest),
                        Look::Slot(_) => Seen::Slot(Slot::Live { commit_id: None, parent: None }),
                        look => panic!("{look:?}"),
                    };
                    step = machine.on(seen);
                }
            }
        }
        assert_eq!(found, Some(Resolution::At(Position::at(Version::LAST))), "{hint:?}");
    }
    // From there, a look that cannot matter is the only one.
    for density in [Density::Dense, Density::MayBeSparse] {
        let (machine, look) = Resolve::since(Position::at(Version::LAST), density);
        let done = ResolveStep::Done(Resolution::At(Position::at(Version::LAST)));
        for seen in [Seen::Hint(None), Seen::Hint(Some(Version::LAST)), Seen::Failed] {
            assert_eq!((look, machine.on(seen)), (Look::Hint, done));
        }
    }
}
