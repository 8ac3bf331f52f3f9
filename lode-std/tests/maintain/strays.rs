//! What other programs and operating systems leave in a store is ignored, and stays.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::maintain::Retention;
use lode_std::repair::Repair;
use lode_std::replicate::{Mirror, Replication};
use lode_std::verify::Verification;
use lode_std::{Dataset, DatasetReader, Error, LayoutKind, Volume, meta};
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::json;

use crate::support::{directory, memory};
use crate::world::last;

/// What is left anywhere.
const NAMES: [&str; 9] = [
    ".DS_Store",
    "Thumbs.db",
    "desktop.ini",
    "lost+found/a1234",
    "._data",
    "notes.txt~",
    "#recycle/old.bin",
    ".notes.txt.swp",
    "@eaDir/thumb.jpg",
];

/// Where it is left.
const FOLDERS: [&str; 25] = [
    "",
    "volumes/",
    "volumes/disk/",
    "volumes/disk/data/",
    "volumes/disk/snapshots/",
    "volumes/disk/snapshots/0000000000000000001/",
    "volumes/disk/snapshots/0000000000000000009/",
    "volumes/disk/tags/",
    "volumes/disk/pages/",
    "volumes/disk/damaged/",
    "volumes/nobody/",
    "datasets/",
    "datasets/plain/",
    "datasets/plain/data/",
    "datasets/plain/data/00000000000000000000000000000001/",
    "datasets/plain/snapshots/",
    "datasets/plain/snapshots/0000000000000000001/data/",
    "datasets/plain/tags/",
    "datasets/hive/",
    "datasets/hive/data/",
    "datasets/hive/segments/0000000000000000001/",
    "datasets/hive/partitions/",
    "datasets/hive/partitions/day=1/",
    "datasets/hive/partitions/day=1/segments/",
    "datasets/nobody/",
];

/// All objects, by their keys.
async fn objects(store: &Arc<dyn ObjectStore>) -> BTreeMap<String, Vec<u8>> {
    let list: Vec<_> = store.list(None).try_collect().await.unwrap();
    let mut found = BTreeMap::new();
    for meta in list {
        let bytes = store.get(&meta.location).await.unwrap().bytes().await.unwrap();
        found.insert(meta.location.to_string(), bytes.to_vec());
    }
    found
}

/// A volume, a dataset and one with partitions, each with three snapshots and a tag.
async fn fill(store: &Arc<dyn ObjectStore>) {
    let volume = Volume::builder("disk", 1000).open(store.clone()).await.unwrap();
    let plain = Dataset::builder("plain").open(store.clone()).await.unwrap();
    let hive = Dataset::builder("hive").codec(Jsonl::<serde_json::Value>::new());
    let hive = hive.partition_by(Hive::by(["day"]).unwrap());
    let hive = hive.open(store.clone()).await.unwrap();
    for number in 0..3 {
        let block = volume.stage_at(number * 10, vec![7; 10]).await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
        plain.write_blob(format!("blob {number}"), meta! {}).await.unwrap();
        hive.write(&[json!({ "day": number })], meta! {}).await.unwrap();
    }
    let first = lode_std::Version::FIRST;
    volume.maintenance().tag("kept", first).await.unwrap();
    plain.maintenance().tag("kept", first).await.unwrap();
    hive.maintenance().tag("kept", first).await.unwrap();
}

/// What every operation says, apart from what depends on the moment.
async fn use_all(store: &Arc<dyn ObjectStore>) -> Vec<String> {
    let mut said = Vec::new();
    let ids = Volume::list(store.clone()).await.unwrap();
    said.push(format!("{ids:?}"));
    let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
    said.push(format!("{:?}", reader.datasets().await.unwrap()));
    let volume = Volume::existing("disk").open(store.clone()).await.unwrap();
    let head = volume.latest().await.unwrap().unwrap();
    said.push(format!("{:?}", head.version()));
    let versions: Vec<_> =
        volume.snapshots().map_ok(|one| one.version()).try_collect().await.unwrap();
    said.push(format!("{versions:?}"));
    let stat = volume.reader().stat().await.unwrap();
    said.push(format!("{:?}", stat.history));
    said.push(format!("{:?}", volume.maintenance().tags().await.unwrap()));
    let hive = DatasetReader::new(store.clone(), LayoutKind::Hive);
    said.push(format!("{:?}", hive.partitions("hive").await.unwrap()));
    said.push(format!("{:?}", hive.stat("hive").await.unwrap().history));
    for id in ["plain", "hive"] {
        let layout = DatasetReader::find_layout(store.clone(), id).await.unwrap();
        said.push(format!("{layout:?}"));
        let reader = DatasetReader::new(store.clone(), layout.unwrap());
        said.push(format!("{:?}", reader.versions(id).await.unwrap()));
        said.push(format!("{:?}", reader.maintenance(id).await.unwrap().tags().await.unwrap()));
        let verification = Verification::dataset(store.clone(), id, None).unwrap().data(true);
        let report = verification.run(|_| {}).await.unwrap();
        said.push(format!("{id}: {} damaged, {} unread", report.damage, report.unreadable));
        let repair = Repair::dataset(store.clone(), id, None).unwrap().drop_damaged(true);
        said.push(format!("{:?}", repair.propose(|_| {}).await.unwrap().plan()));
        let copy = memory();
        let report = Mirror::new(&reader, id, copy.clone()).run().await.unwrap();
        said.push(format!("{report:?}"));
        let rehearsed =
            reader.maintenance(id).await.unwrap().rehearse(&last(2), |_| {}).await.unwrap();
        said.push(format!("{} {:?}", rehearsed.plan.drops().count(), rehearsed.kept));
    }
    let verification = Verification::volume(store.clone(), "disk").unwrap().data(true);
    let report = verification.run(|_| {}).await.unwrap();
    said.push(format!("{} damaged, {} unread", report.damage, report.unreadable));
    let repair = Repair::volume(store.clone(), "disk").unwrap().drop_damaged(true);
    said.push(format!("{:?}", repair.propose(|_| {}).await.unwrap().plan()));
    let copy = Volume::existing("disk").open_like(&head, memory()).await.unwrap();
    said.push(format!("{:?}", Replication::new(&head, &copy).run().await.unwrap().sent));
    let block = volume.stage_at(500, vec![7; 10]).await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    let collected = volume.maintenance().collect(&Retention::ALL).await.unwrap();
    said.push(format!("{:?} {:?}", collected.kept, collected.deleted));
    for id in ["plain", "hive"] {
        let layout = DatasetReader::find_layout(store.clone(), id).await.unwrap().unwrap();
        let maintenance = DatasetReader::new(store.clone(), layout).maintenance(id).await.unwrap();
        let collected = maintenance.collect(&last(2)).await.unwrap();
        said.push(format!("{:?} {:?} {:?}", collected.buried, collected.kept, collected.deleted));
    }
    said
}

async fn no_operation_minds(store: Arc<dyn ObjectStore>, clean: Arc<dyn ObjectStore>) {
    fill(&clean).await;
    fill(&store).await;
    let mut strays = BTreeMap::new();
    for folder in FOLDERS {
        for name in NAMES {
            strays.insert(format!("{folder}{name}"), format!("{folder}{name} is precious"));
        }
    }
    for (key, bytes) in &strays {
        store.put(&Key::parse(key).unwrap(), bytes.clone().into()).await.unwrap();
    }
    let (mut said, expected) = (use_all(&store).await, use_all(&clean).await);
    // A folder that holds nothing of ours cannot be told from others by its name.
    for ids in &mut said[..2] {
        *ids = ids.replace(", Id(\"nobody\")", "");
    }
    for (said, expected) in said.iter().zip(&expected) {
        assert_eq!(said, expected);
    }
    let found = objects(&store).await;
    for (key, bytes) in strays {
        assert_eq!(found.get(&key).map(Vec::as_slice), Some(bytes.as_bytes()), "{key}");
    }
    for verification in [
        Verification::volume(store.clone(), "nobody"),
        Verification::dataset(store.clone(), "nobody", None),
    ] {
        let error = verification.unwrap().run(|_| {}).await.unwrap_err();
        let is_absent =
            matches!(error, Error::VolumeNotFound { .. } | Error::DatasetNotFound { .. });
        assert!(is_absent, "{error}");
    }
}

#[tokio::test]
async fn no_operation_minds_strays_in_memory() {
    no_operation_minds(memory(), memory()).await;
}

#[tokio::test]
async fn no_operation_minds_strays_in_a_directory() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = |place: &tempfile::TempDir| directory(Path::new(place.path()));
    no_operation_minds(path(&one), path(&other)).await;
}
