//! The circumstances that are explored.

use lode_core::commit::{Position, Rules};

use crate::explore::{Report, explore};
use crate::shell::Shell;
use crate::store::{Kind, version};
use crate::world::{Broken, Setup};

const RULES: Rules = Rules { lists: true, retries: 2, resends: 1, hint_attempts: 1 };

/// Two writers with one commit each and one block in each, on an empty history.
const PLAIN: Setup = Setup {
    rules: RULES,
    work: [&[0b01], &[0b10]],
    history: &[],
    hint: None,
    head: None,
    faults: 2,
    resolves: 1,
    reads: false,
    collects: false,
    conditions: true,
    shell: Shell::Right,
};

const LIVE: &[Kind] = &[Kind::Live, Kind::Live];
const REPAIRED: &[Kind] = &[Kind::Live, Kind::Repaired];

#[track_caller]
fn holds(name: &str, setup: &Setup) -> Report {
    let report = match explore(setup) {
        Ok(report) => report,
        Err(found) => panic!("{name}: {found}"),
    };
    let Report { states, transitions, longest, .. } = report;
    println!("{name}: {states} states, {transitions} transitions, runs of up to {longest} steps");
    report
}

#[test]
fn two_writers_race_for_the_first_slots() {
    let report = holds("plain", &PLAIN);
    assert_eq!(report.outcomes, [true; 6], "every outcome is reached");
    holds("three faults", &Setup { faults: 3, ..PLAIN });
}

#[test]
fn two_commits_each() {
    let work: [&[u8]; 2] = [&[0b0001, 0b0010], &[0b0100, 0b1000]];
    holds("two each", &Setup { work, ..PLAIN });
}

#[test]
fn without_patience() {
    let rules = Rules { retries: 0, resends: 0, ..RULES };
    holds("no retries, no resends", &Setup { rules, faults: 3, ..PLAIN });
    holds("no retries", &Setup { rules: Rules { retries: 0, ..RULES }, ..PLAIN });
    holds("no resends", &Setup { rules: Rules { resends: 0, ..RULES }, ..PLAIN });
    let rules = Rules { resends: 2, hint_attempts: 2, ..RULES };
    holds("more patience", &Setup { rules, ..PLAIN });
}

#[test]
fn both_writers_want_the_same_block() {
    holds("same block", &Setup { work: [&[0b01], &[0b01, 0b10]], ..PLAIN });
}

#[test]
fn the_hint_is_stale_or_bogus() {
    for (name, hint) in
        [("no hint", None), ("stale hint", Some(1)), ("early hint", Some(3)), ("bogus", Some(99))]
    {
        holds(name, &Setup { history: LIVE, hint, reads: true, ..PLAIN });
    }
    holds("hint at nothing", &Setup { hint: Some(1), ..PLAIN });
}

#[test]
fn heads_are_cached_fresh_or_stale() {
    let fresh = Some(Position::at(version(2)));
    holds("fresh head", &Setup { history: LIVE, hint: Some(2), head: fresh, ..PLAIN });
    let stale = Some(Position::at(version(1)));
    holds("stale head", &Setup { history: LIVE, hint: Some(1), head: stale, ..PLAIN });
    holds(
        "head of an empty history",
        &Setup { history: LIVE, head: Some(Position::EMPTY), ..PLAIN },
    );
}

#[test]
fn an_unknown_outcome_is_resolved_until_it_is_known() {
    let rules = Rules { retries: 0, resends: 0, ..RULES };
    holds("resolve, no resends", &Setup { rules, resolves: 2, ..PLAIN });
    holds("resolve, resends", &Setup { resolves: 2, faults: 3, ..PLAIN });
}

#[test]
fn readers_see_what_was_acknowledged_while_old_slots_are_collected() {
    let work: [&[u8]; 2] = [&[0b0001, 0b0010], &[0b0100]];
    holds("reader", &Setup { reads: true, ..PLAIN });
    holds(
        "collector",
        &Setup { work, collects: true, reads: true, faults: 1, history: LIVE, ..PLAIN },
    );
    holds("collector of commits", &Setup { work, collects: true, ..PLAIN });
}

#[test]
fn a_repair_has_put_a_tombstone_on_top() {
    let history = REPAIRED;
    for (name, hint) in
        [("repaired", None), ("repaired, old hint", Some(1)), ("repaired, hint", Some(2))]
    {
        holds(name, &Setup { history, hint, reads: true, ..PLAIN });
    }
}

/// The slot that a writer loses may hold a tombstone by then.
#[test]
fn a_slot_is_lost_to_a_tombstone() {
    let stale = Some(Position::at(version(1)));
    holds("lost to a repair", &Setup { history: REPAIRED, head: stale, ..PLAIN });
    let history = &[Kind::Collected, Kind::Live, Kind::Live];
    let setup = Setup { history, head: Some(Position::EMPTY), ..PLAIN };
    holds("lost to a collector", &setup);
}

#[test]
fn a_store_that_cannot_list_has_one_writer() {
    let rules = Rules { lists: false, ..RULES };
    let alone = Setup { rules, work: [&[0b01, 0b10], &[]], faults: 3, reads: true, ..PLAIN };
    for (name, history, hint) in [
        ("alone", &[][..], None),
        ("alone, no hint", LIVE, None),
        ("alone, stale hint", LIVE, Some(1)),
        ("alone, hint", LIVE, Some(2)),
        ("alone, bogus hint", LIVE, Some(5)),
        ("alone, repaired, no hint", REPAIRED, None),
        ("alone, repaired", REPAIRED, Some(2)),
    ] {
        holds(name, &Setup { history, hint, ..alone });
    }
}

/// The checks can fail: each mistake breaks the promise that it should.
#[test]
fn mistakes_are_noticed() {
    use Broken::{Changed, Gap, Lost, NotThere, Undead};
    let bogus = Setup { history: LIVE, hint: Some(5), ..PLAIN };
    for (setup, expected) in [
        (Setup { shell: Shell::ExistsIsCreated, ..PLAIN }, NotThere),
        (Setup { shell: Shell::ForgetsHead, ..PLAIN }, Lost),
        (Setup { shell: Shell::KeepsManifest, ..PLAIN }, Lost),
        (Setup { shell: Shell::TrustsHint, ..bogus }, Gap),
        (Setup { shell: Shell::UnknownIsDone, ..PLAIN }, Lost),
        (Setup { shell: Shell::UnknownIsRejected, ..PLAIN }, Undead),
        (Setup { conditions: false, ..PLAIN }, Changed),
    ] {
        let found = explore(&setup).expect_err("a mistake goes unnoticed");
        assert_eq!(found.broken, expected, "{:?}: {found}", setup.shell);
    }
}
