//! A replication is interrupted at every write, and goes on where it was.

use std::time::Duration;

use lode_std::maintain::Retention;
use lode_std::replicate::Replication;
use lode_std::{Checksums, Retry, Volume};

use super::{check_has, commit, head, ranges, volume};
use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

/// How many blocks are committed together.
const BATCH: usize = 2;

#[tokio::test]
async fn it_goes_on_behind_the_last_batch_wherever_it_ended() {
    let blocks: Vec<_> = (0..7).map(|number| (number * 100, number * 100 + 100)).collect();
    let source = head(&volume(fresh(), &blocks).await).await;
    let mut ends = 0;
    for allowed in 0.. {
        let to = Scripted::new();
        to.allow_writes(Some(allowed));
        let first = async {
            let target = Volume::existing("disk").open_like(&source, to.store()).await?;
            Replication::new(&source, &target).batch(BATCH).run().await
        };
        let ended = first.await;
        to.allow_writes(None);
        to.take_calls();
        if ended.is_ok() {
            break;
        }
        ends += 1;

        let target = Volume::existing("disk").open_like(&source, to.store()).await.unwrap();
        let there = target.latest().await.unwrap().map_or(0, |head| head.covered());
        let report = Replication::new(&source, &target).batch(BATCH).run().await.unwrap();
        // Whole batches are there, and none of the bytes that have arrived travels again.
        assert_eq!(there % (100 * BATCH as u64), 0, "after {allowed} writes");
        // The descriptor is created after the first batch has arrived, before its manifest.
        let arrived = (allowed as u64).saturating_sub(2).max((allowed as u64).min(2));
        let arrived = arrived / 4 * 200 + (arrived % 4).min(2) * 100;
        assert_eq!(there + report.adopted, arrived.min(700), "after {allowed} writes");
        assert_eq!(report.present, there, "after {allowed} writes");
        assert_eq!(report.sent, 700 - there - report.adopted, "after {allowed} writes");
        assert_eq!(report.compared, 0);
        let calls = to.take_calls();
        let sent = calls.iter().filter(|call| call.starts_with("create volumes/disk/data/"));
        // What has been left is staged again from where it lies.
        assert_eq!(sent.count() as u64, (report.sent + report.adopted) / 100);
        let objects = to.objects().await;
        let blocks_there = objects.iter().filter(|(key, _)| key.contains("/data/"));
        let expected = 7 + report.adopted / 100;
        assert_eq!(blocks_there.count() as u64, expected, "after {allowed} writes");
        let copy = head(&target).await;
        assert_eq!(ranges(&copy), blocks);
        check_has(&copy, &source).await;
    }
    // Seven blocks, four batches: the descriptor twice, and manifest and hint of each batch. A hint
    // that fails fails nothing, but the one after it does.
    println!("ended early at {ends} places");
    assert!(ends >= 2 + 7 + 4, "{ends}");
}

/// None of the blocks arrives, so that all that may be on their way are.
#[tokio::test]
async fn no_more_blocks_are_in_flight_than_it_is_told() {
    let blocks: Vec<_> = (0..4).map(|number| (number * 100, number * 100 + 100)).collect();
    let source = head(&volume(fresh(), &blocks).await).await;
    for in_flight in 1..=4 {
        let to = Scripted::new();
        let target = Volume::existing("disk").open_like(&source, to.store()).await.unwrap();
        let gates = [(); 4].map(|()| to.hold("/data/"));
        let run = Replication::new(&source, &target).in_flight(in_flight.try_into().unwrap());
        let (run, reached) = (std::pin::pin!(run.run()), std::pin::pin!(gates[0].reached()));
        futures::future::select(run, reached).await;
        let calls = to.take_calls();
        let sent = calls.iter().filter(|call| call.starts_with("create volumes/disk/data/"));
        assert_eq!(sent.count(), in_flight);
    }
}

/// The first run's bytes are in flight when it is dropped: as a kill does.
#[tokio::test]
async fn it_goes_on_after_it_was_dropped() {
    let blocks: Vec<_> = (0..4).map(|number| (number * 100, number * 100 + 100)).collect();
    let source = head(&volume(fresh(), &blocks).await).await;
    let to = Scripted::new();
    let target = Volume::existing("disk").open_like(&source, to.store()).await.unwrap();
    // The last block is held on its way.
    let gate = to.hold("/data/300-");
    {
        let run = std::pin::pin!(Replication::new(&source, &target).batch(BATCH).run());
        let reached = std::pin::pin!(gate.reached());
        futures::future::select(run, reached).await;
    }
    let report = Replication::new(&source, &target).batch(BATCH).run().await.unwrap();
    // One of the two blocks on their way had arrived.
    assert_eq!((report.present, report.adopted, report.sent), (200, 100, 100));
    check_has(&head(&target).await, &source).await;
}

/// What lies there and was never committed is taken only if it is what is missing.
#[tokio::test]
async fn only_what_holds_and_no_collection_may_delete_is_adopted() {
    let source = head(&volume(fresh(), &[(0, 100), (100, 200), (200, 300)]).await).await;
    let to = Scripted::new();
    let target = Volume::existing("disk").open_like(&source, to.store()).await.unwrap();
    // The same range with other bytes, another range, and the right one.
    let _ = target.stage_at(0, vec![7; 100]).await.unwrap();
    let _ = target.stage_at(100, pattern(100, 50)).await.unwrap();
    let _ = target.stage_at(200, pattern(200, 100)).await.unwrap();
    // A collection has passed their epoch, and is broken off before it has deleted any.
    let begun = target.stage_at(900, pattern(900, 100)).await.unwrap();
    target.commit([begun], lode_std::meta! {}).await.unwrap();
    to.allow_writes(Some(1));
    let hasty = target.maintenance().with_grace_period(Duration::ZERO);
    assert_eq!(hasty.collect(&Retention::ALL).await.unwrap().left.objects, 3);
    to.allow_writes(None);
    let later = Volume::existing("disk").open(to.store()).await.unwrap();
    let report = Replication::new(&source, &later).run().await.unwrap();
    assert_eq!((report.adopted, report.sent), (0, 300));

    let to = Scripted::new();
    let target = Volume::existing("disk").open_like(&source, to.store()).await.unwrap();
    let _ = target.stage_at(0, vec![7; 100]).await.unwrap();
    let _ = target.stage_at(100, pattern(100, 50)).await.unwrap();
    let _ = target.stage_at(200, pattern(200, 100)).await.unwrap();
    let report = Replication::new(&source, &target).run().await.unwrap();
    assert_eq!((report.adopted, report.sent, report.present), (100, 200, 0));
    check_has(&head(&target).await, &source).await;
}

/// Digests by another algorithm do not tell whether what lies there is what is missing.
#[tokio::test]
async fn nothing_is_adopted_by_another_algorithm() {
    let source = head(&volume(fresh(), &[(0, 100)]).await).await;
    let md5 = Checksums::default().find("md5").unwrap();
    let builder = Volume::builder("disk", super::LENGTH).checksum(md5);
    let target = builder.open(fresh()).await.unwrap();
    let _ = target.stage_at(0, pattern(0, 100)).await.unwrap();
    let report = Replication::new(&source, &target).run().await.unwrap();
    assert_eq!((report.adopted, report.sent), (0, 100));
}

/// A collection at the target that spares nobody overtakes a batch, whose bytes are still at hand.
#[tokio::test]
async fn a_batch_that_a_collection_has_overtaken_is_staged_again() {
    let blocks = [(0, 100), (100, 200), (300, 400)];
    let source = head(&volume(fresh(), &blocks).await).await;
    let to = Scripted::new();
    let retry = Retry { base: Duration::ZERO, ..Retry::conflicts(3) };
    let target = Volume::existing("disk").retry(retry);
    let target = target.open_like(&source, to.store()).await.unwrap();
    // Something must be there before anything can be collected.
    commit(&target, &[(500, 600)]).await;
    let gate = to.hold("snapshots/0000000000000000002/");
    let copying = Replication::new(&source, &target).run();
    let collecting = async {
        gate.reached().await;
        let others = Volume::existing("disk").open(to.store()).await.unwrap();
        let hasty = others.maintenance().with_grace_period(Duration::ZERO);
        let report = hasty.collect(&Retention::ALL).await.unwrap();
        gate.open();
        report
    };
    let (report, collected) = tokio::join!(copying, collecting);
    assert_eq!(collected.deleted.objects, 3);
    let report = report.unwrap();
    assert_eq!((report.commits, report.blocks, report.sent), (1, 3, 300));
    check_has(&head(&target).await, &source).await;
}
