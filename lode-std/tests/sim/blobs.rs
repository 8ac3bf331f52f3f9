//! A writer of files that are too large for one request, and what must be true of them.

use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use lode_std::{Blobs, Dataset, DatasetBuilder, Error, ErrorKind, meta};
use tokio::io::AsyncWriteExt;

use crate::clients::{is_excused, patiently, retry, settled};
use crate::support::pattern;
use crate::world::{GRACE, World};

/// The size of a file: one part, and a little more.
const SIZE: usize = (8 << 20) + 1000;
/// How much is written at a time.
const PIECE: usize = 1 << 20;
/// How many files there are.
const FILES: u64 = 3;

pub(crate) fn blobs(world: &Arc<World>) -> DatasetBuilder<Blobs> {
    let builder = Dataset::builder("blobs").retry(retry()).grace_period(GRACE);
    builder.clock(world.clock()).entropy(world.entropy())
}

fn file(number: u64) -> Bytes {
    let piece = pattern(number << 32, PIECE);
    let mut bytes = piece.repeat(SIZE.div_ceil(PIECE));
    bytes.truncate(SIZE);
    bytes.into()
}

/// Writes one file after the other, each as a stream.
pub(crate) async fn write(world: &Arc<World>) {
    for number in 0..FILES {
        world.wait(20_000).await;
        let dataset = patiently(|| blobs(world).open(world.store())).await;
        let bytes = file(number);
        let version = loop {
            match write_file(&dataset, number, &bytes).await {
                Ok(version) => break version,
                Err(Error::CommitUnknown(unknown)) => {
                    let settle = |unknown| async { dataset.resolve(unknown).await };
                    if let Some(snapshot) = settled(*unknown, settle).await {
                        break snapshot.version().get();
                    }
                }
                // It took too long to arrive.
                Err(error) if error.kind() == ErrorKind::Expired => {}
                Err(error) => assert!(is_excused(&error), "file {number}: {error}"),
            }
        };
        world.count(|counts| counts.acknowledged += 1);
        world.promises.lock().unwrap().files.insert(number, version);
    }
}

async fn write_file(dataset: &Dataset<Blobs>, number: u64, bytes: &[u8]) -> Result<u64, Error> {
    let mut writer = dataset.stream_write()?;
    for piece in bytes.chunks(PIECE) {
        if writer.write_all(piece).await.is_err() {
            break;
        }
    }
    // That says what an earlier write has met as well.
    Ok(writer.commit(meta! { "number" => number }).await?.version().get())
}

/// What was acknowledged is there, whole, unless it has been collected; nothing is there in part.
pub(crate) async fn check(world: &Arc<World>) {
    let dataset = blobs(world).open(world.store()).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    for snapshot in &snapshots {
        let number = &snapshot.metadata()["number"];
        let number = (0..FILES).find(|known| *number == (*known).into()).unwrap();
        let found = dataset.read_snapshot(snapshot).await.unwrap();
        assert!(found == [file(number)], "file {number} is another one");
        let told = world.promises.lock().unwrap().files.get(&number).copied();
        assert_eq!(told, Some(snapshot.version().get()));
    }
    let files = world.promises.lock().unwrap().files.len();
    assert!(!snapshots.is_empty() && files as u64 == FILES, "{files} files");
}
