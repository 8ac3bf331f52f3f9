//! Bringing one volume or dataset into another, by the public interface.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod agreeing;
mod formats;
mod go;
mod interrupted;
mod mirroring;
mod replaying;
mod resuming;
mod single;
mod travelling;

use std::sync::Arc;

use lode_std::{Snapshot, Volume, meta};
use object_store::ObjectStore;

use crate::support::pattern;

/// How many bytes the volumes have.
const LENGTH: u64 = 1000;

/// A volume `disk` whose blocks are these, with the bytes that belong there.
async fn volume(store: Arc<dyn ObjectStore>, blocks: &[(u64, u64)]) -> Volume {
    let volume = Volume::builder("disk", LENGTH).open(store).await.unwrap();
    commit(&volume, blocks).await;
    volume
}

/// Commits these blocks, with the bytes that belong there.
async fn commit(volume: &Volume, blocks: &[(u64, u64)]) -> Snapshot {
    let mut staged = Vec::new();
    for (start, end) in blocks {
        let bytes = pattern(*start, (end - start) as usize);
        staged.push(volume.stage_at(*start, bytes).await.unwrap());
    }
    volume.commit(staged, meta! { "step" => "boot" }).await.unwrap()
}

/// The newest snapshot.
async fn head(volume: &Volume) -> Snapshot {
    volume.latest().await.unwrap().unwrap()
}

/// All that one snapshot has the other has as well, byte for byte.
async fn check_has(target: &Snapshot, source: &Snapshot) {
    for range in source.manifest().blocks.inline().unwrap().ranges() {
        let bytes = source.read_at(range.into()).await.unwrap();
        assert_eq!(target.read_at(range.into()).await.unwrap(), bytes, "{range}");
    }
}

/// The ranges of its blocks.
fn ranges(snapshot: &Snapshot) -> Vec<(u64, u64)> {
    snapshot
        .manifest()
        .blocks
        .inline()
        .unwrap()
        .ranges()
        .map(|range| (range.start(), range.end()))
        .collect()
}
