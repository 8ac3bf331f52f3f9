//! Histories that the Go implementation began: continued, and collected.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::maintain::Maintenance;
use lode_std::{Dataset, DatasetReader, DatasetSnapshot, Error, LayoutKind, Volume, meta};
use serde_json::{Value, json};

use crate::support::aged::Aged;
use crate::support::clock::ManualClock;
use crate::support::directory;
use crate::support::fixtures::{copy, files};
use crate::world::{GRACE, last};

/// In seconds. The fixtures may be dated later than this clock is set to.
const DAYS: i64 = 10_000 * 24 * 60 * 60;

#[tokio::test]
async fn a_volume_is_continued_and_collected() {
    let (dir, aged, clock) = world();
    let grace = Duration::from_secs(GRACE.unsigned_abs());
    let builder = Volume::existing("disk-image").clock(clock.clone()).grace_period(grace);
    let volume = builder.open(aged.store()).await.unwrap();
    let theirs: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    let block = volume.stage_at(1000, "ours").await.unwrap();
    let ours = volume.commit([block], meta! {}).await.unwrap();
    let litter = volume.stage_at(900, "litter").await.unwrap();
    volume.maintenance().tag("theirs", theirs[0].version()).await.unwrap();
    clock.advance(DAYS);

    let report = volume.maintenance().collect(&last(2)).await.unwrap();
    let old: Vec<_> = theirs[..2].iter().map(|snapshot| snapshot.version()).collect();
    assert_eq!(report.buried, old);
    assert_eq!((report.kept.objects, report.deleted.objects), (4, 1), "{report:?}");
    let expired = volume.commit([litter], meta! {}).await.unwrap_err();
    assert!(matches!(expired, Error::StageExpired { .. }), "{expired}");
    let expected = theirs[2].read_at(0..768).await.unwrap();
    assert_eq!(ours.read_at(0..768).await.unwrap(), expected);
    let tagged = volume.tagged("theirs").await.unwrap();
    assert_eq!(tagged.manifest(), theirs[0].manifest());
    // A Go reader finds a manifest without blocks.
    let slot = format!("volumes/disk-image/snapshots/{}/manifest.json", old[0]);
    let slot: Value = serde_json::from_slice(&fs::read(dir.path().join(slot)).unwrap()).unwrap();
    assert_eq!(slot["blocks"], json!([]));
    assert_eq!(slot["snapshot_id"], old[0].to_string());
}

/// A copy of the fixtures on a clock that is moved by hand.
fn world() -> (tempfile::TempDir, Aged, Arc<ManualClock>) {
    let (dir, clock) = (copy(), ManualClock::new());
    let aged = Aged::over(directory(dir.path()), clock.clone());
    (dir, aged, clock)
}

#[tokio::test]
async fn datasets_of_blobs_are_continued_and_collected() {
    for (id, layout) in [("blobs", LayoutKind::Default), ("flatds", LayoutKind::Flat)] {
        let (dir, aged, clock) = world();
        let before = DatasetReader::new(aged.store(), layout).manifests(id, None).await.unwrap();
        let builder = Dataset::builder(id).clock(clock.clone());
        let builder = if layout == LayoutKind::Flat { builder.flat() } else { builder };
        let dataset = builder.open(aged.store()).await.unwrap();
        for _ in 0..2 {
            dataset.write_blob("ours", meta! {}).await.unwrap();
        }
        clock.advance(DAYS);
        check(dir.path(), &dataset.maintenance(), &before).await;
        let all: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
        assert_eq!(all.len(), 2);
        for snapshot in all {
            assert_eq!(dataset.read(snapshot.version()).await.unwrap(), ["ours"]);
        }
    }
}

#[tokio::test]
async fn a_hive_is_continued_and_collected() {
    let (dir, aged, clock) = world();
    let reader = DatasetReader::new(aged.store(), LayoutKind::Hive);
    // Nobody has agreed on a grace period yet.
    let none = reader.maintenance("hive").await.unwrap_err();
    assert!(matches!(none, Error::DatasetNotFound { .. }), "{none}");
    let before = reader.manifests("hive", None).await.unwrap();
    let builder = Dataset::builder("hive").codec(Jsonl::<Value>::new()).clock(clock.clone());
    let builder = builder.partition_by(Hive::by(["day", "region"]).unwrap());
    let dataset = builder.open(aged.store()).await.unwrap();
    let records = [json!({ "day": "2026-01-02", "region": "us" })];
    for _ in 0..2 {
        dataset.write(&records, meta! {}).await.unwrap();
    }
    clock.advance(DAYS);
    // By the real clock theirs are young: somebody may be about to commit them, whatever he has
    // been told of floors.
    let hasty = reader.maintenance("hive").await.unwrap().with_grace_period(Duration::ZERO);
    let report = hasty.collect(&last(2)).await.unwrap();
    let versions: Vec<_> = before.iter().map(DatasetSnapshot::version).collect();
    assert_eq!(report.buried, versions);
    assert_eq!((report.deleted.objects, report.young.objects), (0, 4), "{report:?}");
    let report = dataset.maintenance().collect(&last(2)).await.unwrap();
    assert_eq!((report.deleted.objects, report.kept.objects), (4, 2), "{report:?}");
    gone(dir.path(), &before);
    // No Go reader is led to what has gone.
    for snapshot in &before {
        for (path, bytes) in files(&dir.path().join("datasets/hive/partitions")) {
            if path.to_str().unwrap().contains(&snapshot.version().to_string()) {
                let entry: Value = serde_json::from_slice(&bytes).unwrap();
                assert_eq!(entry["files"], json!([]), "{}", path.display());
            }
        }
    }
    let live = reader.manifests("hive", Some("day=2026-01-02")).await.unwrap();
    assert_eq!(live.len(), 2);
    for snapshot in live {
        assert_eq!(dataset.read(snapshot.version()).await.unwrap(), records);
    }
}

/// Collects all but the newest two, and sees that theirs have gone.
async fn check(dir: &Path, maintenance: &Maintenance, theirs: &[DatasetSnapshot]) {
    let report = maintenance.collect(&last(2)).await.unwrap();
    let versions: Vec<_> = theirs.iter().map(DatasetSnapshot::version).collect();
    assert_eq!(report.buried, versions);
    let files = theirs.iter().flat_map(DatasetSnapshot::files).count() as u64;
    assert_eq!((report.deleted.objects, report.kept.objects), (files, 2));
    gone(dir, theirs);
}

/// None of their files is there any more.
fn gone(dir: &Path, theirs: &[DatasetSnapshot]) {
    let files: Vec<_> = theirs.iter().flat_map(DatasetSnapshot::files).collect();
    assert!(!files.is_empty());
    for file in files {
        assert!(!dir.join(file.key.as_str()).exists(), "{}", file.key);
    }
}
