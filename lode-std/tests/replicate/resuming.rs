//! A copy of a dataset is interrupted, and goes on with the first file that is missing.

use std::sync::Arc;
use std::time::Duration;

use lode_std::maintain::Retention;
use lode_std::replicate::{DatasetTarget, Mirror};
use lode_std::{Dataset, Error, meta};

use super::mirroring::{mirror, models, open, reader};
use crate::support::clock::ManualClock;
use crate::support::scripted::Scripted;

/// A dataset with a snapshot of one blob, one of three, and one of one.
async fn three() -> (Arc<Scripted>, Dataset) {
    let (from, dataset) = models(&["one"]).await;
    let transaction = dataset.begin();
    for blob in ["two", "three", "four"] {
        transaction.stage_blob(blob).await.unwrap();
    }
    transaction.commit(meta! {}).await.unwrap();
    dataset.write_blob("five", meta! {}).await.unwrap();
    (from, dataset)
}

fn files(objects: &[(String, bytes::Bytes)]) -> u64 {
    let files = objects.iter().filter(|(key, _)| key.contains("/data/"));
    files.map(|(_, bytes)| bytes.len() as u64).sum()
}

#[tokio::test]
async fn no_byte_travels_twice_wherever_it_ended() {
    let (from, _) = three().await;
    let all = from.objects().await;
    let mut ends = 0;
    for allowed in 0.. {
        let to = Scripted::new();
        to.allow_writes(Some(allowed));
        let ended = mirror(&from, to.store()).await;
        to.allow_writes(None);
        if ended.is_ok() {
            break;
        }
        ends += 1;
        let arrived = files(&to.objects().await);
        to.take_calls();
        let report = mirror(&from, to.store()).await.unwrap();
        assert_eq!(report.sent, files(&all) - arrived, "after {allowed} writes");
        assert_eq!(report.present + report.snapshots, 3, "after {allowed} writes");
        assert_eq!(to.objects().await, all, "after {allowed} writes");
        let calls = to.take_calls();
        let sent =
            calls.iter().filter(|call| call.starts_with("create") && call.contains("/data/"));
        assert_eq!(sent.count(), report.files, "after {allowed} writes");
    }
    println!("ended early at {ends} places");
    // The descriptor twice, five files, three manifests, and three hints, the last of which fails
    // nothing but leaves one that is behind.
    assert!(ends >= 2 + 5 + 3 + 2, "{ends}");
}

#[tokio::test]
async fn a_hint_that_is_behind_is_put_right() {
    let (from, _) = three().await;
    let to = Scripted::new();
    mirror(&from, to.store()).await.unwrap();
    to.tamper("datasets/models/latest", "0000000000000000002").await;
    mirror(&from, to.store()).await.unwrap();
    assert_eq!(to.objects().await, from.objects().await);
}

/// A store with the first two files of the second snapshot, and without its manifest.
async fn interrupted(from: &Arc<Scripted>) -> Arc<Scripted> {
    let to = Scripted::new();
    // The descriptor twice; file, manifest and hint; two files.
    to.allow_writes(Some(7));
    mirror(from, to.store()).await.unwrap_err();
    to.allow_writes(None);
    to
}

/// It does not matter how old it is.
#[tokio::test]
async fn what_was_left_is_taken() {
    let (from, _) = three().await;
    for hours in [0, 22, 10_000, -10_000] {
        let to = interrupted(&from).await;
        let clock = ManualClock::new();
        clock.advance(hours * 60 * 60);
        let source = reader(&from);
        let run = Mirror::new(&source, "models", DatasetTarget::new(to.store()).clock(clock)).run();
        let report = run.await.unwrap();
        assert_eq!((report.adopted, report.sent), (8, 8), "{hours} hours");
        assert_eq!(to.objects().await, from.objects().await);
    }
}

/// A collection in the copy takes the slot that the next snapshot was to have.
#[tokio::test]
async fn what_was_left_and_is_collected_ends_the_copy() {
    let (from, _) = three().await;
    let to = interrupted(&from).await;
    let hasty = open(&to).await.maintenance().with_grace_period(Duration::ZERO);
    assert_eq!(hasty.collect(&Retention::ALL).await.unwrap().deleted.objects, 2);
    let error = mirror(&from, to.store()).await.unwrap_err();
    assert!(
        matches!(error, Error::HistoryDiverged { version, .. } if version.get() == 2),
        "{error}"
    );
    assert_eq!(open(&to).await.latest().await.unwrap().unwrap().version().get(), 1);
}

/// What is not the file any more is sent over.
#[tokio::test]
async fn what_was_left_and_is_not_the_same_is_renewed() {
    let (from, _) = three().await;
    for other in ["owt", "tw", "twoo"] {
        let to = interrupted(&from).await;
        let objects = to.objects().await;
        let left = objects.iter().find(|(_, bytes)| &bytes[..] == b"two").unwrap();
        to.tamper(&left.0, other).await;
        let report = mirror(&from, to.store()).await.unwrap();
        assert_eq!((report.adopted, report.sent), (5, 11), "{other}");
        assert_eq!(to.objects().await, from.objects().await);
    }
}
