//! The circumstances in which writers meet.

#![allow(clippy::disallowed_methods, reason = "how long it takes is printed, and decides nothing")]

use std::time::Instant;

use lode_core::commit::{Density, Position, Rules};

use crate::explore::{Report, explore};
use crate::setup::{Paradigm, Past, Setup};
use crate::store::version;

pub(crate) const RULES: Rules =
    Rules { density: Density::Dense, retries: 2, resends: 1, hint_attempts: 1 };

/// Two writers with one commit each and one block in each, on an empty history.
pub(crate) const PLAIN: Setup = Setup {
    paradigm: Paradigm::Volume,
    rules: RULES,
    work: [&[0b01], &[0b10], &[]],
    history: &[],
    orphans: 0,
    hint: None,
    head: None,
    faults: 2,
    opens: 0,
    spares: false,
    receipts: false,
    damages: 0,
    resolves: 1,
    reads: false,
    collects: [0, 0],
    tags: 0,
    conditions: true,
    mistake: None,
};

pub(crate) const LIVE: &[Past] = &[Past::Live, Past::Live];
const RECORDED: &[Past] = &[Past::Live, Past::Record];

#[track_caller]
pub(crate) fn holds(name: &str, setup: &Setup) -> Report {
    let begun = Instant::now();
    let report = match explore(setup) {
        Ok(report) => report,
        Err(found) => panic!("{name}: {found}"),
    };
    let Report { states, transitions, longest, .. } = report;
    let seconds = begun.elapsed().as_secs_f32();
    println!(
        "{name}: {states} states, {transitions} transitions, runs of up to {longest} steps, \
         {seconds:.1} s"
    );
    report
}

#[test]
fn two_writers_race_for_the_first_slots() {
    let report = holds("plain", &PLAIN);
    assert_eq!(report.witness.commits, [true; 6], "every outcome is reached");
    holds("three faults", &Setup { faults: 3, ..PLAIN });
}

#[test]
fn two_commits_each() {
    let work: [&[u8]; 3] = [&[0b0001, 0b0010], &[0b0100, 0b1000], &[]];
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
    holds("same block", &Setup { work: [&[0b01], &[0b01, 0b10], &[]], ..PLAIN });
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
fn three_writers_race() {
    let three = Setup { work: [&[0b001], &[0b010], &[0b100]], faults: 1, ..PLAIN };
    holds("three", &Setup { rules: Rules { retries: 3, ..RULES }, ..three });
    holds("three, no retries", &Setup { rules: Rules { retries: 0, ..RULES }, ..three });
    let work: [&[u8]; 3] = [&[0b001], &[0b010], &[0b001, 0b100]];
    holds("three, same block", &Setup { work, ..three });
}

#[test]
fn datasets_take_every_commit_for_a_new_one() {
    let dataset = Setup { paradigm: Paradigm::Dataset, ..PLAIN };
    holds("dataset", &dataset);
    holds("dataset, three faults", &Setup { faults: 3, ..dataset });
    let work: [&[u8]; 3] = [&[0b0001, 0b0010], &[0b0100, 0b1000], &[]];
    holds("dataset, two each", &Setup { work, faults: 1, ..dataset });
    let rules = Rules { retries: 0, ..RULES };
    holds("dataset, no retries", &Setup { rules, ..dataset });
    let work: [&[u8]; 3] = [&[0b001], &[0b010], &[0b100]];
    let rules = Rules { retries: 3, ..RULES };
    holds("dataset, three", &Setup { work, rules, faults: 1, ..dataset });
}

#[test]
fn readers_see_what_was_acknowledged() {
    holds("reader", &Setup { reads: true, ..PLAIN });
}

#[test]
fn a_record_is_the_newest() {
    let history = RECORDED;
    for (name, hint) in
        [("record", None), ("record, hint below", Some(1)), ("record, hint", Some(2))]
    {
        holds(name, &Setup { history, hint, reads: true, ..PLAIN });
    }
}

/// The slot that a writer loses may hold a record, or a tombstone by then.
#[test]
fn a_slot_is_lost_to_a_record_or_a_tombstone() {
    let stale = Some(Position::at(version(1)));
    holds("lost to a record", &Setup { history: RECORDED, head: stale, ..PLAIN });
    let history = &[Past::Collected, Past::Live, Past::Live];
    let setup = Setup { history, head: Some(Position::EMPTY), ..PLAIN };
    holds("lost to a collector", &setup);
}
