//! What manifests of both kinds are asked, and what their errors say.

#![allow(clippy::unwrap_used, reason = "helpers of tests lie outside of test functions")]

use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::id::Id;
use lode_core::manifest::compact::PrefixError;
use lode_core::manifest::{
    Block, BlockName, BlockTable, CommitId, DatasetDraft, DatasetManifest, Expected,
    ManifestDigest, ManifestError, Metadata, Mismatch, Overlap, Tombstone,
};
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
    assert_eq!(draft.rebase(Some((&head, digest)), seven, at), Ok(expected));
    let first = DatasetManifest { created_at: at, ..dataset("events") };
    assert_eq!(draft.rebase(None, Version::FIRST, at), Ok(first));
    let other = draft.rebase(Some((&dataset("other"), digest)), seven, at);
    assert_eq!(other.unwrap_err().field, "dataset_id");
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
