//! The checks can fail: mistakes are planted in the shells, and each breaks the promise that it
//! should. The first six are those that the protocol is there to prevent.

use crate::collecting::{AGING, COLLECTED, DATASET, TAGGED};
use crate::explore::explore;
use crate::setup::{Mistake, Paradigm, Setup};
use crate::setups::{LIVE, PLAIN};
use crate::time::GRACE;
use crate::world::Broken;

/// In which circumstances each mistake breaks what.
const PLANTED: &[(Mistake, Setup, Broken)] = {
    use Broken::{Gap, Lost, Missing, NotThere, Twice, Undead};
    let bogus = Setup { history: LIVE, hint: Some(5), ..PLAIN };
    let dataset = Setup { paradigm: Paradigm::Dataset, ..PLAIN };
    let crowded = Setup { work: [&[0b0001], &[0b0010, 0b0100, 0b1000], &[]], ..DATASET };
    let two = Setup { collects: [1, 1], faults: 0, ..COLLECTED };
    &[
        (Mistake::TrustsHint, bogus, Gap),
        (Mistake::ExistsIsCreated, PLAIN, NotThere),
        (Mistake::DeletesUnknown, PLAIN, Missing),
        (Mistake::ManifestFirst, PLAIN, Missing),
        (Mistake::FreesSlots, crowded, Lost),
        (Mistake::MarksFirst, TAGGED, Missing),
        (Mistake::ExistsIsAnothers, dataset, Twice),
        (Mistake::ForgetsHead, PLAIN, Lost),
        (Mistake::KeepsManifest, PLAIN, Lost),
        (Mistake::UnknownIsDone, PLAIN, Lost),
        (Mistake::UnknownIsRejected, PLAIN, Undead),
        (Mistake::NeverExpires, AGING, Missing),
        (Mistake::ReusesName, AGING, Missing),
        (Mistake::TagsFirst, Setup { collects: [1, 1], ..TAGGED }, Missing),
        (Mistake::ListsOnce, two, Missing),
        (Mistake::MovingCutOff, AGING, Missing),
        (Mistake::TrustsTag, TAGGED, Missing),
        (Mistake::ReusesTag, Setup { tags: 2, ..TAGGED }, NotThere),
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

/// A step less, and what a manifest adds could be as old as the grace period by the time it takes
/// its slot.
#[test]
fn the_grace_period_is_as_short_as_can_be() {
    let setup = Setup { grace: GRACE - 1, ..AGING };
    let found = explore(&setup).expect_err("a grace period that is too short goes unnoticed");
    assert_eq!(found.broken, Broken::Missing, "{found}");
}
