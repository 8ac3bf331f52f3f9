//! Datasets that the Go implementation wrote.

use std::fs;

use futures::TryStreamExt;
use lode_core::time::ZonedTimestamp;
use lode_gzip::Gzip;
use lode_std::{
    Dataset, DatasetReader, DatasetSnapshot, Error, LayoutKind, Timestamp, Value, meta,
};
use lode_zstd::Zstd;
use serde_json::json;

use crate::helpers::{Events, events, hive, numbers, read_both, version};
use crate::support::directory;
use crate::support::fixtures::{copy, files, fixtures};

/// What is in `events-noop`, `events-gzip` and `events-zstd` alike.
async fn check_events(dataset: &Events) {
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(snapshots.len(), 2);
    assert_eq!(snapshots[1].parent(), Some(snapshots[0].version()));
    assert_eq!([snapshots[0].row_count(), snapshots[1].row_count()], [2, 3]);
    assert_eq!(snapshots[1].metadata(), &meta! { "stream" => true });
    let batch = read_both(dataset, snapshots[0].version()).await.unwrap();
    let expected = [
        json!({"event": "signup", "id": 1}),
        json!({"event": "login", "id": 2, "ünïcode": "✓ <html>&"}),
    ];
    assert_eq!(batch, expected);
    let streamed = read_both(dataset, snapshots[1].version()).await.unwrap();
    assert_eq!(streamed, [json!({"a": 1}), json!({"a": 2.5}), json!({"a": null})]);
    let latest = dataset.latest().await.unwrap().unwrap();
    assert_eq!(latest.manifest(), snapshots[1].manifest());
}

#[tokio::test]
async fn events_in_every_compression() {
    let dir = copy();
    let store = directory(dir.path());
    check_events(&events("events-noop").open(store.clone()).await.unwrap()).await;
    let gzip = events("events-gzip").compressor(Gzip::default());
    check_events(&gzip.open(store.clone()).await.unwrap()).await;
    let zstd = events("events-zstd").compressor(Zstd::default());
    check_events(&zstd.open(store).await.unwrap()).await;
}

#[tokio::test]
async fn blobs_with_their_checksums() {
    let dir = copy();
    let dataset = Dataset::builder("blobs").open(directory(dir.path())).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(
        numbers(&snapshots),
        [
            1_795_380_388_376_430_848,
            1_795_380_388_377_338_600,
            1_795_380_388_377_556_457,
            1_795_380_388_378_159_762,
        ]
    );
    for (n, snapshot) in (0..3).zip(&snapshots) {
        let blobs = dataset.read(snapshot.version()).await.unwrap();
        assert_eq!(blobs, [format!("hello world {n}\n")]);
        let list = vec![1.into(), "x".into(), Value::Null, true.into(), 1.5.into()];
        let nested = Value::from(meta! { "a" => list });
        let expected = meta! { "n" => n, "nested" => nested, "source" => "demo" };
        assert_eq!(snapshot.metadata(), &expected);
        assert_eq!(snapshot.row_count(), 1);
        assert_eq!(snapshot.manifest().checksum.as_deref(), Some("md5"));
    }
    let streamed = dataset.read(snapshots[3].version()).await.unwrap();
    let expected: Vec<u8> = (0..100).flat_map(|byte| [byte; 1000]).collect();
    assert_eq!(streamed, [expected]);
    assert_eq!(snapshots[3].files()[0].size, 100_000);
    assert_eq!(snapshots[0].created_at(), Timestamp::new(1_795_380_388, 377_089_406));
}

#[tokio::test]
async fn a_flipped_bit_is_noticed() {
    let dir = copy();
    let key = "datasets/blobs/snapshots/1795380388378159762/data/blob";
    let mut bytes = fs::read(dir.path().join(key)).unwrap();
    bytes[77_777] ^= 4;
    fs::write(dir.path().join(key), bytes).unwrap();
    let dataset = Dataset::builder("blobs").open(directory(dir.path())).await.unwrap();
    match dataset.read(version(1_795_380_388_378_159_762)).await {
        Err(Error::Corrupt { key: found, expected, .. }) => {
            assert_eq!(found.as_str(), key);
            assert_eq!(expected.to_string(), "656b9e28ddd02795e74584a02431d841");
        }
        other => panic!("{other:?}"),
    }
    dataset.read(version(1_795_380_388_377_556_457)).await.unwrap();
}

#[tokio::test]
async fn times_to_the_nanosecond_in_their_zone() {
    let dir = copy();
    let dataset = events("timestamped").open(directory(dir.path())).await.unwrap();
    let latest = dataset.latest().await.unwrap().unwrap();
    let at = |seconds, nanoseconds, offset| {
        Some(ZonedTimestamp { at: Timestamp::new(seconds, nanoseconds).unwrap(), offset })
    };
    assert_eq!(latest.manifest().min_timestamp, at(1_767_193_445, 678_900_000, 0));
    assert_eq!(latest.manifest().max_timestamp, at(1_767_323_045, 678_900_001, 7200));
    let expected = [
        json!({"id": 1, "ts": "2026-01-02T03:04:05.6789Z"}),
        json!({"id": 2, "ts": "2025-12-31T15:04:05.6789Z"}),
        json!({"id": 3, "ts": "2026-01-02T05:04:05.678900001+02:00"}),
    ];
    assert_eq!(read_both(&dataset, latest.version()).await.unwrap(), expected);
}

#[tokio::test]
async fn partitions() {
    let dir = copy();
    let dataset = hive("hive").open(directory(dir.path())).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(numbers(&snapshots), [1_795_380_388_385_462_022, 1_795_380_388_386_667_570]);
    for (k, snapshot) in (0..).zip(&snapshots) {
        let expected = [
            json!({"day": "2026-01-01", "region": "eu/west", "v": 1}),
            json!({"day": "2026-01-02", "region": "us", "v": k + 2}),
        ];
        assert_eq!(read_both(&dataset, snapshot.version()).await.unwrap(), expected);
        assert_eq!(snapshot.metadata(), &meta! { "k" => k });
        assert_eq!(&*snapshot.manifest().partitioner, "hive");
    }
}

#[tokio::test]
async fn the_flat_layout() {
    let dir = copy();
    let dataset = Dataset::builder("flatds").flat().open(directory(dir.path())).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    assert_eq!(numbers(&snapshots), [1_795_380_388_387_604_086]);
    assert_eq!(dataset.read(snapshots[0].version()).await.unwrap(), ["flat"]);
}

#[tokio::test]
async fn statistics_of_columns() {
    let reader = DatasetReader::new(directory(&fixtures()), LayoutKind::Default);
    let latest = reader.latest("parquet").await.unwrap().unwrap();
    assert_eq!((latest.row_count(), latest.manifest().codec.as_deref()), (50, Some("parquet")));
    let stats = latest.files()[0].stats.clone().unwrap();
    assert_eq!(stats.row_count, 50);
    let names: Vec<_> = stats.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names, ["id", "i32", "name", "score", "f32", "ok", "raw", "at"]);
    let name = &stats.columns[2];
    assert_eq!(name.min, Some("n1".into()));
    assert_eq!((&name.max, name.null_count), (&Some("n8".into()), 17));
    assert_eq!(stats.columns[3].max, Some(16.333333333333332.into()));
    assert_eq!(stats.columns[5].min, None);
    let bytes = reader.open(&latest.files()[0]).await.unwrap();
    assert_eq!((bytes.len(), &bytes[..4]), (2945, &b"PAR1"[..]));
}

#[tokio::test]
async fn a_reader_lists_them_and_writes_nothing() {
    let dir = copy();
    let before = files(dir.path());
    let store = directory(dir.path());
    let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
    let ids: Vec<_> = reader.datasets().await.unwrap();
    let ids: Vec<_> = ids.iter().map(|id| id.as_str()).collect();
    let all =
        ["blobs", "events-gzip", "events-noop", "events-zstd", "hive", "parquet", "timestamped"];
    assert_eq!(ids, all);
    for (id, count) in [("blobs", 4), ("events-gzip", 2), ("parquet", 1), ("timestamped", 1)] {
        assert_eq!(reader.manifests(id, None).await.unwrap().len(), count);
        assert!(reader.partitions(id).await.unwrap().is_empty());
    }

    let reader = DatasetReader::new(store.clone(), LayoutKind::Hive);
    let partitions = reader.partitions("hive").await.unwrap();
    let partitions: Vec<_> = partitions.iter().map(|partition| partition.as_str()).collect();
    let (first, second) = ("day=2026-01-01/region=eu%2Fwest", "day=2026-01-02/region=us");
    assert_eq!(partitions, [first, second]);
    for (prefix, count) in
        [("", 2), ("day=2026-01-01", 2), (first, 2), (second, 2), ("day=2026-01", 0), ("day=3", 0)]
    {
        let found = reader.manifests("hive", Some(prefix)).await.unwrap();
        assert_eq!(found.len(), count, "{prefix}");
    }
    let all: Vec<DatasetSnapshot> = reader.manifests("hive", None).await.unwrap();
    let latest = reader.latest("hive").await.unwrap().unwrap();
    assert_eq!(all.last().unwrap().manifest(), latest.manifest());
    let one = reader.manifest("hive", all[0].version()).await.unwrap();
    assert_eq!(one.manifest(), all[0].manifest());

    let reader = DatasetReader::new(store, LayoutKind::Flat);
    assert_eq!(reader.manifests("flatds", None).await.unwrap().len(), 1);
    assert!(matches!(reader.datasets().await, Err(Error::DatasetsNotModeled { .. })));
    assert_eq!(files(dir.path()), before, "reading has written something");
}
