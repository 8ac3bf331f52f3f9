//! Volumes and datasets without an async runtime.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use std::io::{Read, Seek, SeekFrom, Write};
use std::thread;

use lode_jsonl::Jsonl;
use lode_std::blocking::Runtime;
use lode_std::{Dataset, Error, Volume, meta, store};
use serde_json::{Value, json};

#[test]
fn threads_stage_and_one_commits() {
    let (runtime, store) = (Runtime::new().unwrap(), store::open("memory:").unwrap());
    let volume = runtime.open(Volume::builder("disk", 1000), store.clone()).unwrap();
    assert!(volume.latest().unwrap().is_none());
    let staged = thread::scope(|scope| {
        let stage = |n: u8| {
            let volume = volume.clone();
            scope.spawn(move || volume.stage_at(u64::from(n) * 10, vec![n; 10]).unwrap())
        };
        let threads: Vec<_> = (0..4).map(stage).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let snapshot = volume.commit(staged, meta! { "n" => 4 }).unwrap();
    // What need not wait is there as it is.
    assert_eq!((snapshot.covered(), volume.len()), (40, 1000));
    assert_eq!(snapshot.read_at(5..15).unwrap(), [[0; 5], [1; 5]].concat());
    let missing = snapshot.read_at(35..45).unwrap_err();
    assert!(matches!(missing, Error::RangeMissing { .. }), "{missing}");

    let more = volume.stage_reader(100, &[7; 25][..], 10).unwrap();
    assert_eq!(more.len(), 3);
    volume.commit(more, meta! {}).unwrap();
    let reader = runtime.open_read_only(Volume::existing("disk"), store).unwrap();
    let versions = reader.snapshots().map(|found| found.unwrap().version().get());
    assert_eq!(versions.collect::<Vec<_>>(), [1, 2]);
    assert_eq!(reader.versions().unwrap().len(), 2);
    let mut bytes = [0; 25];
    let mut reader = reader.latest().unwrap().unwrap().reader();
    reader.seek(SeekFrom::Start(100)).unwrap();
    reader.read_exact(&mut bytes).unwrap();
    assert_eq!(bytes, [7; 25]);
}

#[test]
fn records_are_written_and_read() {
    let (runtime, store) = (Runtime::new().unwrap(), store::open("memory:").unwrap());
    let builder = Dataset::builder("events").codec(Jsonl::<Value>::new());
    let dataset = runtime.open(builder, store).unwrap();
    let first = dataset.write(&[json!(1), json!(2)], meta! {}).unwrap();
    assert_eq!(dataset.read(first.version()).unwrap(), [json!(1), json!(2)]);
    let records = (0..10).map(|n| Ok(json!(n)));
    let second = dataset.stream_write_records(records, meta! {}).unwrap();
    let stream = dataset.read_stream(second.version()).unwrap();
    assert_eq!(
        stream.map(Result::unwrap).collect::<Vec<_>>(),
        (0..10).map(|n| json!(n)).collect::<Vec<_>>()
    );
    let transaction = dataset.begin();
    transaction.stage(&[json!("a")]).unwrap();
    transaction.stage(&[json!("b")]).unwrap();
    transaction.commit(meta! {}).unwrap();
    assert_eq!(dataset.snapshots().count(), 3);
    assert_eq!(dataset.latest().unwrap().unwrap().files().len(), 2);
}

#[test]
fn blobs_are_written_as_files_are() {
    let (runtime, store) = (Runtime::new().unwrap(), store::open("memory:").unwrap());
    let dataset = runtime.open(Dataset::builder("blobs"), store).unwrap();
    dataset.write_blob("at once", meta! {}).unwrap();
    let mut writer = dataset.stream_write().unwrap();
    write!(writer, "as a stream, in {} piece", 1).unwrap();
    let snapshot = writer.commit(meta! {}).unwrap();
    assert_eq!(dataset.read(snapshot.version()).unwrap(), ["as a stream, in 1 piece"]);
    let mut given_up = dataset.stream_write().unwrap();
    given_up.write_all(b"never seen").unwrap();
    given_up.abort();
    let transaction = dataset.begin();
    let mut part = transaction.stage_writer().unwrap();
    part.write_all(b"a part").unwrap();
    let file = part.finish().unwrap();
    let snapshot = transaction.commit(meta! {}).unwrap();
    assert_eq!(snapshot.files(), [file]);
    assert_eq!(snapshot.version().get(), 3);
}
