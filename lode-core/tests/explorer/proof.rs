//! Larger worlds, for whoever asks for more than the ordinary tests can afford.

use lode_core::commit::Rules;

use crate::collecting::{COLLECTED, EPOCHS, TAGGED};
use crate::repairs::BUSY;
use crate::setup::{Paradigm, Setup};
use crate::setups::{PLAIN, RULES, holds};

/// Explores a world if `LODE_PROVE` is `1` or `deep`, and then with one more fault.
#[track_caller]
fn proves(name: &str, setup: &Setup) {
    if let Some(is_deep) = asked() {
        holds(name, &Setup { faults: setup.faults + u8::from(is_deep), ..*setup });
    }
}

/// Explores a world that takes minutes, if `LODE_PROVE` is `deep`.
#[track_caller]
fn proves_deeply(name: &str, setup: &Setup) {
    if asked() == Some(true) {
        holds(name, setup);
    }
}

/// Whether larger worlds were asked for, and whether still larger ones.
fn asked() -> Option<bool> {
    match std::env::var("LODE_PROVE").as_deref() {
        Ok("1") => Some(false),
        Ok("deep") => Some(true),
        Ok(other) => panic!("LODE_PROVE is {other:?}, but it must be 1 or deep"),
        Err(_) => None,
    }
}

const fn dataset(setup: Setup) -> Setup {
    Setup { paradigm: Paradigm::Dataset, ..setup }
}

const THREE: Setup =
    Setup { work: [&[0b001], &[0b010], &[0b100]], rules: Rules { retries: 3, ..RULES }, ..PLAIN };

const TWO_EACH: Setup = Setup { work: [&[0b0001, 0b0010], &[0b0100, 0b1000], &[]], ..PLAIN };

#[test]
fn three_writers() {
    proves("proof: three, volume", &THREE);
    proves("proof: three, dataset", &dataset(THREE));
    let rules = Rules { retries: 0, ..RULES };
    proves("proof: three, volume, no retries", &Setup { rules, ..THREE });
    proves("proof: three, dataset, no retries", &Setup { rules, ..dataset(THREE) });
}

#[test]
fn two_writers() {
    proves("proof: four faults, volume", &Setup { faults: 4, ..PLAIN });
    proves("proof: four faults, dataset", &Setup { faults: 4, ..dataset(PLAIN) });
    proves("proof: two each, volume", &Setup { faults: 3, ..TWO_EACH });
    proves("proof: two each, dataset", &dataset(TWO_EACH));
    proves("proof: two each, reader", &Setup { reads: true, ..TWO_EACH });
}

const ONE: [&[u8]; 3] = [&[0b01], &[], &[]];
const TWO: [&[u8]; 3] = [&[0b01], &[0b10], &[]];

#[test]
fn one_writer_and_two_collectors_of_two_runs_each() {
    let four = Setup { work: ONE, collects: [2, 2], faults: 0, orphans: 0, ..COLLECTED };
    proves("proof: two collectors of two runs, volume", &four);
    proves("proof: two collectors of two runs, dataset", &dataset(four));
    let epochs = Setup { spares: true, opens: 1, ..four };
    proves("proof: two collectors of two runs, epochs", &Setup { collects: [2, 1], ..epochs });
}

#[test]
fn two_writers_and_two_collectors() {
    let two = Setup { work: TWO, collects: [1, 1], faults: 0, orphans: 0, ..COLLECTED };
    proves("proof: two collectors, two writers, volume", &two);
    proves("proof: two collectors, two writers, dataset", &dataset(two));
    let receipts = Setup { receipts: true, orphans: 1, ..two };
    proves("proof: two collectors, two writers, receipts", &receipts);
}

#[test]
fn requests_of_collections_are_late() {
    let late = Setup { work: ONE, collects: [1, 1], faults: 1, orphans: 0, ..COLLECTED };
    proves("proof: two collectors, a fault, volume", &late);
    proves("proof: a collector, two faults", &Setup { collects: [1, 0], faults: 2, ..late });
    proves("proof: epochs, two faults", &Setup { faults: 2, ..EPOCHS });
    let epochs = Setup { spares: true, opens: 1, ..late };
    proves("proof: two collectors, a fault, epochs", &epochs);
    proves_deeply(
        "proof: two collectors, two faults, dataset",
        &Setup { faults: 2, ..dataset(late) },
    );
}

#[test]
fn tags_and_collectors() {
    let one = Setup { tags: 1, work: ONE, faults: 1, ..COLLECTED };
    proves("proof: tagged volume beside a writer", &Setup { orphans: 0, ..one });
    proves("proof: tagged dataset beside a writer", &Setup { orphans: 0, ..dataset(one) });
    let busy = Setup { tags: 1, collects: [1, 1], faults: 1, ..TAGGED };
    proves("proof: tagged, two collectors", &busy);
}

#[test]
fn repairs_writers_and_collectors() {
    proves("proof: damaged, collected volume", &Setup { faults: 1, ..BUSY });
    let two = Setup { work: TWO, ..BUSY };
    proves("proof: damaged, collected, two writers", &two);
    proves("proof: damaged twice, collected volume", &Setup { damages: 2, ..BUSY });
    let all = Setup { collects: [1, 1], ..BUSY };
    proves("proof: damaged, two collectors", &all);
    proves_deeply(
        "proof: damaged, two collectors, dataset, a fault",
        &Setup { faults: 1, ..dataset(all) },
    );
    let tagged = Setup { tags: 1, faults: 1, ..dataset(BUSY) };
    proves("proof: damaged, tagged, collected dataset", &tagged);
}
