//! The shells on simulated time: writers, readers, collectors and taggers that crash, and copies in
//! another store. The stores lose, repeat and delay requests, by any time; their lists are not of one
//! moment; clocks jump by hours. A seed is a run: the same one, each time.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod blobs;
mod clients;
mod copies;
mod history;
mod store;
mod upload;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::number_from;
use crate::world::{Mistake, World};

/// The first seed.
const SEED: &str = "LODE_SIM_SEED";
/// How many seeds there are, from that one on.
const SEEDS: &str = "LODE_SIM_SEEDS";
/// How many commits each writer makes, to the volume and to the dataset each.
const STEPS: &str = "LODE_SIM_STEPS";

/// What a run was like.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Outcome {
    requests: u64,
    faults: u64,
    acknowledged: u64,
    crashes: u64,
    collected: u64,
    /// How often something had to be staged again.
    expired: u64,
    /// How many copies came to their end.
    copied: u64,
    /// Follows from every request and its fate.
    trace: u64,
}

fn run(seed: u64, steps: u64, mistake: Option<Mistake>) -> Outcome {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let world = World::new(seed, mistake);
        for store in world.stores() {
            store.scatter().await;
        }
        clients::run(&world, steps).await;
        history::check(&world).await;
        world.outcome()
    })
}

#[test]
fn every_seed_keeps_the_promises() {
    let (first, seeds, steps) =
        (number_from(SEED, 1), number_from(SEEDS, 25), number_from(STEPS, 12));
    let mut sum = Outcome::default();
    for seed in first..first + seeds {
        let outcome = catch_unwind(AssertUnwindSafe(|| run(seed, steps, None)));
        let Ok(outcome) = outcome else {
            panic!("to see it again: cargo xtask sim --seed {seed} --steps {steps}");
        };
        sum.requests += outcome.requests;
        sum.faults += outcome.faults;
        sum.acknowledged += outcome.acknowledged;
        sum.crashes += outcome.crashes;
        sum.collected += outcome.collected;
        sum.expired += outcome.expired;
        sum.copied += outcome.copied;
    }
    println!(
        "{seeds} seeds from {first} on, {steps} steps: {} requests, {} faults, {} commits \
         acknowledged, {} crashes, {} snapshots collected, {} staged again, {} copies, no promise \
         broken",
        sum.requests,
        sum.faults,
        sum.acknowledged,
        sum.crashes,
        sum.collected,
        sum.expired,
        sum.copied
    );
    assert!(sum.faults > 0 && sum.acknowledged > 0 && sum.crashes > 0 && sum.collected > 0);
    // To have been overtaken and not to stage again by itself is rare.
    assert!(sum.copied > 0 && (seeds < 100 || sum.expired > 0));
}

/// What is checked would be noticed: each mistake of a store is, within a few seeds.
#[test]
fn every_mistake_is_noticed() {
    const SEEDS: u64 = 40;
    for mistake in Mistake::ALL {
        let fails =
            |seed: &u64| catch_unwind(AssertUnwindSafe(|| run(*seed, 12, Some(mistake)))).is_err();
        let seed = (1..=SEEDS).find(fails);
        println!("{mistake:?} is noticed with seed {seed:?}");
        assert!(seed.is_some(), "nobody has noticed {mistake:?}");
    }
}

#[test]
fn a_seed_is_a_run() {
    assert_eq!(run(7, 6, None), run(7, 6, None));
    assert_ne!(run(7, 6, None).trace, run(8, 6, None).trace);
}
