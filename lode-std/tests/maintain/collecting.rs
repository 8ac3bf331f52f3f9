//! Dropping snapshots and deleting data.

use std::time::Duration;

use lode_core::manifest::{ManifestDigest, SlotContent, SlotManifest, compact, json};
use lode_std::Error;
use lode_std::maintain::{Report, Retention};

use crate::world::{GRACE, Kind, Subject, World, last, numbers, version};

/// The chain as the bytes of the slots have it: of each the parent and its digest, and the digest
/// of the manifest that is, or was, there.
fn link(kind: Kind, bytes: &[u8]) -> (bool, Option<u64>, Option<ManifestDigest>, ManifestDigest) {
    let own = ManifestDigest::Blake3(*blake3::hash(bytes).as_bytes());
    fn live<M: SlotManifest>(
        content: SlotContent<M>,
        own: ManifestDigest,
    ) -> (bool, Option<u64>, Option<ManifestDigest>, ManifestDigest) {
        let number = |parent: Option<lode_std::Version>| parent.map(lode_std::Version::get);
        match content {
            SlotContent::Live(m) => (true, number(m.parent()), m.parent_digest(), own),
            SlotContent::Collected(t) => (false, number(t.parent), t.parent_digest, t.digest),
            SlotContent::Record(r) => (false, number(r.parent), r.parent_digest, own),
        }
    }
    match kind {
        Kind::Compact | Kind::Paged => live(compact::decode(bytes).unwrap(), own),
        Kind::Json => live(json::decode_volume(bytes).unwrap(), own),
        Kind::Flat => live(json::decode_dataset(bytes, "it").unwrap(), own),
        Kind::Default | Kind::Hive => {
            live(json::decode_dataset(bytes, "datasets/it").unwrap(), own)
        }
    }
}

#[tokio::test]
async fn tombstones_keep_the_chain_and_readers_pass_over_them() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 6).await;
        let before = world.objects().await;
        let report = subject.collect(&last(2)).await.unwrap();
        assert_eq!(numbers(report.buried.clone()), [1, 2, 3, 4]);
        let after = world.objects().await;
        for number in 1..=6 {
            let slot = kind.slot(number);
            let (is_live, parent, digest, own) = link(kind, &after[&slot]);
            let (_, was_parent, was_digest, was_own) = link(kind, &before[&slot]);
            assert_eq!(is_live, number > 4);
            assert_eq!((parent, digest, own), (was_parent, was_digest, was_own));
            if number > 1 {
                let (.., named) = link(kind, &after[&kind.slot(number - 1)]);
                assert_eq!(digest, Some(named), "{kind:?} {number}");
            }
        }
        // A hive index has the tombstones, too: Go readers believe it.
        for (key, bytes) in after.iter().filter(|(key, _)| key.contains("/partitions/")) {
            if let Some((_, number)) =
                key.strip_suffix("/manifest.json").and_then(|key| key.rsplit_once('/'))
            {
                let (number, before) = (number.parse().unwrap(), &before[key]);
                assert_eq!(bytes, if number > 4 { before } else { &after[&kind.slot(number)] });
            }
        }
        world.check([5, 6]).await;
        let reader = world.open().await;
        for number in 1..=4 {
            let error = reader.read(number).await.unwrap_err();
            assert!(matches!(error, Error::Collected { version: v, .. } if v == version(number)));
        }
        // The record of the collection has a version of its own, and is no snapshot.
        assert_eq!(report.record, Some(version(7)));
        let error = reader.read(7).await.unwrap_err();
        assert!(matches!(error, Error::NotASnapshot { version: v, .. } if v == version(7)));
        assert_eq!(reader.commit(7).await.unwrap(), version(8));
        world.check([5, 6, 8]).await;
        // Again: nothing is left to do.
        let again = subject.collect(&last(3)).await.unwrap();
        assert!(again.buried.is_empty() && again.deleted.objects == 0, "{again:?}");
        assert_eq!(again.record, None, "a collection that has nothing to do takes no slot");
    }
}

/// How many data objects a snapshot has of its own.
fn files(kind: Kind) -> u64 {
    if kind == Kind::Hive { 2 } else { 1 }
}

#[tokio::test]
async fn data_go_after_the_grace_period_and_not_before() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Paged) {
        let (world, subject) = World::with_snapshots(kind, 5).await;
        subject.litter().await;
        let before = world.data().await;
        for advance in [0, GRACE - 5] {
            world.clock.advance(advance);
            let report = subject.collect(&last(2)).await.unwrap();
            assert_eq!(report.deleted.objects, 0, "{kind:?}: {report:?}");
            assert_eq!(world.data().await, before);
        }
        world.clock.advance(7);
        let report = subject.collect(&last(2)).await.unwrap();
        // Volumes inherit all blocks: only what was never committed is garbage.
        let dropped = if kind.is_volume() { 0 } else { 3 };
        assert_eq!(report.deleted.objects, (dropped + 1) * files(kind), "{kind:?}: {report:?}");
        assert_eq!(report.kept.objects, (5 - dropped) * files(kind));
        assert_eq!((report.young.objects, report.left.objects), (0, 0));
        assert_eq!(world.data().await.len() as u64, report.kept.objects);
        assert!(report.deleted.bytes > 0 && report.kept.bytes > 0);
        world.check([4, 5]).await;
    }
}

/// Each page is read once, however many snapshots share it; what is left of them is what readers
/// of the others need.
#[tokio::test]
async fn pages_go_with_the_last_snapshot_that_has_them() {
    let (world, subject) = World::with_snapshots(Kind::Paged, 9).await;
    let is_page = |key: &String| key.contains("/pages/");
    world.clock.advance(GRACE + 2);
    let before = world.data().await.into_iter().filter(is_page).count();
    world.scripted.take_calls();
    subject.collect(&last(3)).await.unwrap();
    let read = |calls: Vec<String>| -> Vec<String> {
        let keys = calls.iter().filter_map(|call| call.strip_prefix("get ")).map(str::to_string);
        keys.filter(is_page).collect()
    };
    let mut marked = read(world.scripted.take_calls());
    marked.sort();
    let mut left: Vec<_> = world.data().await.into_iter().filter(is_page).collect();
    left.sort();
    assert_eq!(marked, left, "each that is left was read, and once");
    assert!(left.len() < before, "{} of {before} are left", left.len());
    world.check([7, 8, 9]).await;
    let mut needed = read(world.scripted.take_calls());
    needed.sort();
    needed.dedup();
    assert_eq!(needed, left);
}

#[tokio::test]
async fn without_rules_only_litter_goes() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        let before = world.data().await;
        subject.litter().await;
        world.clock.advance(GRACE + 2);
        let report = subject.collect(&Retention::ALL).await.unwrap();
        assert!(report.buried.is_empty());
        assert_eq!(report.deleted.objects, files(kind));
        assert_eq!(world.data().await, before);
        world.check([1, 2, 3, 4]).await;
    }
}

/// Litter that is about to be committed is as old as half the grace period at the most.
#[tokio::test]
async fn what_is_young_may_be_about_to_be_committed() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 3).await;
        world.clock.advance(2 * GRACE);
        subject.litter().await;
        world.clock.advance(GRACE / 2);
        let report = subject.collect(&Retention::ALL).await.unwrap();
        assert_eq!(report.young.objects, files(kind), "{kind:?}");
        assert_eq!(report.deleted.objects, 0);
    }
}

#[tokio::test]
async fn tags_and_leases_keep_data_until_they_end() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 6).await;
        let maintenance = subject.maintenance();
        maintenance.tag("first", version(1)).await.unwrap();
        let short = maintenance.hold(version(2), Duration::from_secs(10)).await.unwrap();
        let long = maintenance.hold(version(3), Duration::from_secs(1000)).await.unwrap();
        world.clock.advance(GRACE + 2);
        let report = subject.collect(&last(2)).await.unwrap();
        assert_eq!(numbers(report.buried.clone()), [1, 2, 3, 4]);
        let gone = |count: u64| if kind.is_volume() { 0 } else { count * files(kind) };
        // How many pages go with a snapshot depends on what it shares.
        let check = |report: &Report, count| match kind {
            Kind::Paged => {}
            _ => assert_eq!(report.deleted.objects, gone(count), "{kind:?}"),
        };
        check(&report, 2);
        let reader = world.open().await;
        reader.read_tagged("first").await.unwrap();
        reader.read_tagged(long.name.as_str()).await.unwrap();
        assert!(matches!(reader.read(1).await, Err(Error::Collected { .. })));
        // The lease that has ended is gone with its data.
        let error = reader.read_tagged(short.name.as_str()).await.unwrap_err();
        assert!(matches!(error, Error::TagNotFound { .. }), "{error}");
        let names: Vec<_> = maintenance.tags().await.unwrap();
        let names: Vec<_> = names.iter().map(|tag| (tag.name.as_str(), tag.version)).collect();
        assert_eq!(names, [("first", version(1)), (long.name.as_str(), version(3))]);

        maintenance.release(long).await.unwrap();
        let report = subject.collect(&last(2)).await.unwrap();
        check(&report, 1);
        reader.read_tagged("first").await.unwrap();
        maintenance.untag("first").await.unwrap();
        let report = subject.collect(&last(2)).await.unwrap();
        check(&report, 1);
        world.check([5, 6]).await;
    }
}

/// A snapshot that is at hand is read after its data have gone.
#[tokio::test]
async fn reading_what_is_collected_meanwhile_says_so() {
    let (world, subject) = World::with_snapshots(Kind::Default, 4).await;
    let Subject::Dataset(dataset) = &subject else { panic!("a dataset was asked for") };
    let snapshot = dataset.snapshot(version(1)).await.unwrap();
    world.clock.advance(GRACE + 2);
    subject.collect(&last(2)).await.unwrap();
    let error = dataset.read_snapshot(&snapshot).await.unwrap_err();
    assert!(matches!(error, Error::Collected { .. }), "{error}");
}

/// More than fit into one request are listed and deleted in batches. Tags are read twice: before the
/// record, for a survey that misses nothing, and after it.
#[tokio::test]
async fn many_objects_are_swept_in_batches() {
    let (world, subject) = World::with_snapshots(Kind::Compact, 2).await;
    let Subject::Volume(volume) = &subject else { panic!("a volume was asked for") };
    for offset in 0..2500 {
        let _litter = volume.stage_at(5000 + offset, "x").await.unwrap();
    }
    world.clock.advance(GRACE + 2);
    world.scripted.take_calls();
    let report = subject.collect(&last(2)).await.unwrap();
    assert_eq!((report.deleted.objects, report.kept.objects), (2500, 2), "{report:?}");
    let calls = world.scripted.take_calls();
    let at = |begins: &str| calls.iter().position(|call| call.starts_with(begins)).unwrap();
    let tags: Vec<_> = (0..calls.len()).filter(|at| calls[*at] == "list volumes/it/tags").collect();
    let record = at("create volumes/it/snapshots/");
    assert!(tags.len() == 2 && tags[0] < record && record < tags[1], "{tags:?}, {record}");
    assert!(tags[1] < at("delete"), "nothing is deleted before the tags are read");
    world.check([1, 2]).await;
}

/// Tasks on other threads can collect.
#[tokio::test]
async fn a_collection_can_be_spawned() {
    let (world, subject) = World::with_snapshots(Kind::Hive, 4).await;
    let maintenance = subject.maintenance();
    let rules = last(2);
    let task = tokio::spawn(async move {
        maintenance.tag("first", version(1)).await?;
        let lease = maintenance.hold(version(2), Duration::from_secs(5)).await?;
        maintenance.release(lease).await?;
        maintenance.tags().await?;
        maintenance.collect(&rules).await
    });
    task.await.unwrap().unwrap();
    world.check([3, 4]).await;
}
