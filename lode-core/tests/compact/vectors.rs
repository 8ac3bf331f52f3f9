//! The vectors say in bytes what the specification draws; here is what they mean.

use std::collections::BTreeMap;

use lode_core::id::Id;
use lode_core::manifest::compact::{
    Kind, decode, decode_page, encode, encode_page, encode_record, encode_tombstone,
};
use lode_core::manifest::pages::{
    Blocks, Page, PageHash, PageSizes, Paging, Update, UpdateStep, Updated,
};
use lode_core::manifest::{
    CollectionState, CommitId, Format, ManifestDigest, Purpose, Record, SlotContent, Tombstone,
    Value, VolumeManifest,
};
use lode_core::meta;
use lode_core::time::Timestamp;

use crate::{block, manifest, version};

const TEXT: &str = include_str!("../vectors/compact.txt");

/// The bytes of each vector, by its name.
pub(crate) fn vectors() -> BTreeMap<&'static str, Vec<u8>> {
    let mut vectors = BTreeMap::new();
    let mut current = None;
    for line in TEXT.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            current = Some(name);
            assert!(vectors.insert(name, Vec::new()).is_none(), "{name} is there twice");
        } else if !line.starts_with('#') && !line.is_empty() {
            let (digits, _) = line.split_once(';').expect("bytes, then what they are");
            let bytes = digits.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap());
            let name = current.expect("a name comes first");
            vectors.get_mut(name).unwrap().extend(bytes);
        }
    }
    vectors
}

const WRITER: u64 = 0x0123_4567_89ab_cdef;

fn snapshots() -> Vec<(&'static str, VolumeManifest)> {
    let by = |suffix| (WRITER, suffix);
    vec![
        ("no-blocks", manifest(vec![])),
        ("one-block", manifest(vec![block(0, 4096, by(0), &[1; 4])])),
        (
            "adjacent-run",
            VolumeManifest {
                checksum: Some("xxh3-128".into()),
                ..manifest(vec![
                    block(8192, 4096, by(0), &[1; 16]),
                    block(12288, 4096, by(0), &[2; 16]),
                    block(16384, 4096, by(0), &[3; 16]),
                    block(20480, 4096, by(0), &[4; 16]),
                ])
            },
        ),
        (
            "strided-run",
            manifest(vec![
                block(0, 512, by(0), &[1; 4]),
                block(2048, 512, by(0), &[2; 4]),
                block(4096, 512, by(0), &[3; 4]),
            ]),
        ),
        (
            "listed-run",
            manifest(vec![
                block(1024, 512, by(0), &[1; 4]),
                block(2048, 512, by(0), &[2; 4]),
                block(3072, 512, by(0), &[3; 4]),
                block(5120, 512, by(0), &[4; 4]),
            ]),
        ),
        (
            "counting-suffixes",
            manifest(vec![
                block(0, 256, (0, 300), &[1; 4]),
                block(256, 256, (0, 301), &[2; 4]),
                block(512, 256, (0, 302), &[3; 4]),
                block(768, 256, (0, 7), &[4; 4]),
            ]),
        ),
        (
            "two-writers",
            manifest(vec![
                block(0, 1024, (0xff00_0000_0000_0001, 0), &[1; 4]),
                block(1024, 100, (2, 0), &[2; 4]),
                block(1224, 1024, (2, 5), &[3; 4]),
                block(2248, 1024, (2, 5), &[4; 4]),
            ]),
        ),
        ("metadata", all_metadata()),
        ("parent", with_everything()),
        ("state", VolumeManifest { state: state(), ..manifest(vec![]) }),
        ("paged-manifest", VolumeManifest { blocks: paged(2).blocks, ..manifest(vec![]) }),
    ]
}

/// Two runs of versions are dropped: 1 to 3, and 300.
fn state() -> CollectionState {
    let mut state = CollectionState::FIRST;
    (state.epoch, state.floor) = (300, 5);
    state.opened_at = Timestamp::new(1_795_380_388, 0);
    state.dropped = [1, 2, 3, 300].map(version).into_iter().collect();
    state
}

/// Of a collection.
pub(crate) fn record() -> SlotContent<VolumeManifest> {
    SlotContent::Record(Record {
        id: Id::new("disk").unwrap(),
        version: version(302),
        parent: Some(version(301)),
        parent_digest: Some(ManifestDigest::Blake3([0xb3; 32])),
        commit_id: Some(CommitId([0xc0; 16])),
        created_at: Timestamp::new(1_795_380_388, 0),
        total_length: Some(65536),
        purpose: Purpose::Collection,
        state: state(),
    })
}

fn records() -> Vec<(&'static str, Record)> {
    let SlotContent::Record(full) = record() else { panic!("a record") };
    let mut state = CollectionState::FIRST;
    (state.epoch, state.floor) = (1, 1);
    let bare = Record {
        version: version(2),
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        purpose: Purpose::Repair,
        state,
        ..full.clone()
    };
    vec![("record", full), ("bare-record", bare)]
}

/// Three blocks in leaves of this size, whose hashes are all the same.
fn paged(leaf: usize) -> Updated {
    let new = [(0, 1), (4096, 2), (16384, 3)];
    let new = new.map(|(offset, byte)| block(offset, 4096, (WRITER, 0), &[byte; 4]));
    let paging = Paging {
        sizes: PageSizes { inline: 0, leaf, node: 2 },
        commit: CommitId([0xc0; 16]),
        hash: |_| PageHash([0xa5; 16]),
    };
    let blocks = Blocks::default();
    match Update::new(&blocks, new.to_vec()).step(Some(&paging)) {
        Ok(UpdateStep::Done(updated)) => updated,
        other => panic!("there were no pages before: {other:?}"),
    }
}

fn pages() -> Vec<(&'static str, Page)> {
    let first = |leaf, level| {
        let pages = paged(leaf).pages;
        let page = pages.iter().find(|page| page.page.level() == level).expect("there is one");
        page.page.as_ref().clone()
    };
    vec![("leaf-page", first(2, 0)), ("node-page", first(1, 1))]
}

fn all_metadata() -> VolumeManifest {
    let list = vec![Value::Integer(i64::MAX), Value::List(vec![])];
    let metadata = meta! {
        "a" => Value::Null,
        "b" => false,
        "c" => true,
        "d" => -3,
        "e" => Value::Large(1 << 63),
        "f" => -0.5,
        "g" => "grün",
        "h" => list,
        "i" => meta! { "x" => 1, "y" => meta! {} },
    };
    VolumeManifest { metadata, total_length: i64::MAX as u64, ..manifest(vec![]) }
}

fn with_everything() -> VolumeManifest {
    let digest = std::array::from_fn(|at| u8::try_from(at).unwrap());
    VolumeManifest {
        id: Id::new("day.2026-01-01").unwrap(),
        version: version(1000),
        parent: Some(version(999)),
        parent_digest: Some(ManifestDigest::Blake3(digest)),
        commit_id: Some(CommitId(std::array::from_fn(|at| u8::try_from(at + 16).unwrap()))),
        created_at: Timestamp::new(1_795_380_388, 392_632_392),
        total_length: 1 << 40,
        checksum: Some("blake3".into()),
        ..manifest(vec![block((1 << 40) - 1, 1, (u64::MAX, u64::MAX), &[0xee; 32])])
    }
}

fn tombstones() -> Vec<(&'static str, Tombstone)> {
    let bare = Tombstone {
        id: Id::new("disk").unwrap(),
        version: version(2),
        parent: None,
        parent_digest: None,
        commit_id: None,
        digest: ManifestDigest::Blake3([0xb3; 32]),
        total_length: Some(65536),
        created_at: None,
    };
    let full = Tombstone {
        version: version(7),
        parent: Some(version(6)),
        parent_digest: Some(ManifestDigest::Crc32c(0xdead_beef)),
        commit_id: Some(CommitId([0xc0; 16])),
        digest: ManifestDigest::Crc32c(0x80),
        created_at: Timestamp::new(-1, 500_000_000),
        ..bare.clone()
    };
    vec![("tombstone", full), ("bare-tombstone", bare)]
}

#[test]
fn snapshots_are_the_bytes_that_the_specification_draws() {
    let vectors = vectors();
    for (name, manifest) in snapshots() {
        assert_eq!(encode(&manifest).as_ref(), Ok(&vectors[name]), "{name}");
        assert_eq!(decode(&vectors[name]), Ok(SlotContent::Live(manifest)), "{name}");
    }
    for (name, tombstone) in tombstones() {
        assert_eq!(encode_tombstone(&tombstone).as_ref(), Ok(&vectors[name]), "{name}");
        assert_eq!(decode(&vectors[name]), Ok(SlotContent::Collected(tombstone)), "{name}");
    }
    for (name, record) in records() {
        assert_eq!(encode_record(&record).as_ref(), Ok(&vectors[name]), "{name}");
        assert_eq!(decode(&vectors[name]), Ok(SlotContent::Record(record)), "{name}");
    }
    for (name, page) in pages() {
        assert_eq!(encode_page(&page).as_ref(), Ok(&vectors[name]), "{name}");
        assert_eq!(decode_page(&vectors[name]), Ok(page), "{name}");
    }
    let used = snapshots().len() + tombstones().len() + records().len() + pages().len();
    assert_eq!(used, vectors.len(), "every vector is used");
}

#[test]
fn damage_of_any_kind_is_an_error() {
    for (name, bytes) in vectors() {
        let is_page = bytes[5] == Kind::Page as u8;
        let decode = |bytes: &[u8]| match is_page {
            true => decode_page(bytes).map(|_| ()),
            false => decode(bytes).map(|_| ()),
        };
        assert_eq!(decode(&bytes), Ok(()), "{name}");
        for at in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[at / 8] ^= 1 << (at % 8);
            assert!(decode(&damaged).is_err(), "{name}: bit {at}");
        }
        for length in 0..bytes.len() {
            assert!(decode(&bytes[..length]).is_err(), "{name}: {length} bytes");
        }
        for more in 0..=u8::MAX {
            let longer = [bytes.as_slice(), &[more]].concat();
            assert!(decode(&longer).is_err(), "{name}: and {more}");
        }
    }
}

#[test]
fn what_only_go_writes_cannot_be_encoded() {
    use lode_core::manifest::{BlockName, ManifestError};
    let field_of = |manifest: VolumeManifest| match encode(&manifest) {
        Err(ManifestError::Unrepresentable { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let good = block(0, 1, (1, 0), &[1; 4]);
    let plain = lode_core::manifest::Block { name: BlockName::Plain, ..good.clone() };
    let bare = lode_core::manifest::Block { digest: None, ..good.clone() };
    let odd = block(1, 1, (1, 0), &[1; 8]);
    assert_eq!(field_of(manifest(vec![plain])), "blocks[0].path");
    assert_eq!(field_of(manifest(vec![bare])), "blocks[0].checksum");
    assert_eq!(field_of(manifest(vec![good, odd])), "blocks[1].checksum");
    let short = block(0, 1, (1, 0), &[1; 3]);
    assert_eq!(field_of(manifest(vec![short])), "blocks[0].checksum");
    let nameless = VolumeManifest { checksum: None, ..manifest(vec![]) };
    assert_eq!(field_of(nameless), "checksum_algorithm");
    let extra = VolumeManifest { extra: meta! { "stats" => 1 }, ..manifest(vec![]) };
    assert_eq!(field_of(extra), "stats");
    assert_eq!(Format::default(), Format::Compact);
}
