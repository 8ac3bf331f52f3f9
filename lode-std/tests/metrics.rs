//! What is counted, as a recorder sees it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

#[path = "support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lode_std::{BlockCache, Error, Retry, Volume, meta};
use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

use crate::support::scripted::{Fault, Scripted};

/// Counters by name, and by `name operation`.
#[derive(Default)]
struct Counters(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Recorder for Counters {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let labels = key.labels().map(|label| format!(" {}", label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        let counter = self.0.lock().unwrap().entry(name).or_default().clone();
        Counter::from_arc(counter)
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

impl Counters {
    /// What was counted since the last time, but for zeros.
    fn take(&self) -> Vec<(String, u64)> {
        let counters = self.0.lock().unwrap();
        let values = counters.iter().map(|(name, value)| {
            (name.trim_start_matches("lode_").to_string(), value.swap(0, Ordering::Relaxed))
        });
        values.filter(|(_, value)| *value > 0).collect()
    }
}

/// Runs `test` where its counters are seen.
fn counted<F: Future<Output = ()>>(test: impl FnOnce(Arc<Counters>) -> F) {
    let counters = Arc::new(Counters::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    with_local_recorder(&*counters, || runtime.block_on(test(counters.clone())));
}

fn pairs(counted: &[(String, u64)]) -> Vec<(&str, u64)> {
    counted.iter().map(|(name, value)| (name.as_str(), *value)).collect()
}

/// Opens the volume of all tests.
async fn open(scripted: &Arc<Scripted>, conflicts: u32) -> Volume {
    let retry = Retry { conflicts, resends: 0, base: Duration::ZERO, ..Retry::none() };
    Volume::builder("disk", 1000).retry(retry).open(scripted.store()).await.unwrap()
}

#[test]
fn requests_and_bytes_are_counted() {
    counted(|counters| async move {
        let scripted = Scripted::new();
        let volume = open(&scripted, 0).await;
        let first = volume.stage_at(0, vec![1; 100]).await.unwrap();
        volume.commit([first], meta! {}).await.unwrap();
        counters.take();

        let block = volume.stage_at(100, vec![1; 100]).await.unwrap();
        assert_eq!(
            pairs(&counters.take()),
            [("store_calls_total create", 1), ("store_written_bytes_total", 100)]
        );
        let snapshot = volume.commit([block], meta! {}).await.unwrap();
        let counted = counters.take();
        assert_eq!(pairs(&counted[..1]), [("store_calls_total create", 1)]);
        assert_eq!(pairs(&counted[1..2]), [("store_calls_total write", 1)]);

        let snapshot = snapshot.with_cache(&BlockCache::new(1000));
        for _ in 0..3 {
            snapshot.read_at(0..10).await.unwrap();
        }
        assert_eq!(
            pairs(&counters.take()),
            [
                ("cache_hits_total", 2),
                ("cache_misses_total", 1),
                ("store_calls_total read", 1),
                ("store_read_bytes_total", 100),
            ]
        );
        volume.latest().await.unwrap();
        assert_eq!(pairs(&counters.take()), [("store_calls_total read", 1)]);
    });
}

#[test]
fn what_goes_wrong_is_counted() {
    counted(|counters| async move {
        let scripted = Scripted::new();
        let (ours, theirs) = (open(&scripted, 1).await, open(&scripted, 0).await);
        let value = |name: &str| {
            let counted = counters.take();
            counted
                .into_iter()
                .filter(|(found, _)| !found.starts_with("store"))
                .fold(String::new(), |text, (found, value)| text + &format!("{found} {value}, "))
                + name
        };
        for (volume, at) in [(&ours, 0), (&theirs, 10)] {
            let block = volume.stage_at(at, "block").await.unwrap();
            volume.commit([block], meta! {}).await.unwrap();
        }
        assert_eq!(value("so far"), "so far");
        let block = ours.stage_at(20, "block").await.unwrap();
        ours.commit([block], meta! {}).await.unwrap();
        assert_eq!(value("tried again"), "commit_conflicts_total 1, retries_total 1, tried again");
        let block = theirs.stage_at(30, "block").await.unwrap();
        let error = theirs.commit([block.clone()], meta! {}).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");
        assert_eq!(value("given up"), "commit_conflicts_total 1, given up");
        theirs.latest().await.unwrap();
        scripted.fault("/manifest.lode", Fault::NotApplied);
        let error = theirs.commit([block], meta! {}).await.unwrap_err();
        assert!(matches!(error, Error::CommitUnknown(_)), "{error}");
        assert_eq!(value("lost"), "commit_unknown_total 1, lost");
    });
}
