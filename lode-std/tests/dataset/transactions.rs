//! Transactions: several files, written by several tasks, one snapshot.

use futures::future::{try_join, try_join_all};
use lode_gzip::Gzip;
use lode_std::{DataFile, Dataset, Error, meta};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::helpers::{hive, open_events, read_both, version};
use crate::support::fresh;
use crate::support::scripted::{Fault, Scripted};

#[tokio::test]
async fn each_stage_tells_which_files_it_has_written() {
    let dataset = hive("hive").open(fresh()).await.unwrap();
    let tx = dataset.begin();
    let record = |day: u32, region| json!({"day": day, "region": region});
    let (first, second) = ([record(1, "eu"), record(2, "eu")], [record(1, "us")]);
    let (first, second) = try_join(tx.stage(&first), tx.stage(&second)).await.unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();

    let place = |file: &DataFile| file.key.as_str().split("/segments/").next().unwrap().to_string();
    let places = |files: &[DataFile]| files.iter().map(place).collect::<Vec<_>>();
    let partitions = "datasets/hive/partitions";
    assert_eq!(
        places(&first),
        [format!("{partitions}/day=1/region=eu"), format!("{partitions}/day=2/region=eu")]
    );
    assert_eq!(places(&second), [format!("{partitions}/day=1/region=us")]);
    let staged = [first, second].concat();
    assert_eq!(snapshot.files().len(), staged.len());
    assert!(staged.iter().all(|file| snapshot.files().contains(file)));
}

#[tokio::test]
async fn records_are_staged_as_streams_by_several_tasks() {
    let dataset = open_events(fresh()).await;
    let tx = dataset.begin();
    let stage = |task: u64| {
        let records = (0..100).map(move |n| Ok(json!({"task": task, "n": n})));
        tx.stage_stream(futures::stream::iter(records))
    };
    let files = try_join_all((0..4).map(stage)).await.unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();
    assert_eq!((snapshot.row_count(), snapshot.files().len()), (400, 4));
    assert!(files.iter().all(|file| snapshot.files().contains(file)));
    assert_eq!(read_both(&dataset, version(1)).await.unwrap().len(), 400);
}

#[tokio::test]
async fn a_stream_that_fails_leaves_the_transaction_as_it_was() {
    let dataset = open_events(fresh()).await;
    let tx = dataset.begin();
    let failing = futures::stream::iter([Ok(json!(1)), Err(Error::EmptyCommit)]);
    assert!(matches!(tx.stage_stream(failing).await, Err(Error::EmptyCommit)));
    tx.stage_stream(futures::stream::iter([Ok(json!(2))])).await.unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();
    assert_eq!(read_both(&dataset, snapshot.version()).await.unwrap(), [json!(2)]);
}

#[tokio::test]
async fn blobs_are_staged_as_streams() {
    let builder = Dataset::builder("blobs").compressor(Gzip::default());
    let dataset = builder.open(fresh()).await.unwrap();
    let tx = dataset.begin();
    let mut first = tx.stage_writer().unwrap();
    let mut second = tx.stage_writer().unwrap();
    let mut dropped = tx.stage_writer().unwrap();
    let mut aborted = tx.stage_writer().unwrap();
    for writer in [&mut first, &mut second, &mut dropped, &mut aborted] {
        writer.write_all(b"some bytes").await.unwrap();
    }
    second.write_all(b", and more").await.unwrap();
    drop(dropped);
    aborted.abort().await;
    // In the order in which they were finished.
    let files = [second.finish().await.unwrap(), first.finish().await.unwrap()];
    tx.stage_blob("at once").await.unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();
    assert_eq!(snapshot.files()[..2], files);
    let blobs = dataset.read(snapshot.version()).await.unwrap();
    assert_eq!(blobs, ["some bytes, and more", "some bytes", "at once"]);
}

/// The last request of an upload is not answered, but there is what it was to make.
#[tokio::test]
async fn an_upload_whose_end_is_not_acknowledged_is_found() {
    let scripted = Scripted::new();
    let dataset = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    scripted.fault("/blob", Fault::AppliedButFailed);
    let mut writer = dataset.stream_write().unwrap();
    let bytes = crate::support::pattern(0, 9 << 20);
    writer.write_all(&bytes).await.unwrap();
    let snapshot = writer.commit(meta! {}).await.unwrap();
    assert_eq!(dataset.read(snapshot.version()).await.unwrap(), [bytes]);
}
