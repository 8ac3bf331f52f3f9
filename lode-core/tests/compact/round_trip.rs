//! Whatever is valid comes back as it was, in few bytes.

use std::collections::BTreeMap;

use lode_core::id::Id;
use lode_core::manifest::compact::{decode, encode, encode_record, encode_tombstone};
use lode_core::manifest::{
    Block, BlockTable, CollectionState, CommitId, ManifestDigest, ManifestError, Metadata, Purpose,
    Record, SlotContent, Span, Tombstone, Value, VolumeManifest,
};
use lode_core::time::Timestamp;
use proptest::prelude::*;

use crate::{block, manifest, version};

fn digests() -> impl Strategy<Value = ManifestDigest> {
    prop_oneof![
        any::<u32>().prop_map(ManifestDigest::Crc32c),
        any::<[u8; 32]>().prop_map(ManifestDigest::Blake3),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no other", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::Map),
        ]
    })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    proptest::collection::btree_map(any::<String>(), values(), 0..4)
}

/// Blocks with few distinct lengths, gaps, writers and suffixes, so that runs of all shapes occur.
fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let gap = prop_oneof![4 => Just(0), 4 => Just(512), 1 => 0..5000_u64];
    let length = prop_oneof![4 => Just(512), 1 => 1..1000_u64];
    let writer = prop_oneof![4 => Just(7), 1 => any::<u64>()];
    let suffix = prop_oneof![4 => Just(None), 1 => any::<u64>().prop_map(Some)];
    let size = prop_oneof![Just(4_usize), Just(16), Just(32)];
    let counts = any::<bool>();
    let all = proptest::collection::vec((gap, length, writer, suffix, any::<[u8; 32]>()), 0..40);
    (all, size, counts).prop_map(|(all, size, counts)| {
        let (mut end, mut next) = (0, u64::MAX - 20);
        let mut blocks = Vec::new();
        for (gap, length, writer, suffix, digest) in all {
            let suffix = suffix.unwrap_or(next);
            next = if counts { suffix.wrapping_add(1) } else { suffix };
            blocks.push(block(end + gap, length, (writer, suffix), &digest[..size]));
            end += gap + length;
        }
        blocks
    })
}

type Optional = (Option<u64>, Option<ManifestDigest>, Option<[u8; 16]>, Option<(i64, u32)>);

fn optional() -> impl Strategy<Value = Optional> {
    use proptest::option::of;
    let time = (any::<i64>(), 0..1_000_000_000_u32);
    (of(1..1_u64 << 63), of(digests()), of(any::<[u8; 16]>()), of(time))
}

/// Any state that collections can have come to, and some that they hardly will.
fn states() -> impl Strategy<Value = CollectionState> {
    let runs = proptest::collection::vec((0..1_u64 << 40, 0..1_u64 << 40), 0..6);
    let time = proptest::option::of((any::<i64>(), 0..1_000_000_000_u32));
    let some = (any::<u32>(), any::<u32>(), time, runs).prop_map(|(one, other, time, runs)| {
        let mut state = CollectionState::FIRST;
        (state.epoch, state.floor) = (one.max(other), one.min(other));
        state.opened_at =
            time.and_then(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds));
        let mut end = 0;
        for (gap, more) in runs {
            let first = if end == 0 { gap + 1 } else { end + 2 + gap };
            end = first + more;
            assert!(state.dropped.push(Span { first: version(first), last: version(end) }));
        }
        state
    });
    prop_oneof![1 => Just(CollectionState::FIRST), 3 => some]
}

fn manifests() -> impl Strategy<Value = VolumeManifest> {
    let rest = (1..1_u64 << 63, 0..1_u64 << 40, "[a-z0-9][a-z0-9._-]{0,63}", "[a-z0-9-]{1,12}");
    let all = (blocks(), metadata(), optional(), rest, states());
    all.prop_map(|(blocks, metadata, optional, rest, state)| {
        let (parent, parent_digest, commit_id, created_at) = optional;
        let (number, spare, id, checksum) = rest;
        let blocks = BlockTable::from_sorted(blocks).unwrap();
        VolumeManifest {
            id: Id::new(&id).unwrap(),
            version: version(number),
            parent: parent.map(version),
            parent_digest,
            commit_id: commit_id.map(CommitId),
            created_at: created_at.and_then(|(s, n)| Timestamp::new(s, n)),
            total_length: blocks.end() + spare + 1,
            checksum: Some(checksum.into()),
            metadata,
            blocks: blocks.into(),
            state,
            extra: BTreeMap::new(),
        }
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn manifests_come_back(manifest in manifests()) {
        let bytes = encode(&manifest).unwrap();
        prop_assert_eq!(encode(&manifest.clone()), Ok(bytes.clone()), "same content, same bytes");
        let SlotContent::Live(found) = decode(&bytes).unwrap() else { panic!("no manifest") };
        prop_assert_eq!(encode(&found), Ok(bytes));
        prop_assert_eq!(found, manifest);
    }

    #[test]
    fn tombstones_come_back(manifest in manifests(), digest in digests()) {
        let tombstone = Tombstone {
            id: manifest.id,
            version: manifest.version,
            parent: manifest.parent,
            parent_digest: manifest.parent_digest,
            commit_id: manifest.commit_id,
            digest,
            total_length: Some(manifest.total_length),
            created_at: manifest.created_at,
        };
        let bytes = encode_tombstone(&tombstone).unwrap();
        prop_assert_eq!(decode(&bytes), Ok(SlotContent::Collected(tombstone)));
    }

    #[test]
    fn records_come_back(manifest in manifests(), is_repair in any::<bool>()) {
        let record = Record {
            id: manifest.id,
            version: manifest.version,
            parent: manifest.parent,
            parent_digest: manifest.parent_digest,
            commit_id: manifest.commit_id,
            created_at: manifest.created_at,
            total_length: Some(manifest.total_length),
            purpose: if is_repair { Purpose::Repair } else { Purpose::Collection },
            state: manifest.state,
        };
        let bytes = encode_record(&record).unwrap();
        prop_assert_eq!(decode(&bytes), Ok(SlotContent::Record(record)));
    }
}

#[test]
fn a_record_of_a_dataset_has_no_compact_form() {
    let SlotContent::Record(record) = crate::vectors::record() else { panic!("a record") };
    let dataset = Record { total_length: None, ..record };
    assert!(matches!(encode_record(&dataset), Err(ManifestError::Unrepresentable { .. })));
}

fn sized(blocks: Vec<Block>) -> usize {
    let manifest = VolumeManifest { total_length: 1 << 40, ..manifest(blocks) };
    let bytes = encode(&manifest).unwrap();
    assert_eq!(decode(&bytes), Ok(SlotContent::Live(manifest)));
    bytes.len()
}

#[test]
fn adjacent_blocks_cost_their_digests() {
    let adjacent = (0..1000).map(|at| block(at << 20, 1 << 20, (!0, 0), &[7; 16])).collect();
    assert!(sized(adjacent) < 16 * 1000 + 200);
    let counting = (0..1000).map(|at| block(at << 20, 1 << 20, (0, at), &[7; 16])).collect();
    assert!(sized(counting) < 16 * 1000 + 200);
    let strided = (0..1000).map(|at| block(at << 20, 4096, (0, 0), &[7; 16])).collect();
    assert!(sized(strided) < 16 * 1000 + 200);
}

/// Blocks of 4 KiB, one in every 16 KiB, at a place within it that is a multiple of `unit`.
fn scattered(unit: u64) -> usize {
    let jitter = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let places = 12288 / unit;
    let at = |at| (at << 14) + jitter(at) % places * unit;
    sized((0..1000).map(|index| block(at(index), 4096, (!0, 0), &[7; 16])).collect())
}

#[test]
fn scattered_blocks_cost_two_bytes_more_at_the_most() {
    assert!(scattered(512) <= 18 * 1000, "{}", scattered(512));
    assert!(scattered(4096) <= 17 * 1000 + 100, "{}", scattered(4096));
}
