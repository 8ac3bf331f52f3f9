//! The index of the partitions: whatever happens, it neither hides nor invents a snapshot, and
//! after a commit it holds what a Go reader takes at face value.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use lode_hive::Hive;
use lode_std::{
    CommitUnknown, DatasetReader, DatasetSnapshot, Error, LayoutKind, Partitioned, Retry, meta,
};
use serde_json::{Value, json};

use crate::helpers::{Events, events, numbers, patient, read_both, version};
use crate::support::scripted::{Fault, Scripted};

type Hived = Events<Partitioned<Hive>>;

async fn open(scripted: &Arc<Scripted>, retry: Retry) -> Hived {
    let builder = events("hive").partition_by(Hive::by(["p"]).unwrap());
    builder.retry(retry).open(scripted.store()).await.unwrap()
}

/// One record for each of these partitions.
fn records(partitions: &[&str]) -> Vec<Value> {
    partitions.iter().map(|p| json!({ "p": p })).collect()
}

async fn write(dataset: &Hived, partitions: &[&str]) -> Result<DatasetSnapshot, Error> {
    dataset.write(&records(partitions), meta! {}).await
}

/// Checks all that readers can ask for against the partitions of each version.
async fn check(scripted: &Arc<Scripted>, expected: &[&[&str]]) {
    let dataset = open(scripted, patient(0)).await;
    let count = expected.len() as u64;
    let all: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(numbers(&all), (1..=count).collect::<Vec<_>>());
    for (snapshot, partitions) in all.iter().zip(expected) {
        let found = read_both(&dataset, snapshot.version()).await.unwrap();
        assert_eq!(found, records(partitions));
    }
    let latest = dataset.latest().await.unwrap();
    assert_eq!(latest.map_or(0, |latest| latest.version().get()), count);

    let reader = DatasetReader::new(scripted.store(), LayoutKind::Hive);
    for p in ["a", "b", "c", "d", "e"] {
        let having = expected.iter().zip(1..).filter(|(partitions, _)| partitions.contains(&p));
        let having: Vec<u64> = having.map(|(_, version)| version).collect();
        let found = reader.manifests("hive", Some(&format!("p={p}"))).await.unwrap();
        assert_eq!(numbers(&found), having, "{p}");
        let listed = reader.partitions("hive").await.unwrap();
        let path = format!("p={p}");
        assert_eq!(listed.iter().any(|found| found.as_str() == path), !having.is_empty());
    }
    let newest = reader.latest("hive").await.unwrap();
    assert_eq!(newest.map_or(0, |newest| newest.version().get()), count);
}

/// What the entry of a partition holds, given its slot: all that a Go reader looks for, of the files
/// of the partition only. The tests write one record for each.
fn part(slot: &Bytes, p: &str) -> Value {
    let mut part: Value = serde_json::from_slice(slot).unwrap();
    let fields = part.as_object_mut().unwrap();
    fields.remove("commit_id").unwrap();
    for field in ["parent_digest", "epoch", "epoch_opened_at", "floor", "dropped"] {
        fields.remove(field);
    }
    let folder = format!("datasets/hive/partitions/p={p}/");
    let files = fields["files"].as_array_mut().unwrap();
    files.retain(|file| file["path"].as_str().unwrap().starts_with(&folder));
    assert_eq!(files.len(), 1);
    part["row_count"] = json!(1);
    part
}

/// Checks that the index has an entry for each partition of each version, with its part of the
/// slot, and no others.
async fn check_index(scripted: &Scripted, expected: &[&[&str]]) {
    let objects: BTreeMap<String, Bytes> = scripted.objects().await.into_iter().collect();
    let mut parts = BTreeMap::new();
    for (version, partitions) in (1..).zip(expected) {
        let slot = format!("segments/{version:019}/manifest.json");
        for p in *partitions {
            let entry = format!("datasets/hive/partitions/p={p}/{slot}");
            parts.insert(entry, part(&objects[&format!("datasets/hive/{slot}")], p));
        }
    }
    let is_entry = |key: &str| key.contains("/partitions/") && key.ends_with("/manifest.json");
    let entries = objects.into_iter().filter(|(key, _)| is_entry(key));
    let entries: BTreeMap<String, Value> =
        entries.map(|(key, bytes)| (key, serde_json::from_slice(&bytes).unwrap())).collect();
    assert_eq!(entries, parts);
}

#[tokio::test]
async fn an_entry_holds_the_files_of_its_partition() {
    let scripted = Scripted::new();
    let dataset = open(&scripted, patient(0)).await;
    write(&dataset, &["a", "b"]).await.unwrap();
    write(&dataset, &["b", "c"]).await.unwrap();
    let expected: [&[&str]; 2] = [&["a", "b"], &["b", "c"]];
    check(&scripted, &expected).await;
    check_index(&scripted, &expected).await;
}

/// Two files, two entries, the slot, the hint, and up to two entries that are put right.
const WRITES: usize = 9;
/// Those before the snapshot is there.
const BEFORE: usize = 4;

/// A crash between any two writes, of a second writer as well, which finds what the first has
/// left behind.
#[tokio::test]
async fn every_crash_of_two_writers_in_a_row() {
    for first in 0..WRITES {
        for second in 0..WRITES {
            let scripted = Scripted::in_memory();
            let mut expected: Vec<&[&str]> = vec![&["a", "b"]];
            write(&open(&scripted, patient(0)).await, expected[0]).await.unwrap();
            let crashes: [(usize, &[&str]); 2] = [(first, &["b", "c"]), (second, &["c", "d"])];
            for (writes, partitions) in crashes {
                let dataset = open(&scripted, patient(0)).await;
                dataset.latest().await.unwrap();
                scripted.allow_writes(Some(writes));
                let result = write(&dataset, partitions).await;
                scripted.allow_writes(None);
                assert_eq!(result.is_ok(), writes > BEFORE, "{writes}: {result:?}");
                if result.is_ok() {
                    expected.push(partitions);
                }
                check(&scripted, &expected).await;
            }
            let last = open(&scripted, patient(0)).await;
            write(&last, &["c", "e"]).await.unwrap();
            expected.push(&["c", "e"]);
            check(&scripted, &expected).await;
        }
    }
}

/// One writer is held before a write, and the other one commits the same version.
async fn race(held_at: &'static str, ours: &[&str], theirs: &[&str], retries: u32) {
    let scripted = Scripted::new();
    let first = open(&scripted, patient(retries)).await;
    let second = open(&scripted, patient(0)).await;
    write(&first, &["a"]).await.unwrap();
    second.latest().await.unwrap();

    let gate = scripted.hold(held_at);
    let rival = async {
        gate.reached().await;
        write(&second, theirs).await.unwrap();
        gate.open();
    };
    let (result, ()) = tokio::join!(write(&first, ours), rival);
    let mut expected: Vec<&[&str]> = vec![&["a"], theirs];
    match retries {
        0 => {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Conflict { version: v } if v == version(2)), "{error}");
        }
        _ => {
            assert_eq!(result.unwrap().version(), version(3));
            expected.push(ours);
        }
    }
    check(&scripted, &expected).await;
    check_index(&scripted, &expected).await;
}

#[tokio::test]
async fn a_lost_race_leaves_only_what_the_winner_needs() {
    let slot = "hive/segments/0000000000000000002";
    for held_at in [slot, "p=b/segments/0000000000000000002", "p=c/segments/0000000000000000002"] {
        for retries in [0, 1] {
            race(held_at, &["b", "c"], &["c", "d"], retries).await;
            race(held_at, &["b", "c"], &["d", "e"], retries).await;
            race(held_at, &["b", "c"], &["b", "c"], retries).await;
        }
    }
}

/// The winner is held after its commit, while the loser cleans up.
#[tokio::test]
async fn a_winner_may_be_slow() {
    let scripted = Scripted::new();
    let (first, second) = (open(&scripted, patient(0)).await, open(&scripted, patient(0)).await);
    write(&first, &["a"]).await.unwrap();
    second.latest().await.unwrap();
    let gate = scripted.hold("hive/latest");
    let rival = async {
        gate.reached().await;
        let error = write(&second, &["b", "c"]).await.unwrap_err();
        assert!(matches!(error, Error::Conflict { .. }), "{error}");
        check(&scripted, &[&["a"], &["c", "d"]]).await;
        gate.open();
    };
    tokio::join!(write(&first, &["c", "d"]), rival).0.unwrap();
    check_index(&scripted, &[&["a"], &["c", "d"]]).await;
}

#[tokio::test]
async fn lost_replies_about_entries_are_no_failures() {
    for fault in [Fault::NotApplied, Fault::AppliedButFailed, Fault::AppliedTwice] {
        let scripted = Scripted::new();
        let dataset = open(&scripted, patient(0)).await;
        scripted.fault("p=a/segments/0000000000000000001", fault);
        write(&dataset, &["a", "b"]).await.unwrap();
        check(&scripted, &[&["a", "b"]]).await;
        check_index(&scripted, &[&["a", "b"]]).await;
    }
}

/// A commit whose reply about the slot was lost.
async fn unknown(scripted: &Arc<Scripted>, fault: Fault) -> CommitUnknown {
    let dataset = open(scripted, Retry { resends: 0, ..patient(0) }).await;
    write(&dataset, &["a"]).await.unwrap();
    scripted.fault("hive/segments/0000000000000000002", fault);
    let error = write(&dataset, &["b", "c"]).await.unwrap_err();
    let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
    *unknown
}

#[tokio::test]
async fn an_unknown_commit_is_settled_with_its_entries() {
    for fault in [Fault::NotApplied, Fault::AppliedButFailed] {
        let scripted = Scripted::new();
        let unknown = unknown(&scripted, fault).await;
        let dataset = open(&scripted, patient(0)).await;
        dataset.resolve(unknown).await.unwrap();
        check(&scripted, &[&["a"], &["b", "c"]]).await;
        check_index(&scripted, &[&["a"], &["b", "c"]]).await;
    }
}

#[tokio::test]
async fn an_unknown_commit_that_has_lost_takes_its_entries_back() {
    let scripted = Scripted::new();
    let unknown = unknown(&scripted, Fault::NotApplied).await;
    let dataset = open(&scripted, patient(0)).await;
    write(&dataset, &["c", "d"]).await.unwrap();
    let error = dataset.resolve(unknown).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    check(&scripted, &[&["a"], &["c", "d"]]).await;
    check_index(&scripted, &[&["a"], &["c", "d"]]).await;
}
