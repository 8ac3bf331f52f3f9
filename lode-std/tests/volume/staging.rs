//! Staging: any order, any number of times, by anybody.

use std::io;
use std::time::Duration;

use futures::future::try_join_all;
use lode_std::{Error, Volume, meta};

use crate::support::aged::Aged;
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
    // The other handle's block has been committed, by the first one: nothing is left to do.
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

#[tokio::test]
async fn what_waited_for_half_the_grace_period_must_be_staged_again() {
    let clock = ManualClock::new();
    let builder = Volume::builder("disk", 1000).grace_period(Duration::from_secs(100));
    let volume = builder.clock(clock.clone()).open(fresh()).await.unwrap();
    let in_time = volume.stage_at(0, "in time").await.unwrap();
    let too_late = volume.stage_at(100, "too late").await.unwrap();
    clock.advance(40);
    volume.commit([in_time], meta! {}).await.unwrap();
    clock.advance(20);
    let refused = volume.commit([too_late], meta! {}).await;
    assert!(matches!(refused, Err(Error::StageExpired { .. })), "{refused:?}");
    // The same bytes staged again get an object of their own, for the old one may be collected.
    let again = volume.stage_at(100, "too late").await.unwrap();
    let snapshot = volume.commit([again], meta! {}).await.unwrap();
    assert_eq!(snapshot.version().get(), 2);
    assert_eq!(snapshot.read_at(100..108).await.unwrap(), "too late");
}

/// What was staged and not committed is collected in the end. A delete that comes late, or twice,
/// must not meet what was staged since.
#[tokio::test]
async fn a_name_is_used_once_and_not_again_when_its_object_has_gone() {
    let (scripted, clock) = (Scripted::new(), ManualClock::new());
    let builder = Volume::builder("disk", 1000).grace_period(Duration::from_secs(100));
    let volume = builder.clock(clock.clone()).open(scripted.store()).await.unwrap();
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..4 {
        let staged = [volume.stage_at(0, "same"), volume.stage_at(0, "other")];
        try_join_all(staged).await.unwrap();
        let keys = scripted.objects().await.into_iter().map(|(key, _)| key);
        let blocks: Vec<_> = keys.filter(|key| key.contains("/data/")).collect();
        assert_eq!(blocks.len(), 2, "{blocks:?}");
        for block in blocks {
            scripted.remove(&block).await;
            assert!(names.insert(block.clone()), "{block} was used again");
        }
        clock.advance(26);
    }
}

/// The clock goes back: a name is not used again because of that.
#[tokio::test]
async fn names_are_drawn_anew_whatever_the_clock_does() {
    let (scripted, clock) = (Scripted::new(), ManualClock::new());
    let builder = Volume::builder("disk", 1000).grace_period(Duration::from_secs(100));
    let volume = builder.clock(clock.clone()).open(scripted.store()).await.unwrap();
    let _ = volume.stage_at(0, "first").await.unwrap();
    clock.advance(200);
    let _ = volume.stage_at(0, "first").await.unwrap();
    clock.advance(-190);
    scripted.take_calls();
    let _ = volume.stage_at(0, "another").await.unwrap();
    let calls = scripted.take_calls();
    assert!(calls[0].contains("/data/0-7-") && calls[0].ends_with("-34359738368.bin"), "{calls:?}");
}

/// What another handle has staged is dated by the store, whose clock may be ahead of ours.
#[tokio::test]
async fn what_others_have_staged_is_young_for_a_quarter_of_the_grace_period() {
    let clock = ManualClock::new();
    let aged = Aged::over(fresh(), clock.clone());
    let builder = Volume::builder("disk", 1000).grace_period(Duration::from_secs(100));
    let builder = builder.clock(clock.clone());
    let theirs = builder.clone().open(aged.store()).await.unwrap();
    let ours = builder.open(aged.store()).await.unwrap();
    let young = theirs.stage_at(0, "young").await.unwrap();
    let old = theirs.stage_at(100, "old").await.unwrap();
    clock.advance(24);
    ours.commit([young], meta! {}).await.unwrap();
    clock.advance(2);
    let refused = ours.commit([old.clone()], meta! {}).await;
    assert!(matches!(refused, Err(Error::StageExpired { .. })), "{refused:?}");
    theirs.latest().await.unwrap();
    theirs.commit([old], meta! {}).await.unwrap();
}
