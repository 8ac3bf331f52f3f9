//! The cost of each call in requests to the store. The table in the crate's documentation says
//! the same.

use futures::TryStreamExt;
use lode_std::{Error, Format, Volume, meta};

use crate::support::scripted::Scripted;
use crate::support::volume;

#[tokio::test]
async fn a_warm_commit_is_two_writes_and_staging_is_one() {
    for format in [Format::Compact, Format::Json] {
        let scripted = Scripted::new();
        let builder = Volume::builder("disk", 1000).format(format);
        let volume = builder.open(scripted.store()).await.unwrap();
        let first = volume.stage_at(0, "first").await.unwrap();
        volume.commit([first], meta! {}).await.unwrap();
        scripted.take_calls();

        let block = volume.stage_at(100, "block").await.unwrap();
        let calls = scripted.take_calls();
        assert_eq!(calls.len(), 1);
        assert!(calls[0].starts_with("create volumes/disk/data/100-5-"), "{calls:?}");

        volume.commit([block], meta! {}).await.unwrap();
        let slot = format!("create volumes/disk/snapshots/{:019}/{}", 2, format.slot_name());
        let hint = "put volumes/disk/latest".to_string();
        // A Go writer would build on a hint that is behind, so it is looked whether this one is.
        let next = format!("head volumes/disk/snapshots/{:019}/{}", 3, format.slot_name());
        let kept = (format == Format::Json).then_some(next);
        let expected: Vec<_> = [slot, hint].into_iter().chain(kept).collect();
        assert_eq!(scripted.take_calls(), expected);
    }
}

#[tokio::test]
async fn opening_is_two_requests_and_the_first_commit_creates_with_two_more() {
    let scripted = Scripted::new();
    let first = volume(&scripted.store()).await;
    let descriptor = "volumes/disk/volume.json";
    let [get, create] = ["get", "create"].map(|operation| format!("{operation} {descriptor}"));
    let list = "list volumes/disk/snapshots";
    assert_eq!(scripted.take_calls(), [get.as_str(), list]);
    let block = first.stage_at(0, "block").await.unwrap();
    scripted.take_calls();
    first.commit([block], meta! {}).await.unwrap();
    let slot = "create volumes/disk/snapshots/";
    let calls = scripted.take_calls();
    assert_eq!(calls[..2], [create.as_str(), create.as_str()]);
    assert!(calls.len() == 4 && calls[2].starts_with(slot), "{calls:?}");
    volume(&scripted.store()).await;
    assert_eq!(scripted.take_calls(), [get.as_str(), create.as_str()]);
    Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    assert_eq!(scripted.take_calls(), [get]);
}

#[tokio::test]
async fn the_head_is_found_by_hint_manifest_and_a_look_at_the_next_slot() {
    let scripted = Scripted::new();
    let writer = volume(&scripted.store()).await;
    let block = writer.stage_at(0, "a").await.unwrap();
    writer.commit([block], meta! {}).await.unwrap();
    let reader = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    scripted.take_calls();

    reader.latest().await.unwrap().unwrap();
    let slot = "get volumes/disk/snapshots/0000000000000000001/manifest.lode";
    let next = "get volumes/disk/snapshots/0000000000000000002/manifest.lode";
    assert_eq!(scripted.take_calls(), ["get volumes/disk/latest", slot, next]);
    reader.latest().await.unwrap().unwrap();
    assert_eq!(scripted.take_calls(), [next]);
    writer.latest().await.unwrap().unwrap();
    assert_eq!(scripted.take_calls(), [next]);
    let other = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    scripted.take_calls();
    other.snapshot(lode_std::Version::FIRST).await.unwrap();
    assert_eq!(scripted.take_calls(), [slot]);
}

#[tokio::test]
async fn the_newest_snapshot_alone_is_three_requests() {
    for format in [Format::Compact, Format::Json] {
        let scripted = Scripted::new();
        let builder = Volume::builder("disk", 1000).format(format);
        let writer = builder.open(scripted.store()).await.unwrap();
        let nothing = Volume::existing("disk").latest(scripted.store()).await;
        assert!(matches!(nothing, Err(Error::VolumeNotFound { .. })), "{nothing:?}");
        let block = writer.stage_at(0, "a").await.unwrap();
        writer.commit([block], meta! {}).await.unwrap();
        scripted.take_calls();

        let told = Volume::existing("disk").format(format).latest(scripted.store());
        assert_eq!(told.await.unwrap().unwrap().read_at(0..1).await.unwrap(), "a");
        assert_eq!(scripted.take_calls().len(), 3 + 1, "and the block");
        let guessed = Volume::existing("disk").latest(scripted.store()).await.unwrap().unwrap();
        assert_eq!(guessed.version().get(), 1);
        let expected = if format == Format::Compact { 3 } else { 6 };
        assert_eq!(scripted.take_calls().len(), expected, "{format:?}");
    }
    let error = Volume::existing("other").latest(Scripted::new().store()).await.unwrap_err();
    assert!(matches!(error, Error::VolumeNotFound { .. }), "{error}");
}

#[tokio::test]
async fn reading_a_held_snapshot_is_one_request_a_block() {
    let scripted = Scripted::new();
    let volume = volume(&scripted.store()).await;
    let blocks = [
        volume.stage_at(0, vec![1; 10]).await.unwrap(),
        volume.stage_at(10, vec![2; 10]).await.unwrap(),
        volume.stage_at(20, vec![3; 10]).await.unwrap(),
    ];
    let snapshot = volume.commit(blocks, meta! {}).await.unwrap();
    scripted.take_calls();

    for (range, requests) in [(0..10, 1), (3..5, 1), (5..15, 2), (0..30, 3), (7..7, 0)] {
        snapshot.read_at(range.clone()).await.unwrap();
        let calls = scripted.take_calls();
        assert_eq!(calls.len(), requests, "{range:?}: {calls:?}");
        assert!(calls.iter().all(|call| call.starts_with("get volumes/disk/data/")));
    }
    snapshot.gaps(0..1000).collect().await.unwrap();
    snapshot.coverage().await.unwrap();
    assert_eq!(scripted.take_calls(), Vec::<String>::new());
}

#[tokio::test]
async fn the_list_of_snapshots_is_lazy() {
    let scripted = Scripted::new();
    let volume = volume(&scripted.store()).await;
    for offset in 0..5 {
        let block = volume.stage_at(offset, "x").await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
    }
    scripted.take_calls();
    let mut snapshots = Box::pin(volume.snapshots());
    assert_eq!(scripted.take_calls(), Vec::<String>::new());
    snapshots.try_next().await.unwrap().unwrap();
    assert_eq!(scripted.take_calls().len(), 2);
    let rest: Vec<_> = snapshots.try_collect().await.unwrap();
    let versions: Vec<_> = rest.iter().map(|snapshot| snapshot.version().get()).collect();
    assert_eq!(versions, [2, 3, 4, 5]);
}
