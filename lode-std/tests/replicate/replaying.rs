//! All snapshots of a volume become snapshots of another one.

use futures::TryStreamExt;
use lode_std::maintain::Retention;
use lode_std::replicate::{Replay, Report};
use lode_std::{Error, Snapshot, Value, Volume, meta};

use super::{LENGTH, check_has, head};
use crate::support::scripted::Scripted;
use crate::support::{fresh, pattern};

/// A volume with these snapshots, of one block each, whose metadata count from 1.
async fn stepped(blocks: &[(u64, u64)]) -> Volume {
    let volume = Volume::builder("disk", LENGTH).open(fresh()).await.unwrap();
    for (step, range) in (1..).zip(blocks) {
        commit(&volume, *range, step).await;
    }
    volume
}

async fn commit(volume: &Volume, (start, end): (u64, u64), step: i64) {
    let bytes = pattern(start, (end - start) as usize);
    let block = volume.stage_at(start, bytes).await.unwrap();
    volume.commit([block], meta! { "step" => step }).await.unwrap();
}

async fn snapshots(volume: &Volume) -> Vec<Snapshot> {
    volume.snapshots().try_collect().await.unwrap()
}

/// What its snapshots say, and how many bytes each has.
async fn steps(volume: &Volume) -> Vec<(i64, u64)> {
    let step = |snapshot: &Snapshot| match snapshot.metadata().get("step") {
        Some(Value::Integer(step)) => *step,
        other => panic!("{other:?}"),
    };
    snapshots(volume).await.iter().map(|it| (step(it), it.covered())).collect()
}

async fn replay(source: &Volume, target: &Volume) -> Report {
    Replay::new(&source.reader(), target).run().await.unwrap()
}

async fn like(source: &Volume, to: &std::sync::Arc<Scripted>) -> Volume {
    Volume::existing("disk").open_like(&head(source).await, to.store()).await.unwrap()
}

#[tokio::test]
async fn each_snapshot_becomes_one_with_its_metadata() {
    let source = stepped(&[(0, 100), (300, 310), (100, 200)]).await;
    let to = Scripted::new();
    let target = like(&source, &to).await;
    let report = replay(&source, &target).await;
    assert_eq!((report.snapshots, report.commits, report.sent), (3, 3, 210));
    assert_eq!(steps(&target).await, [(1, 100), (2, 110), (3, 210)]);
    for (copy, original) in snapshots(&target).await.iter().zip(snapshots(&source).await) {
        check_has(copy, &original).await;
    }
    // Again, and there is nothing to do: neither then nor by another handle.
    let before = to.objects().await;
    let report = replay(&source, &like(&source, &to).await).await;
    assert_eq!((report.snapshots, report.sent, report.present), (0, 0, 210));
    assert_eq!(to.objects().await, before);
    // Later it goes on behind them.
    commit(&source, (500, 510), 4).await;
    commit(&source, (600, 610), 5).await;
    let report = replay(&source, &target).await;
    assert_eq!((report.snapshots, report.sent, report.present), (2, 20, 210));
    assert_eq!(steps(&target).await[3..], [(4, 220), (5, 230)]);
}

#[tokio::test]
async fn only_snapshots_that_are_missing_are_read() {
    let source = stepped(&[(0, 10), (10, 20), (20, 30), (30, 40), (40, 50)]).await;
    let from = Scripted::new();
    let to = Scripted::new();
    let copy = like(&source, &from).await;
    replay(&source, &copy).await;
    let target = like(&source, &to).await;
    replay(&copy, &target).await;
    commit(&copy, (50, 60), 6).await;
    from.take_calls();
    let reader = Volume::existing("disk").open_read_only(from.store()).await.unwrap();
    from.take_calls();
    let report = Replay::new(&reader, &target).run().await.unwrap();
    assert_eq!((report.snapshots, report.sent), (1, 10));
    let calls = from.take_calls();
    let manifests = calls.iter().filter(|call| call.contains("manifest.lode")).count();
    // The one that is missing and the one before it, once to find them and once to bring them; and
    // the slot behind them.
    assert!(manifests <= 6, "{calls:?}");
}

#[tokio::test]
async fn it_goes_on_wherever_it_was_interrupted() {
    let source = stepped(&[(0, 100), (100, 200), (200, 300), (300, 400)]).await;
    let expected = [(1, 100), (2, 200), (3, 300), (4, 400)];
    let mut ends = 0;
    for allowed in 0.. {
        let to = Scripted::new();
        to.allow_writes(Some(allowed));
        let ended = async {
            let head = head(&source).await;
            let target = Volume::existing("disk").open_like(&head, to.store()).await?;
            Replay::new(&source.reader(), &target).run().await
        };
        let ended = ended.await;
        to.allow_writes(None);
        if ended.is_ok() {
            break;
        }
        ends += 1;
        let target = like(&source, &to).await;
        replay(&source, &target).await;
        assert_eq!(steps(&target).await, expected, "after {allowed} writes");
        let objects = to.objects().await;
        let blocks = objects.iter().filter(|(key, _)| key.contains("/data/")).count();
        // One may have been left, and was staged again from where it lies.
        assert!((4..=5).contains(&blocks), "after {allowed} writes: {blocks}");
    }
    println!("ended early at {ends} places");
    // The descriptor twice, and block, manifest and hint of each; the last hint fails nothing.
    assert!(ends >= 2 + 4 * 3 - 1, "{ends}");
}

#[tokio::test]
async fn what_is_there_by_other_means_is_not_committed_again() {
    let source = stepped(&[(0, 100), (100, 200), (200, 300)]).await;
    let target = like(&source, &Scripted::new()).await;
    commit(&target, (50, 120), 7).await;
    let report = replay(&source, &target).await;
    assert_eq!((report.snapshots, report.sent, report.present), (3, 230, 70));
    assert_eq!(steps(&target).await, [(7, 70), (1, 120), (2, 200), (3, 300)]);

    let mut bytes = pattern(300, 100);
    bytes[50] ^= 1;
    let block = target.stage_at(300, bytes).await.unwrap();
    target.commit([block], meta! { "step" => 8 }).await.unwrap();
    commit(&source, (300, 400), 4).await;
    match Replay::new(&source.reader(), &target).run().await {
        Err(Error::Diverged { ranges, .. }) => assert_eq!(ranges[0].to_string(), "300..400"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn collected_snapshots_are_passed_over() {
    let source = stepped(&[(0, 10), (10, 20), (20, 30), (30, 40)]).await;
    let rules = Retention { last: Some(1), within: None, tagged: false };
    source.maintenance().collect(&rules).await.unwrap();
    assert_eq!(steps(&source).await, [(3, 30), (4, 40)]);
    let target = like(&source, &Scripted::new()).await;
    let report = replay(&source, &target).await;
    assert_eq!((report.snapshots, report.sent), (2, 40));
    assert_eq!(steps(&target).await, [(3, 30), (4, 40)]);
}

/// More than a batch: as many commits as it takes, and the last one has it all.
#[tokio::test]
async fn a_large_snapshot_comes_in_several() {
    let source = Volume::builder("disk", LENGTH).open(fresh()).await.unwrap();
    let mut staged = Vec::new();
    for start in (0..50).step_by(10) {
        staged.push(source.stage_at(start, pattern(start, 10)).await.unwrap());
    }
    source.commit(staged, meta! { "step" => 1 }).await.unwrap();
    commit(&source, (90, 100), 2).await;
    let target = like(&source, &Scripted::new()).await;
    let report = Replay::new(&source.reader(), &target).batch(2).run().await.unwrap();
    assert_eq!((report.snapshots, report.commits, report.sent), (2, 4, 60));
    assert_eq!(steps(&target).await, [(1, 20), (1, 40), (1, 50), (2, 60)]);
}
