//! What travels, and what it costs.

use std::sync::Mutex;

use lode_std::replicate::{Progress, Replication};
use lode_std::{Checksums, Error, ErrorKind, Format, Volume, VolumeReader, meta};

use super::{LENGTH, check_has, commit, head, ranges, volume};
use crate::support::medium::Medium;
use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

#[tokio::test]
async fn a_volume_that_is_not_there_is_created_like_the_source() {
    for (format, asked) in [(Format::Json, Some(Format::Json)), (Format::Compact, None)] {
        let md5 = Checksums::default().find("md5").unwrap();
        let source = Volume::builder("disk", LENGTH).checksum(md5).open(fresh()).await.unwrap();
        let source = commit(&source, &[(0, 100), (100, 200), (500, 501)]).await;
        let store = fresh();
        let mut builder = Volume::existing("copy");
        if let Some(format) = asked {
            builder = builder.format(format);
        }
        let target = builder.open_like(&source, store.clone()).await.unwrap();
        assert_eq!((target.len(), target.format()), (LENGTH, format));
        assert_eq!(target.checksum(), Some(md5));
        let report = Replication::new(&source, &target).run().await.unwrap();
        assert_eq!((report.sent, report.blocks, report.commits), (201, 3, 1));
        assert_eq!((report.present, report.compared, report.verified), (0, 0, 201));
        let copy = Volume::existing("copy").latest(store).await.unwrap().unwrap();
        assert_eq!(report.head.unwrap().version(), copy.version());
        assert_eq!(ranges(&copy), ranges(&source));
        assert_eq!(copy.metadata(), &meta! { "step" => "boot" });
        check_has(&copy, &source).await;
    }
}

#[tokio::test]
async fn a_device_is_brought_into_the_cloud_trip_by_trip() {
    let place = tempfile::tempdir().unwrap();
    let open = || lode_std::device::Directory::open(place.path()).unwrap();
    let mut medium = Medium::new(open(), LENGTH, 5);
    let cloud = Scripted::new();
    let mut trips: Vec<(u64, u64)> = Vec::new();
    for (trip, at) in [(1, 0), (2, 300), (3, 60)] {
        medium.commit(&[(at, &pattern(at, 60))], meta! { "trip" => trip });
        trips.push((at, at + 60));
        let reader = VolumeReader::of_device(crate::support::directory(place.path()));
        let source = reader.await.unwrap().latest().await.unwrap().unwrap();
        let builder = Volume::existing(source.manifest().id.as_str());
        let target = builder.open_like(&source, cloud.store()).await.unwrap();
        assert_eq!(target.checksum().unwrap().name(), "crc32c");
        let report = Replication::new(&source, &target).run().await.unwrap();
        let before = 60 * (trips.len() as u64 - 1);
        assert_eq!((report.sent, report.present, report.compared), (60, before, 0));
        let copy = head(&target).await;
        assert_eq!(copy.metadata(), &meta! { "trip" => trip });
        check_has(&copy, &source).await;
    }
}

#[tokio::test]
async fn blocks_are_cut_where_the_target_has_a_part() {
    let source = volume(fresh(), &[(0, 100), (100, 200), (300, 400)]).await;
    let target = volume(fresh(), &[(10, 20), (50, 60), (90, 110), (600, 700)]).await;
    let (source, before) = (head(&source).await, head(&target).await);
    let report = Replication::new(&source, &target).run().await.unwrap();
    assert_eq!((report.sent, report.present, report.compared), (260, 40, 40));
    let after = head(&target).await;
    let expected = [
        (0, 10),
        (10, 20),
        (20, 50),
        (50, 60),
        (60, 90),
        (90, 110),
        (110, 200),
        (300, 400),
        (600, 700),
    ];
    assert_eq!(ranges(&after), expected);
    check_has(&after, &source).await;
    check_has(&after, &before).await;
}

#[tokio::test]
async fn each_block_is_one_read_and_one_create() {
    let (from, to) = (Scripted::new(), Scripted::new());
    let blocks: Vec<_> = (0..10).map(|number| (number * 100, number * 100 + 100)).collect();
    let source = head(&volume(from.store(), &blocks).await).await;
    let target = volume(to.store(), &blocks[..3]).await;
    from.take_calls();
    to.take_calls();
    Replication::new(&source, &target).batch(4).run().await.unwrap();
    let count = |calls: &[String], begins: &str| {
        calls.iter().filter(|call| call.starts_with(begins)).count()
    };
    let (read, written) = (from.take_calls(), to.take_calls());
    assert_eq!((read.len(), count(&read, "get volumes/disk/data/")), (7, 7));
    // Two batches, a look at the next slot before and behind, and another one with a list of what an
    // earlier run may have left.
    assert_eq!(count(&written, "create volumes/disk/data/"), 7);
    assert_eq!(count(&written, "create volumes/disk/snapshots/"), 2);
    assert_eq!((count(&written, "put volumes/disk/latest"), count(&written, "list")), (2, 1));
    assert_eq!(written.len(), 15, "{written:?}");
    // Again: digests tell that all of it is there.
    Replication::new(&source, &target).run().await.unwrap();
    assert_eq!(
        (from.take_calls().len(), to.take_calls()),
        (0, vec![format!("get volumes/disk/snapshots/{:019}/manifest.lode", 4)])
    );
}

#[tokio::test]
async fn a_damaged_block_does_not_travel() {
    let from = Scripted::new();
    let source = head(&volume(from.store(), &[(0, 100), (100, 200)]).await).await;
    for (key, _) in from.objects().await {
        if key.contains("/data/100-") {
            from.tamper(&key, vec![7; 100]).await;
        }
    }
    let target = Volume::existing("disk").open_like(&source, fresh()).await.unwrap();
    let error = Replication::new(&source, &target).run().await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error}");
    // What has arrived is kept.
    let there = head(&target).await;
    assert_eq!((there.covered(), ranges(&there)), (100, vec![(0, 100)]));
}

#[tokio::test]
async fn a_volume_of_another_length_is_refused() {
    let source = head(&volume(fresh(), &[(0, 100)]).await).await;
    let target = Volume::builder("disk", LENGTH + 1).open(fresh()).await.unwrap();
    let error = Replication::new(&source, &target).run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Mismatch);
    assert!(error.to_string().contains("total_length is 1001, not 1000"), "{error}");
}

#[tokio::test]
async fn progress_adds_up() {
    let source = head(&volume(fresh(), &[(0, 100), (100, 200)]).await).await;
    let target = volume(fresh(), &[(50, 120)]).await;
    let seen = Mutex::new(Vec::new());
    let watch = |step| seen.lock().unwrap().push(step);
    Replication::new(&source, &target).watch(watch).run().await.unwrap();
    let seen = seen.lock().unwrap();
    let done = seen.iter().map(|step| if let Progress::Done(bytes) = step { *bytes } else { 0 });
    assert_eq!(done.sum::<u64>(), 200);
    assert!(seen.contains(&Progress::Comparing(70)) && seen.contains(&Progress::Sending(130)));
}
