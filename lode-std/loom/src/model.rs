//! Running a model through all its interleavings.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use lode_std::{Clock, Entropy, Timestamp};

/// How many times a thread is interrupted where it could have gone on; each more takes about five
/// times as long. Two find most bugs: Musuvathi and Qadeer, "Iterative context bounding for
/// systematic testing of multithreaded programs", PLDI 2007.
const PREEMPTIONS: usize = 6;

/// Runs `model` in every interleaving within the bound, and prints how many there were.
pub(crate) fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    let count = Arc::new(AtomicU64::new(0));
    let runs = count.clone();
    let mut builder = loom::model::Builder::new();
    // What the environment asks for goes first.
    builder.preemption_bound = builder.preemption_bound.or(Some(PREEMPTIONS));
    builder.max_branches = 100_000;
    builder.check(move || {
        runs.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{name}: {} interleavings", count.load(Ordering::Relaxed));
}

/// Runs a task on a thread of the model.
pub(crate) fn spawn<T: 'static>(
    task: impl Future<Output = T> + 'static,
) -> loom::thread::JoinHandle<T> {
    let task = Box::pin(task);
    loom::thread::spawn(move || loom::future::block_on(task))
}

/// Waits for a task. On the heap, because a thread of the model has a small stack.
pub(crate) fn wait<T>(task: impl Future<Output = T>) -> T {
    loom::future::block_on(Box::pin(task))
}

/// A clock at rest, on which nobody waits.
#[derive(Debug)]
pub(crate) struct Resting;

impl lode_core::time::Clock for Resting {
    fn now(&self) -> Option<Timestamp> {
        Timestamp::new(1, 0)
    }
}

#[async_trait]
impl Clock for Resting {
    async fn sleep(&self, _: Duration) {}
}

/// Bits that are the same in every run.
#[derive(Debug)]
pub(crate) struct Counting(AtomicU64);

impl Counting {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(1)))
    }
}

impl Entropy for Counting {
    fn bits(&self) -> std::io::Result<u64> {
        Ok(self.0.fetch_add(1, Ordering::Relaxed))
    }
}
