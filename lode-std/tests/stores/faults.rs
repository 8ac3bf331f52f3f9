//! The same through a proxy that does to a tenth of the requests whatever a network can do.

use lode_std::{Entropy, SystemEntropy};

use crate::history::check;
use crate::proxy::{Plan, Proxy};
use crate::race;
use crate::support::{fresh_location, number_from};
use crate::writer::Task;

/// What the faults follow from; another one each time, unless it is set.
const SEED: &str = "LODE_TEST_SEED";
/// How many of a hundred requests suffer.
const PERCENT: u64 = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a server: `cargo xtask stores test`"]
async fn acknowledged_is_there_exactly_once() {
    let direct = fresh_location().unwrap();
    let seed = number_from(SEED, SystemEntropy.bits().unwrap());
    println!("{SEED}={seed}");
    let proxy = Proxy::start(&direct, Plan::new(seed, PERCENT)).await;
    // Half as many as without faults, each of which takes its time.
    let (writers, commits) = (number_from(race::PROCESSES, 2), number_from(race::COMMITS, 30) / 2);
    // Nothing in the plan takes longer than a second.
    let through = format!("{}&timeout=5s&retry_timeout=5s", proxy.location(&direct));
    let task = Task { location: through, writer: 0, writers, commits, tolerant: true };
    let running = task.clone();
    let acknowledged = tokio::task::spawn_blocking(move || race::run(&running)).await.unwrap();
    check(&Task { location: direct, ..task }, &acknowledged).await;
    println!(
        "{writers} processes x {commits} commits to a volume and a dataset, exactly once each; {} \
         of them had no definite outcome at first; {}",
        acknowledged.unknown,
        proxy.faults()
    );
}
