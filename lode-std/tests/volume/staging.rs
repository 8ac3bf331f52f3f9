//! Staging: any order, any number of times, by anybody.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use lode_std::maintain::{Report, Retention};
use lode_std::{Error, Retry, Staged, Volume, meta};
use object_store::ObjectStore;

use crate::support::clock::ManualClock;
use crate::support::scripted::{Fault, Scripted};
use crate::support::{fresh, pattern, volume};

#[tokio::test]
async fn many_tasks_stage_in_any_order() {
    let store = fresh();
    let volume = volume(&store).await;
    let tasks = (0..100).rev().map(|i| {
        let volume = volume.clone();
        tokio::spawn(async move { volume.stage_at(i * 10, pattern(i * 10, 10)).await })
    });
    let staged: Result<Vec<_>, _> = try_join_all(tasks).await.unwrap().into_iter().collect();
    let snapshot = volume.commit(staged.unwrap(), meta! {}).await.unwrap();
    assert!(snapshot.is_complete());
    assert_eq!(snapshot.read_at(0..1000).await.unwrap(), pattern(0, 1000));
}

#[tokio::test]
async fn what_is_staged_is_invisible_until_it_is_committed() {
    let store = fresh();
    let volume = volume(&store).await;
    let block = volume.stage_at(0, "invisible").await.unwrap();
    assert!(volume.latest().await.unwrap().is_none());
    let snapshot = volume.commit([block], meta! { "n" => 1 }).await.unwrap();
    assert_eq!(snapshot.metadata(), &meta! { "n" => 1 });
    assert_eq!(snapshot.covered(), 9);
}

#[tokio::test]
async fn staging_is_repeated_by_the_same_and_by_another_handle() {
    let store = fresh();
    let first = volume(&store).await;
    let once = first.stage_at(0, "same bytes").await.unwrap();
    let again = first.stage_at(0, "same bytes").await.unwrap();
    let other = volume(&store).await;
    let others = other.stage_at(0, "same bytes").await.unwrap();

    let snapshot = first.commit([once, again], meta! {}).await.unwrap();
    assert_eq!(snapshot.version().get(), 1);
    assert_eq!(snapshot.manifest().blocks.len(), 1);
    // The other handle's block has been committed, by the first one: nothing is left to do, once it
    // knows that.
    other.latest().await.unwrap();
    let snapshot = other.commit([others], meta! {}).await.unwrap();
    assert_eq!(snapshot.version().get(), 1);
    assert_eq!(snapshot.read_at(0..10).await.unwrap(), "same bytes");
}

#[tokio::test]
async fn other_bytes_for_the_same_range_do_not_disturb_the_first() {
    let store = fresh();
    let volume = volume(&store).await;
    let first = volume.stage_at(0, "first").await.unwrap();
    let other = volume.stage_at(0, "other").await.unwrap();
    let snapshot = volume.commit([other], meta! {}).await.unwrap();
    assert_eq!(snapshot.read_at(0..5).await.unwrap(), "other");
    assert!(matches!(volume.commit([first], meta! {}).await, Err(Error::Overlap { .. })));
}

#[tokio::test]
async fn a_lost_reply_to_a_block_is_no_error() {
    for fault in [Fault::AppliedButFailed, Fault::AppliedTwice, Fault::NotApplied] {
        let scripted = Scripted::new();
        let volume = volume(&scripted.store()).await;
        scripted.fault("/data/", fault);
        let block = volume.stage_at(3, "bytes").await.unwrap();
        let snapshot = volume.commit([block], meta! {}).await.unwrap();
        assert_eq!(snapshot.read_at(3..8).await.unwrap(), "bytes", "{fault:?}");
    }
}

#[tokio::test]
async fn a_stream_is_cut_into_blocks() {
    let store = fresh();
    let volume = volume(&store).await;
    let bytes = pattern(0, 250);
    let staged = volume.stage_reader(100, &bytes[..], 64).await.unwrap();
    let ranges: Vec<_> = staged.iter().map(|block| block.range().to_string()).collect();
    assert_eq!(ranges, ["100..164", "164..228", "228..292", "292..350"]);
    let snapshot = volume.commit(staged, meta! {}).await.unwrap();
    assert_eq!(snapshot.read_at(100..350).await.unwrap(), bytes);
    assert!(volume.stage_reader(0, &[][..], 64).await.unwrap().is_empty());
    assert!(matches!(
        volume.stage_reader(0, &bytes[..], 0).await,
        Err(Error::EmptyBlock { offset: 0 })
    ));
    assert!(matches!(
        volume.stage_reader(900, &bytes[..], 64).await,
        Err(Error::OutOfBounds { start: 964, end: 1028, total_length: 1000 })
    ));
}

#[tokio::test]
async fn a_stream_that_fails_says_where() {
    use tokio::io::AsyncReadExt;
    let store = fresh();
    let volume = volume(&store).await;
    let broken = tokio_test_reader();
    let source = (&[1_u8; 64][..]).chain(broken);
    match volume.stage_reader(0, source, 64).await {
        Err(Error::Source { offset: 64, source }) => {
            assert_eq!(source.kind(), io::ErrorKind::BrokenPipe);
        }
        other => panic!("{other:?}"),
    }
}

/// A reader that fails at once.
fn tokio_test_reader() -> impl tokio::io::AsyncRead + Unpin {
    struct Broken;
    impl tokio::io::AsyncRead for Broken {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            std::task::Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }
    }
    Broken
}

/// Who stages for a collection's floor to pass it, and commits then.
async fn expired(volume: &Volume, offset: u64, bytes: &'static str) -> Staged {
    let staged = volume.stage_at(offset, bytes).await.unwrap();
    sweep(volume).await;
    staged
}

/// Collects what was never committed, however young it is.
async fn sweep(volume: &Volume) -> Report {
    let maintenance = volume.maintenance().with_grace_period(Duration::ZERO);
    maintenance.collect(&Retention::ALL).await.unwrap()
}

async fn begun(store: Arc<dyn ObjectStore>) -> Volume {
    let volume = volume(&store).await;
    let first = volume.stage_at(900, "first").await.unwrap();
    volume.commit([first], meta! {}).await.unwrap();
    volume
}

#[tokio::test]
async fn what_a_floor_has_passed_must_be_staged_again() {
    let volume = begun(fresh()).await;
    let too_late = expired(&volume, 100, "too late").await;
    let refused = volume.commit([too_late], meta! {}).await;
    assert!(matches!(refused, Err(Error::StageExpired { .. })), "{refused:?}");
    // The same bytes staged again get an object of their own, for the old one may be collected.
    let again = volume.stage_at(100, "too late").await.unwrap();
    let snapshot = volume.commit([again], meta! {}).await.unwrap();
    assert_eq!(snapshot.version().get(), 3, "behind the record");
    assert_eq!(snapshot.read_at(100..108).await.unwrap(), "too late");
}

/// No clock says when something has expired.
#[tokio::test]
async fn what_is_staged_waits_for_as_long_as_nobody_collects() {
    let clock = ManualClock::new();
    let builder = Volume::builder("disk", 1000).grace_period(Duration::from_secs(100));
    let builder = builder.clock(clock.clone());
    let store = fresh();
    let theirs = builder.clone().open(store.clone()).await.unwrap();
    let old = theirs.stage_at(0, "old").await.unwrap();
    for (offset, step) in [(100, 10_000_000), (200, -20_000_000)] {
        clock.advance(step);
        let block = theirs.stage_at(offset, "between").await.unwrap();
        theirs.commit([block], meta! {}).await.unwrap();
    }
    // Nor does it matter who commits it.
    let ours = builder.open(store).await.unwrap();
    let snapshot = ours.commit([old], meta! {}).await.unwrap();
    assert_eq!(snapshot.read_at(0..3).await.unwrap(), "old");
}

/// A handle that knows no more than an old epoch stages in vain, learns of the floor when it
/// commits, and then stages in the new one.
#[tokio::test]
async fn a_handle_with_a_stale_epoch_is_told_and_goes_on() {
    let store = fresh();
    let (volume, stale) = (begun(store.clone()).await, crate::support::volume(&store).await);
    stale.latest().await.unwrap();
    let _ = expired(&volume, 0, "litter").await;
    let in_vain = stale.stage_at(100, "block").await.unwrap();
    let refused = stale.commit([in_vain.clone()], meta! {}).await.unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }), "it tries once: {refused}");
    stale.latest().await.unwrap();
    let refused = stale.commit([in_vain], meta! {}).await.unwrap_err();
    assert!(matches!(refused, Error::StageExpired { .. }), "{refused}");
    let block = stale.stage_at(100, "block").await.unwrap();
    let snapshot = stale.commit([block], meta! {}).await.unwrap();
    assert_eq!(snapshot.read_at(100..105).await.unwrap(), "block");
}

/// With patience it finds out in one call.
#[tokio::test]
async fn a_stale_epoch_is_found_by_the_rebase() {
    let store = fresh();
    let volume = begun(store.clone()).await;
    let retry = Retry { base: Duration::ZERO, ..Retry::conflicts(3) };
    let stale = Volume::builder("disk", 1000).retry(retry).open(store).await.unwrap();
    stale.latest().await.unwrap();
    let _ = expired(&volume, 0, "litter").await;
    let in_vain = stale.stage_at(100, "block").await.unwrap();
    let refused = stale.commit([in_vain], meta! {}).await.unwrap_err();
    assert!(matches!(refused, Error::StageExpired { .. }), "{refused}");
    let block = stale.stage_at(100, "block").await.unwrap();
    stale.commit([block], meta! {}).await.unwrap();
}

/// What was staged and not committed is collected in the end. A delete that comes late, or twice,
/// must not meet what was staged since.
#[tokio::test]
async fn a_name_is_not_used_again_when_its_object_has_gone() {
    let scripted = Scripted::new();
    let volume = begun(scripted.store()).await;
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let staged = [volume.stage_at(0, "same"), volume.stage_at(0, "other")];
        try_join_all(staged).await.unwrap();
        let keys = scripted.objects().await.into_iter().map(|(key, _)| key);
        let blocks: Vec<_> = keys.filter(|key| key.contains("/data/0-")).collect();
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        for block in blocks {
            assert!(names.insert(block.clone()), "{block} was used again");
        }
        assert_eq!(sweep(&volume).await.deleted.objects, 2);
    }
}

/// The epoch is in the name, so that a collector needs no date to judge what it lists.
#[tokio::test]
async fn a_name_carries_the_epoch_that_its_writer_knows() {
    let scripted = Scripted::new();
    let volume = begun(scripted.store()).await;
    let _ = expired(&volume, 0, "litter").await;
    scripted.take_calls();
    let _ = volume.stage_at(0, "another").await.unwrap();
    let calls = scripted.take_calls();
    let suffix = format!("-{}.bin", 1_u64 << 32);
    assert!(calls[0].contains("/data/0-7-") && calls[0].ends_with(&suffix), "{calls:?}");
}
