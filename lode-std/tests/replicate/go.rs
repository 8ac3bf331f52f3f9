//! Datasets that the Go implementation wrote, in all layouts.

use std::path::{Path, PathBuf};

use lode_std::replicate::Mirror;
use lode_std::verify::Verification;
use lode_std::{DatasetReader, Error, LayoutKind, Version};

use crate::support::directory;
use crate::support::fixtures::{copy, files, fixtures};

/// All of them, and where they lie.
const DATASETS: [(&str, LayoutKind, &str); 8] = [
    ("blobs", LayoutKind::Default, "datasets/blobs"),
    ("events-gzip", LayoutKind::Default, "datasets/events-gzip"),
    ("events-noop", LayoutKind::Default, "datasets/events-noop"),
    ("events-zstd", LayoutKind::Default, "datasets/events-zstd"),
    ("hive", LayoutKind::Hive, "datasets/hive"),
    ("parquet", LayoutKind::Default, "datasets/parquet"),
    ("timestamped", LayoutKind::Default, "datasets/timestamped"),
    ("flatds", LayoutKind::Flat, "flatds"),
];

/// Its files, but for the lock that the Go implementation leaves, and without our descriptor and
/// the index of its partitions.
fn contents(root: &Path, folder: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let found = files(&root.join(folder)).into_iter();
    let found = found.filter(|(path, _)| !path.ends_with("latest.lock"));
    let found = found.filter(|(path, _)| !path.ends_with("dataset.json") && !is_entry(path));
    found.map(|(path, bytes)| (path.strip_prefix(root).unwrap().to_path_buf(), bytes)).collect()
}

/// Whether a file is an index entry. Where Go has copies of whole manifests, a copy has the part of
/// the partition.
fn is_entry(path: &Path) -> bool {
    path.ends_with("manifest.json") && path.iter().any(|folder| folder == "partitions")
}

fn entries(root: &Path) -> Vec<PathBuf> {
    let found = files(&root.join("datasets/hive")).into_iter().map(|(path, _)| path);
    let found = found.filter(|path| is_entry(path));
    found.map(|path| path.strip_prefix(root).unwrap().to_path_buf()).collect()
}

#[tokio::test]
async fn the_copy_of_a_hive_has_an_index_of_its_own() {
    let place = tempfile::tempdir().unwrap();
    let source = DatasetReader::new(directory(&fixtures()), LayoutKind::Hive);
    Mirror::new(&source, "hive", directory(place.path())).run().await.unwrap();
    assert_eq!(entries(place.path()), entries(&fixtures()));
    for root in [place.path().to_path_buf(), fixtures()] {
        let verification = Verification::dataset(directory(&root), "hive", None).unwrap();
        let report = verification.data(true).run(|found| println!("{found:?}")).await.unwrap();
        assert_eq!(report.damage, 0);
    }
}

#[tokio::test]
async fn they_are_copied_as_they_are() {
    for (id, layout, folder) in DATASETS {
        let place = tempfile::tempdir().unwrap();
        let source = DatasetReader::new(directory(&fixtures()), layout);
        let snapshots = source.versions(id).await.unwrap().len();
        let run = || Mirror::new(&source, id, directory(place.path())).run();
        let report = run().await.unwrap();
        assert_eq!(report.snapshots, snapshots, "{id}");
        assert_eq!(contents(place.path(), folder), contents(&fixtures(), folder), "{id}");
        let report = run().await.unwrap();
        assert_eq!((report.snapshots, report.present), (0, snapshots), "{id}");
    }
}

/// There are no digests of parents that would vouch for what lies below.
#[tokio::test]
async fn all_manifests_are_compared() {
    let place = copy();
    let source = DatasetReader::new(directory(&fixtures()), LayoutKind::Default);
    let first = source.versions("blobs").await.unwrap()[0];
    let slot = format!("datasets/blobs/snapshots/{first}/manifest.json");
    let manifest = std::fs::read_to_string(place.path().join(&slot)).unwrap();
    let manifest = manifest.replacen("\"row_count\": 1", "\"row_count\": 2", 1);
    std::fs::write(place.path().join(&slot), manifest).unwrap();
    match Mirror::new(&source, "blobs", directory(place.path())).run().await {
        Err(Error::HistoryDiverged { version, .. }) => assert_eq!(version, first),
        other => panic!("{other:?}"),
    }
}

/// A history that the one has begun and the other has continued.
#[tokio::test]
async fn what_was_continued_is_copied_on() {
    let (from, to) = (copy(), tempfile::tempdir().unwrap());
    let source = DatasetReader::new(directory(from.path()), LayoutKind::Default);
    let run = || Mirror::new(&source, "blobs", directory(to.path())).run();
    let before = run().await.unwrap();
    let dataset = lode_std::Dataset::builder("blobs").open(directory(from.path())).await.unwrap();
    let snapshot = dataset.write_blob("by us", lode_std::meta! {}).await.unwrap();
    assert_eq!(before.head.and_then(Version::next), Some(snapshot.version()));
    let report = run().await.unwrap();
    assert_eq!((report.snapshots, report.present), (1, before.snapshots));
    assert_eq!(contents(to.path(), "datasets/blobs"), contents(from.path(), "datasets/blobs"));
}
