//! Stores that count, fail and interfere, for tests.
#![allow(unreachable_pub, reason = "shared by several test crates")]
#![allow(dead_code, reason = "not every one of them uses all")]

pub mod fixtures;
pub mod scripted;

use std::path::Path;
use std::sync::Arc;

use lode_std::{Volume, store};
use object_store::ObjectStore;

/// An empty store in memory.
pub fn memory() -> Arc<dyn ObjectStore> {
    store::open("memory:").unwrap()
}

/// A directory as a store.
pub fn directory(path: &Path) -> Arc<dyn ObjectStore> {
    store::open(path.to_str().unwrap()).unwrap()
}

/// A volume of 1000 bytes in `store`.
pub async fn volume(store: &Arc<dyn ObjectStore>) -> Volume {
    Volume::builder("disk", 1000).open(store.clone()).await.unwrap()
}

/// Bytes that differ from place to place, so that a mix-up shows.
pub fn pattern(start: u64, length: usize) -> Vec<u8> {
    (start..).take(length).map(|i| (i.wrapping_mul(2_654_435_761) >> 7) as u8).collect()
}
