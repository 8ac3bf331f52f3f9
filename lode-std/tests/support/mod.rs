//! Stores that count, fail and interfere, for tests.
#![allow(unreachable_pub, reason = "shared by several test crates")]
#![allow(dead_code, reason = "not every one of them uses all")]

pub mod aged;
pub mod careless;
pub mod clock;
pub mod fixtures;
pub mod flaky;
pub mod medium;
pub mod scripted;

use std::path::Path;
use std::sync::Arc;

use lode_std::{Entropy, SystemEntropy, Volume, store};
use object_store::ObjectStore;

/// Names the store in which the tests are to run, instead of in memory: a URL that
/// [`store::open`] takes. Each test has a folder of its own in it.
pub const STORE: &str = "LODE_TEST_STORE";

/// An empty store: in memory, or on the server that [`STORE`] names.
pub fn fresh() -> Arc<dyn ObjectStore> {
    match fresh_location() {
        Some(location) => store::open(&location).unwrap(),
        None => memory(),
    }
}

/// An empty store in memory.
pub fn memory() -> Arc<dyn ObjectStore> {
    store::open("memory:").unwrap()
}

/// Where an empty store is on the server that [`STORE`] names, if it names one.
pub fn fresh_location() -> Option<String> {
    let location = std::env::var(STORE).ok()?;
    let (bucket, query) = location.split_once('?').unwrap_or((&location, ""));
    Some(format!("{bucket}/test-{:016x}?{query}", SystemEntropy.bits().unwrap()))
}

/// The number that an environment variable has, or else this one.
pub fn number_from<N: std::str::FromStr>(variable: &str, default: N) -> N {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many cases a property is tried with: fewer on a server, where each takes its time.
pub fn cases(in_memory: u32) -> u32 {
    if std::env::var_os(STORE).is_some() { 4 } else { in_memory }
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
