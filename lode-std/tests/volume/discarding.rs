//! What was staged and cannot be committed is deleted, and nothing else.

use bytes::Bytes;
use lode_std::{Error, Retry, Volume, meta};

use crate::support::scripted::{Fault, Scripted};
use crate::support::{pattern, volume};

async fn data(store: &Scripted) -> Vec<String> {
    let objects = store.objects().await;
    objects.into_iter().map(|(key, _)| key).filter(|key| key.contains("/data/")).collect()
}

#[tokio::test]
async fn what_is_discarded_is_gone_and_its_name_is_never_used_again() {
    let scripted = Scripted::new();
    let volume = volume(&scripted.store()).await;
    let staged = volume.stage_at(0, "bytes").await.unwrap();
    let before = data(&scripted).await;
    assert_eq!(volume.discard([staged.clone(), staged]).await, 1);
    assert!(data(&scripted).await.is_empty());
    let again = volume.stage_at(0, "bytes").await.unwrap();
    let after = data(&scripted).await;
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    let head = volume.commit([again], meta! {}).await.unwrap();
    assert_eq!(head.read_at(0..5).await.unwrap(), "bytes");
}

#[tokio::test]
async fn what_another_handle_has_staged_is_left_alone() {
    let scripted = Scripted::new();
    let (volume, other) = (volume(&scripted.store()).await, volume(&scripted.store()).await);
    let staged = other.stage_at(0, "bytes").await.unwrap();
    assert_eq!(volume.discard([staged.clone()]).await, 0);
    volume.commit([staged], meta! {}).await.unwrap();
    let head = Volume::existing("disk").open(scripted.store()).await.unwrap().latest().await;
    assert_eq!(head.unwrap().unwrap().read_at(0..5).await.unwrap(), "bytes");
}

#[tokio::test]
async fn a_stream_that_fails_leaves_no_blocks() {
    let scripted = Scripted::new();
    let volume = volume(&scripted.store()).await;
    scripted.fault("/data/200-", Fault::Denied);
    let source = pattern(0, 500);
    let error = volume.stage_reader(0, &source[..], 100).await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error}");
    assert_eq!(data(&scripted).await, Vec::<String>::new());
    let staged = volume.stage_reader(0, &source[..], 100).await.unwrap();
    let head = volume.commit(staged, meta! {}).await.unwrap();
    assert_eq!(head.read_at(0..500).await.unwrap(), Bytes::from(source));
}

#[tokio::test]
async fn an_error_says_whether_the_commit_can_still_take_place() {
    let scripted = Scripted::new();
    let retry = Retry { resends: 0, ..Retry::none() };
    let volume = Volume::builder("disk", 1000).retry(retry).open(scripted.store()).await.unwrap();
    for (fault, is_ruled_out) in [(Fault::Denied, true), (Fault::NotApplied, false)] {
        let staged = volume.stage_at(0, "bytes").await.unwrap();
        scripted.fault("/snapshots/", fault);
        let error = volume.commit([staged], meta! {}).await.unwrap_err();
        assert_eq!(error.rules_out_commit(), is_ruled_out, "{error}");
    }
}
