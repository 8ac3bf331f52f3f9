//! Every outcome of a commit, and many writers at once.

use std::sync::Arc;

use futures::TryStreamExt;
use futures::future::try_join_all;
use lode_std::{CommitUnknown, Dataset, Error, ErrorKind, Retry, meta};
use serde_json::{Value, json};

use crate::helpers::{Events, events, hive, numbers, patient, read_both, version};
use crate::support::clock::ManualClock;
use crate::support::scripted::{Fault, Scripted};
use crate::support::{directory, fresh};

const SLOT: &str = "/manifest.json";

async fn open(scripted: &Arc<Scripted>, retry: Retry) -> Events {
    events("events").retry(retry).open(scripted.store()).await.unwrap()
}

/// The records of all snapshots in the store.
async fn all(scripted: &Arc<Scripted>) -> Vec<Value> {
    let dataset = open(scripted, patient(0)).await;
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    let mut found = Vec::new();
    for snapshot in snapshots {
        found.extend(read_both(&dataset, snapshot.version()).await.unwrap());
    }
    found
}

#[tokio::test]
async fn a_lost_reply_is_found_out() {
    for fault in [Fault::AppliedButFailed, Fault::AppliedTwice, Fault::NotApplied] {
        for key in [SLOT, "/data", "dataset.json", "/latest"] {
            let scripted = Scripted::new();
            scripted.fault(key, fault);
            let dataset = open(&scripted, patient(0)).await;
            let snapshot = dataset.write(&[json!(1)], meta! {}).await.unwrap();
            assert_eq!(snapshot.version(), version(1), "{key} {fault:?}");
            assert_eq!(all(&scripted).await, [json!(1)]);
        }
    }
}

#[tokio::test]
async fn a_lost_race_is_a_conflict_unless_it_may_be_run_again() {
    let scripted = Scripted::new();
    let (ours, theirs) = (open(&scripted, patient(0)).await, open(&scripted, patient(1)).await);
    ours.write(&[json!(1)], meta! {}).await.unwrap();
    theirs.write(&[json!(2)], meta! {}).await.unwrap();
    let error = ours.write(&[json!("lost")], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { version: v } if v == version(2)), "{error}");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    // Looking at the new head is all it takes.
    ours.latest().await.unwrap();
    ours.write(&[json!(3)], meta! {}).await.unwrap();
    theirs.write(&[json!(4)], meta! {}).await.unwrap();
    assert_eq!(all(&scripted).await, [1, 2, 3, 4].map(Value::from));
}

#[tokio::test]
async fn an_unknown_outcome_is_settled_later() {
    for fault in [Fault::AppliedButFailed, Fault::NotApplied] {
        let scripted = Scripted::new();
        let dataset = open(&scripted, Retry { resends: 0, ..patient(0) }).await;
        scripted.fault(SLOT, fault);
        let error = dataset.write(&[json!(1)], meta! { "n" => 1 }).await.unwrap_err();
        let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
        assert_eq!(all(&scripted).await.len(), usize::from(fault == Fault::AppliedButFailed));

        // Kept as text, and settled by another handle; once more makes no difference.
        let text = serde_json::to_string(&unknown).unwrap();
        let unknown: CommitUnknown = serde_json::from_str(&text).unwrap();
        let other = open(&scripted, patient(0)).await;
        for _ in 0..2 {
            let snapshot = other.resolve(unknown.clone()).await.unwrap();
            assert_eq!((snapshot.version(), snapshot.metadata()), (version(1), &meta! {"n" => 1}));
            assert_eq!(all(&scripted).await, [json!(1)]);
        }
        other.write(&[json!(2)], meta! {}).await.unwrap();
        assert_eq!(all(&scripted).await, [json!(1), json!(2)]);
    }
}

#[tokio::test]
async fn an_unknown_outcome_may_turn_out_to_be_a_conflict() {
    let scripted = Scripted::new();
    let dataset = open(&scripted, Retry { resends: 0, ..patient(0) }).await;
    scripted.fault(SLOT, Fault::NotApplied);
    let error = dataset.write(&[json!("lost")], meta! {}).await.unwrap_err();
    let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
    let other = open(&scripted, patient(0)).await;
    other.write(&[json!(1)], meta! {}).await.unwrap();
    let error = dataset.resolve(*unknown.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(all(&scripted).await, [json!(1)]);
    let foreign = events("other").open(scripted.store()).await.unwrap();
    let error = foreign.resolve(*unknown).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "its files lie elsewhere: {error}");
}

#[tokio::test]
async fn a_refusal_is_definite() {
    for key in [SLOT, "/data"] {
        let scripted = Scripted::new();
        let dataset = open(&scripted, patient(5)).await;
        scripted.fault(key, Fault::Denied);
        let error = dataset.write(&[json!("lost")], meta! {}).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        dataset.write(&[json!(1)], meta! {}).await.unwrap();
        assert_eq!(all(&scripted).await, [json!(1)]);
    }
}

/// A writer that is held up between its manifest and its hint must not leave the older one: a Go
/// reader would take it for the newest.
#[tokio::test]
async fn a_hint_that_was_overtaken_is_written_again() {
    let (scripted, clock) = (Scripted::new(), ManualClock::new());
    let slow = Dataset::builder("blobs").clock(clock.clone());
    let slow = slow.open(scripted.store()).await.unwrap();
    slow.write_blob("first", meta! {}).await.unwrap();
    let gate = scripted.hold("latest");
    let others = async {
        gate.reached().await;
        let other = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
        for blob in ["third", "fourth"] {
            other.write_blob(blob, meta! {}).await.unwrap();
        }
        clock.advance(1);
        gate.open();
    };
    let (second, ()) = tokio::join!(slow.write_blob("second", meta! {}), others);
    assert_eq!(second.unwrap().version(), version(2));
    let objects = scripted.objects().await;
    let (_, hint) = objects.iter().find(|(key, _)| key == "datasets/blobs/latest").unwrap();
    assert_eq!(hint, version(4).to_string().as_bytes());
}

#[tokio::test]
async fn a_hint_that_cannot_be_written_fails_no_commit() {
    let scripted = Scripted::new();
    let dataset = open(&scripted, patient(0)).await;
    for _ in 0..4 {
        scripted.fault("/latest", Fault::Denied);
    }
    dataset.write(&[json!(1)], meta! {}).await.unwrap();
    assert_eq!(all(&scripted).await, [json!(1)]);
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    let scripted = Scripted::new();
    let first = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    first.write_blob("x", meta! {}).await.unwrap();
    scripted.fault("dataset.json", Fault::Overwrites);
    let error = Dataset::builder("blobs").open(scripted.store()).await.unwrap_err();
    assert!(matches!(error, Error::ConditionalWritesIgnored { .. }), "{error}");
    scripted.fault("dataset.json", Fault::Overwrites);
    let builder = Dataset::builder("blobs").single_writer();
    builder.open(scripted.store()).await.unwrap().write_blob("x", meta! {}).await.unwrap();
}

/// Four handles write 25 records each; every one is in a snapshot of its own, in one line.
async fn four_writers(store: Arc<dyn object_store::ObjectStore>) {
    let tasks = (0..4_u64).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let dataset = hive("hive").retry(Retry::conflicts(1000)).open(store).await.unwrap();
            for n in 0..25 {
                let number = writer * 25 + n;
                let record = json!({"day": n % 3, "region": writer % 2, "n": number});
                dataset.write(&[record], meta! { "n" => number }).await.unwrap();
            }
        })
    });
    try_join_all(tasks).await.unwrap();
    let dataset = hive("hive").open(store).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(numbers(&snapshots), (1..=100).collect::<Vec<_>>());
    let mut found = Vec::new();
    for (before, snapshot) in (0..).zip(&snapshots) {
        assert_eq!(snapshot.parent().map_or(0, |parent| parent.get()), before);
        let records = dataset.read(snapshot.version()).await.unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(snapshot.metadata(), &meta! { "n" => records[0]["n"].as_u64().unwrap() });
        found.push(records[0]["n"].as_u64().unwrap());
    }
    found.sort_unstable();
    assert_eq!(found, (0..100).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_handles_in_memory() {
    four_writers(fresh()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_handles_in_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    four_writers(directory(dir.path())).await;
}

/// Clones of one handle queue up: without any retries none of them ever sees a conflict.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clones_of_one_handle_need_no_retries() {
    let dataset = events("events").open(fresh()).await.unwrap();
    let tasks = (0..8).map(|writer| {
        let dataset = dataset.clone();
        tokio::spawn(async move {
            for _ in 0..25 {
                dataset.write(&[json!(writer)], meta! {}).await.unwrap();
            }
        })
    });
    try_join_all(tasks).await.unwrap();
    assert_eq!(dataset.latest().await.unwrap().unwrap().version(), version(200));
}
