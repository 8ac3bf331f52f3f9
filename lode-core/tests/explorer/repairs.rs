//! Damage to the newest slot, and repairs, beside writers and collectors.

use crate::collecting::{DATASET, TAGGED};
use crate::setup::{Paradigm, Setup};
use crate::setups::{LIVE, PLAIN, holds};

/// The newest slot is damaged beside one writer.
pub(crate) const DAMAGED: Setup = Setup {
    work: [&[0b01, 0b10], &[], &[]],
    history: LIVE,
    hint: Some(2),
    damages: 1,
    faults: 1,
    ..PLAIN
};

/// The same beside a collector.
pub(crate) const BUSY: Setup =
    Setup { work: [&[0b01], &[], &[]], collects: [1, 0], faults: 0, ..DAMAGED };

#[test]
fn a_repair_goes_on_after_what_cannot_be_read() {
    let report = holds("damaged volume", &DAMAGED);
    assert!(report.witness.repaired);
    holds("damaged dataset", &Setup { paradigm: Paradigm::Dataset, ..DAMAGED });
    let work: [&[u8]; 3] = [&[0b01], &[0b10], &[]];
    holds("damaged, two writers", &Setup { work, faults: 0, ..DAMAGED });
    holds("damaged twice", &Setup { damages: 2, faults: 0, ..DAMAGED });
    holds("damaged, reader", &Setup { reads: true, faults: 0, ..DAMAGED });
}

#[test]
fn repairs_and_collections_meet() {
    let report = holds("damaged, collected volume", &BUSY);
    assert!(report.witness.repaired && report.witness.expired);
    holds("damaged, collected dataset", &Setup { paradigm: Paradigm::Dataset, ..BUSY });
    holds("damaged, tagged", &Setup { damages: 1, faults: 0, ..TAGGED });
    let spares = Setup { spares: true, opens: 1, ..BUSY };
    holds("damaged, epochs", &spares);
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    let twice = Setup { damages: 2, work: one, faults: 0, ..DATASET };
    holds("damaged twice, collected dataset", &twice);
}
