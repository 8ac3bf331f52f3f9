//! A replication is interrupted at every write, and goes on where it was.

use lode_std::Volume;
use lode_std::replicate::Replication;

use super::{check_has, head, ranges, volume};
use crate::support::fresh;
use crate::support::scripted::Scripted;

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
        // Whole batches are there, and none of their bytes travels again.
        assert_eq!(there % (100 * BATCH as u64), 0, "after {allowed} writes");
        assert_eq!((report.present, report.sent), (there, 700 - there), "after {allowed} writes");
        assert_eq!(report.compared, 0);
        let calls = to.take_calls();
        let sent = calls.iter().filter(|call| call.starts_with("create volumes/disk/data/"));
        assert_eq!(sent.count() as u64, report.sent / 100);
        let copy = head(&target).await;
        assert_eq!(ranges(&copy), blocks);
        check_has(&copy, &source).await;
    }
    // Seven blocks, four batches: the descriptor twice, and manifest and hint of each batch. A hint
    // that fails fails nothing, but the one after it does.
    println!("ended early at {ends} places");
    assert!(ends >= 2 + 7 + 4, "{ends}");
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
    assert_eq!((report.present, report.sent), (200, 200));
    check_has(&head(&target).await, &source).await;
}
