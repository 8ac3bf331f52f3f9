//! The checks can fail: mistakes are planted in the shells, and each breaks the promise that it
//! should. The first five are those that the protocol is there to prevent.

use crate::collecting::{COLLECTED, DATASET, EPOCHS, TAGGED};
use crate::explore::explore;
use crate::repairs::BUSY;
use crate::setup::{Mistake, Paradigm, Past, Setup};
use crate::setups::{LIVE, PLAIN};
use crate::world::Broken;

/// In which circumstances each mistake breaks what.
const PLANTED: &[(Mistake, Setup, Broken)] = {
    use Broken::{Changed, Gap, Lost, Missing, NotThere, Twice, Undead};
    let bogus = Setup { history: LIVE, hint: Some(5), ..PLAIN };
    let dataset = Setup { paradigm: Paradigm::Dataset, ..PLAIN };
    let crowded = Setup { work: [&[0b0001], &[0b0010, 0b0100, 0b1000], &[]], ..DATASET };
    let one: [&[u8]; 3] = [&[0b01], &[], &[]];
    let late = Setup { work: one, orphans: 0, ..COLLECTED };
    let recorded = Setup { history: &[Past::Live, Past::Record], orphans: 0, ..EPOCHS };
    let damaged = Setup { collects: [1, 0], spares: true, ..BUSY };
    &[
        (Mistake::TrustsHint, bogus, Gap),
        (Mistake::ExistsIsCreated, PLAIN, NotThere),
        (Mistake::DeletesUnknown, PLAIN, Missing),
        (Mistake::ManifestFirst, PLAIN, Missing),
        (Mistake::FreesSlots, crowded, Lost),
        (Mistake::ExistsIsAnothers, dataset, Twice),
        (Mistake::ForgetsHead, PLAIN, Lost),
        (Mistake::KeepsManifest, PLAIN, Lost),
        (Mistake::UnknownIsDone, PLAIN, Lost),
        (Mistake::UnknownIsRejected, PLAIN, Undead),
        (Mistake::NoRule, late, Missing),
        (Mistake::ReusesName, late, Missing),
        (Mistake::StateOfHead, recorded, Missing),
        (Mistake::NoRecord, late, Missing),
        (Mistake::HighThreshold, EPOCHS, Missing),
        (Mistake::MarksOnce, late, Missing),
        (Mistake::TagsFirst, TAGGED, Missing),
        (Mistake::RecordUnknownIsDone, Setup { faults: 2, ..late }, Missing),
        (Mistake::TrustsTag, TAGGED, Missing),
        (Mistake::ReusesTag, Setup { tags: 2, ..TAGGED }, NotThere),
        (Mistake::RepairKeepsFloor, damaged, Missing),
        (Mistake::RepairOverwrites, damaged, Changed),
    ]
};

#[test]
fn mistakes_are_noticed() {
    for (mistake, setup, expected) in PLANTED {
        let found = explore(&Setup { mistake: Some(*mistake), ..*setup });
        let Err(found) = found else { panic!("{mistake:?} goes unnoticed") };
        assert_eq!(found.broken, *expected, "{mistake:?}: {found}");
        println!("{mistake:?}: {:?} after {} steps", found.broken, found.path.len());
    }
}

#[test]
fn a_store_that_ignores_conditions_is_noticed() {
    let found = explore(&Setup { conditions: false, ..PLAIN }).expect_err("it goes unnoticed");
    assert_eq!(found.broken, Broken::Changed, "{found}");
}
