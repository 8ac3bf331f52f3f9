//! What everybody in a run shares: chance, time, and what was promised to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use fastrand::Rng;
use lode_core::time;
use lode_std::{Clock, Entropy, Timestamp};
use object_store::ObjectStore;

use crate::Outcome;
use crate::store::SimStore;

/// When the time begins, in seconds since 1970.
const BEGIN: i64 = 1_900_000_000;
/// For how long what is staged is safe. Requests are late by less than half of it.
pub(crate) const GRACE: Duration = Duration::from_secs(240);

/// What everybody in a run shares.
#[derive(Debug)]
pub(crate) struct World {
    /// Whether large files are written as well.
    pub(crate) uploads: bool,
    chance: Mutex<Rng>,
    begin: tokio::time::Instant,
    pub(crate) promises: Mutex<Promises>,
    pub(crate) counts: Mutex<Outcome>,
    store: Mutex<Option<Arc<SimStore>>>,
}

/// What was tried, and what was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    pub(crate) tried: BTreeSet<u64>,
    /// The versions of the blocks of these numbers.
    pub(crate) blocks: BTreeMap<u64, u64>,
    /// The versions of the records of these numbers.
    pub(crate) records: BTreeMap<u64, u64>,
    /// The versions of the large files of these numbers.
    pub(crate) files: BTreeMap<u64, u64>,
    /// The tags of the volume, and what the snapshot of each has.
    pub(crate) tags: BTreeMap<String, u64>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        let world = Arc::new(Self {
            uploads: seed.is_multiple_of(10),
            chance: Mutex::new(Rng::with_seed(seed)),
            begin: tokio::time::Instant::now(),
            promises: Mutex::default(),
            counts: Mutex::default(),
            store: Mutex::default(),
        });
        *world.store.lock().unwrap() = Some(SimStore::new(world.clone()));
        world
    }

    pub(crate) fn sim(&self) -> Arc<SimStore> {
        self.store.lock().unwrap().clone().unwrap()
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        self.sim()
    }

    pub(crate) fn random(&self) -> u64 {
        self.chance.lock().unwrap().u64(..)
    }

    /// A number below this one.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.random() % bound
    }

    /// Whether something happens that does in so many of a thousand cases.
    pub(crate) fn chance(&self, of_thousand: u64) -> bool {
        self.below(1000) < of_thousand
    }

    /// Waits for a random time below this many milliseconds.
    pub(crate) async fn wait(&self, below: u64) {
        tokio::time::sleep(Duration::from_millis(self.below(below))).await;
    }

    /// The true time, in milliseconds since the beginning.
    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// The true time.
    pub(crate) fn seconds(&self) -> i64 {
        BEGIN + i64::try_from(self.elapsed().as_secs()).unwrap()
    }

    /// A clock that is wrong by some seconds.
    pub(crate) fn clock(self: &Arc<Self>) -> Arc<dyn Clock> {
        let skew = i64::try_from(self.below(21)).unwrap() - 10;
        Arc::new(SkewedClock { world: self.clone(), skew })
    }

    pub(crate) fn entropy(self: &Arc<Self>) -> Arc<dyn Entropy> {
        Arc::new(SeededEntropy(self.clone()))
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Outcome)) {
        count(&mut self.counts.lock().unwrap());
    }

    pub(crate) fn outcome(&self) -> Outcome {
        // The store refers to the world, and the world to the store.
        self.store.lock().unwrap().take();
        *self.counts.lock().unwrap()
    }
}

#[derive(Debug)]
struct SkewedClock {
    world: Arc<World>,
    skew: i64,
}

impl time::Clock for SkewedClock {
    fn now(&self) -> Option<Timestamp> {
        Timestamp::new(self.world.seconds() + self.skew, 0)
    }
}

#[async_trait]
impl Clock for SkewedClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[derive(Debug)]
struct SeededEntropy(Arc<World>);

impl Entropy for SeededEntropy {
    fn bits(&self) -> io::Result<u64> {
        Ok(self.0.random())
    }
}
