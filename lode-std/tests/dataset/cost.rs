//! The cost of each call in requests to the store. The table in the crate's documentation says
//! the same.

use futures::TryStreamExt;
use lode_std::{Dataset, meta};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::helpers::{Events, hive, open_events, version};
use crate::support::scripted::Scripted;

/// The calls, each without the random name of its file.
fn kinds(scripted: &Scripted) -> Vec<String> {
    let anonymous = |call: String| {
        let is_token = |part: &str| part.len() == 32 && part.bytes().all(|b| b.is_ascii_hexdigit());
        let parts = call.split('/').map(|part| if is_token(part) { "*" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    scripted.take_calls().into_iter().map(anonymous).collect()
}

fn commit_of(id: &str, version: u64) -> [String; 2] {
    let slot = format!("create datasets/{id}/snapshots/{version:019}/manifest.json");
    [slot, format!("put datasets/{id}/latest")]
}

async fn warm() -> (std::sync::Arc<Scripted>, Events) {
    let scripted = Scripted::new();
    let dataset = open_events(scripted.store()).await;
    dataset.write(&[json!(1)], meta! {}).await.unwrap();
    scripted.take_calls();
    (scripted, dataset)
}

#[tokio::test]
async fn a_warm_write_is_three_writes() {
    let (scripted, dataset) = warm().await;
    dataset.write(&[json!({"a": 1})], meta! {}).await.unwrap();
    let [slot, hint] = commit_of("events", 2);
    assert_eq!(kinds(&scripted), ["create datasets/events/data/*/data".to_string(), slot, hint]);

    dataset.write(&[] as &[Value], meta! {}).await.unwrap();
    assert_eq!(kinds(&scripted), commit_of("events", 3));

    let tx = dataset.begin();
    assert_eq!(kinds(&scripted), [""; 0]);
    tx.stage(&[json!(1)]).await.unwrap();
    tx.stage(&[json!(2)]).await.unwrap();
    assert_eq!(kinds(&scripted), ["create datasets/events/data/*/data"; 2]);
    tx.commit(meta! {}).await.unwrap();
    assert_eq!(kinds(&scripted), commit_of("events", 4));

    let records = futures::stream::iter([Ok(json!(1))]);
    dataset.stream_write_records(records, meta! {}).await.unwrap();
    let [slot, hint] = commit_of("events", 5);
    assert_eq!(kinds(&scripted), ["create datasets/events/data/*/data".to_string(), slot, hint]);
}

#[tokio::test]
async fn so_is_that_of_a_blob_at_once_or_as_a_stream() {
    let scripted = Scripted::new();
    let dataset = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    dataset.write_blob("first", meta! {}).await.unwrap();
    scripted.take_calls();
    dataset.write_blob("second", meta! {}).await.unwrap();
    let [slot, hint] = commit_of("blobs", 2);
    assert_eq!(kinds(&scripted), ["create datasets/blobs/data/*/blob".to_string(), slot, hint]);

    let mut writer = dataset.stream_write().unwrap();
    writer.write_all(b"third").await.unwrap();
    assert_eq!(kinds(&scripted), [""; 0]);
    writer.commit(meta! {}).await.unwrap();
    let [slot, hint] = commit_of("blobs", 3);
    assert_eq!(kinds(&scripted), ["create datasets/blobs/data/*/blob".to_string(), slot, hint]);
}

#[tokio::test]
async fn each_partition_costs_a_file_and_an_entry() {
    let scripted = Scripted::new();
    let dataset = hive("hive").open(scripted.store()).await.unwrap();
    let record = |day: u32, region| json!({"day": day, "region": region});
    dataset.write(&[record(0, "x")], meta! {}).await.unwrap();
    scripted.take_calls();

    let records = [record(2, "eu"), record(1, "eu"), record(1, "us"), record(2, "eu")];
    dataset.write(&records, meta! {}).await.unwrap();
    let places = ["day=1/region=eu", "day=1/region=us", "day=2/region=eu"];
    let below = |place: &str, rest: &str| {
        format!("create datasets/hive/partitions/{place}/segments/{rest}")
    };
    let mut expected: Vec<_> = places.iter().map(|place| below(place, "*/data/data")).collect();
    let entry = format!("{:019}/manifest.json", 2);
    expected.extend(places.iter().map(|place| below(place, &entry)));
    expected.push(format!("create datasets/hive/segments/{entry}"));
    expected.push("put datasets/hive/latest".into());
    assert_eq!(kinds(&scripted), expected);
}

#[tokio::test]
async fn reading_the_head_is_one_get_a_file() {
    let (scripted, dataset) = warm().await;
    let data = "get datasets/events/data/*/data";
    dataset.read(version(1)).await.unwrap();
    assert_eq!(kinds(&scripted), [data]);
    let stream = dataset.read_stream(version(1)).await.unwrap();
    stream.try_collect::<Vec<_>>().await.unwrap();
    assert_eq!(kinds(&scripted), [data]);

    dataset.write(&[json!(2)], meta! {}).await.unwrap();
    kinds(&scripted);
    dataset.read(version(1)).await.unwrap();
    let slot = commit_of("events", 1)[0].replace("create", "get");
    assert_eq!(kinds(&scripted), [slot.as_str(), data]);
}

/// The slots of the layout and those of the other one that has the same folder are looked for.
#[tokio::test]
async fn a_new_one_costs_six_requests() {
    let scripted = Scripted::new();
    let dataset = open_events(scripted.store()).await;
    let expected = [
        "get datasets/events/dataset.json",
        "get datasets/events/latest",
        "list datasets/events/snapshots",
        "list datasets/events",
    ];
    assert_eq!(kinds(&scripted), expected);
    dataset.write(&[json!(1)], meta! {}).await.unwrap();
    let calls = kinds(&scripted);
    let create = "create datasets/events/dataset.json";
    assert_eq!(calls.iter().filter(|call| *call == create).count(), 2, "{calls:?}");
}

#[tokio::test]
async fn looking_costs_a_look_at_the_next_slot() {
    let (scripted, dataset) = warm().await;
    let slot = |version| commit_of("events", version)[0].replace("create", "get");
    dataset.latest().await.unwrap();
    assert_eq!(kinds(&scripted), [slot(2)]);
    let dataset = open_events(scripted.store()).await;
    let descriptor = "datasets/events/dataset.json";
    assert_eq!(kinds(&scripted), [format!("get {descriptor}"), format!("create {descriptor}")]);
    dataset.latest().await.unwrap();
    let hint = "get datasets/events/latest".to_string();
    assert_eq!(kinds(&scripted), [hint, slot(1), slot(2)]);
}

/// What is staged carries an epoch in its name, so a handle that knows none looks for the head.
#[tokio::test]
async fn a_cold_write_looks_for_the_head_once() {
    let (scripted, _) = warm().await;
    let dataset = open_events(scripted.store()).await;
    kinds(&scripted);
    dataset.write(&[json!(2)], meta! {}).await.unwrap();
    let slot = |version| commit_of("events", version)[0].replace("create", "get");
    let data = "create datasets/events/data/*/data".to_string();
    let [create, put] = commit_of("events", 2);
    let hint = "get datasets/events/latest".to_string();
    assert_eq!(kinds(&scripted), [hint, slot(1), slot(2), data, create, put]);
}
