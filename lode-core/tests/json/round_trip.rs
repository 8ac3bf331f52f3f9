//! Whatever is valid comes back as it was.

use std::collections::BTreeMap;

use lode_core::Version;
use lode_core::manifest::json::{decode_volume, encode_tombstone, encode_volume};
use lode_core::manifest::{
    BlockName, BlockTable, CommitId, ManifestDigest, Metadata, SlotContent, Tombstone, Value,
    VolumeManifest,
};
use lode_core::meta;
use proptest::prelude::*;

use crate::{GO, live};

#[test]
fn what_we_add_to_the_format_comes_back() {
    let mut manifest = VolumeManifest {
        version: Version::new(8).unwrap(),
        parent: Version::new(7),
        parent_digest: Some(ManifestDigest::Blake3([0xab; 32])),
        commit_id: Some(CommitId::of_handle(1, 2)),
        created_at: None,
        ..live(GO)
    };
    for (suffix, path) in [(0, "0-256-00000000000000ff.bin"), (3, "0-256-00000000000000ff-3.bin")] {
        let mut blocks = manifest.blocks.inline().unwrap().to_vec();
        blocks[0].name = BlockName::Written { writer: 255, suffix };
        manifest.blocks = BlockTable::from_sorted(blocks).unwrap().into();
        let text = String::from_utf8(encode_volume(&manifest).unwrap()).unwrap();
        assert!(text.contains(&format!("\"volumes/disk-image/data/{path}\"")), "{text}");
        assert!(text.contains("\"commit_id\": \"00000000000000010000000000000002\""), "{text}");
        assert!(text.contains(&format!("\"parent_digest\": \"blake3:{}\"", "ab".repeat(32))));
        assert!(!text.contains("created_at"), "what is not known is left out");
        assert_eq!(live(&text), manifest);
    }
}

#[test]
fn a_tombstone_is_a_manifest_to_go() {
    let VolumeManifest { id, version, total_length, created_at, .. } = live(GO);
    let tombstone = Tombstone {
        id,
        version,
        parent: Version::new(6),
        parent_digest: Some(ManifestDigest::Crc32c(5)),
        commit_id: Some(CommitId([4; 16])),
        digest: ManifestDigest::Blake3([3; 32]),
        total_length: Some(total_length),
        created_at,
    };
    let bytes = encode_tombstone(&tombstone).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let go: serde_json::Value = serde_json::from_str(GO).unwrap();
    for field in
        ["schema_name", "format_version", "volume_id", "snapshot_id", "created_at", "total_length"]
    {
        assert_eq!(value[field], go[field], "{field}");
    }
    assert_eq!(value["metadata"], serde_json::json!({}));
    assert_eq!(value["blocks"], serde_json::json!([]));
    assert_eq!(value["parent_snapshot_id"], "0000000000000000006");
    assert_eq!(value["collected"], format!("blake3:{}", "03".repeat(32)));
    assert_eq!(decode_volume(&bytes), Ok(SlotContent::Collected(tombstone.clone())));
    let bare = Tombstone { parent: None, parent_digest: None, commit_id: None, ..tombstone };
    let bytes = encode_tombstone(&bare).unwrap();
    assert_eq!(decode_volume(&bytes), Ok(SlotContent::Collected(bare)));
}

#[test]
fn what_is_not_valid_is_not_written() {
    let field = |manifest: VolumeManifest| crate::wrong_field(encode_volume(&manifest));
    let float = VolumeManifest { metadata: meta! { "x" => f64::NAN }, ..live(GO) };
    assert_eq!(field(float), "metadata.x");
    assert_eq!(field(VolumeManifest { total_length: 0, ..live(GO) }), "total_length");
    assert_eq!(field(VolumeManifest { total_length: 1 << 63, ..live(GO) }), "total_length");
    assert_eq!(field(VolumeManifest { total_length: 255, ..live(GO) }), "blocks[0].length");
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![any::<i64>(), Just(i64::MIN)].prop_map(Value::from),
        prop_oneof![any::<u64>(), Just(u64::MAX)].prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no other", |n| n.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("grün \u{1f600} \"\\\u{0}")),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(500)
    })]

    #[test]
    fn metadata_comes_back(
        metadata in proptest::collection::btree_map(any::<String>(), values(), 0..5),
        later in values(),
    ) {
        let extra: Metadata = BTreeMap::from([("later".into(), later)]);
        let manifest = VolumeManifest { metadata, extra, ..live(GO) };
        let bytes = encode_volume(&manifest).unwrap();
        prop_assert_eq!(encode_volume(&manifest), Ok(bytes.clone()), "same content, same bytes");
        prop_assert_eq!(decode_volume(&bytes), Ok(SlotContent::Live(manifest)));
    }
}

#[test]
fn a_tombstone_with_blocks_or_an_impossible_length_is_refused() {
    let collected = format!("\"collected\": \"blake3:{}\", \"blocks\"", "03".repeat(32));
    let full = GO.replace("\"blocks\"", &collected);
    assert_eq!(crate::wrong_field(decode_volume(full.as_bytes())), "blocks");
    let manifest = live(GO);
    let never = VolumeManifest {
        created_at: lode_core::time::Timestamp::new(i64::MAX, 0),
        ..manifest.clone()
    };
    let clash = VolumeManifest { extra: lode_core::meta! { "blocks" => 1 }, ..manifest };
    for unwritable in [never, clash] {
        let result = lode_core::manifest::json::encode_volume(&unwritable);
        assert!(
            matches!(result, Err(lode_core::manifest::ManifestError::Unrepresentable { .. })),
            "{result:?}"
        );
    }
}
