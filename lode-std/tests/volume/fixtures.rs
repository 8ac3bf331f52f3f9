//! Volumes that the Go implementation wrote.

use std::fs;

use futures::TryStreamExt;
use lode_std::{ByteRange, Error, Format, Retry, Volume, meta};

use crate::support::directory;
use crate::support::fixtures::{copy, files, fixtures};

#[tokio::test]
async fn they_open_list_and_read_back_every_byte() {
    let dir = copy();
    let before = files(dir.path());
    let store = directory(dir.path());
    let ids: Vec<_> = Volume::list(store.clone()).await.unwrap();
    assert_eq!(ids.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["disk-image", "plain"]);

    for (id, snapshots, blocks) in [("disk-image", 3, 3), ("plain", 1, 20)] {
        let volume = Volume::existing(id).open_read_only(store.clone()).await.unwrap();
        assert_eq!(volume.format(), Format::Json);
        let all: Vec<_> = volume.snapshots().try_collect().await.unwrap();
        assert_eq!(all.len(), snapshots);
        assert!(all.is_sorted_by_key(|snapshot| snapshot.version()));
        let latest = volume.latest().await.unwrap().unwrap();
        assert_eq!(latest.manifest(), all.last().unwrap().manifest());
        assert_eq!(latest.manifest().blocks.len(), blocks);
        for range in latest.manifest().blocks.inline().unwrap().ranges() {
            let bytes = latest.read_at(range.into()).await.unwrap();
            let name = format!("volumes/{id}/data/{}-{}.bin", range.start(), range.length());
            assert_eq!(bytes, fs::read(dir.path().join(name)).unwrap());
        }
    }
    assert_eq!(files(dir.path()), before, "reading has written something");
}

#[tokio::test]
async fn the_disk_image_is_as_it_was_written() {
    let store = directory(&fixtures());
    let volume = Volume::existing("disk-image").open_read_only(store).await.unwrap();
    let latest = volume.latest().await.unwrap().unwrap();
    let expected: Vec<u8> = [0xaa, 0xac, 0xab].into_iter().flat_map(|byte| [byte; 256]).collect();
    assert_eq!(latest.read_at(0..768).await.unwrap(), expected);
    assert_eq!(latest.metadata(), &meta! { "step" => 2 });
    assert_eq!(latest.gaps(0..1024).collect().await.unwrap(), [ByteRange::new(768, 1024).unwrap()]);
    assert_eq!(latest.manifest().checksum.as_deref(), Some("md5"));
}

#[tokio::test]
async fn a_flipped_bit_is_noticed() {
    let dir = copy();
    let path = dir.path().join("volumes/disk-image/data/256-256.bin");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let volume =
        Volume::existing("disk-image").open_read_only(directory(dir.path())).await.unwrap();
    let latest = volume.latest().await.unwrap().unwrap();
    match latest.read_at(0..768).await {
        Err(Error::Corrupt { key, .. }) => {
            assert_eq!(key.as_str(), "volumes/disk-image/data/256-256.bin");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn they_are_continued_in_their_own_format() {
    for (id, length, checksum) in [("disk-image", 1024, Some("md5")), ("plain", 1 << 40, None)] {
        let dir = copy();
        let store = directory(dir.path());
        let retry = Retry::conflicts(1);
        let volume = Volume::builder(id, length).retry(retry).open(store.clone()).await.unwrap();
        assert_eq!(volume.format(), Format::Json);
        assert_eq!(volume.checksum().map(|algorithm| algorithm.name()), checksum);
        let head = volume.latest().await.unwrap().unwrap();
        let block = volume.stage_at(1000, "ours").await.unwrap();
        let next = volume.commit([block], meta! { "by" => "us" }).await.unwrap();
        assert_eq!(next.version().get(), head.version().get() + 1);
        assert_eq!(next.parent(), Some(head.version()));
        assert_eq!(next.read_at(1000..1004).await.unwrap(), "ours");
        assert_eq!(next.manifest().blocks.len(), head.manifest().blocks.len() + 1);

        let hint = fs::read_to_string(dir.path().join(format!("volumes/{id}/latest"))).unwrap();
        assert_eq!(hint, next.version().to_string());
        let again = Volume::existing(id).open_read_only(store).await.unwrap();
        assert_eq!(again.latest().await.unwrap().unwrap().manifest(), next.manifest());
    }
}

#[tokio::test]
async fn what_is_asked_for_must_be_what_is_there() {
    let dir = copy();
    let store = directory(dir.path());
    for (builder, field) in [
        (Volume::builder("disk-image", 1025), "total_length"),
        (Volume::builder("disk-image", 1024).format(Format::Compact), "manifest_format"),
        (
            Volume::builder("disk-image", 1024).checksum(lode_std::Checksums::standard()),
            "checksum_algorithm",
        ),
    ] {
        match builder.open(store.clone()).await {
            Err(Error::Mismatch { source, .. }) => assert_eq!(source.field, field),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(files(dir.path()).len(), files(&fixtures()).len(), "a descriptor was written");
}

/// A Go writer whose clock has gone back leaves a snapshot that sorts before its parent.
#[tokio::test]
async fn a_fork_is_reported_not_guessed() {
    let dir = copy();
    let slots = dir.path().join("volumes/disk-image/snapshots");
    let newest = fs::read_to_string(dir.path().join("volumes/disk-image/latest")).unwrap();
    let back = "1795380388393000000";
    let manifest = fs::read_to_string(slots.join(&newest).join("manifest.json")).unwrap();
    let parent = manifest.find("\"parent_snapshot_id\"").unwrap();
    let (body, tail) = manifest.split_at(parent);
    let forked = body.replace(&newest, back) + &tail.replace("1795380388393789669", &newest);
    fs::create_dir(slots.join(back)).unwrap();
    fs::write(slots.join(back).join("manifest.json"), forked).unwrap();
    fs::write(dir.path().join("volumes/disk-image/latest"), back).unwrap();

    let volume =
        Volume::existing("disk-image").open_read_only(directory(dir.path())).await.unwrap();
    match volume.latest().await {
        Err(Error::Forked { hint, newest: found }) => {
            assert_eq!((hint.to_string(), found.to_string()), (back.to_string(), newest));
        }
        other => panic!("{other:?}"),
    }
}
