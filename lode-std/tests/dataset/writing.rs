//! Writing: at once, by many tasks, and given up.

use std::sync::Arc;

use futures::TryStreamExt;
use futures::future::try_join_all;
use lode_core::partition::PartitionError;
use lode_core::time::ZonedTimestamp;
use lode_std::{Dataset, Entropy, Error, ErrorKind, Timestamp, meta};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::helpers::{events, hive, open_events, read_both, version};
use crate::support::fresh;
use crate::support::scripted::Scripted;

#[tokio::test]
async fn no_records_make_a_snapshot_without_files() {
    let dataset = open_events(fresh()).await;
    assert!(dataset.latest().await.unwrap().is_none());
    let snapshot = dataset.write(&[] as &[Value], meta! { "empty" => true }).await.unwrap();
    assert!(snapshot.files().is_empty());
    assert_eq!(snapshot.row_count(), 0);
    assert!(read_both(&dataset, version(1)).await.unwrap().is_empty());
    let empty = futures::stream::empty();
    let snapshot = dataset.stream_write_records(empty, meta! {}).await.unwrap();
    assert_eq!((snapshot.version(), snapshot.row_count()), (version(2), 0));
    assert!(read_both(&dataset, version(2)).await.unwrap().is_empty());
    let error = dataset.begin().commit(meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::EmptyCommit), "{error}");
    assert_eq!(dataset.latest().await.unwrap().unwrap().version(), version(2));
}

#[tokio::test]
async fn an_empty_blob_is_one() {
    let dataset = Dataset::builder("blobs").open(fresh()).await.unwrap();
    let snapshot = dataset.write_blob("", meta! {}).await.unwrap();
    assert_eq!(dataset.read(snapshot.version()).await.unwrap(), [""]);
    let snapshot = dataset.stream_write().unwrap().commit(meta! {}).await.unwrap();
    assert_eq!(snapshot.row_count(), 1);
    assert_eq!(dataset.read(snapshot.version()).await.unwrap(), [""]);
}

#[tokio::test]
async fn each_snapshot_has_its_own_records() {
    let dataset = open_events(fresh()).await;
    for n in 1..4 {
        let snapshot = dataset.write(&[json!(n), json!([n])], meta! { "n" => n }).await.unwrap();
        assert_eq!((snapshot.version(), snapshot.row_count()), (version(n), 2));
        assert_eq!(snapshot.parent().map_or(0, |parent| parent.get()), n - 1);
        assert_eq!(snapshot.metadata(), &meta! { "n" => n });
        assert!(snapshot.created_at().is_some());
    }
    for n in 1..4 {
        assert_eq!(read_both(&dataset, version(n)).await.unwrap(), [json!(n), json!([n])]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_stage_and_one_commits() {
    let dataset = open_events(fresh()).await;
    let tx = Arc::new(dataset.begin());
    let stages = (0..40).map(|task| {
        let tx = tx.clone();
        tokio::spawn(async move { tx.stage(&[json!(task), json!(task + 100)]).await })
    });
    for result in try_join_all(stages).await.unwrap() {
        result.unwrap();
    }
    assert!(dataset.latest().await.unwrap().is_none());
    let tx = Arc::into_inner(tx).unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();
    assert_eq!((snapshot.version(), snapshot.files().len()), (version(1), 40));
    assert_eq!(snapshot.row_count(), 80);
    let mut found = read_both(&dataset, version(1)).await.unwrap();
    found.sort_by_key(|record| record.as_u64());
    let expected: Vec<_> = (0..40).chain(100..140).map(|n| json!(n)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn what_is_dropped_or_aborted_is_not_visible() {
    let scripted = Scripted::new();
    let blobs = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    let tx = blobs.begin();
    tx.stage_blob("dropped").await.unwrap();
    drop(tx);
    let mut writer = blobs.stream_write().unwrap();
    writer.write_all(&vec![1; 20 << 20]).await.unwrap();
    drop(writer);
    let mut writer = blobs.stream_write().unwrap();
    writer.write_all(&vec![2; 20 << 20]).await.unwrap();
    writer.abort().await;
    let mut writer = blobs.stream_write().unwrap();
    writer.write_all(b"small").await.unwrap();
    writer.abort().await;
    assert!(blobs.latest().await.unwrap().is_none());
    let snapshot = blobs.write_blob("kept", meta! {}).await.unwrap();
    assert_eq!(snapshot.version(), version(1));
    assert_eq!(blobs.snapshots().try_collect::<Vec<_>>().await.unwrap().len(), 1);
    let sizes = scripted.objects().await.into_iter().map(|(_, bytes)| bytes.len());
    assert!(sizes.max().unwrap() < 1 << 20, "a part was left behind");
}

#[tokio::test]
async fn partitions_have_files_of_their_own() {
    let dataset = hive("hive").open(fresh()).await.unwrap();
    let record = |day: u32, region: &str, v: u32| json!({"day": day, "region": region, "v": v});
    let records = [record(2, "a/b", 1), record(1, "ü", 2), record(2, "a/b", 3), record(1, "", 4)];
    let snapshot = dataset.write(&records, meta! {}).await.unwrap();
    let files = snapshot.files().iter().map(|file| file.key.as_str());
    let folders: Vec<_> = files.map(|key| key.split("/segments/").next().unwrap()).collect();
    let expected = ["day=1/region=", "day=1/region=%C3%BC", "day=2/region=a%2Fb"];
    assert_eq!(folders, expected.map(|path| format!("datasets/hive/partitions/{path}")));
    assert_eq!(snapshot.row_count(), 4);
    let expected = [3, 1, 0, 2].map(|at: usize| records[at].clone());
    assert_eq!(read_both(&dataset, version(1)).await.unwrap(), expected);
}

#[tokio::test]
async fn a_record_without_a_partition() {
    let scripted = Scripted::new();
    let dataset = hive("hive").open(scripted.store()).await.unwrap();
    scripted.take_calls();
    let good = json!({"day": 1, "region": "x"});
    let long = "x".repeat(300);
    for bad in [
        json!({"day": 1}),
        json!({"day": null, "region": "x"}),
        json!({"day": [1], "region": "x"}),
        json!({"day": 1, "region": long}),
        json!(7),
    ] {
        let error = dataset.write(&[good.clone(), bad], meta! {}).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(matches!(error, Error::Partition { index: 1, .. }), "{error}");
    }
    let error = dataset.write(&[json!({"day": 1})], meta! {}).await.unwrap_err();
    let Error::Partition { source, .. } = error else { panic!("{error}") };
    assert_eq!(source, PartitionError::MissingKey { key: "region".into() });
    assert_eq!(scripted.take_calls(), [""; 0]);

    // Whatever the value, it stays in its folder.
    for value in ["..", "../../x", "/", "a\\b", "a\nb", "\0", "%2e%2e", "segments"] {
        let snapshot =
            dataset.write(&[json!({"day": 1, "region": value})], meta! {}).await.unwrap();
        let key = snapshot.files()[0].key.as_str();
        assert!(key.starts_with("datasets/hive/partitions/day=1/region="), "{key}");
        assert_eq!(key.split('/').count(), 9);
        assert_eq!(dataset.read(snapshot.version()).await.unwrap()[0]["region"], value);
    }
}

/// The time of a record is its `at`, in seconds.
fn time_of(record: &Value) -> Option<Timestamp> {
    Timestamp::new(record["at"].as_i64()?, 1)
}

#[tokio::test]
async fn snapshots_know_the_first_and_the_last_time() {
    let at = |seconds| Timestamp::new(seconds, 1).map(ZonedTimestamp::from);
    let records = [json!({"at": 30}), json!({}), json!({"at": -7}), json!({"at": 5})];
    let dataset = events("events").timestamps(time_of).open(fresh()).await.unwrap();
    let written = dataset.write(&records, meta! {}).await.unwrap();
    let stream = futures::stream::iter(records.clone().map(Ok));
    let streamed = dataset.stream_write_records(stream, meta! {}).await.unwrap();
    let tx = dataset.begin();
    for record in &records {
        tx.stage([record]).await.unwrap();
    }
    let staged = tx.commit(meta! {}).await.unwrap();
    for snapshot in [written, streamed, staged] {
        assert_eq!(snapshot.manifest().min_timestamp, at(-7));
        assert_eq!(snapshot.manifest().max_timestamp, at(30));
    }
    let without = dataset.write(&[json!({})], meta! {}).await.unwrap();
    assert_eq!(without.manifest().min_timestamp, None);
}

/// The order in which a builder is told things makes no difference.
#[tokio::test]
async fn so_do_those_of_partitions() {
    let by = || lode_hive::Hive::by(["p"]).unwrap();
    let records = [json!({"at": 1, "p": "x"}), json!({"at": 2, "p": "y"})];
    for builder in [
        events("a").timestamps(time_of).partition_by(by()),
        events("b").partition_by(by()).timestamps(time_of),
    ] {
        let dataset = builder.open(fresh()).await.unwrap();
        let snapshot = dataset.write(&records, meta! {}).await.unwrap();
        let times = (snapshot.manifest().min_timestamp, snapshot.manifest().max_timestamp);
        assert_eq!(times.0.map(|time| time.at.seconds()), Some(1));
        assert_eq!(times.1.map(|time| time.at.seconds()), Some(2));
    }
}

/// Random bits that are not.
#[derive(Debug)]
struct Always(u64);

impl Entropy for Always {
    fn bits(&self) -> std::io::Result<u64> {
        Ok(self.0)
    }
}

/// If a name is taken by something else, another one is used: what is acknowledged can be read.
#[tokio::test]
async fn a_name_that_is_taken() {
    let scripted = Scripted::new();
    let builder = Dataset::builder("blobs").entropy(Arc::new(Always(7)));
    let dataset = builder.open(scripted.store()).await.unwrap();
    for number in 0..3 {
        let token = 7 << 64 | number as u128;
        scripted.tamper(&format!("datasets/blobs/data/{token:032x}/blob"), "other").await;
    }
    let snapshot = dataset.write_blob("bytes", meta! {}).await.unwrap();
    assert_eq!(dataset.read(snapshot.version()).await.unwrap(), ["bytes"]);
    let again = Dataset::builder("more").entropy(Arc::new(Always(7)));
    let dataset = again.open(scripted.store()).await.unwrap();
    let token = 7_u128 << 64;
    scripted.tamper(&format!("datasets/more/data/{token:032x}/blob"), "other").await;
    let mut writer = dataset.stream_write().unwrap();
    writer.write_all(b"bytes").await.unwrap();
    let snapshot = writer.commit(meta! {}).await.unwrap();
    assert_eq!(dataset.read(snapshot.version()).await.unwrap(), ["bytes"]);
}
