//! Snapshots that have been collected: a tombstone is in their slot.

use std::fs;
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use lode_core::manifest::{ManifestDigest, Tombstone, json as manifests};
use lode_std::{DatasetReader, DatasetSnapshot, Error, ErrorKind, LayoutKind, Version, meta};
use serde_json::{Value, json};

use crate::helpers::{Events, events, hive, numbers, version};
use crate::support::directory;

fn slot(root: &Path, folder: &str, version: Version) -> PathBuf {
    root.join(format!("datasets/events/{folder}/{version}/manifest.json"))
}

/// Puts a tombstone over a snapshot, as the collector does.
fn collect(root: &Path, folder: &str, snapshot: &DatasetSnapshot) {
    let path = slot(root, folder, snapshot.version());
    let manifest = snapshot.manifest();
    let tombstone = Tombstone {
        id: manifest.id.clone(),
        version: manifest.version,
        parent: manifest.parent,
        parent_digest: manifest.parent_digest,
        commit_id: manifest.commit_id,
        digest: ManifestDigest::Blake3(*blake3::hash(&fs::read(&path).unwrap()).as_bytes()),
        total_length: None,
        created_at: manifest.created_at,
    };
    fs::write(path, manifests::encode_dataset_tombstone(&tombstone).unwrap()).unwrap();
}

/// A dataset of three snapshots, of one record each.
async fn three(root: &Path) -> (Events, Vec<DatasetSnapshot>) {
    let dataset = events("events").open(directory(root)).await.unwrap();
    let mut snapshots = Vec::new();
    for n in 1..=3 {
        snapshots.push(dataset.write(&[json!(n)], meta! {}).await.unwrap());
    }
    (dataset, snapshots)
}

async fn open(root: &Path) -> Events {
    events("events").open(directory(root)).await.unwrap()
}

async fn all(dataset: &Events) -> Vec<u64> {
    numbers(&dataset.snapshots().try_collect::<Vec<_>>().await.unwrap())
}

fn is_collected<T: std::fmt::Debug>(result: Result<T, Error>, number: u64) {
    match result {
        Err(error @ Error::Collected { .. }) => {
            assert_eq!(error.kind(), ErrorKind::Collected);
            let says = format!("snapshot {:019} of \"events\" has been collected", number);
            assert!(error.to_string().contains(&says), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_in_the_middle_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let (writer, snapshots) = three(dir.path()).await;
    collect(dir.path(), "snapshots", &snapshots[1]);
    for dataset in [writer, open(dir.path()).await] {
        is_collected(dataset.snapshot(version(2)).await, 2);
        is_collected(dataset.read(version(2)).await, 2);
        is_collected(dataset.read_stream(version(2)).await.map(drop), 2);
        assert_eq!(all(&dataset).await, [1, 3]);
        let latest = dataset.latest().await.unwrap().unwrap();
        assert_eq!(latest.manifest(), snapshots[2].manifest());
        assert_eq!(dataset.read(version(1)).await.unwrap(), [json!(1)]);
    }
    let reader = DatasetReader::new(directory(dir.path()), LayoutKind::Default);
    assert_eq!(numbers(&reader.manifests("events", None).await.unwrap()), [1, 3]);
    assert_eq!(reader.versions("events").await.unwrap(), [1, 2, 3].map(version));
    is_collected(reader.manifest("events", version(2)).await, 2);

    let next = open(dir.path()).await.write(&[json!(4)], meta! {}).await.unwrap();
    assert_eq!((next.version(), next.parent()), (version(4), Some(version(3))));
}

/// What the index of the partitions says of it no longer counts.
#[tokio::test]
async fn in_partitions() {
    let dir = tempfile::tempdir().unwrap();
    let store = directory(dir.path());
    let dataset = hive("events").open(store.clone()).await.unwrap();
    let record = |day: &str| json!({"day": day, "region": "eu"});
    let first = dataset.write(&[record("mon")], meta! {}).await.unwrap();
    dataset.write(&[record("tue")], meta! {}).await.unwrap();
    collect(dir.path(), "segments", &first);
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(numbers(&snapshots), [2]);
    let reader = DatasetReader::new(store, LayoutKind::Hive);
    let of = async |prefix| reader.manifests("events", Some(prefix)).await.unwrap().len();
    assert_eq!((of("day=mon").await, of("day=tue").await), (0, 1));
    let partitions = reader.partitions("events").await.unwrap();
    let partitions: Vec<_> = partitions.iter().map(ToString::to_string).collect();
    assert_eq!(partitions, ["day=tue/region=eu"]);
    let back: Vec<Value> = dataset.read(version(2)).await.unwrap();
    assert_eq!(back, [record("tue")]);
}
