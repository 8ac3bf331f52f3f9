//! What threads may do with handles at the same time.

use std::sync::Arc;
use std::time::Duration;

use lode_std::{Dataset, Retry, Staged, Volume, meta};
use object_store::ObjectStore;

use crate::model::{Counting, Resting, explore, spawn, wait};
use crate::store::Visible;

pub(crate) fn volume(
    store: Arc<dyn ObjectStore>,
    entropy: Arc<Counting>,
    conflicts: u32,
) -> Volume {
    let retry =
        Retry { conflicts, resends: 0, base: Duration::ZERO, cap: Duration::ZERO, ..Retry::none() };
    let builder = Volume::builder("disk", 100).retry(retry);
    wait(builder.clock(Arc::new(Resting)).entropy(entropy).open(store)).unwrap()
}

fn dataset(store: Arc<dyn ObjectStore>) -> Dataset {
    let builder = Dataset::builder("blobs").clock(Arc::new(Resting)).entropy(Counting::new());
    wait(builder.open(store)).unwrap()
}

async fn stage_and_commit(volume: Volume, offset: u64) -> u64 {
    let block = volume.stage_at(offset, vec![1; 10]).await.unwrap();
    let version = volume.commit([block], meta! {}).await.unwrap().version().get();
    // What one has committed, one sees.
    let latest = volume.latest().await.unwrap().unwrap();
    assert!(latest.version().get() >= version);
    assert_eq!(latest.gaps(offset..offset + 10).count().await.unwrap(), 0);
    version
}

/// Without a retry policy, so that losing a slot to the other clone would be an error.
#[test]
fn commits_of_one_handle_queue_up() {
    explore("two commits by clones of a handle", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let other = spawn(stage_and_commit(volume.clone(), 10));
        let mine = wait(stage_and_commit(volume.clone(), 0));
        let mut versions = [mine, other.join().unwrap()];
        versions.sort_unstable();
        assert_eq!(versions, [1, 2]);
        let latest = wait(volume.latest()).unwrap().unwrap();
        assert_eq!((latest.version().get(), latest.manifest().blocks.len()), (2, 2));
    });
}

#[test]
fn handles_that_race_lose_nothing() {
    explore("two handles that race", || {
        let (store, entropy) = (Visible::new(), Counting::new());
        let [first, second] = [(); 2].map(|()| volume(store.clone(), entropy.clone(), 5));
        let block = wait(second.stage_at(10, vec![1; 10])).unwrap();
        let other = spawn(async move { second.commit([block], meta! {}).await.unwrap().version() });
        let block = wait(first.stage_at(0, vec![1; 10])).unwrap();
        let mine = wait(first.commit([block], meta! {})).unwrap().version();
        assert_ne!(mine, other.join().unwrap());
        assert_eq!(wait(first.latest()).unwrap().unwrap().manifest().blocks.len(), 2);
    });
}

#[test]
fn a_reader_never_goes_backwards() {
    explore("a writer, and a reader of the same handle", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let blocks: [Staged; 2] = [0, 10].map(|at| wait(volume.stage_at(at, vec![1; 10])).unwrap());
        let writer = volume.clone();
        let writer = spawn(async move {
            for block in blocks {
                writer.commit([block], meta! {}).await.unwrap();
            }
        });
        let version = || wait(volume.latest()).unwrap().map_or(0, |head| head.version().get());
        let seen = [version(), version()];
        assert!(seen.is_sorted(), "{seen:?}");
        writer.join().unwrap();
        assert_eq!(version(), 2);
    });
}

#[test]
fn equal_bytes_are_staged_once() {
    explore("two threads that stage the same", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let stage = |volume: Volume| async move { volume.stage_at(0, vec![7; 10]).await.unwrap() };
        let other = spawn(stage(volume.clone()));
        let blocks = [wait(stage(volume.clone())), other.join().unwrap()];
        let snapshot = wait(volume.commit(blocks, meta! {})).unwrap();
        assert_eq!(snapshot.manifest().blocks.len(), 1);
    });
}

#[test]
fn other_bytes_get_another_name() {
    explore("two threads that stage other bytes in the same place", || {
        let volume = volume(Visible::new(), Counting::new(), 0);
        let clone = volume.clone();
        let other = spawn(async move { clone.stage_at(0, vec![8; 10]).await.unwrap() });
        let mine = wait(volume.stage_at(0, vec![7; 10])).unwrap();
        assert_eq!(other.join().unwrap().range(), mine.range());
        let snapshot = wait(volume.commit([mine], meta! {})).unwrap();
        assert_eq!(wait(snapshot.read_at(0..10)).unwrap(), vec![7; 10]);
    });
}

#[test]
fn a_transaction_takes_files_of_many() {
    explore("two threads that stage into a transaction", || {
        let dataset = dataset(Visible::new());
        let transaction = Arc::new(dataset.begin());
        let theirs = transaction.clone();
        let other = spawn(async move { theirs.stage_blob("theirs").await.unwrap().key });
        let mine = wait(transaction.stage_blob("mine")).unwrap().key;
        assert_ne!(mine, other.join().unwrap());
        let transaction = Arc::into_inner(transaction).unwrap();
        let snapshot = wait(transaction.commit(meta! {})).unwrap();
        assert_eq!(snapshot.manifest().files.len(), 2);
    });
}

#[test]
fn writes_to_a_dataset_queue_up() {
    explore("two writes by clones of a handle", || {
        let dataset = dataset(Visible::new());
        let write = |dataset: Dataset| async move {
            dataset.write_blob("blob", meta! {}).await.unwrap().version().get()
        };
        let other = spawn(write(dataset.clone()));
        let mut versions = [wait(write(dataset.clone())), other.join().unwrap()];
        versions.sort_unstable();
        assert_eq!(versions, [1, 2]);
    });
}
