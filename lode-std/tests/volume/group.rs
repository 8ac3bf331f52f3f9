//! Group commit: few manifests for many tasks, and each is told its own.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use futures::{FutureExt, TryStreamExt};
use lode_std::maintain::Retention;
use lode_std::{Error, ErrorKind, GroupCommitter, Retry, Staged, Volume, meta};
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};

use crate::support::scripted::{Fault, Gate, Scripted};
use crate::support::{number_from, pattern, volume};

const SLOT: &str = "/manifest.lode";

/// A committer that is in the middle of a commit, so that what comes in gathers.
struct Busy {
    scripted: Arc<Scripted>,
    volume: Volume,
    committer: GroupCommitter,
    gate: Arc<Gate>,
    /// Ends with the commit.
    first: tokio::task::JoinHandle<()>,
}

impl Busy {
    async fn new(retry: Retry) -> Self {
        let scripted = Scripted::new();
        let builder = Volume::builder("disk", 1000).retry(retry);
        let volume = builder.open(scripted.store()).await.unwrap();
        let committer = volume.committer();
        let block = volume.stage_at(900, "first").await.unwrap();
        let gate = scripted.hold(SLOT);
        let first = tokio::spawn({
            let committer = committer.clone();
            async move { drop(committer.commit([block], meta! {}).await.unwrap()) }
        });
        gate.reached().await;
        Self { scripted, volume, committer, gate, first }
    }

    /// A block of 5 bytes.
    async fn stage(&self, offset: u64) -> Staged {
        self.volume.stage_at(offset, pattern(offset, 5)).await.unwrap()
    }

    /// Lets the first commit pass while these wait, and returns what becomes of them: the version,
    /// or the error.
    async fn settle(&self, waiting: Vec<Vec<Staged>>) -> Vec<Result<u64, Error>> {
        let commits = waiting.into_iter().map(|blocks| self.committer.commit(blocks, meta! {}));
        let commits = join_all(commits);
        let open = async { self.gate.open() };
        let (results, ()) = futures::join!(commits, open);
        results.into_iter().map(|result| result.map(|snapshot| snapshot.version().get())).collect()
    }
}

#[tokio::test]
async fn what_gathers_goes_out_as_one() {
    let busy = Busy::new(Retry::none()).await;
    let mut waiting = Vec::new();
    for offset in 0..64 {
        waiting.push(vec![busy.stage(offset * 10).await]);
    }
    busy.scripted.take_calls();
    for version in busy.settle(waiting).await {
        assert_eq!(version.unwrap(), 2);
    }
    let calls = busy.scripted.take_calls();
    let slot = "create volumes/disk/snapshots/0000000000000000002/manifest.lode";
    assert_eq!(calls, ["put volumes/disk/latest", slot, "put volumes/disk/latest"]);
    let head = busy.volume.latest().await.unwrap().unwrap();
    assert_eq!(head.manifest().blocks.len(), 65);
    assert_eq!(head.read_at(630..635).await.unwrap(), pattern(630, 5));
    busy.first.await.unwrap();
}

#[tokio::test]
async fn a_snapshot_says_what_all_of_its_callers_said() {
    let busy = Busy::new(Retry::none()).await;
    let mut commits = Vec::new();
    for offset in 0..30 {
        let block = busy.stage(offset * 10).await;
        commits.push(busy.committer.commit([block], meta! { "part" => offset % 3 }));
    }
    let (snapshots, ()) = futures::join!(try_join_all(commits), async { busy.gate.open() });
    let mut versions = Vec::new();
    for (offset, snapshot) in (0..).zip(snapshots.unwrap()) {
        assert_eq!(snapshot.metadata(), &meta! { "part" => offset % 3 });
        versions.push(snapshot.version().get());
    }
    assert_eq!(versions, [2, 3, 4].repeat(10));
}

#[tokio::test]
async fn an_overlap_fails_alone() {
    let busy = Busy::new(Retry::none()).await;
    let other = busy.volume.stage_at(902, "other").await.unwrap();
    let itself = vec![busy.stage(10).await, busy.stage(12).await];
    let waiting = vec![
        vec![busy.stage(20).await],
        // In the way of what is committed.
        vec![busy.stage(200).await, other],
        vec![busy.stage(30).await],
        itself,
        vec![busy.stage(40).await],
        // In the way of an earlier one.
        vec![busy.stage(41).await],
        // Again what is committed.
        vec![busy.volume.stage_at(900, "first").await.unwrap()],
    ];
    let results = busy.settle(waiting).await;
    for (at, result) in results.iter().enumerate() {
        match at {
            0 | 2 | 4 | 6 => assert_eq!(result.as_ref().unwrap(), &2, "{at}"),
            _ => assert_eq!(result.as_ref().unwrap_err().kind(), ErrorKind::Overlap, "{at}"),
        }
    }
    let head = busy.volume.latest().await.unwrap().unwrap();
    let blocks = head.blocks(0..head.len()).collect().await.unwrap();
    let starts: Vec<_> = blocks.iter().map(|block| block.range.start()).collect();
    assert_eq!(starts, [20, 30, 40, 900]);
}

#[tokio::test]
async fn an_expired_block_fails_alone() {
    let scripted = Scripted::new();
    let volume = volume(&scripted.store()).await;
    let begun = volume.stage_at(900, "begun").await.unwrap();
    volume.commit([begun], meta! {}).await.unwrap();
    let old = volume.stage_at(0, "old").await.unwrap();
    let hasty = volume.maintenance().with_grace_period(Duration::ZERO);
    hasty.collect(&Retention::ALL).await.unwrap();
    let blocks =
        [volume.stage_at(10, "new").await.unwrap(), volume.stage_at(20, "new").await.unwrap()];
    let [first, second] = blocks;
    let committer = volume.committer();
    let gate = scripted.hold("/latest");
    let (a, b, c, d, ()) = futures::join!(
        committer.commit([volume.stage_at(30, "head").await.unwrap()], meta! {}),
        committer.commit([first], meta! {}),
        committer.commit([old], meta! {}),
        committer.commit([second], meta! {}),
        async { gate.open() }
    );
    // The record has version 2.
    assert_eq!(a.unwrap().version().get(), 3);
    assert!(matches!(c, Err(Error::StageExpired { .. })), "{c:?}");
    assert_eq!([b, d].map(|result| result.unwrap().version().get()), [4, 4]);
}

#[tokio::test]
async fn an_unknown_outcome_is_told_to_each_and_settled_by_each() {
    for fault in [Fault::AppliedButFailed, Fault::NotApplied] {
        let busy = Busy::new(Retry { resends: 0, ..Retry::none() }).await;
        let waiting = vec![vec![busy.stage(0).await], vec![busy.stage(10).await]];
        busy.scripted.fault("0000000002/manifest", fault);
        for result in busy.settle(waiting).await {
            let Err(Error::CommitUnknown(unknown)) = result else { panic!("{result:?}") };
            let snapshot = busy.volume.resolve(*unknown).await.unwrap();
            assert_eq!(snapshot.version().get(), 2);
            for range in [0..5, 10..15] {
                assert_eq!(snapshot.gaps(range).count().await.unwrap(), 0);
            }
        }
    }
}

#[tokio::test]
async fn a_lost_race_and_a_refusal_are_told_to_each() {
    let busy = Busy::new(Retry::none()).await;
    let other = volume(&busy.scripted.store()).await;
    let waiting = vec![vec![busy.stage(0).await], vec![busy.stage(10).await]];
    // The store refuses the second version, to whom it is told twice.
    busy.scripted.fault("0000000002/manifest", Fault::Denied);
    for result in busy.settle(waiting.clone()).await {
        let error = result.unwrap_err();
        assert!(matches!(error, Error::Grouped { .. }), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("could not create"), "{error}");
    }
    let theirs = other.stage_at(500, "their").await.unwrap();
    other.commit([theirs], meta! {}).await.unwrap();
    // The first goes alone, for nobody is before it.
    let [first, second] = <[_; 2]>::try_from(waiting).unwrap();
    let (first, second) = futures::join!(
        busy.committer.commit(first, meta! {}),
        busy.committer.commit(second, meta! {})
    );
    assert!(matches!(first, Err(Error::Conflict { .. })), "{first:?}");
    assert!(matches!(second, Err(Error::Conflict { .. })), "{second:?}");
}

/// Whoever drives goes away in the middle: another takes the very same commit further.
#[tokio::test]
async fn who_drives_may_go_away() {
    let mut busy = Busy::new(Retry::none()).await;
    let block = busy.stage(0).await;
    let mut second = Box::pin(busy.committer.commit([block], meta! {}));
    assert!(second.as_mut().now_or_never().is_none());
    busy.first.abort();
    assert!((&mut busy.first).await.unwrap_err().is_cancelled());
    busy.gate.open();
    // The first one has been committed all the same, as no other came into its slot.
    assert_eq!(second.await.unwrap().version().get(), 2);
    let head = busy.volume.latest().await.unwrap().unwrap();
    assert_eq!(head.covered(), 10);
}

/// Who is dropped before it is sent is not committed, and who drives it to the end is not polled
/// again: neither keeps the others waiting.
#[tokio::test]
async fn who_waits_may_go_away() {
    let busy = Busy::new(Retry::none()).await;
    let [gone, idle, other] = [busy.stage(0).await, busy.stage(10).await, busy.stage(20).await];
    let mut gone = Box::pin(busy.committer.commit([gone], meta! {}));
    let mut idle = Box::pin(busy.committer.commit([idle], meta! {}));
    assert!(gone.as_mut().now_or_never().is_none());
    assert!(idle.as_mut().now_or_never().is_none());
    drop(gone);
    busy.gate.open();
    let snapshot = busy.committer.commit([other], meta! {}).await.unwrap();
    assert_eq!(snapshot.covered(), 15, "the first, and two of three");
    assert_eq!(idle.await.unwrap().version(), snapshot.version());
}

/// When all have gone away in the middle, the handle goes on.
#[tokio::test]
async fn all_may_go_away() {
    let mut busy = Busy::new(Retry::conflicts(1)).await;
    let block = busy.stage(0).await;
    let mut second = Box::pin(busy.committer.commit([block.clone()], meta! {}));
    assert!(second.as_mut().now_or_never().is_none());
    busy.first.abort();
    assert!((&mut busy.first).await.unwrap_err().is_cancelled());
    drop(second);
    let alone = busy.volume.commit([block], meta! {}).await.unwrap();
    let again = busy.stage(10).await;
    let snapshot = busy.committer.commit([again], meta! {}).await.unwrap();
    assert_eq!(snapshot.version().get(), alone.version().get() + 1);
}

/// Everything that is acknowledged is there, in any order of tasks that come, go and are aborted.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_acknowledged_is_there() {
    let seed = number_from("LODE_TEST_SEED", 1_u64);
    println!("LODE_TEST_SEED={seed}");
    let (tasks, commits) = (16, 20);
    // Where all are dropped in the middle, what they have sent may land later, and is a conflict.
    let builder = Volume::builder("disk", 1 << 20).retry(Retry::conflicts(10));
    let volume = builder.open(crate::support::fresh()).await.unwrap();
    let committer = volume.committer();
    let mut random = seed;
    let handles = (0..tasks).map(|task: u64| {
        let committer = committer.clone();
        tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for commit in 0..commits {
                let offset = (commit * tasks + task) * 10;
                let block = committer.volume().stage_at(offset, pattern(offset, 10)).await.unwrap();
                let (step, is_dropped) = (meta! { "step" => commit % 3 }, (random >> commit) & 1);
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(task | 1);
                let commit = committer.commit([block], step);
                match is_dropped {
                    0 => acknowledged.push((offset, commit.await.unwrap())),
                    _ => drop(tokio::time::timeout(Duration::ZERO, commit).await),
                }
            }
            acknowledged
        })
    });
    let acknowledged = try_join_all(handles).await.unwrap().concat();
    let head = volume.latest().await.unwrap().unwrap();
    for (offset, snapshot) in &acknowledged {
        for snapshot in [snapshot, &head] {
            let bytes = snapshot.read_at(*offset..offset + 10).await.unwrap();
            assert_eq!(bytes, pattern(*offset, 10));
        }
    }
    let snapshots: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    // How many of those that were dropped have landed depends on how fast all is.
    let most = usize::try_from(tasks * commits).unwrap();
    assert!(snapshots.len() <= most, "{}", snapshots.len());
}

/// At a store that takes 50 ms for a write, of which the clock of the test knows.
#[tokio::test(start_paused = true)]
async fn tasks_do_not_wait_for_each_other() {
    let wait = Duration::from_millis(50);
    let latency = ThrottleConfig { wait_put_per_call: wait, ..ThrottleConfig::default() };
    let store = Arc::new(ThrottledStore::new(InMemory::new(), latency));
    let volume = Volume::builder("disk", 1 << 20).open(store).await.unwrap();
    let first = volume.stage_at(1000, "first").await.unwrap();
    volume.commit([first], lode_std::meta! {}).await.unwrap();
    let mut staged = Vec::new();
    for offset in 0..64 {
        staged.push(volume.stage_at(offset * 10, pattern(offset, 10)).await.unwrap());
    }
    let committer = volume.committer();
    let begin = tokio::time::Instant::now();
    try_join_all(staged.into_iter().map(|block| committer.commit([block], meta! {})))
        .await
        .unwrap();
    // The first manifest and its hint, and those of the other 63.
    assert_eq!(begin.elapsed().as_millis() / 50, 4);
}
