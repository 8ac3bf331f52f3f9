//! What manifests of both kinds are asked, and what their errors say.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind};
use lode_core::manifest::compact::PrefixError;
use lode_core::manifest::{
    Block, BlockName, BlockTable, CollectionState, CommitId, DataFile, DatasetDraft,
    DatasetManifest, Expected, ManifestDigest, ManifestError, Metadata, Mismatch, Onto, Overlap,
    RebaseError, Tombstone,
};
use lode_core::partition::Partition;
use lode_core::range::ByteRange;
use lode_core::time::Timestamp;

fn dataset(id: &str) -> DatasetManifest {
    DatasetManifest {
        id: Id::new(id).unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: Some(CommitId([1; 16])),
        created_at: None,
        metadata: Metadata::new(),
        files: Vec::new(),
        row_count: 0,
        min_timestamp: None,
        max_timestamp: None,
        codec: None,
        compressor: DatasetManifest::NONE.into(),
        partitioner: DatasetManifest::NONE.into(),
        checksum: None,
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    }
}

#[test]
fn a_dataset_s_snapshot_gets_its_place_from_the_head() {
    let digest = ManifestDigest::Crc32c(7);
    let (seven, at) = (Version::new(7).unwrap(), Timestamp::new(3, 4));
    let head = DatasetManifest { version: Version::new(6).unwrap(), ..dataset("events") };
    let draft = DatasetDraft { manifest: dataset("events") };
    let expected = DatasetManifest {
        version: seven,
        parent: Some(head.version),
        parent_digest: Some(digest),
        created_at: at,
        ..dataset("events")
    };
    let onto =
        |head, version| Onto { head, version, state: CollectionState::FIRST, created_at: at };
    let layout = DatasetLayout::new(Id::new("events").unwrap(), LayoutKind::Flat);
    assert_eq!(draft.rebase(&layout, onto(Some((&head, digest)), seven)), Ok(expected));
    let first = DatasetManifest { created_at: at, ..dataset("events") };
    assert_eq!(draft.rebase(&layout, onto(None, Version::FIRST)), Ok(first));
    let other = dataset("other");
    let Err(RebaseError::Mismatch(mismatch)) =
        draft.rebase(&layout, onto(Some((&other, digest)), seven))
    else {
        panic!("the head is of another dataset")
    };
    assert_eq!(mismatch.field, "dataset_id");
}

/// A file is expired if it was staged in an epoch below the floor; names of the Go implementation
/// have no epoch.
#[test]
fn files_expire_with_their_epoch() {
    let id = Id::new("events").unwrap();
    let partition = Partition::new("day=1").unwrap();
    for (kind, partition) in [(LayoutKind::Flat, None), (LayoutKind::Hive, Some(&partition))] {
        let layout = DatasetLayout::new(id.clone(), kind);
        let rebase = |key: Key, floor: u32| {
            let mut state = CollectionState::FIRST;
            (state.epoch, state.floor) = (floor + 1, floor);
            let files =
                vec![DataFile { key, size: 1, digest: None, stats: None, extra: Metadata::new() }];
            let draft = DatasetDraft { manifest: DatasetManifest { files, ..dataset("events") } };
            let version = Version::FIRST;
            draft.rebase(&layout, Onto { head: None, version, state, created_at: None })
        };
        let file = |epoch: u32| {
            let token = 0xabcd_u128 << 64 | u128::from(epoch) << 32 | 7;
            layout.file(token, partition, "data").unwrap()
        };
        for (epoch, floor) in [(0, 0), (2, 2), (3, 2), (u32::MAX, 2)] {
            let manifest = rebase(file(epoch), floor).unwrap();
            assert_eq!((manifest.state.floor, manifest.state.epoch), (floor, floor + 1));
        }
        for (epoch, floor) in [(0, 1), (1, 2)] {
            let expired = RebaseError::Expired { key: file(epoch) };
            assert_eq!(rebase(file(epoch), floor), Err(expired));
        }
        let go = "datasets/events/snapshots/1795380388377338600/data/blob";
        assert!(rebase(Key::new(go).unwrap(), 9).is_ok());
    }
}

#[test]
fn a_manifest_must_be_the_one_that_was_asked_for() {
    let (id, other) = (Id::new("events").unwrap(), Id::new("other").unwrap());
    let tombstone = Tombstone {
        id: id.clone(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: None,
        digest: ManifestDigest::Crc32c(7),
        total_length: None,
        created_at: None,
    };
    for (id, version, is_it) in [
        (&id, Version::FIRST, true),
        (&other, Version::FIRST, false),
        (&id, Version::new(2).unwrap(), false),
    ] {
        let expected = Expected { id, version, total_length: None };
        assert_eq!(dataset("events").check(&expected).is_ok(), is_it);
        assert_eq!(tombstone.check(&expected).is_ok(), is_it);
    }
}

#[test]
fn a_table_knows_whether_it_is_empty() {
    let block = Block {
        range: ByteRange::new(0, 1).unwrap(),
        name: BlockName::Plain,
        digest: Some(Digest::from([1; 4])),
    };
    assert!(BlockTable::default().is_empty());
    assert!(!BlockTable::from_sorted(vec![block]).unwrap().is_empty());
}

#[test]
fn what_is_said_names_the_thing_and_the_place() {
    let range = |start, end| ByteRange::new(start, end).unwrap();
    let same = Overlap { new: range(1, 2), existing: range(1, 2) };
    let crossing = Overlap { new: range(1, 3), existing: range(2, 4) };
    let mismatch = Mismatch { field: "layout", expected: "flat".into(), found: "hive".into() };
    for (said, words) in [
        (same.to_string(), ["1..2", "already"]),
        (crossing.to_string(), ["1..3", "2..4"]),
        (mismatch.to_string(), ["flat", "hive"]),
        (
            ManifestError::Decode { at: 9, field: "version", reason: "it is 0" }.to_string(),
            ["byte 9", "version"],
        ),
        (
            ManifestError::Field { field: "files[0]".into(), reason: "odd".into() }.to_string(),
            ["files[0]", "odd"],
        ),
        (ManifestError::Version { found: "9.0.0".into() }.to_string(), ["9.0.0", "supported"]),
        (ManifestError::Trailer { expected: 1, found: 2 }.to_string(), ["00000001", "00000002"]),
        (PrefixError::Format { found: 9 }.to_string(), ["9", "supported"]),
        (PrefixError::Trailer { expected: 1, found: 2 }.to_string(), ["00000001", "00000002"]),
        (format!("{:?}", CommitId([0xab; 16])), ["abab", "ab"]),
    ] {
        assert!(words.iter().all(|word| said.contains(word)), "{said}: {words:?}");
    }
}
