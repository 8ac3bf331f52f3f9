//! Collectors, and somebody who takes tags, beside writers.

use crate::setup::{Paradigm, Setup};
use crate::setups::{LIVE, PLAIN, holds};
use crate::store::Kind;

/// A collector beside one writer with two commits, in a volume, where only what was never
/// committed can be collected.
pub(crate) const COLLECTED: Setup = Setup {
    work: [&[0b01, 0b10], &[], &[]],
    history: LIVE,
    orphans: 1,
    hint: Some(2),
    collects: [1, 0],
    faults: 1,
    ..PLAIN
};

/// The same in a dataset, whose old snapshots have files of their own.
pub(crate) const DATASET: Setup = Setup { paradigm: Paradigm::Dataset, orphans: 0, ..COLLECTED };

/// A tagger and a collector, in a history of three snapshots of which the first can be dropped.
pub(crate) const TAGGED: Setup =
    Setup { work: [&[], &[], &[]], history: THREE, tags: 1, faults: 2, ..DATASET };

/// A collector beside one writer, with time to spare for data to grow old.
pub(crate) const AGING: Setup =
    Setup { work: [&[0b01], &[], &[]], ticks: 4, orphans: 0, faults: 2, ..COLLECTED };

const THREE: &[Kind] = &[Kind::Live, Kind::Live, Kind::Live];

#[test]
fn what_old_snapshots_had_is_collected_beside_writers() {
    let report = holds("collected dataset", &DATASET);
    assert!(report.witness.buried != 0 && report.witness.swept != 0, "something is collected");
    holds("collected volume", &COLLECTED);
    let work: [&[u8]; 3] = [&[0b01], &[0b10], &[]];
    holds("collected dataset, two writers", &Setup { work, ..DATASET });
    holds("collected volume, two writers", &Setup { work, ..COLLECTED });
}

#[test]
fn readers_see_what_was_acknowledged_while_old_slots_are_buried() {
    holds("collected volume, reader", &Setup { reads: true, orphans: 0, ..COLLECTED });
    holds("collected dataset, reader", &Setup { reads: true, ..DATASET });
    for (name, hint) in [("hint at a tombstone", Some(1)), ("collected, no hint", None)] {
        holds(name, &Setup { history: THREE, hint, reads: true, ..DATASET });
    }
}

#[test]
fn data_grow_old_while_they_wait() {
    let report = holds("aging volume", &AGING);
    assert!(report.witness.swept != 0, "what waits for too long is swept");
    holds("aging dataset", &Setup { paradigm: Paradigm::Dataset, faults: 1, ..AGING });
    holds("aging volume, tagged", &Setup { tags: 1, faults: 1, ..AGING });
}

#[test]
fn runs_are_broken_off_and_begin_anew() {
    holds("two runs", &Setup { collects: [2, 0], history: THREE, ..DATASET });
}

#[test]
fn two_collectors_work_at_once() {
    let report = holds("two collectors, volume", &Setup { collects: [1, 1], ..COLLECTED });
    assert!(report.witness.swept != 0, "something is collected");
    holds("two collectors, dataset", &Setup { collects: [1, 1], ..DATASET });
}

#[test]
fn tags_pin_what_they_refer_to() {
    let report = holds("tagged", &TAGGED);
    assert_eq!(report.witness.tags, [true; 5], "every outcome is reached");
    holds("tagged twice", &Setup { tags: 2, ..TAGGED });
    holds("tagged, two collectors", &Setup { collects: [1, 1], ..TAGGED });
    holds("tagged dataset beside a writer", &Setup { tags: 1, ..DATASET });
    holds("tagged volume beside a writer", &Setup { tags: 1, ..COLLECTED });
}
