//! Blocks that have been read and verified, kept for the next time.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use lode_core::checksum::Digest;
use lode_core::key::Key;

use crate::metrics;
use crate::sync::Mutex;

/// Keeps blocks in memory, up to a number of bytes; those that were not asked for lately make room
/// for others. Clones share one, and so may snapshots of any number of volumes:
/// [`Snapshot::with_cache`](super::Snapshot::with_cache).
///
/// Only whole blocks are kept that have been verified against their checksums. A block never
/// changes, so nothing in here is ever out of date.
#[derive(Clone)]
pub struct BlockCache {
    budget: u64,
    kept: Arc<Mutex<Kept>>,
}

/// An object, and what its bytes are: the same key may have other bytes in another store.
type Name = (Key, Digest);

#[derive(Default)]
struct Kept {
    blocks: HashMap<Name, Block>,
    /// Each of `blocks`, by when it was asked for last.
    order: BTreeMap<u64, Name>,
    /// When the last question was, counted.
    now: u64,
    /// The bytes of `blocks`.
    used: u64,
}

struct Block {
    bytes: Bytes,
    asked: u64,
}

impl BlockCache {
    /// An empty one that keeps up to `budget` bytes, and as many as 100 more for each block.
    pub fn new(budget: u64) -> Self {
        Self { budget, kept: Arc::default() }
    }

    /// How many bytes it keeps now.
    pub fn used(&self) -> u64 {
        self.with(|kept| kept.used)
    }

    pub(super) fn get(&self, key: &Key, digest: Digest) -> Option<Bytes> {
        let bytes = self.with(|kept| kept.get(&(key.clone(), digest)));
        metrics::cache(bytes.is_some());
        bytes
    }

    /// Keeps a block, unless it is larger than all of the budget.
    pub(super) fn put(&self, key: Key, digest: Digest, bytes: &Bytes) {
        if bytes.len() as u64 <= self.budget {
            self.with(|kept| kept.put((key, digest), bytes.clone(), self.budget));
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Kept) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn get(&mut self, name: &Name) -> Option<Bytes> {
        self.now += 1;
        let block = self.blocks.get_mut(name)?;
        if let Some(name) = self.order.remove(&block.asked) {
            self.order.insert(self.now, name);
        }
        block.asked = self.now;
        Some(block.bytes.clone())
    }

    fn put(&mut self, name: Name, bytes: Bytes, budget: u64) {
        self.now += 1;
        self.used += bytes.len() as u64;
        self.order.insert(self.now, name.clone());
        // Two tasks may have read the same block.
        if let Some(before) = self.blocks.insert(name, Block { bytes, asked: self.now }) {
            self.order.remove(&before.asked);
            self.used -= before.bytes.len() as u64;
        }
        while self.used > budget {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            let block = self.blocks.remove(&oldest);
            self.used -= block.map_or(0, |block| block.bytes.len() as u64);
        }
    }
}

impl fmt::Debug for BlockCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockCache").field("budget", &self.budget).finish_non_exhaustive()
    }
}
