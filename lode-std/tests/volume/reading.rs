//! Reading: exactly what was committed, or an error that says what is not.

use std::io::SeekFrom;

use futures::TryStreamExt;
use lode_core::manifest::{SlotContent, compact, json};
use lode_std::{ByteRange, Error, Format, SnapshotReader, Version, Volume, meta};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

use crate::support::{fresh, pattern, volume};

#[tokio::test]
async fn a_snapshot_never_changes() {
    let store = fresh();
    let volume = volume(&store).await;
    let a = volume.stage_at(0, "aaaa").await.unwrap();
    let first = volume.commit([a], meta! {}).await.unwrap();
    let b = volume.stage_at(4, "bbbb").await.unwrap();
    let second = volume.commit([b], meta! {}).await.unwrap();
    assert_eq!((first.covered(), second.covered()), (4, 8));
    assert_eq!(second.parent(), Some(first.version()));
    assert!(matches!(first.read_at(0..8).await, Err(Error::RangeMissing { .. })));
    assert_eq!(second.read_at(0..8).await.unwrap(), "aaaabbbb");
    let again = volume.snapshot(Version::FIRST).await.unwrap();
    assert_eq!(again.manifest(), first.manifest());
}

#[tokio::test]
async fn gaps_are_explicit() {
    let store = fresh();
    let volume = volume(&store).await;
    let a = volume.stage_at(100, vec![1; 100]).await.unwrap();
    let b = volume.stage_at(300, vec![2; 100]).await.unwrap();
    let snapshot = volume.commit([a, b], meta! {}).await.unwrap();
    let gaps = async |range| -> Vec<String> {
        let gaps = snapshot.gaps(range).collect().await.unwrap();
        gaps.iter().map(ToString::to_string).collect()
    };
    assert_eq!(gaps(0..1000).await, ["0..100", "200..300", "400..1000"]);
    assert_eq!(gaps(150..350).await, ["200..300"]);
    assert_eq!(gaps(100..200).await, Vec::<String>::new());
    assert_eq!(gaps(900..u64::MAX).await, ["900..1000"]);
    assert_eq!(gaps(5..5).await, Vec::<String>::new());
    assert_eq!(snapshot.coverage().await.unwrap().len(), 2);
    assert!(!snapshot.is_complete());
    match snapshot.read_at(150..350).await {
        Err(Error::RangeMissing { gap, version }) => {
            assert_eq!((gap, version), (ByteRange::new(200, 300).unwrap(), Version::FIRST));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reader_reads_and_seeks() {
    let store = fresh();
    let volume = volume(&store).await;
    let staged = volume.stage_reader(0, &pattern(0, 900)[..], 70).await.unwrap();
    let snapshot = volume.commit(staged, meta! {}).await.unwrap();
    for ahead in [0, 1, 3, 100] {
        reads_and_seeks(snapshot.reader().read_ahead(ahead)).await;
    }
}

/// Of the 1000 bytes of its volume 900 are there.
async fn reads_and_seeks(mut reader: SnapshotReader) {
    let mut head = [0; 200];
    reader.read_exact(&mut head).await.unwrap();
    assert_eq!(head[..], pattern(0, 200));
    for to in [SeekFrom::Start(500), SeekFrom::Current(-10), SeekFrom::End(-500)] {
        let at = reader.seek(to).await.unwrap();
        let mut part = [0; 33];
        reader.read_exact(&mut part).await.unwrap();
        assert_eq!(part[..], pattern(at, 33), "{to:?}");
    }
    assert!(reader.seek(SeekFrom::Current(-10_000)).await.is_err());
    reader.seek(SeekFrom::Start(890)).await.unwrap();
    let mut rest = Vec::new();
    let gap = reader.read_to_end(&mut rest).await.unwrap_err();
    assert_eq!(rest, pattern(890, 10));
    let gap = gap.downcast::<Error>().unwrap();
    assert!(matches!(gap, Error::RangeMissing { gap, .. } if gap.start() == 900), "{gap}");
    // Reading on is to ask again: nothing has come.
    assert!(reader.read(&mut head).await.is_err());
    // Behind the end there is nothing, as in a file.
    reader.seek(SeekFrom::Start(2000)).await.unwrap();
    assert_eq!(reader.read(&mut head).await.unwrap(), 0);
}

#[tokio::test]
async fn a_large_block_is_read_in_part_without_reading_it_all() {
    let store = fresh();
    let volume = Volume::builder("disk", 1 << 22).open(store).await.unwrap();
    let bytes = pattern(0, (1 << 20) + 1);
    let block = volume.stage_at(5, bytes.clone()).await.unwrap();
    let snapshot = volume.commit([block], meta! {}).await.unwrap();
    assert_eq!(snapshot.read_at(1000..1010).await.unwrap(), bytes[995..1005]);
    assert_eq!(snapshot.read_at(5..5 + (1 << 20) + 1).await.unwrap(), bytes);
}

#[tokio::test]
async fn latest_never_goes_backwards() {
    let store = fresh();
    let writer = volume(&store).await;
    let reader = writer.reader();
    for offset in 0..4 {
        let block = writer.stage_at(offset, "x").await.unwrap();
        let snapshot = writer.commit([block], meta! {}).await.unwrap();
        assert_eq!(reader.latest().await.unwrap().unwrap().version(), snapshot.version());
    }
    // A hint that lies, or is gone, makes no difference.
    for hint in ["0000000000000000001", "9000000000000000000", "nonsense", ""] {
        let path = object_store::path::Path::from("volumes/disk/latest");
        object_store::ObjectStoreExt::put(&*store, &path, hint.into()).await.unwrap();
        let fresh = Volume::existing("disk").open_read_only(store.clone()).await.unwrap();
        assert_eq!(fresh.latest().await.unwrap().unwrap().version().get(), 4, "{hint:?}");
    }
}

#[tokio::test]
async fn json_has_the_fields_of_the_go_implementation_and_three_of_ours() {
    let store = fresh();
    let builder = Volume::builder("disk", 1000).format(Format::Json);
    let volume = builder.open(store.clone()).await.unwrap();
    for (offset, version) in [(0, 1), (100, 2)] {
        let block = volume.stage_at(offset, "block").await.unwrap();
        volume.commit([block], meta! { "step" => version }).await.unwrap();
    }
    let path = format!("volumes/disk/snapshots/{:019}/manifest.json", 2);
    let path = object_store::path::Path::from(path);
    let object = object_store::ObjectStoreExt::get(&*store, &path).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&object.bytes().await.unwrap()).unwrap();
    let fields: Vec<_> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "blocks",
        "checksum_algorithm",
        "commit_id",
        "created_at",
        "epoch_opened_at",
        "format_version",
        "metadata",
        "parent_digest",
        "parent_snapshot_id",
        "schema_name",
        "snapshot_id",
        "total_length",
        "volume_id",
    ];
    assert_eq!(fields, expected);
    let block = json["blocks"][0].as_object().unwrap();
    let fields: Vec<_> = block.keys().map(String::as_str).collect();
    assert_eq!(fields, ["checksum", "length", "offset", "path"]);
}

#[tokio::test]
async fn each_manifest_names_the_bytes_of_the_one_before() {
    for format in [Format::Compact, Format::Json] {
        let store = fresh();
        let builder = Volume::builder("disk", 1000).format(format);
        let volume = builder.open(store.clone()).await.unwrap();
        for offset in 0..3 {
            let block = volume.stage_at(offset * 10, "block").await.unwrap();
            volume.commit([block], meta! {}).await.unwrap();
        }
        let mut before = None;
        for version in 1..=3 {
            let path = format!("volumes/disk/snapshots/{version:019}/{}", format.slot_name());
            let path = object_store::path::Path::from(path);
            let bytes = object_store::ObjectStoreExt::get(&*store, &path).await.unwrap();
            let bytes = bytes.bytes().await.unwrap();
            let content = match format {
                Format::Json => json::decode_volume(&bytes),
                _ => compact::decode(&bytes),
            };
            let Ok(SlotContent::Live(manifest)) = content else { panic!("{content:?}") };
            assert_eq!(manifest.parent_digest.map(|digest| digest.to_string()), before);
            before = Some(format!("blake3:{}", blake3::hash(&bytes).to_hex()));
        }
        let count = volume.snapshots().try_fold(0, async |n, _| Ok(n + 1)).await.unwrap();
        assert_eq!(count, 3);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::support::cases(64), failure_persistence: None, ..Default::default() })]

    /// Whatever is committed in whatever pieces reads back, and the rest is a gap.
    #[test]
    fn reads_are_what_was_committed(
        commits in prop::collection::vec(
            prop::collection::vec((0_u64..50, 1_usize..4), 1..6), 1..5,
        ),
        reads in prop::collection::vec((0_u64..=200, 0_u64..=60), 1..20),
        json in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check_reads(commits, reads, json));
    }
}

async fn check_reads(commits: Vec<Vec<(u64, usize)>>, reads: Vec<(u64, u64)>, json: bool) {
    let format = if json { Format::Json } else { Format::Compact };
    let builder = Volume::builder("disk", 200).format(format);
    let volume = builder.open(fresh()).await.unwrap();
    let mut covered = [false; 200];
    let mut head = None;
    for pieces in commits {
        let mut staged = Vec::new();
        for (slot, length) in pieces {
            let places = slot as usize * 4..slot as usize * 4 + length;
            if covered[places.clone()].iter().all(|covered| !covered) {
                covered[places].fill(true);
                staged.push(volume.stage_at(slot * 4, pattern(slot * 4, length)).await.unwrap());
            }
        }
        if !staged.is_empty() {
            head = Some(volume.commit(staged, meta! {}).await.unwrap());
        }
    }
    let head = head.unwrap();
    for (start, length) in reads {
        let end = (start + length).min(200);
        let gap = (start..end).find(|place| !covered[*place as usize]);
        match (head.read_at(start..end).await, gap) {
            (Ok(bytes), None) => assert_eq!(bytes, pattern(start, bytes.len())),
            (Err(Error::RangeMissing { gap, .. }), Some(first)) => assert_eq!(gap.start(), first),
            other => panic!("{start}..{end}: {other:?}"),
        }
    }
}
