//! A write that has failed for good leaves no files.

use lode_std::{Dataset, Error, Retry, meta};

use crate::support::scripted::{Fault, Scripted};

async fn files(store: &Scripted) -> usize {
    let objects = store.objects().await;
    objects.iter().filter(|(key, _)| key.contains("/data/")).count()
}

async fn open(scripted: &std::sync::Arc<Scripted>) -> Dataset {
    let retry = Retry { resends: 0, ..Retry::none() };
    Dataset::builder("blobs").retry(retry).open(scripted.store()).await.unwrap()
}

#[tokio::test]
async fn a_write_that_is_refused_leaves_no_file() {
    let scripted = Scripted::new();
    let dataset = open(&scripted).await;
    scripted.fault("/snapshots/", Fault::Denied);
    let error = dataset.write_blob("bytes", meta! {}).await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error}");
    assert_eq!(files(&scripted).await, 0);
    dataset.write_blob("bytes", meta! {}).await.unwrap();
    assert_eq!(files(&scripted).await, 1);
}

#[tokio::test]
async fn a_write_whose_outcome_is_not_known_keeps_its_files() {
    let scripted = Scripted::new();
    let dataset = open(&scripted).await;
    for fault in [Fault::NotApplied, Fault::AppliedButFailed] {
        scripted.fault("/snapshots/", fault);
        let before = files(&scripted).await;
        let Err(Error::CommitUnknown(unknown)) = dataset.write_blob("bytes", meta! {}).await else {
            panic!("nobody knows whether it was committed");
        };
        assert_eq!(files(&scripted).await, before + 1);
        let snapshot = dataset.resolve(*unknown).await.unwrap();
        assert_eq!(dataset.read(snapshot.version()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_transaction_that_is_aborted_leaves_nothing() {
    let scripted = Scripted::new();
    let dataset = open(&scripted).await;
    let transaction = dataset.begin();
    transaction.stage_blob("one").await.unwrap();
    transaction.stage_blob("two").await.unwrap();
    assert_eq!(files(&scripted).await, 2);
    transaction.abort().await;
    assert_eq!(files(&scripted).await, 0);
}
