//! Whether two snapshots of datasets are the same, wherever they stand.

use lode_core::Version;
use lode_core::checksum::Checksum;
use lode_core::crc32c::Crc32c;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind};
use lode_core::manifest::{CollectionState, CommitId, DataFile, DatasetManifest, Metadata, Value};
use lode_core::replicate::same_content;
use lode_core::time::Timestamp;

fn layout() -> DatasetLayout {
    DatasetLayout::new(Id::new("events").unwrap(), LayoutKind::Hive)
}

fn file(token: &str, partition: &str, bytes: &[u8]) -> DataFile {
    let key = format!("datasets/events/partitions/{partition}/segments/{token}/data/data");
    DataFile {
        key: Key::new(key).unwrap(),
        size: bytes.len() as u64,
        digest: Some(Crc32c::digest(bytes)),
        stats: None,
        extra: Metadata::new(),
    }
}

/// A snapshot with a file in each of two partitions, whose names have `token`.
fn manifest(token: &str) -> DatasetManifest {
    DatasetManifest {
        id: Id::new("events").unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        metadata: Metadata::new(),
        files: vec![file(token, "day=1", b"one"), file(token, "day=2", b"two")],
        row_count: 2,
        min_timestamp: None,
        max_timestamp: None,
        codec: Some("jsonl".into()),
        compressor: DatasetManifest::NONE.into(),
        partitioner: "hive".into(),
        checksum: Some("crc32c".into()),
        state: CollectionState::FIRST,
        extra: Metadata::new(),
    }
}

#[test]
fn its_place_in_the_history_and_the_names_of_its_files_do_not_matter() {
    let mut other = manifest("b");
    other.version = Version::new(7).unwrap();
    other.parent = Some(Version::FIRST);
    other.commit_id = Some(CommitId([1; 16]));
    other.created_at = Timestamp::new(7, 0);
    assert_eq!(same_content(&layout(), &manifest("a"), &other), Some(vec![]));
}

#[test]
fn all_else_does() {
    let changes: [fn(&mut DatasetManifest); 9] = [
        |it| drop(it.metadata.insert("step".into(), Value::from("boot"))),
        |it| drop(it.extra.insert("later".into(), Value::Null)),
        |it| it.row_count = 3,
        |it| it.codec = None,
        |it| it.compressor = "gzip".into(),
        |it| drop(it.files.pop()),
        |it| it.files[1] = file("b", "day=3", b"two"),
        |it| it.files[1] = file("b", "day=2", b"owt"),
        |it| it.files[1].size = 4,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut other = manifest("b");
        change(&mut other);
        assert_eq!(same_content(&layout(), &manifest("a"), &other), None, "change {number}");
        assert_eq!(same_content(&layout(), &other, &manifest("a")), None, "change {number}");
    }
}

#[test]
fn what_has_no_digest_by_the_same_algorithm_is_named() {
    let mut other = manifest("b");
    other.files[1].digest = None;
    assert_eq!(same_content(&layout(), &manifest("a"), &other), Some(vec![1]));
    let mut other = manifest("b");
    other.checksum = Some("md5".into());
    other.files[0].digest = Some(Crc32c::digest(b"the same by another algorithm"));
    assert_eq!(same_content(&layout(), &manifest("a"), &other), Some(vec![0, 1]));
    let mut none = (manifest("a"), manifest("b"));
    (none.0.checksum, none.1.checksum) = (None, None);
    assert_eq!(same_content(&layout(), &none.0, &none.1), Some(vec![0, 1]));
}
