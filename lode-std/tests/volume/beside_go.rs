//! Volumes in JSON to which the Go implementation and this one write in turns, each with checksums
//! of its own, or Go with none.

use std::sync::Arc;

use bytes::Bytes;
use lode_checksum::Md5;
use lode_core::checksum::{Algorithm, Checksum};
use lode_core::id::Id;
use lode_core::layout::VolumeLayout;
use lode_std::repair::Repair;
use lode_std::replicate::Replication;
use lode_std::verify::Verification;
use lode_std::{Checksums, Error, Format, Snapshot, Volume, meta};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use serde_json::{Value, json};

use crate::support::{memory, pattern};

/// How far blocks lie apart.
const STEP: u64 = 16;
const LENGTH: u64 = 160;

/// Who commits, and with which checksums.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    Lode,
    GoMd5,
    GoNone,
}

const TURNS: [Turn; 3] = [Turn::Lode, Turn::GoMd5, Turn::GoNone];

async fn read(store: &Arc<dyn ObjectStore>, key: &str) -> Bytes {
    store.get(&Path::from(key)).await.unwrap().bytes().await.unwrap()
}

async fn put(store: &Arc<dyn ObjectStore>, key: &str, bytes: impl Into<Bytes>) {
    store.put(&Path::from(key), bytes.into().into()).await.unwrap();
}

/// The bytes of the block that is committed in this turn.
fn bytes(turn: u64) -> Bytes {
    pattern(1000 * turn, 7 + usize::try_from(turn).unwrap()).into()
}

/// What Go v0.9 does to commit a block: of the newest manifest it keeps the blocks, with the four
/// fields that it knows, and names the algorithm of its own handle.
async fn go(store: &Arc<dyn ObjectStore>, turn: u64, has_checksums: bool) {
    let offset = turn * STEP;
    let path = format!("volumes/v/data/{offset}-{}.bin", bytes(turn).len());
    put(store, &path, bytes(turn)).await;
    let id = (1_795_913_306_136_254_490 + turn * 1_000_000).to_string();
    let mut manifest = json!({
        "schema_name": "lode-volume-manifest", "format_version": "1.0.0", "volume_id": "v",
        "snapshot_id": id, "created_at": "2026-11-29T00:48:26.136Z", "metadata": {},
        "total_length": LENGTH, "blocks": [],
    });
    if turn > 0 {
        let hint = String::from_utf8(read(store, "volumes/v/latest").await.to_vec()).unwrap();
        let head = read(store, &format!("volumes/v/snapshots/{hint}/manifest.json")).await;
        let head: Value = serde_json::from_slice(&head).unwrap();
        let known = ["offset", "length", "path", "checksum"];
        let kept = head["blocks"].as_array().unwrap().iter().map(|block| {
            let fields = block.as_object().unwrap().iter();
            let kept = fields.filter(|(name, _)| known.contains(&name.as_str()));
            Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
        });
        manifest["blocks"] = kept.collect();
        manifest["parent_snapshot_id"] = head["snapshot_id"].clone();
    }
    let mut block = json!({ "offset": offset, "length": bytes(turn).len(), "path": path });
    if has_checksums {
        block["checksum"] = json!(Md5::digest(&bytes(turn)).to_string());
        manifest["checksum_algorithm"] = json!("md5");
    }
    manifest["blocks"].as_array_mut().unwrap().push(block);
    put(store, "volumes/v/latest", id.clone()).await;
    let manifest = serde_json::to_vec_pretty(&manifest).unwrap();
    put(store, &format!("volumes/v/snapshots/{id}/manifest.json"), manifest).await;
}

/// Commits a block as a new handle of ours. The first turn decides about the checksums.
async fn lode(store: &Arc<dyn ObjectStore>, turn: u64, algorithm: Option<Algorithm>) {
    let builder = match turn {
        0 => Volume::builder("v", LENGTH).format(Format::Json),
        _ => Volume::existing("v"),
    };
    let builder = match algorithm.filter(|_| turn == 0) {
        Some(algorithm) => builder.checksum(algorithm),
        None => builder,
    };
    let volume = builder.open(store.clone()).await.unwrap();
    let block = volume.stage_at(turn * STEP, bytes(turn)).await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
}

/// A volume after these turns.
async fn history(turns: &[Turn], algorithm: Option<Algorithm>) -> Arc<dyn ObjectStore> {
    let store = memory();
    for (turn, who) in (0..).zip(turns) {
        match who {
            Turn::Lode => lode(&store, turn, algorithm).await,
            Turn::GoMd5 => go(&store, turn, true).await,
            Turn::GoNone => go(&store, turn, false).await,
        }
    }
    store
}

/// The newest snapshot, as each way to find it has it.
async fn newest(store: &Arc<dyn ObjectStore>) -> [Snapshot; 3] {
    let quick = Volume::existing("v").format(Format::Json).latest(store.clone()).await.unwrap();
    let unasked = Volume::existing("v").latest(store.clone()).await.unwrap();
    let reader = Volume::existing("v").open_read_only(store.clone()).await.unwrap();
    [quick, unasked, reader.latest().await.unwrap()].map(Option::unwrap)
}

async fn damage(store: &Arc<dyn ObjectStore>) -> u64 {
    let verification = Verification::volume(store.clone(), "v").unwrap().data(true);
    verification.run(|_| {}).await.unwrap().damage
}

/// Whether a block of this turn has a digest: ours have one unless Go began the volume without.
fn has_digest(turns: &[Turn], turn: usize) -> bool {
    match turns[turn] {
        Turn::GoMd5 => true,
        Turn::GoNone => false,
        Turn::Lode => {
            let first = turns.iter().position(|who| *who == Turn::Lode).unwrap();
            first == 0 || turns[first - 1] == Turn::GoMd5
        }
    }
}

/// Checks that all reads back, and that a flipped byte is noticed in each block with a digest.
async fn check(turns: &[Turn], store: &Arc<dyn ObjectStore>) {
    let place = |turn: u64| {
        let start = turn * STEP;
        start..start + bytes(turn).len() as u64
    };
    let count = turns.len() as u64;
    let snapshots = newest(store).await;
    for snapshot in &snapshots {
        for turn in 0..count {
            let found = snapshot.read_verified(place(turn)).await;
            assert_eq!(found.unwrap(), bytes(turn), "{turns:?}, turn {turn}");
        }
    }
    assert_eq!(damage(store).await, 0, "{turns:?}");

    let layout = VolumeLayout::new(Id::new("v").unwrap());
    let blocks = snapshots[0].manifest().blocks.inline().unwrap().to_vec();
    for (turn, block) in (0..count).zip(&blocks) {
        let index = usize::try_from(turn).unwrap();
        assert_eq!(block.digest.is_some(), has_digest(turns, index), "{turns:?}, turn {turn}");
        if block.digest.is_none() {
            continue;
        }
        let key = layout.block(block.range, &block.name).to_string();
        let mut flipped = bytes(turn).to_vec();
        flipped[3] ^= 1;
        put(store, &key, flipped).await;
        for snapshot in &snapshots {
            let error = snapshot.read_at(place(turn)).await.unwrap_err();
            assert!(matches!(error, Error::Corrupt { .. }), "{turns:?}, turn {turn}: {error}");
        }
        assert!(damage(store).await > 0, "{turns:?}, turn {turn}");
        put(store, &key, bytes(turn)).await;
    }
}

/// All histories of so many turns.
fn histories(turns: u32) -> impl Iterator<Item = Vec<Turn>> {
    (0..3_usize.pow(turns))
        .map(move |number| (0..turns).map(|place| TURNS[number / 3_usize.pow(place) % 3]).collect())
}

#[tokio::test]
async fn each_block_is_verified_by_the_algorithm_that_it_was_written_with() {
    let known = Checksums::default();
    for name in [None, Some("xxh3-128"), Some("blake3"), Some("crc32c")] {
        let algorithm = name.map(|name| known.find(name).unwrap());
        for turns in histories(4) {
            if name.is_some() && turns[0] != Turn::Lode {
                continue;
            }
            let store = history(&turns, algorithm).await;
            check(&turns, &store).await;
        }
    }
}

#[tokio::test]
async fn ours_are_made_with_what_go_knows_unless_it_is_asked_otherwise() {
    for (format, name) in [(Format::Json, "md5"), (Format::Compact, "xxh3-128")] {
        let volume = Volume::builder("v", 10).format(format).open(memory()).await.unwrap();
        assert_eq!(volume.checksum().unwrap().name(), name);
    }
}

/// Go drops the fields that it does not know, and all that we need to go on is somewhere else.
#[tokio::test]
async fn our_manifests_name_both_algorithms() {
    let xxh3 = Some(Checksums::standard());
    let fields = async |store: &Arc<dyn ObjectStore>| {
        let [newest, ..] = newest(store).await;
        let manifest = newest.manifest();
        let go = manifest.extra.get("go_checksum_algorithm").cloned();
        (manifest.checksum.as_deref().map(str::to_string), go)
    };
    let xxh3_name = Some("xxh3-128".to_string());
    for turns in [
        &[Turn::Lode, Turn::GoMd5, Turn::Lode][..],
        &[Turn::Lode, Turn::GoMd5, Turn::GoNone, Turn::Lode],
        &[Turn::Lode, Turn::GoMd5, Turn::Lode, Turn::GoNone, Turn::Lode, Turn::Lode],
    ] {
        let store = history(turns, xxh3).await;
        assert_eq!(fields(&store).await, (xxh3_name.clone(), Some("md5".into())), "{turns:?}");
    }
    // Where there is nothing to tell apart, nothing is added.
    for (turns, algorithm) in [
        (&[Turn::Lode, Turn::GoNone, Turn::Lode][..], xxh3),
        (&[Turn::Lode, Turn::GoMd5, Turn::Lode], None),
        (&[Turn::GoMd5, Turn::Lode], None),
        (&[Turn::GoNone, Turn::Lode], None),
    ] {
        assert_eq!(fields(&history(turns, algorithm).await).await.1, None, "{turns:?}");
    }
}

#[tokio::test]
async fn a_lost_descriptor_is_made_again_with_our_algorithm() {
    for last in [Turn::GoMd5, Turn::GoNone] {
        let turns = [Turn::Lode, Turn::GoMd5, Turn::Lode, last];
        let store = history(&turns, Some(Checksums::standard())).await;
        let descriptor = read(&store, "volumes/v/volume.json").await;
        store.delete(&Path::from("volumes/v/volume.json")).await.unwrap();
        assert_eq!(damage(&store).await, 1);
        let proposal = Repair::volume(store.clone(), "v").unwrap().data(true).propose(|_| {});
        proposal.await.unwrap().carry_out().await.unwrap();
        assert_eq!(read(&store, "volumes/v/volume.json").await, descriptor);
        check(&turns, &store).await;
    }
}

/// All blocks arrive, and are found to be there the next time.
#[tokio::test]
async fn they_are_replicated() {
    let turns = [Turn::Lode, Turn::GoMd5, Turn::GoNone, Turn::Lode];
    for last in TURNS {
        let turns = [&turns[..], &[last]].concat();
        let from = history(&turns, Some(Checksums::standard())).await;
        let [source, ..] = newest(&from).await;
        for format in [Format::Json, Format::Compact] {
            let target = Volume::existing("v").format(format);
            let target = target.open_like(&source, memory()).await.unwrap();
            let report = Replication::new(&source, &target).run().await.unwrap();
            assert_eq!(report.sent, source.manifest().blocks.covered(), "{turns:?}");
            let report = Replication::new(&source, &target).run().await.unwrap();
            assert_eq!((report.sent, report.present), (0, source.manifest().blocks.covered()));
        }
    }
}
