//! Larger worlds, for whoever asks for more than the ordinary tests can afford.

use lode_core::commit::Rules;

use crate::collecting::{AGING, COLLECTED, DATASET, TAGGED};
use crate::setup::{Paradigm, Setup};
use crate::setups::{PLAIN, RULES, holds};

/// Explores a world if `LODE_PROVE` is `1` or `deep`, and then with one more fault.
#[track_caller]
fn proves(name: &str, setup: &Setup) {
    let more = match std::env::var("LODE_PROVE").as_deref() {
        Ok("1") => 0,
        Ok("deep") => 1,
        Ok(other) => panic!("LODE_PROVE is {other:?}, but it must be 1 or deep"),
        Err(_) => return,
    };
    holds(name, &Setup { faults: setup.faults + more, ..*setup });
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

#[test]
fn time_and_two_collectors() {
    let aging = Setup { collects: [1, 1], faults: 1, ..AGING };
    proves("proof: aging, two collectors, volume", &aging);
    proves("proof: aging, two collectors, dataset", &dataset(aging));
}

#[test]
fn time_and_two_writers() {
    let aging = Setup { work: [&[0b01], &[0b10], &[]], ticks: 3, faults: 1, ..AGING };
    proves("proof: aging, two writers, volume", &aging);
    proves("proof: aging, two writers, dataset", &dataset(aging));
}

#[test]
fn collectors_and_writers() {
    let work: [&[u8]; 3] = [&[0b01], &[0b10], &[]];
    let volume = Setup { work, reads: true, ..COLLECTED };
    proves("proof: collected volume, two writers, reader", &volume);
    let two = Setup { work, collects: [1, 1], ..COLLECTED };
    proves("proof: two collectors, two writers, volume", &two);
}

#[test]
fn tags_and_collectors() {
    proves("proof: tagged twice, volume beside a writer", &Setup { tags: 2, ..COLLECTED });
    proves("proof: tagged twice, dataset beside a writer", &Setup { tags: 2, ..DATASET });
    let aging = Setup { tags: 1, faults: 1, ..AGING };
    proves("proof: tagged, aging dataset", &dataset(aging));
    let busy = Setup { tags: 2, collects: [1, 1], ..TAGGED };
    proves("proof: tagged twice, two collectors", &busy);
}
