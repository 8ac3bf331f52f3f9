//! Collectors, and somebody who takes tags, beside writers.

use crate::setup::{Paradigm, Past, Setup};
use crate::setups::{LIVE, PLAIN, holds};

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
    Setup { work: [&[], &[], &[]], history: THREE, tags: 1, hint: Some(3), faults: 2, ..DATASET };

/// One writer with one commit, and all that has to do with epochs.
pub(crate) const EPOCHS: Setup =
    Setup { work: [&[0b01], &[], &[]], opens: 1, spares: true, orphans: 0, ..COLLECTED };

const THREE: &[Past] = &[Past::Live, Past::Live, Past::Live];

#[test]
fn what_old_snapshots_had_is_collected_beside_writers() {
    let report = holds("collected dataset", &DATASET);
    assert!(report.witness.buried != 0 && report.witness.swept != 0, "something is collected");
    assert!(report.witness.expired, "somebody has to stage again");
    holds("collected volume", &COLLECTED);
    let work: [&[u8]; 3] = [&[0b01], &[0b10], &[]];
    holds("collected dataset, two writers", &Setup { work, faults: 0, ..DATASET });
    holds("collected volume, two writers", &Setup { work, faults: 0, ..COLLECTED });
}

#[test]
fn readers_see_what_was_acknowledged_while_old_slots_are_buried() {
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    holds("collected volume, reader", &Setup { reads: true, work: one, ..COLLECTED });
    holds("collected dataset, reader", &Setup { reads: true, faults: 0, ..DATASET });
    for (name, hint) in [("hint at a tombstone", Some(1)), ("collected, no hint", None)] {
        holds(name, &Setup { history: THREE, hint, reads: true, work: one, ..DATASET });
    }
}

#[test]
fn epochs_are_opened_and_floors_raised_by_any_of_them() {
    let report = holds("epochs, volume", &EPOCHS);
    assert!(report.witness.expired && report.witness.swept != 0);
    holds("epochs, dataset", &Setup { paradigm: Paradigm::Dataset, ..EPOCHS });
    let two: [&[u8]; 3] = [&[0b01, 0b10], &[], &[]];
    holds("epochs, two commits", &Setup { work: two, faults: 0, opens: 2, ..EPOCHS });
}

#[test]
fn what_others_have_staged_is_committed_or_has_expired() {
    let receipts = Setup { receipts: true, orphans: 1, ..EPOCHS };
    holds("receipts", &receipts);
    let work: [&[u8]; 3] = [&[0b01], &[0b10], &[]];
    holds("receipts, two writers", &Setup { work, faults: 0, opens: 0, ..receipts });
}

#[test]
fn runs_are_broken_off_and_begin_anew() {
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    holds("two runs", &Setup { collects: [2, 0], history: THREE, work: one, ..DATASET });
}

#[test]
fn two_collectors_work_at_once() {
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    let two = Setup { collects: [1, 1], work: one, faults: 0, ..COLLECTED };
    let report = holds("two collectors, volume", &two);
    assert!(report.witness.swept != 0, "something is collected");
    holds("two collectors, dataset", &Setup { paradigm: Paradigm::Dataset, ..two });
}

#[test]
fn tags_pin_what_they_refer_to() {
    let report = holds("tagged", &TAGGED);
    assert_eq!(report.witness.tags, [true; 5], "every outcome is reached");
    holds("tagged twice", &Setup { tags: 2, faults: 1, ..TAGGED });
    holds("tagged, two collectors", &Setup { collects: [1, 1], faults: 0, ..TAGGED });
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    holds("tagged dataset beside a writer", &Setup { tags: 1, work: one, faults: 0, ..DATASET });
    holds("tagged volume beside a writer", &Setup { tags: 1, work: one, faults: 0, ..COLLECTED });
}
