//! Histories of two branches: a Go writer whose clock has gone back leaves a snapshot that sorts
//! before its parent, and a hint that names it.

use std::fs;
use std::path::Path;

use lode_core::descriptor::{DatasetDescriptor, encode_dataset};
use lode_std::{Dataset, DatasetReader, Error, ErrorKind, LayoutKind, meta};
use serde_json::Value;

use crate::helpers::version;
use crate::support::directory;
use crate::support::fixtures::copy;

const NEWEST: u64 = 1_795_380_388_378_159_762;
const BACK: u64 = 1_795_380_388_377_000_000;

/// Commits `BACK` behind `NEWEST`, as such a writer does.
fn fork(root: &Path) {
    let folder = root.join("datasets/blobs");
    let slot = |number: u64| folder.join(format!("snapshots/{number:019}/manifest.json"));
    let mut manifest: Value = serde_json::from_slice(&fs::read(slot(NEWEST)).unwrap()).unwrap();
    manifest["snapshot_id"] = BACK.to_string().into();
    manifest["parent_snapshot_id"] = NEWEST.to_string().into();
    fs::create_dir(folder.join(format!("snapshots/{BACK}"))).unwrap();
    fs::write(slot(BACK), manifest.to_string()).unwrap();
    fs::write(folder.join("latest"), BACK.to_string()).unwrap();
}

#[track_caller]
fn is_forked<T: std::fmt::Debug>(result: Result<T, Error>) {
    match result {
        Err(error @ Error::Forked { hint, newest }) => {
            assert_eq!((hint, newest), (version(BACK), version(NEWEST)));
            assert_eq!(error.kind(), ErrorKind::Forked);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn is_reported_not_guessed() {
    let dir = copy();
    let store = directory(dir.path());
    // There is a descriptor, so that nothing else need be looked at.
    let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
    let newest = reader.latest("blobs").await.unwrap().unwrap();
    let descriptor = encode_dataset(&DatasetDescriptor {
        id: newest.manifest().id.clone(),
        layout: LayoutKind::Default,
        checksum: newest.manifest().checksum.clone(),
        grace_period: 86_400,
    });
    fs::write(dir.path().join("datasets/blobs/dataset.json"), descriptor.unwrap()).unwrap();
    fork(dir.path());
    let dataset = Dataset::builder("blobs").open(store.clone()).await.unwrap();
    is_forked(dataset.latest().await);
    is_forked(dataset.write_blob("lost", meta! {}).await);
    is_forked(DatasetReader::new(store, LayoutKind::Default).latest("blobs").await);
    // Both branches can be read by their versions.
    for number in [BACK, NEWEST] {
        assert_eq!(dataset.read(version(number)).await.unwrap()[0].len(), 100_000);
    }
    let hint = fs::read_to_string(dir.path().join("datasets/blobs/latest")).unwrap();
    assert_eq!(hint, BACK.to_string());
}

/// Whose checksums would have to be continued cannot be said.
#[tokio::test]
async fn is_not_opened_for_writing() {
    let dir = copy();
    fork(dir.path());
    let store = directory(dir.path());
    is_forked(Dataset::builder("blobs").open(store).await);
    assert!(!dir.path().join("datasets/blobs/dataset.json").exists());
}

/// What the newest descends from is no other branch: the hint is only late.
#[tokio::test]
async fn an_old_hint_is_no_fork() {
    let dir = copy();
    let hint = dir.path().join("datasets/blobs/latest");
    fs::write(&hint, "1795380388377338600").unwrap();
    let dataset = Dataset::builder("blobs").open(directory(dir.path())).await.unwrap();
    assert_eq!(dataset.latest().await.unwrap().unwrap().version(), version(NEWEST));
    let next = dataset.write_blob("next", meta! {}).await.unwrap();
    assert_eq!(next.version().get(), NEWEST + 1);
    assert_eq!(fs::read_to_string(&hint).unwrap(), (NEWEST + 1).to_string());
}
