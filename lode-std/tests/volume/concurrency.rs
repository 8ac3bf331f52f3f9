//! Many writers at once: nothing lost, and one line of history.

use futures::TryStreamExt;
use futures::future::try_join_all;
use lode_std::{Retry, Volume, meta};

use crate::support::{fresh, pattern};

const BLOCK: u64 = 16;

/// Commits blocks `writer`, `writer + writers`, … one by one.
async fn write(volume: &Volume, writer: u64, writers: u64, commits: u64) {
    for commit in 0..commits {
        let offset = (commit * writers + writer) * BLOCK;
        let block = volume.stage_at(offset, pattern(offset, BLOCK as usize)).await.unwrap();
        volume.commit([block], meta! { "writer" => writer }).await.unwrap();
    }
}

/// Every byte is there, and each of the versions has the one before as its parent and exactly
/// one more block.
async fn check(volume: &Volume, versions: u64) {
    let snapshots: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    assert_eq!(snapshots.len() as u64, versions);
    for (number, snapshot) in (1..).zip(&snapshots) {
        assert_eq!(snapshot.version().get(), number);
        assert_eq!(snapshot.parent().map_or(0, |parent| parent.get()), number - 1);
        assert_eq!(snapshot.manifest().blocks.len() as u64, number);
    }
    let head = snapshots.last().unwrap();
    assert!(head.is_complete());
    let bytes = head.read_at(0..head.len()).await.unwrap();
    assert_eq!(bytes, pattern(0, bytes.len()));
}

fn builder(length: u64) -> lode_std::VolumeBuilder {
    Volume::builder("disk", length).retry(Retry::conflicts(1000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_handles() {
    let (writers, commits) = (4, 50);
    let store = fresh();
    let length = writers * commits * BLOCK;
    let tasks = (0..writers).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let volume = builder(length).open(store).await.unwrap();
            write(&volume, writer, writers, commits).await;
        })
    });
    try_join_all(tasks).await.unwrap();
    check(&builder(length).open(store).await.unwrap(), writers * commits).await;
}

/// Clones of one handle queue up: without any retries none of them ever sees a conflict.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clones_of_one_handle_need_no_retries() {
    let (writers, commits) = (8, 25);
    let length = writers * commits * BLOCK;
    let volume = Volume::builder("disk", length).open(fresh()).await.unwrap();
    let tasks = (0..writers).map(|writer| {
        let volume = volume.clone();
        tokio::spawn(async move { write(&volume, writer, writers, commits).await })
    });
    try_join_all(tasks).await.unwrap();
    check(&volume, writers * commits).await;
}
