//! The history of a dataset is copied slot by slot.

use std::sync::Arc;

use lode_core::descriptor::{DatasetDescriptor, encode_dataset};
use lode_core::time::Timestamp;
use lode_std::maintain::Retention;
use lode_std::replicate::{DatasetReport, DatasetTarget, Mirror};
use lode_std::{Dataset, DatasetReader, Error, ErrorKind, LayoutKind, Retry, Version, meta};
use object_store::ObjectStore;

use crate::support::pattern;
use crate::support::scripted::{Fault, Scripted};

/// A dataset of these blobs, a snapshot each, and its store.
pub(super) async fn models(blobs: &[&str]) -> (Arc<Scripted>, Dataset) {
    let from = Scripted::new();
    let dataset = open(&from).await;
    for blob in blobs {
        dataset.write_blob(blob.to_string(), meta! { "name" => *blob }).await.unwrap();
    }
    (from, dataset)
}

pub(super) async fn open(store: &Arc<Scripted>) -> Dataset {
    Dataset::builder("models").open(store.store()).await.unwrap()
}

pub(super) fn reader(store: &Arc<Scripted>) -> DatasetReader {
    DatasetReader::new(store.store(), LayoutKind::Default)
}

pub(super) async fn mirror(
    from: &Arc<Scripted>,
    to: Arc<dyn ObjectStore>,
) -> Result<DatasetReport, Error> {
    Mirror::new(&reader(from), "models", to).run().await
}

/// The first version in which the histories differ, which changes nothing.
async fn diverged(from: &Arc<Scripted>, to: &Arc<Scripted>) -> u64 {
    let before = to.objects().await;
    let error = mirror(from, to.store()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert_eq!(to.objects().await, before);
    match error {
        Error::HistoryDiverged { id, version } => {
            assert_eq!(id.as_str(), "models");
            version.get()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_copy_has_the_same_objects() {
    let (from, source) = models(&["one", "two", "three"]).await;
    let to = Scripted::new();
    let report = mirror(&from, to.store()).await.unwrap();
    assert_eq!((report.snapshots, report.files, report.sent), (3, 3, 11));
    assert_eq!((report.present, report.adopted, report.verified), (0, 0, 11));
    assert_eq!(report.head, Version::new(3));
    assert_eq!(to.objects().await, from.objects().await);
    // Again: one slot tells that all of it is there, once the heads are found.
    from.take_calls();
    to.take_calls();
    let report = mirror(&from, to.store()).await.unwrap();
    assert_eq!((report.snapshots, report.present, report.sent), (0, 3, 0));
    let slot = |number: u64| format!("get datasets/models/snapshots/{number:019}/manifest.json");
    let hint = "get datasets/models/latest".to_string();
    let head = [hint.clone(), slot(3), slot(4)];
    let at_source: Vec<_> = head.iter().cloned().chain([slot(3)]).collect();
    assert_eq!(from.take_calls(), at_source);
    let at_target: Vec<_> = at_source.iter().cloned().chain(head).chain([hint]).collect();
    assert_eq!(to.take_calls(), at_target);
    // Later it goes on, and so does who reads the copy.
    source.write_blob("four", meta! {}).await.unwrap();
    let report = mirror(&from, to.store()).await.unwrap();
    assert_eq!((report.snapshots, report.present, report.sent), (1, 3, 4));
    assert_eq!(to.objects().await, from.objects().await);
    let copy = open(&to).await;
    assert_eq!(copy.read(Version::new(4).unwrap()).await.unwrap(), ["four"]);
}

#[tokio::test]
async fn what_was_committed_to_the_copy_is_named() {
    let (from, source) = models(&["one", "two"]).await;
    let to = Scripted::new();
    mirror(&from, to.store()).await.unwrap();
    let copy = open(&to).await;
    copy.write_blob("by another", meta! {}).await.unwrap();
    assert_eq!(diverged(&from, &to).await, 3);
    source.write_blob("three", meta! {}).await.unwrap();
    assert_eq!(diverged(&from, &to).await, 3);
    source.write_blob("four", meta! {}).await.unwrap();
    copy.write_blob("by another", meta! {}).await.unwrap();
    assert_eq!(diverged(&from, &to).await, 3);
    // A dataset of its own, by the same name.
    let (other, _) = models(&["one"]).await;
    assert_eq!(diverged(&from, &other).await, 1);
    let empty = Scripted::new();
    found(&empty, LayoutKind::Default, "xxh3-128").await;
    assert_eq!(diverged(&empty, &other).await, 1);
}

#[tokio::test]
async fn what_was_collected_is_so_in_the_copy() {
    let (from, source) = models(&["one", "two", "three", "four"]).await;
    let (early, late) = (Scripted::new(), Scripted::new());
    mirror(&from, early.store()).await.unwrap();
    let rules = Retention { last: Some(1), within: None, tagged: false };
    source.maintenance().collect(&rules).await.unwrap();
    let report = mirror(&from, late.store()).await.unwrap();
    assert_eq!((report.snapshots, report.collected, report.sent), (2, 2, 9));
    let copy = open(&late).await;
    let error = copy.snapshot(Version::FIRST).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Collected);
    // What was copied before stays, and is the same history.
    let report = mirror(&from, early.store()).await.unwrap();
    assert_eq!((report.snapshots, report.collected, report.present), (0, 0, 4));
    assert_eq!(open(&early).await.read(Version::FIRST).await.unwrap(), ["one"]);
    source.write_blob("five", meta! {}).await.unwrap();
    for to in [early, late] {
        let report = mirror(&from, to.store()).await.unwrap();
        assert_eq!((report.snapshots, report.sent), (1, 4));
    }
}

#[tokio::test]
async fn two_copy_at_the_same_time() {
    let (from, _) = models(&["one", "two", "three"]).await;
    let to = Scripted::new();
    let runs = futures::future::join(mirror(&from, to.store()), mirror(&from, to.store())).await;
    assert!(runs.0.is_ok() && runs.1.is_ok(), "{runs:?}");
    assert_eq!(to.objects().await, from.objects().await);
}

#[tokio::test]
async fn a_slot_that_another_takes_meanwhile_is_not_ours() {
    let (from, _) = models(&["one", "two"]).await;
    let to = Scripted::new();
    let gate = to.hold("/snapshots/0000000000000000001/");
    let rival = async {
        gate.reached().await;
        open(&to).await.write_blob("by another", meta! {}).await.unwrap();
        gate.open();
    };
    match futures::future::join(mirror(&from, to.store()), rival).await.0 {
        Err(Error::HistoryDiverged { version, .. }) => assert_eq!(version, Version::FIRST),
        other => panic!("{other:?}"),
    }
    let copy = open(&to).await;
    assert_eq!(copy.read(Version::FIRST).await.unwrap(), ["by another"]);
}

#[tokio::test]
async fn lost_replies_are_found_out() {
    let (from, _) = models(&["one", "two", "three"]).await;
    for fault in [Fault::AppliedButFailed, Fault::AppliedTwice, Fault::NotApplied] {
        for key in ["/data/", "/snapshots/0000000000000000002/", "/latest"] {
            let to = Scripted::new();
            to.fault(key, fault);
            let retry = Retry { base: std::time::Duration::ZERO, ..Retry::none() };
            let source = reader(&from);
            let run =
                Mirror::new(&source, "models", DatasetTarget::new(to.store()).retry(retry)).run();
            let report = run.await.unwrap();
            assert_eq!(report.snapshots, 3, "{fault:?} of {key}");
            assert_eq!(to.objects().await, from.objects().await, "{fault:?} of {key}");
        }
    }
}

#[tokio::test]
async fn damage_does_not_travel() {
    let large = pattern(0, 20 << 20);
    for blob in [b"small".to_vec(), large] {
        let (from, source) = models(&["one"]).await;
        let snapshot = source.write_blob(blob.clone(), meta! {}).await.unwrap();
        let key = snapshot.files()[0].key.to_string();
        let mut damaged = blob.clone();
        damaged[3] ^= 1;
        for (bytes, expected) in [
            (damaged, "checksum"),
            (blob[..4].to_vec(), "4 bytes"),
            ([&blob[..], b"+"].concat(), "bytes"),
        ] {
            from.tamper(&key, bytes).await;
            let to = Scripted::new();
            let error = mirror(&from, to.store()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Corrupt);
            assert!(error.to_string().contains(expected), "{error}");
            let copy = open(&to).await;
            assert_eq!(copy.latest().await.unwrap().unwrap().version(), Version::FIRST);
            assert!(to.objects().await.iter().all(|(there, _)| *there != key));
        }
        from.tamper(&key, blob.clone()).await;
        let to = Scripted::new();
        let report = mirror(&from, to.store()).await.unwrap();
        assert_eq!((report.sent, report.verified), (3 + blob.len() as u64, report.sent));
        assert_eq!(to.objects().await, from.objects().await);
    }
}

/// A manifest that is not trusted must not put a file in the place of a slot, say.
#[tokio::test]
async fn files_are_not_put_in_the_place_of_something_else() {
    let (from, source) = models(&["one"]).await;
    let file = source.latest().await.unwrap().unwrap().files()[0].key.to_string();
    let slot = "datasets/models/snapshots/0000000000000000001/manifest.json";
    let (_, manifest) = from.objects().await.into_iter().find(|(key, _)| key == slot).unwrap();
    let manifest = String::from_utf8(manifest.to_vec()).unwrap();
    for place in ["latest", "dataset.json", "tags/a", "snapshots/0000000000000000002/manifest.json"]
    {
        let place = format!("datasets/models/{place}");
        from.tamper(slot, manifest.replace(&file, &place)).await;
        from.tamper(&place, "one").await;
        if place.ends_with("dataset.json") {
            found(&from, LayoutKind::Default, "xxh3-128").await;
        }
        let to = Scripted::new();
        let error = mirror(&from, to.store()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{place}: {error}");
        assert!(to.objects().await.iter().all(|(key, _)| key.ends_with("dataset.json")));
        from.remove(&place).await;
    }
}

/// A dataset in which nothing has been committed yet: only its descriptor is there.
pub(super) async fn found(store: &Arc<Scripted>, layout: LayoutKind, checksum: &str) {
    let id = lode_core::id::Id::new("models").unwrap();
    let key = lode_core::layout::DatasetLayout::new(id.clone(), layout).descriptor();
    let checksum = Some(checksum.into());
    let descriptor = DatasetDescriptor { id, layout, checksum, grace_period: 86_400 };
    store.tamper(key.as_str(), encode_dataset(&descriptor).unwrap()).await;
}

#[tokio::test]
async fn a_target_that_cannot_be_continued_is_refused() {
    let (from, _) = models(&["one"]).await;
    let error = Mirror::new(&reader(&from), "others", Scripted::new().store()).run().await;
    assert!(matches!(error, Err(Error::DatasetNotFound { .. })), "{error:?}");
    let to = Scripted::new();
    found(&to, LayoutKind::Default, "md5").await;
    let error = mirror(&from, to.store()).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    let to = Scripted::new();
    found(&to, LayoutKind::Flat, "xxh3-128").await;
    let flat = DatasetReader::new(to.store(), LayoutKind::Flat);
    assert!(flat.latest("models").await.unwrap().is_none());
    let error = mirror(&from, to.store()).await.unwrap_err();
    assert!(error.to_string().contains("layout"), "{error}");
}

/// What it says of times is what the source says, not when it was copied.
#[tokio::test]
async fn times_are_those_of_the_source() {
    let (from, source) = models(&["one"]).await;
    let to = Scripted::new();
    mirror(&from, to.store()).await.unwrap();
    let at: Option<Timestamp> = source.latest().await.unwrap().unwrap().created_at();
    assert!(at.is_some());
    assert_eq!(open(&to).await.latest().await.unwrap().unwrap().created_at(), at);
}
