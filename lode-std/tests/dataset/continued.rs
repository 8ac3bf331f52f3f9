//! Datasets of the Go implementation that we continue.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use lode_core::time::ZonedTimestamp;
use lode_gzip::Gzip;
use lode_parquet::{Parquet, Schema, read_schema};
use lode_std::{
    Dataset, DatasetReader, DatasetSnapshot, Error, ErrorKind, LayoutKind, Timestamp, meta,
};
use lode_zstd::Zstd;
use object_store::ObjectStore;
use serde_json::{Value, json};

use crate::helpers::{events, hive, read_both};
use crate::support::directory;
use crate::support::fixtures::copy;

/// Checks the place of our snapshot behind those of Go, and that others find it.
async fn check(
    store: Arc<dyn ObjectStore>,
    root: &Path,
    (layout, folder): (LayoutKind, &str),
    (before, ours): (DatasetSnapshot, DatasetSnapshot),
    checksum: Option<&str>,
) {
    assert_eq!(ours.version().get(), before.version().get() + 1);
    assert_eq!(ours.parent(), Some(before.version()));
    assert_eq!(ours.manifest().checksum.as_deref(), checksum);
    assert_eq!(before.manifest().checksum.as_deref(), checksum);
    for file in ours.files() {
        assert_eq!(file.digest.is_some(), checksum.is_some());
        assert!(file.key.as_str().starts_with(folder));
    }
    let hint = fs::read_to_string(root.join(folder).join("latest")).unwrap();
    assert_eq!(hint, ours.version().to_string());

    let id = ours.manifest().id.as_str();
    let reader = DatasetReader::new(store, layout);
    let all = reader.manifests(id, None).await.unwrap();
    assert_eq!(all.last().unwrap().manifest(), ours.manifest());
    assert_eq!(all[all.len() - 2].manifest(), before.manifest());
    assert_eq!(reader.latest(id).await.unwrap().unwrap().manifest(), ours.manifest());
}

#[tokio::test]
async fn blobs() {
    let dir = copy();
    let store = directory(dir.path());
    let dataset = Dataset::builder("blobs").open(store.clone()).await.unwrap();
    let before = dataset.latest().await.unwrap().unwrap();
    let ours = dataset.write_blob("ours", meta! { "by" => "us" }).await.unwrap();
    assert_eq!(dataset.read(ours.version()).await.unwrap(), ["ours"]);
    let place = (LayoutKind::Default, "datasets/blobs");
    check(store, dir.path(), place, (before, ours), Some("md5")).await;
}

#[tokio::test]
async fn flat_blobs_without_checksums() {
    let dir = copy();
    let store = directory(dir.path());
    let dataset = Dataset::builder("flatds").flat().open(store.clone()).await.unwrap();
    let before = dataset.latest().await.unwrap().unwrap();
    let ours = dataset.write_blob("ours", meta! {}).await.unwrap();
    check(store, dir.path(), (LayoutKind::Flat, "flatds"), (before, ours), None).await;
}

#[tokio::test]
async fn events_compressed_or_not() {
    let dir = copy();
    let store = directory(dir.path());
    for (id, builder) in [
        ("noop", events("events-noop")),
        ("gzip", events("events-gzip").compressor(Gzip::default())),
        ("zstd", events("events-zstd").compressor(Zstd::default())),
    ] {
        let dataset = builder.open(store.clone()).await.unwrap();
        let before = dataset.latest().await.unwrap().unwrap();
        let ours = dataset.write(&[json!({"by": "us"})], meta! {}).await.unwrap();
        assert_eq!(read_both(&dataset, ours.version()).await.unwrap(), [json!({"by": "us"})]);
        let old = read_both(&dataset, before.version()).await.unwrap();
        assert_eq!(old.len(), 3);
        let folder = format!("datasets/events-{id}");
        let place = (LayoutKind::Default, folder.as_str());
        check(store.clone(), dir.path(), place, (before, ours), None).await;
    }
}

#[tokio::test]
async fn times() {
    let dir = copy();
    let store = directory(dir.path());
    let time_of = |record: &Value| Timestamp::new(record["second"].as_i64()?, 1);
    let builder = events("timestamped").timestamps(time_of);
    let dataset = builder.open(store.clone()).await.unwrap();
    let before = dataset.latest().await.unwrap().unwrap();
    let records = [json!({"second": 2_000_000_000}), json!({"second": 1_800_000_000})];
    let ours = dataset.write(&records, meta! {}).await.unwrap();
    let at = |second| Timestamp::new(second, 1).map(ZonedTimestamp::from);
    assert_eq!(ours.manifest().min_timestamp, at(1_800_000_000));
    assert_eq!(ours.manifest().max_timestamp, at(2_000_000_000));
    assert_eq!(read_both(&dataset, ours.version()).await.unwrap(), records);
    assert_eq!(read_both(&dataset, before.version()).await.unwrap().len(), 3);
    let place = (LayoutKind::Default, "datasets/timestamped");
    check(store, dir.path(), place, (before, ours), None).await;
}

/// By the columns of the file that is there.
#[tokio::test]
async fn parquet() {
    let dir = copy();
    let store = directory(dir.path());
    let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
    let before = reader.latest("parquet").await.unwrap().unwrap();
    let file = reader.open(&before.files()[0]).await.unwrap();
    let schema = Schema::from_arrow(&read_schema(&file).unwrap()).unwrap();
    let builder = Dataset::builder("parquet").codec(Parquet::rows(schema));
    let dataset = builder.open(store.clone()).await.unwrap();
    let old = dataset.read(before.version()).await.unwrap();
    assert_eq!((old.len(), &old[49]["id"]), (50, &json!(49)));
    let ours = dataset.write(&old[40..], meta! {}).await.unwrap();
    assert_eq!(dataset.read(ours.version()).await.unwrap(), old[40..]);
    assert_eq!(dataset.read(before.version()).await.unwrap(), old);
    let stats = |snapshot: &DatasetSnapshot| snapshot.files()[0].stats.clone().unwrap();
    let (theirs, found) = (stats(&before), stats(&ours));
    assert_eq!((theirs.row_count, found.row_count, ours.row_count()), (50, 10, 10));
    assert_eq!(theirs.columns.len(), found.columns.len());
    let column = found.columns.iter().find(|column| &*column.name == "id").unwrap();
    assert_eq!((&column.min, &column.max), (&Some(40.into()), &Some(49.into())));
    let place = (LayoutKind::Default, "datasets/parquet");
    check(store, dir.path(), place, (before, ours), None).await;
}

#[tokio::test]
async fn partitions() {
    let dir = copy();
    let store = directory(dir.path());
    let dataset = hive("hive").open(store.clone()).await.unwrap();
    let before = dataset.latest().await.unwrap().unwrap();
    let records = [
        json!({"day": "2026-01-03", "region": "us"}),
        json!({"day": "2026-01-01", "region": "eu/west", "v": 9}),
    ];
    let ours = dataset.write(&records, meta! {}).await.unwrap();
    let back = read_both(&dataset, ours.version()).await.unwrap();
    assert_eq!(back, [records[1].clone(), records[0].clone()]);

    let reader = DatasetReader::new(store.clone(), LayoutKind::Hive);
    let count = async |prefix| reader.manifests("hive", Some(prefix)).await.unwrap().len();
    assert_eq!(count("day=2026-01-01/region=eu%2Fwest").await, 3);
    assert_eq!(count("day=2026-01-02").await, 2);
    assert_eq!(count("day=2026-01-03").await, 1);
    assert_eq!(reader.partitions("hive").await.unwrap().len(), 3);
    let place = (LayoutKind::Hive, "datasets/hive");
    check(store, dir.path(), place, (before, ours), None).await;
}

/// Go never wrote down which layout it used. What lies there tells.
#[tokio::test]
async fn not_in_another_layout() {
    let dir = copy();
    let store = directory(dir.path());
    let wrong = [
        events("hive").open(store.clone()).await.map(drop),
        hive("events-noop").open(store.clone()).await.map(drop),
    ];
    for result in wrong {
        match result {
            Err(error @ Error::Mismatch { .. }) => {
                assert_eq!(error.kind(), ErrorKind::Mismatch);
                assert!(error.to_string().contains("layout is"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    hive("hive").open(store.clone()).await.unwrap();
    events("events-noop").open(store).await.unwrap();
}

#[tokio::test]
async fn not_with_another_checksum() {
    let dir = copy();
    for id in ["blobs", "events-noop"] {
        let builder = Dataset::builder(id).checksum(lode_std::Checksums::standard());
        match builder.open(directory(dir.path())).await {
            Err(Error::Mismatch { source, .. }) => assert_eq!(source.field, "checksum_algorithm"),
            other => panic!("{other:?}"),
        }
    }
}
