//! Manifests that are not as they should be, or not there at all.

use std::sync::Arc;

use futures::TryStreamExt;
use lode_gzip::Gzip;
use lode_std::{Dataset, DatasetReader, Error, ErrorKind, LayoutKind, meta};
use serde_json::{Value, json};

use crate::helpers::{events, hive, open_events, version};
use crate::support::scripted::Scripted;

const SLOT: &str = "datasets/events/snapshots/0000000000000000001/manifest.json";

/// A dataset of one snapshot, whose manifest is changed.
async fn changed(change: impl FnOnce(&mut Value)) -> Arc<Scripted> {
    let scripted = Scripted::new();
    let dataset = open_events(scripted.store()).await;
    let tx = dataset.begin();
    tx.stage(&[json!(1)]).await.unwrap();
    tx.stage(&[json!(2)]).await.unwrap();
    tx.commit(meta! {}).await.unwrap();
    let objects = scripted.objects().await;
    let manifest = objects.into_iter().find(|(key, _)| key == SLOT).unwrap().1;
    let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
    change(&mut manifest);
    scripted.tamper(SLOT, manifest.to_string()).await;
    scripted
}

/// What everybody says who reads the snapshot.
async fn errors(scripted: &Arc<Scripted>) -> Vec<Error> {
    let store = scripted.store();
    let dataset = open_events(store.clone()).await;
    let reader = DatasetReader::new(store, LayoutKind::Default);
    vec![
        dataset.read(version(1)).await.unwrap_err(),
        dataset.latest().await.unwrap_err(),
        dataset.write(&[json!(3)], meta! {}).await.unwrap_err(),
        dataset.snapshots().try_collect::<Vec<_>>().await.unwrap_err(),
        reader.manifest("events", version(1)).await.unwrap_err(),
        reader.manifests("events", None).await.unwrap_err(),
        reader.latest("events").await.unwrap_err(),
    ]
}

#[tokio::test]
async fn hostile_manifests_are_refused() {
    let own = "datasets/events/data/0/data";
    let cases: [(&str, &str, Value); 12] = [
        ("files[0].path", "/files/0/path", json!("datasets/other/data/0/data")),
        ("files[0].path", "/files/0/path", json!("datasets/events2/data")),
        ("files[0].path", "/files/0/path", json!("datasets/events/../other/data")),
        ("files[0].path", "/files/0/path", json!("/etc/passwd")),
        (
            "files[1].path",
            "/files",
            json!([
                {"path": own, "size_bytes": 2},
                {"path": own, "size_bytes": 2},
            ]),
        ),
        ("files[0].checksum", "/files/0/checksum", json!("xyz")),
        ("schema_name", "/schema_name", json!("other")),
        ("snapshot_id", "/snapshot_id", json!("first")),
        ("compressor", "/compressor", json!("")),
        ("parent_snapshot_id", "/parent_snapshot_id", json!("-1")),
        ("line", "/row_count", json!(-1)),
        ("line", "/files/0/size_bytes", json!("many")),
    ];
    for (field, pointer, value) in cases {
        let scripted = changed(|manifest| match manifest.pointer_mut(pointer) {
            Some(place) => *place = value.clone(),
            None => manifest[pointer.trim_start_matches('/')] = value.clone(),
        })
        .await;
        for error in errors(&scripted).await {
            assert!(matches!(&error, Error::ManifestInvalid { key, .. } if key.as_str() == SLOT));
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(error.to_string().contains(field), "{field}: {error}");
        }
    }
}

#[tokio::test]
async fn manifests_of_something_else_are_refused() {
    for (field, value) in [("dataset_id", "other"), ("snapshot_id", "0000000000000000002")] {
        let scripted = changed(|manifest| manifest[field] = value.into()).await;
        for error in errors(&scripted).await {
            let Error::Mismatch { key, source } = error else { panic!("{error}") };
            assert_eq!((key.as_str(), source.field), (SLOT, field));
        }
    }
    let scripted = changed(|manifest| manifest["format_version"] = "2.0.0".into()).await;
    for error in errors(&scripted).await {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    }
}

#[tokio::test]
async fn a_checksum_that_is_not_known() {
    let scripted = changed(|manifest| manifest["checksum_algorithm"] = "sha-9".into()).await;
    let dataset = open_events(scripted.store()).await;
    let at_once = dataset.read(version(1)).await.unwrap_err();
    let Err(streamed) = dataset.read_stream(version(1)).await else { panic!("it was read") };
    for error in [at_once, streamed] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(matches!(error, Error::UnknownChecksum { name, key }
            if name == "sha-9" && key.as_str() == SLOT));
    }
    let descriptor = "datasets/events/dataset.json";
    let objects = scripted.objects().await;
    let bytes = objects.into_iter().find(|(key, _)| key == descriptor).unwrap().1;
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("xxh3-128", "sha-9");
    scripted.tamper(descriptor, text).await;
    let error = events("events").open(scripted.store()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownChecksum { .. }), "{error}");
}

/// A manifest may claim what it wants: nothing is allocated for it.
#[tokio::test]
async fn sizes_that_are_not_there() {
    let huge = i64::MAX as u64;
    let scripted = changed(|manifest| {
        manifest["files"][0]["size_bytes"] = huge.into();
        manifest["row_count"] = huge.into();
    })
    .await;
    let dataset = open_events(scripted.store()).await;
    let at_once = dataset.read(version(1)).await.unwrap_err();
    let stream = dataset.read_stream(version(1)).await.unwrap();
    let streamed = stream.try_collect::<Vec<_>>().await.unwrap_err();
    for error in [at_once, streamed] {
        assert!(matches!(error, Error::Truncated { expected, found: 2, .. } if expected == huge));
    }
    let reader = DatasetReader::new(scripted.store(), LayoutKind::Default);
    let snapshot = reader.manifest("events", version(1)).await.unwrap();
    let object = reader.reader(&snapshot.files()[0]);
    assert_eq!(object.read_range(0..2).await.unwrap(), "1\n");
    for range in [huge - 1..huge, 0..3, 1 << 40..1 << 41] {
        let error = object.read_range(range).await.unwrap_err();
        assert!(matches!(error, Error::Truncated { .. }), "{error}");
    }
    let error = object.read_range(0..huge + 1).await.unwrap_err();
    assert!(matches!(error, Error::OutOfBounds { .. }), "{error}");
}

#[tokio::test]
async fn what_it_was_written_with_is_named() {
    let scripted = Scripted::new();
    let gzip = events("events").compressor(Gzip::default()).open(scripted.store()).await.unwrap();
    gzip.write(&[json!(1)], meta! {}).await.unwrap();
    let plain = open_events(scripted.store()).await;
    plain.write(&[json!(2)], meta! {}).await.unwrap();
    let blobs = Dataset::builder("events").open(scripted.store()).await.unwrap();
    blobs.write_blob("3", meta! {}).await.unwrap();

    let streamed = plain.read_stream(version(1)).await.map(drop).unwrap_err();
    for (error, expected) in [
        (plain.read(version(1)).await.unwrap_err(), ["compressor", "gzip", "noop"]),
        (streamed, ["compressor", "gzip", "noop"]),
        (gzip.read(version(2)).await.unwrap_err(), ["compressor", "noop", "gzip"]),
        (plain.read(version(3)).await.unwrap_err(), ["codec", "no codec", "jsonl"]),
        (blobs.read(version(2)).await.unwrap_err(), ["codec", "jsonl", "no codec"]),
    ] {
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        let text = error.to_string();
        assert!(text.ends_with(&format!("open it with {}", expected[1])), "{text}");
        let Error::Opened { what, written, opened, .. } = error else { panic!("{text}") };
        assert_eq!([what, &written, &opened], expected);
    }
    assert_eq!(plain.read(version(2)).await.unwrap(), [json!(2)]);
    assert_eq!(blobs.read(version(3)).await.unwrap(), ["3"]);
}

#[tokio::test]
async fn what_is_not_there() {
    let scripted = Scripted::new();
    for layout in LayoutKind::ALL {
        let reader = DatasetReader::new(scripted.store(), layout);
        for prefix in [None, Some(""), Some("day=1")] {
            let error = reader.manifests("none", prefix).await.unwrap_err();
            assert!(matches!(&error, Error::DatasetNotFound { id } if id.as_str() == "none"));
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
        assert!(reader.latest("none").await.unwrap().is_none());
        let error = reader.manifest("none", version(1)).await.unwrap_err();
        assert!(matches!(error, Error::SnapshotNotFound { .. }), "{error}");
    }
    let dataset = hive("hive").open(scripted.store()).await.unwrap();
    let tx = dataset.begin();
    tx.stage(&[json!({"day": 1, "region": "x"})]).await.unwrap();
    let reader = DatasetReader::new(scripted.store(), LayoutKind::Hive);
    for prefix in [None, Some(""), Some("day=1")] {
        let error = reader.manifests("hive", prefix).await.unwrap_err();
        assert!(matches!(error, Error::NoManifests { .. }), "{error}");
    }
    let error = reader.partitions("hive").await.unwrap_err();
    assert!(matches!(error, Error::NoManifests { .. }), "{error}");
    let error = dataset.read(version(7)).await.unwrap_err();
    assert!(matches!(error, Error::SnapshotNotFound { version: v, .. } if v == version(7)));
    let flat = DatasetReader::new(scripted.store(), LayoutKind::Flat);
    let error = flat.datasets().await.unwrap_err();
    assert!(matches!(error, Error::DatasetsNotModeled { layout: LayoutKind::Flat }), "{error}");
}
