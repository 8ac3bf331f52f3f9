//! Every outcome of a commit, and what the store is like after it.

use std::sync::Arc;

use lode_std::{CommitUnknown, Error, ErrorKind, Retry, Volume, meta};

use crate::support::scripted::{Fault, Scripted};
use crate::support::volume;

const SLOT: &str = "/manifest.lode";

/// Retries without waiting.
fn patient(conflicts: u32) -> Retry {
    let base = std::time::Duration::ZERO;
    Retry { conflicts, base, ..Retry::none() }
}

async fn open(scripted: &Arc<Scripted>, retry: Retry) -> Volume {
    Volume::builder("disk", 1000).retry(retry).open(scripted.store()).await.unwrap()
}

/// The versions in the store, and the bytes that the newest covers.
async fn state(scripted: &Arc<Scripted>) -> (usize, u64) {
    let reader = Volume::existing("disk").open_read_only(scripted.store()).await.unwrap();
    let covered = reader.latest().await.unwrap().map_or(0, |snapshot| snapshot.covered());
    (reader.versions().await.unwrap().len(), covered)
}

#[tokio::test]
async fn a_lost_reply_is_found_out() {
    for fault in [Fault::AppliedButFailed, Fault::AppliedTwice, Fault::NotApplied] {
        let scripted = Scripted::new();
        let volume = open(&scripted, patient(0)).await;
        let block = volume.stage_at(0, "block").await.unwrap();
        scripted.fault(SLOT, fault);
        let snapshot = volume.commit([block], meta! {}).await.unwrap();
        assert_eq!(snapshot.version().get(), 1, "{fault:?}");
        assert_eq!(state(&scripted).await, (1, 5));
    }
}

#[tokio::test]
async fn a_lost_race_is_a_conflict() {
    let scripted = Scripted::new();
    let (ours, theirs) = (open(&scripted, patient(0)).await, open(&scripted, patient(0)).await);
    let first = ours.stage_at(0, "first").await.unwrap();
    ours.commit([first], meta! {}).await.unwrap();
    let block = theirs.stage_at(10, "their").await.unwrap();
    theirs.commit([block], meta! {}).await.unwrap();

    let block = ours.stage_at(20, "block").await.unwrap();
    let error = ours.commit([block.clone()], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { version } if version.get() == 2), "{error}");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(state(&scripted).await, (2, 10));
    // Looking at the new head is all it takes.
    ours.latest().await.unwrap();
    ours.commit([block], meta! {}).await.unwrap();
    assert_eq!(state(&scripted).await, (3, 15));
}

#[tokio::test]
async fn with_retries_a_lost_race_is_run_again() {
    let scripted = Scripted::new();
    let (ours, theirs) = (open(&scripted, patient(1)).await, open(&scripted, patient(1)).await);
    for offset in [0, 10, 20, 30] {
        for (volume, offset) in [(&ours, offset), (&theirs, offset + 5)] {
            let block = volume.stage_at(offset, "block").await.unwrap();
            volume.commit([block], meta! {}).await.unwrap();
        }
    }
    assert_eq!(state(&scripted).await, (8, 40));
}

#[tokio::test]
async fn a_retry_that_finds_an_overlap_says_so() {
    let scripted = Scripted::new();
    let (ours, theirs) = (open(&scripted, patient(3)).await, open(&scripted, patient(3)).await);
    let block = ours.stage_at(0, "first").await.unwrap();
    ours.commit([block], meta! {}).await.unwrap();
    let block = theirs.stage_at(10, "their").await.unwrap();
    theirs.commit([block], meta! {}).await.unwrap();
    let block = ours.stage_at(12, "block").await.unwrap();
    match ours.commit([block], meta! {}).await {
        Err(Error::Overlap { source, version }) => {
            assert_eq!(source.existing.to_string(), "10..15");
            assert_eq!(version.map(|version| version.get()), Some(2));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_settled_later() {
    for (applied, fault) in [(true, Fault::AppliedButFailed), (false, Fault::NotApplied)] {
        let scripted = Scripted::new();
        let retry = Retry { resends: 0, ..patient(0) };
        let volume = open(&scripted, retry).await;
        let block = volume.stage_at(0, "block").await.unwrap();
        scripted.fault(SLOT, fault);
        let error = volume.commit([block], meta! { "n" => 1 }).await.unwrap_err();
        let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
        assert_eq!(state(&scripted).await, if applied { (1, 5) } else { (0, 0) });

        // Kept as text, and settled by another handle.
        let text = serde_json::to_string(&unknown).unwrap();
        let unknown: CommitUnknown = serde_json::from_str(&text).unwrap();
        let other = open(&scripted, patient(0)).await;
        let snapshot = other.resolve(unknown.clone()).await.unwrap();
        assert_eq!(snapshot.metadata(), &meta! { "n" => 1 });
        assert_eq!(snapshot.read_at(0..5).await.unwrap(), "block");
        assert_eq!(state(&scripted).await, (1, 5));
        // Once more makes no difference.
        assert_eq!(other.resolve(unknown).await.unwrap().version().get(), 1);
        assert_eq!(state(&scripted).await, (1, 5));
    }
}

/// A volume of somebody who sends nothing again, and a commit to it that was lost on its way.
async fn lost(scripted: &Arc<Scripted>) -> (Volume, CommitUnknown) {
    let volume = open(scripted, Retry { resends: 0, ..patient(0) }).await;
    let block = volume.stage_at(0, "block").await.unwrap();
    scripted.fault(SLOT, Fault::NotApplied);
    let error = volume.commit([block], meta! {}).await.unwrap_err();
    let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
    (volume, *unknown)
}

/// Who sends nothing again settles it all the same: an empty slot is tried for once.
#[tokio::test]
async fn an_unknown_outcome_is_settled_without_patience() {
    let scripted = Scripted::new();
    let (volume, unknown) = lost(&scripted).await;
    assert_eq!(volume.resolve(unknown).await.unwrap().version().get(), 1);
    assert_eq!(state(&scripted).await, (1, 5));
}

#[tokio::test]
async fn an_unknown_outcome_may_turn_out_to_be_a_conflict() {
    let scripted = Scripted::new();
    let (volume, unknown) = lost(&scripted).await;
    let other = open(&scripted, patient(0)).await;
    let block = other.stage_at(10, "other").await.unwrap();
    other.commit([block], meta! {}).await.unwrap();
    let error = volume.resolve(unknown).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error}");
    assert_eq!(state(&scripted).await, (1, 5));
}

#[tokio::test]
async fn an_unknown_commit_of_another_volume_is_refused() {
    let scripted = Scripted::new();
    let (_, unknown) = lost(&scripted).await;
    let other = Volume::builder("other", 1000).open(scripted.store()).await.unwrap();
    let error = other.resolve(unknown).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_refusal_is_definite() {
    let scripted = Scripted::new();
    let volume = open(&scripted, patient(5)).await;
    let block = volume.stage_at(0, "block").await.unwrap();
    scripted.fault(SLOT, Fault::Denied);
    let error = volume.commit([block.clone()], meta! {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert_eq!(state(&scripted).await, (0, 0));
    volume.commit([block], meta! {}).await.unwrap();
    assert_eq!(state(&scripted).await, (1, 5));
}

/// After a lost reply a refusal proves nothing: the first request may have been applied.
#[tokio::test]
async fn a_refusal_after_a_lost_reply_is_not() {
    let scripted = Scripted::new();
    let volume = open(&scripted, patient(5)).await;
    let block = volume.stage_at(0, "block").await.unwrap();
    scripted.fault(SLOT, Fault::AppliedButFailed);
    scripted.fault(SLOT, Fault::Denied);
    let error = volume.commit([block], meta! {}).await.unwrap_err();
    let Error::CommitUnknown(unknown) = error else { panic!("{error}") };
    assert_eq!(volume.resolve(*unknown).await.unwrap().version().get(), 1);
}

/// What failed last is the reason, and not what failed before and was dealt with.
#[tokio::test]
async fn a_failure_is_told_by_its_own_reason() {
    let scripted = Scripted::new();
    let (ours, theirs) = (open(&scripted, patient(5)).await, open(&scripted, patient(5)).await);
    let first = ours.stage_at(0, "first").await.unwrap();
    ours.commit([first], meta! {}).await.unwrap();
    let block = theirs.stage_at(10, "their").await.unwrap();
    theirs.commit([block], meta! {}).await.unwrap();

    // No answer, then a lost race, and then the new head cannot be looked up.
    let block = ours.stage_at(20, "block").await.unwrap();
    scripted.fault(SLOT, Fault::NotApplied);
    scripted.fail_next_get("0000000003/manifest");
    let error = ours.commit([block.clone()], meta! {}).await.unwrap_err();
    assert!(error.to_string().contains("0000000003/manifest"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Store);
    ours.commit([block], meta! {}).await.unwrap();
    assert_eq!(state(&scripted).await, (3, 15));
}

#[tokio::test]
async fn a_hint_that_cannot_be_written_fails_no_commit() {
    let scripted = Scripted::new();
    let volume = open(&scripted, patient(0)).await;
    scripted.fault("/latest", Fault::Denied);
    let block = volume.stage_at(0, "block").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    assert_eq!(state(&scripted).await, (1, 5));
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused() {
    let scripted = Scripted::new();
    let first = volume(&scripted.store()).await;
    let block = first.stage_at(100, "block").await.unwrap();
    // The first create of the descriptor finds itself, the one that tries the store overwrites.
    scripted.fault("volume.json", Fault::AppliedTwice);
    scripted.fault("volume.json", Fault::Overwrites);
    let error = first.commit([block.clone()], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::ConditionalWritesIgnored { .. }), "{error}");
    first.commit([block], meta! {}).await.unwrap();
    scripted.fault("volume.json", Fault::Overwrites);
    let builder = Volume::builder("disk", 1000);
    let error = builder.clone().open(scripted.store()).await.unwrap_err();
    assert!(matches!(error, Error::ConditionalWritesIgnored { .. }), "{error}");
    scripted.fault("volume.json", Fault::Overwrites);
    let volume = builder.single_writer().open(scripted.store()).await.unwrap();
    let block = volume.stage_at(0, "block").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
}

/// Nothing says what a volume is like before its first commit, and then the first one decides.
#[tokio::test]
async fn the_first_commit_decides_what_a_volume_is_like() {
    let scripted = Scripted::new();
    let open = |length: u64| Volume::builder("disk", length).open(scripted.store());
    let (ours, same, others) = (open(1000).await, open(1000).await, open(2000).await);
    assert!(scripted.objects().await.is_empty());
    let error = Volume::existing("disk").open(scripted.store()).await.unwrap_err();
    assert!(matches!(error, Error::VolumeNotFound { .. }), "{error}");

    let (ours, same, others) = (ours.unwrap(), same.unwrap(), others.unwrap());
    let block = others.stage_at(1500, "late").await.unwrap();
    for (volume, at) in [(&ours, 0), (&same, 10)] {
        let block = volume.stage_at(at, "block").await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
    }
    let error = others.commit([block], meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Mismatch { .. }), "{error}");
    assert_eq!(state(&scripted).await, (2, 10));
}
