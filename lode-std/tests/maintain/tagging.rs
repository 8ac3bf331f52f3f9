//! Tags and leases.

use std::time::Duration;

use lode_std::{DatasetReader, Error, ErrorKind, LayoutKind, Retry, Volume, meta};

use crate::support::scripted::{Fault, Scripted};
use crate::world::{Kind, World, last, version};

#[tokio::test]
async fn a_lost_reply_is_found_out() {
    for kind in Kind::ALL {
        for fault in [Fault::AppliedButFailed, Fault::AppliedTwice, Fault::NotApplied] {
            let (world, subject) = World::with_snapshots(kind, 3).await;
            let maintenance = subject.maintenance();
            world.scripted.fault("/tags/", fault);
            maintenance.tag("it.v1", version(1)).await.unwrap();
            subject.read_tagged("it.v1").await.unwrap();
            // Another's, even of the same snapshot.
            let error = maintenance.tag("it.v1", version(1)).await.unwrap_err();
            assert!(matches!(error, Error::TagTaken { .. }), "{error}");
            assert!(error.to_string().contains("it.v1"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_refusal_is_reported_as_it_is() {
    let (world, subject) = World::with_snapshots(Kind::Compact, 1).await;
    world.scripted.fault("/tags/", Fault::Denied);
    let error = subject.maintenance().tag("it", version(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
}

#[tokio::test]
async fn a_tag_without_a_definite_answer_promises_nothing() {
    let scripted = Scripted::new();
    let retry = Retry { resends: 0, ..Retry::none() };
    let volume = Volume::builder("disk", 100).retry(retry).open(scripted.store()).await.unwrap();
    let block = volume.stage_at(0, "bytes").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    for (name, fault) in [("a", Fault::AppliedButFailed), ("b", Fault::NotApplied)] {
        scripted.fault("/tags/", fault);
        let error = volume.maintenance().tag(name, version(1)).await.unwrap_err();
        assert!(matches!(error, Error::TagUnsettled { .. }), "{error}");
        assert_eq!(error.kind(), ErrorKind::Unknown);
        let key = format!("volumes/disk/tags/{name}");
        assert!(error.to_string().contains(&key), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_tagged() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        subject.collect(&last(2)).await.unwrap();
        let maintenance = subject.maintenance();
        let collected = maintenance.tag("first", version(1)).await.unwrap_err();
        assert!(matches!(collected, Error::Collected { .. }), "{collected}");
        let absent = maintenance.tag("ninth", version(9)).await.unwrap_err();
        assert!(matches!(absent, Error::SnapshotNotFound { .. }), "{absent}");
        let name = maintenance.tag("Not/a name", version(4)).await.unwrap_err();
        assert!(matches!(name, Error::InvalidId { .. }), "{name}");
        let held = maintenance.hold(version(1), Duration::from_secs(1)).await.unwrap_err();
        assert!(matches!(held, Error::Collected { .. }), "{held}");
        assert!(maintenance.tags().await.unwrap().is_empty());
        let nothing = subject.read_tagged("first").await.unwrap_err();
        assert!(matches!(nothing, Error::TagNotFound { .. }), "{nothing}");
        let nothing = maintenance.untag("first").await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::NotFound);
        let is_tag = |key: &String| key.contains("/tags/");
        assert_eq!(world.objects().await.keys().find(|key| is_tag(key)), None);
    }
}

/// The snapshot is collected after the tag was written, and before it is confirmed.
#[tokio::test]
async fn a_tag_that_comes_too_late_is_withdrawn() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        let collector = world.open().await;
        // The slot is read, the tag is created.
        world.aged.interrupt(2, async move { drop(collector.collect(&last(2)).await.unwrap()) });
        let error = subject.maintenance().tag("first", version(1)).await.unwrap_err();
        assert!(matches!(error, Error::Collected { .. }), "{error}");
        assert!(!world.aged.take_interruption());
        assert!(subject.maintenance().tags().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_lease_ends_by_the_clock_of_its_handle() {
    let (world, subject) = World::with_snapshots(Kind::Default, 2).await;
    let now = lode_core::time::Clock::now(&*world.clock).unwrap().seconds();
    let lease = subject.maintenance().hold(version(1), Duration::from_millis(1500)).await.unwrap();
    assert_eq!((lease.version, lease.end.seconds()), (version(1), now + 2));
    let tags = subject.maintenance().tags().await.unwrap();
    assert_eq!(tags[0].name, lease.name);
    assert_eq!(tags[0].end, Some(lease.end));
}

/// A dataset in a layout that asks for a partitioner is maintained without one.
#[tokio::test]
async fn a_reader_of_datasets_maintains_them() {
    let (world, subject) = World::with_snapshots(Kind::Hive, 4).await;
    let reader = DatasetReader::new(world.aged.store(), LayoutKind::Hive);
    let maintenance = reader.maintenance("it").await.unwrap();
    maintenance.tag("first", version(1)).await.unwrap();
    maintenance.collect(&last(2)).await.unwrap();
    let tagged = reader.tagged("it", "first").await.unwrap();
    assert_eq!(tagged.version(), version(1));
    subject.read_tagged("first").await.unwrap();
    let none = reader.maintenance("other").await.unwrap_err();
    assert!(matches!(none, Error::DatasetNotFound { .. }), "{none}");
}
