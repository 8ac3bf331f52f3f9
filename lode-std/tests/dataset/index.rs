//! How large the index of many partitions is, how fast it is written, and that an index of copies of
//! whole manifests, as the Go implementation writes it, is as good.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use futures::FutureExt;
use lode_hive::Hive;
use lode_std::repair::Repair;
use lode_std::replicate::Mirror;
use lode_std::verify::{Part, Problem, Verification};
use lode_std::{DatasetReader, LayoutKind, Partitioned, meta};
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};

use crate::helpers::{Events, events, version};
use crate::support::scripted::Scripted;
use crate::support::{directory, fresh, memory};

async fn open(store: Arc<dyn ObjectStore>) -> Events<Partitioned<Hive>> {
    events("hive").partition_by(Hive::by(["p"]).unwrap()).open(store).await.unwrap()
}

/// So many records for each of so many partitions.
fn records(partitions: usize, each: usize) -> Vec<Value> {
    let record = |n: usize| {
        let text = "a line of a log, as long as such lines are";
        json!({ "p": n % partitions, "n": n, "text": text, "level": "info", "host": "node-17" })
    };
    (0..partitions * each).map(record).collect()
}

/// What lies in a directory, in bytes and as the disk counts it.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    bytes: u64,
    on_disk: u64,
}

/// The sizes of all files, and of the data files among them.
fn sizes(folder: &Path) -> (Size, Size) {
    let (mut all, mut data) = (Size::default(), Size::default());
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, meta) = (entry.path(), entry.metadata().unwrap());
        let (more, more_data) = match meta.is_dir() {
            true => sizes(&path),
            false => {
                let size = Size { bytes: meta.len(), on_disk: 512 * meta.blocks() };
                let is_data = path.parent().unwrap().ends_with("data");
                (size, if is_data { size } else { Size::default() })
            }
        };
        for (sum, more) in [(&mut all, more), (&mut data, more_data)] {
            sum.bytes += more.bytes;
            sum.on_disk += more.on_disk;
        }
    }
    (all, data)
}

#[tokio::test]
async fn a_thousand_partitions_cost_less_than_three_times_their_data() {
    let dir = tempfile::tempdir().unwrap();
    let dataset = open(directory(dir.path())).await;
    let records = records(1000, 10);
    let begin = Instant::now();
    dataset.write(&records, meta! { "who" => "a test" }).await.unwrap();
    println!("1,000 partitions of 10 rows each: {:?}", begin.elapsed());
    let (all, data) = sizes(dir.path());
    println!("all files: {all:?}, the data files: {data:?}");
    assert!(all.bytes < 3 * data.bytes, "{all:?}, {data:?}");
    assert!(all.on_disk < 3 * data.on_disk, "{all:?}, {data:?}");
}

/// All bytes of a store after one record went into each of so many partitions.
async fn bytes_of(partitions: usize) -> u64 {
    let scripted = Scripted::in_memory();
    open(scripted.store()).await.write(&records(partitions, 1), meta! {}).await.unwrap();
    scripted.objects().await.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

#[tokio::test]
async fn the_bytes_grow_with_the_partitions_and_not_with_their_square() {
    let (few, many) = (bytes_of(50).await, bytes_of(400).await);
    assert!(many < 9 * few, "50 partitions: {few} bytes, 400 partitions: {many}");
}

/// One of them hangs, and all others are written all the same.
#[tokio::test]
async fn entries_are_written_at_the_same_time() {
    let scripted = Scripted::new();
    let dataset = open(scripted.store()).await;
    let gate = scripted.hold("p=0/segments/0000000000000000001");
    let others = async {
        gate.reached().await;
        let is_entry = |key: &str| key.contains("/partitions/") && key.ends_with("/manifest.json");
        loop {
            let objects = scripted.objects().await;
            if objects.iter().filter(|(key, _)| is_entry(key)).count() == 7 {
                return gate.open();
            }
            tokio::task::yield_now().await;
        }
    };
    let records = records(8, 1);
    let write = dataset.write(&records, meta! {});
    tokio::join!(write.map(Result::unwrap), others);
}

#[tokio::test]
async fn rows_are_counted_for_each_partition() {
    let store = fresh();
    let dataset = open(store.clone()).await;
    let values = [json!({"p": "a"}), json!({"p": "b"}), json!({"p": "a"}), json!({"p": "a"})];
    let snapshot = dataset.write(&values, meta! {}).await.unwrap();
    assert_eq!(snapshot.manifest().row_count, 4);
    for (p, rows) in [("a", 3), ("b", 1)] {
        let key = format!("datasets/hive/partitions/p={p}/segments/{}/manifest.json", version(1));
        let entry = store.get(&key.into()).await.unwrap().bytes().await.unwrap();
        let entry: Value = serde_json::from_slice(&entry).unwrap();
        assert_eq!(entry["row_count"], rows, "{p}");
    }
}

fn entry(p: &str) -> object_store::path::Path {
    format!("datasets/hive/partitions/p={p}/segments/{}/manifest.json", version(1)).into()
}

async fn read(store: &Arc<dyn ObjectStore>, key: &object_store::path::Path) -> Bytes {
    store.get(key).await.unwrap().bytes().await.unwrap()
}

/// What verification says of entries.
async fn findings(store: &Arc<dyn ObjectStore>) -> Vec<Problem> {
    let mut found = Vec::new();
    let verification = Verification::dataset(store.clone(), "hive", None).unwrap().data(true);
    let report = verification.run(|finding| {
        if finding.part == Part::Entry {
            found.push(finding.problem.clone());
        }
    });
    assert_eq!(report.await.unwrap().damage, found.len() as u64);
    found
}

#[tokio::test]
async fn copies_of_the_manifest_are_as_good_and_anything_else_is_repaired() {
    let store = memory();
    open(store.clone()).await.write(&records(2, 3), meta! {}).await.unwrap();
    let slot = format!("datasets/hive/segments/{}/manifest.json", version(1)).into();
    let (whole, part) = (read(&store, &slot).await, read(&store, &entry("1")).await);
    assert_eq!(findings(&store).await, []);
    store.put(&entry("1"), whole.clone().into()).await.unwrap();
    assert_eq!(findings(&store).await, []);

    // That of another partition is not.
    let other = read(&store, &entry("0")).await;
    store.put(&entry("1"), other.into()).await.unwrap();
    assert_eq!(findings(&store).await, [Problem::Differs { from: version(1) }]);
    let proposal = Repair::dataset(store.clone(), "hive", None).unwrap().propose(|_| {});
    proposal.await.unwrap().carry_out().await.unwrap();
    assert_eq!(findings(&store).await, []);
    assert_eq!(read(&store, &entry("1")).await, part);
}

/// Whatever the index of the source is like.
#[tokio::test]
async fn a_mirror_has_the_same_index() {
    let (from, to) = (memory(), memory());
    open(from.clone()).await.write(&records(3, 2), meta! {}).await.unwrap();
    let part = read(&from, &entry("2")).await;
    from.put(&entry("2"), "{}".into()).await.unwrap();
    let reader = DatasetReader::new(from.clone(), LayoutKind::Hive);
    Mirror::new(&reader, "hive", to.clone()).run().await.unwrap();
    assert_eq!(findings(&to).await, []);
    assert_eq!(read(&to, &entry("2")).await, part);
    for p in ["0", "1"] {
        assert_eq!(read(&to, &entry(p)).await, read(&from, &entry(p)).await);
    }
}
