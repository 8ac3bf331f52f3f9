//! What everybody in a run shares: chance, time, and what was promised to whom.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
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
/// For how long collections are courteous. Requests are late by any multiple of it.
pub(crate) const GRACE: Duration = Duration::from_secs(60);
/// How far a clock may be off, in seconds, where clocks are wrong.
const WRONG: u64 = 20_000;

/// What everybody in a run shares.
#[derive(Debug)]
pub(crate) struct World {
    /// Whether large files are written as well.
    pub(crate) uploads: bool,
    /// Whether clocks are wrong by hours, and jump.
    pub(crate) wrong_clocks: bool,
    /// Whether the copies are collected by somebody else's rules, which ends the mirroring.
    pub(crate) collected_copy: bool,
    /// What the store does that it must not.
    pub(crate) mistake: Option<Mistake>,
    chance: Mutex<Rng>,
    begin: tokio::time::Instant,
    pub(crate) promises: Mutex<Promises>,
    pub(crate) counts: Mutex<Outcome>,
    /// The store, and the one that copies go to.
    stores: Mutex<Vec<Arc<SimStore>>>,
}

/// What a store may do wrong, to see that it is noticed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    /// It acknowledges manifests that it does not keep.
    ForgetsSlots,
    /// It acknowledges the records of collections, and does not keep them.
    ForgetsRecords,
    /// It puts a manifest over another one.
    OverwritesSlots,
    /// With a data object it deletes another one.
    DeletesMore,
    /// With a data object it deletes what is not ours.
    DeletesForeign,
    /// It shows no tags to who lists them.
    HidesTags,
    /// Of what is copied it changes a bit.
    ChangesCopies,
}

impl Mistake {
    pub(crate) const ALL: [Self; 7] = [
        Self::ForgetsSlots,
        Self::ForgetsRecords,
        Self::OverwritesSlots,
        Self::DeletesMore,
        Self::DeletesForeign,
        Self::HidesTags,
        Self::ChangesCopies,
    ];
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
    /// The numbers of the blocks that were said to have been copied.
    pub(crate) copied: BTreeSet<u64>,
}

impl World {
    pub(crate) fn new(seed: u64, mistake: Option<Mistake>) -> Arc<Self> {
        let world = Arc::new(Self {
            uploads: seed.is_multiple_of(10),
            wrong_clocks: seed.is_multiple_of(2),
            collected_copy: seed.is_multiple_of(3),
            mistake,
            chance: Mutex::new(Rng::with_seed(seed)),
            begin: tokio::time::Instant::now(),
            promises: Mutex::default(),
            counts: Mutex::default(),
            stores: Mutex::default(),
        });
        let stores = ["here", "there"].map(|name| SimStore::new(name, world.clone()));
        *world.stores.lock().unwrap() = stores.into();
        world
    }

    pub(crate) fn stores(&self) -> Vec<Arc<SimStore>> {
        self.stores.lock().unwrap().clone()
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        self.stores()[0].clone()
    }

    /// Where copies go.
    pub(crate) fn copy(&self) -> Arc<dyn ObjectStore> {
        self.stores()[1].clone()
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

    /// A clock of its own, that is wrong by some seconds; or by hours, and jumps.
    pub(crate) fn clock(self: &Arc<Self>) -> Arc<dyn Clock> {
        let skew = AtomicI64::new(self.skew(if self.wrong_clocks { WRONG } else { 10 }));
        Arc::new(SkewedClock { world: self.clone(), skew })
    }

    /// A number of seconds between this many back and as many ahead.
    fn skew(&self, most: u64) -> i64 {
        i64::try_from(self.below(2 * most + 1)).unwrap() - i64::try_from(most).unwrap()
    }

    pub(crate) fn entropy(self: &Arc<Self>) -> Arc<dyn Entropy> {
        Arc::new(SeededEntropy(self.clone()))
    }

    pub(crate) fn count(&self, count: impl FnOnce(&mut Outcome)) {
        count(&mut self.counts.lock().unwrap());
    }

    pub(crate) fn outcome(&self) -> Outcome {
        // The store refers to the world, and the world to the store.
        self.stores.lock().unwrap().clear();
        *self.counts.lock().unwrap()
    }
}

#[derive(Debug)]
struct SkewedClock {
    world: Arc<World>,
    skew: AtomicI64,
}

impl time::Clock for SkewedClock {
    fn now(&self) -> Option<Timestamp> {
        if self.world.wrong_clocks && self.world.chance(50) {
            self.skew.store(self.world.skew(WRONG), Ordering::Relaxed);
        }
        Timestamp::new(self.world.seconds() + self.skew.load(Ordering::Relaxed), 0)
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
