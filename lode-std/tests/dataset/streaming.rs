//! Writing large files as streams.

use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use lode_gzip::Gzip;
use lode_std::{Checksums, Dataset, DatasetReader, Error, LayoutKind, meta};
use object_store::ObjectStore;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::helpers::{events, open_events, read_both, version};
use crate::support::scripted::{Fault, Scripted};
use crate::support::{directory, fresh, pattern};

/// How large a part is.
const PART: usize = 8 << 20;

/// Writes bytes in pieces of odd sizes, and reads them back.
async fn round_trip(store: Arc<dyn ObjectStore>, size: usize, compress: bool, checksum: &str) {
    let algorithm = Checksums::default().find(checksum).unwrap();
    let mut builder = Dataset::builder("blobs").checksum(algorithm);
    if compress {
        builder = builder.compressor(Gzip::with_level(1).unwrap());
    }
    let dataset = builder.open(store.clone()).await.unwrap();
    let bytes = pattern(0, size);
    let mut writer = dataset.stream_write().unwrap();
    let mut rest = &bytes[..];
    for length in [1, 77, 100_003, 1_048_573, 3_000_001].into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(length.min(rest.len()));
        writer.write_all(piece).await.unwrap();
        if length == 77 {
            writer.flush().await.unwrap();
        }
        rest = after;
    }
    writer.shutdown().await.unwrap();
    assert!(dataset.latest().await.unwrap().is_none());
    let snapshot = writer.commit(meta! { "size" => size as u64 }).await.unwrap();
    assert_eq!(snapshot.row_count(), 1);
    let [file] = snapshot.files() else { panic!("one file") };
    let reader = DatasetReader::new(store, LayoutKind::Default);
    let stored = reader.open(file).await.unwrap();
    assert_eq!(file.size, stored.len() as u64);
    assert_eq!(file.digest, Some(algorithm.digest(&stored)));
    assert_eq!(compress, stored != bytes);
    let [back] = &dataset.read(snapshot.version()).await.unwrap()[..] else { panic!("one blob") };
    assert!(*back == bytes, "the bytes differ");
}

#[tokio::test]
async fn blobs_of_any_size_come_back() {
    for size in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 12_345] {
        round_trip(fresh(), size, false, "xxh3-128").await;
    }
    round_trip(fresh(), 2 * PART, true, "md5").await;
}

#[tokio::test]
async fn in_a_directory_as_well() {
    let dir = tempfile::tempdir().unwrap();
    for (name, size, compress) in
        [("a", 5 << 20, false), ("b", 2 * PART + 999, false), ("c", 2 * PART + 999, true)]
    {
        let path = dir.path().join(name);
        std::fs::create_dir(&path).unwrap();
        round_trip(directory(&path), size, compress, "blake3").await;
        assert_no_leftovers(&path);
    }
}

/// There are a descriptor, a manifest, a hint and one file: no part was left behind.
fn assert_no_leftovers(root: &Path) {
    let files = crate::support::fixtures::files(root);
    assert_eq!(files.len(), 4, "{:?}", files.iter().map(|(path, _)| path).collect::<Vec<_>>());
}

/// Records of about a kilobyte.
fn record(n: u64) -> Value {
    json!({"n": n, "text": "x".repeat(1000)})
}

#[tokio::test]
async fn more_records_than_a_part_holds() {
    let dataset = open_events(fresh()).await;
    let records = futures::stream::iter(0..20_000).map(|n| Ok(record(n)));
    let snapshot = dataset.stream_write_records(records, meta! {}).await.unwrap();
    assert_eq!((snapshot.row_count(), snapshot.files().len()), (20_000, 1));
    assert!(snapshot.files()[0].size > 2 * PART as u64);
    let back = read_both(&dataset, version(1)).await.unwrap();
    assert!((0..).zip(&back).all(|(n, found)| *found == record(n)));
    assert_eq!(back.len(), 20_000);
}

#[tokio::test]
async fn compressed_records() {
    let dataset = events("events").compressor(Gzip::default()).open(fresh()).await.unwrap();
    let records = futures::stream::iter(0..3_000).map(|n| Ok(record(n)));
    let snapshot = dataset.stream_write_records(records, meta! {}).await.unwrap();
    assert!(snapshot.files()[0].key.as_str().ends_with("/data.gz"));
    assert_eq!(read_both(&dataset, version(1)).await.unwrap().len(), 3_000);
}

#[tokio::test]
async fn a_stream_that_fails_leaves_nothing() {
    for good in [0, 1, 20_000] {
        let scripted = Scripted::new();
        let dataset = open_events(scripted.store()).await;
        let records = futures::stream::iter(0..=good).map(|n| match n == good {
            true => Err(Error::EmptyBlock { offset: n }),
            false => Ok(record(n)),
        });
        let error = dataset.stream_write_records(records, meta! {}).await.unwrap_err();
        assert!(matches!(error, Error::EmptyBlock { offset } if offset == good), "{error}");
        assert!(dataset.latest().await.unwrap().is_none());
        assert!(scripted.objects().await.is_empty());
    }
}

#[tokio::test]
async fn a_record_that_cannot_be_written_leaves_nothing() {
    let codec = lode_jsonl::Jsonl::<Value>::new().max_line(2000);
    let scripted = Scripted::new();
    let dataset = Dataset::builder("events").codec(codec).open(scripted.store()).await.unwrap();
    let long = json!("x".repeat(2000));
    let records = futures::stream::iter([Ok(record(0)), Ok(long.clone())]);
    let streamed = dataset.stream_write_records(records, meta! {}).await.unwrap_err();
    let at_once = dataset.write(&[record(0), long.clone()], meta! {}).await.unwrap_err();
    let tx = dataset.begin();
    let staged = tx.stage(&[long]).await.unwrap_err();
    for error in [streamed, at_once, staged] {
        assert!(matches!(error, Error::Encode { codec: "jsonl", .. }), "{error}");
    }
    // A transaction goes on without what could not be staged.
    tx.stage(&[record(1)]).await.unwrap();
    let snapshot = tx.commit(meta! {}).await.unwrap();
    assert_eq!((snapshot.version(), snapshot.row_count()), (version(1), 1));
}

#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    let scripted = Scripted::new();
    let dataset = Dataset::builder("blobs").open(scripted.store()).await.unwrap();
    scripted.allow_writes(Some(0));
    let mut writer = dataset.stream_write().unwrap();
    let error = writer.write_all(&vec![0; 3 * PART]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
    writer.write_all(b"more").await.unwrap_err();
    let error = writer.commit(meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::WriteFailed { .. }), "{error}");
    scripted.allow_writes(None);
    scripted.fault("/blob", Fault::Denied);
    let mut writer = dataset.stream_write().unwrap();
    writer.write_all(b"small").await.unwrap();
    let error = writer.commit(meta! {}).await.unwrap_err();
    assert_eq!(error.kind(), lode_std::ErrorKind::PermissionDenied, "{error}");
    assert!(dataset.latest().await.unwrap().is_none());
}
