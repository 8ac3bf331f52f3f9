//! Whatever is valid comes back as it was, in few bytes.

use std::collections::BTreeMap;

use lode_core::id::Id;
use lode_core::manifest::compact::{decode, encode, encode_tombstone};
use lode_core::manifest::{
    Block, BlockTable, CommitId, ManifestDigest, Metadata, SlotContent, Tombstone, Value,
    VolumeManifest,
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

fn manifests() -> impl Strategy<Value = VolumeManifest> {
    let rest = (1..1_u64 << 63, 0..1_u64 << 40, "[a-z0-9][a-z0-9._-]{0,63}", "[a-z0-9-]{1,12}");
    (blocks(), metadata(), optional(), rest).prop_map(|(blocks, metadata, optional, rest)| {
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
        let SlotContent::Live(found) = decode(&bytes).unwrap() else { panic!("a tombstone") };
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
