//! Whatever is valid comes back as it was.

use std::collections::BTreeMap;

use lode_core::Version;
use lode_core::manifest::json::{
    decode_dataset, decode_volume, encode_dataset_record, encode_record, encode_tombstone,
    encode_volume,
};
use lode_core::manifest::{
    BlockName, BlockTable, CollectionState, CommitId, ManifestDigest, ManifestError, Metadata,
    Purpose, Record, SlotContent, Span, Tombstone, Value, VolumeManifest,
};
use lode_core::meta;
use lode_core::time::Timestamp;
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

fn state() -> CollectionState {
    let mut state = CollectionState::FIRST;
    (state.epoch, state.floor) = (7, 6);
    state.opened_at = Timestamp::new(1_767_225_600, 5);
    state.dropped = [1, 2, 5].into_iter().filter_map(Version::new).collect();
    state
}

fn record(total_length: Option<u64>) -> Record {
    let VolumeManifest { id, version, created_at, .. } = live(GO);
    Record {
        id,
        version,
        parent: Version::new(6),
        parent_digest: Some(ManifestDigest::Blake3([3; 32])),
        commit_id: Some(CommitId([4; 16])),
        created_at,
        total_length,
        purpose: Purpose::Collection,
        state: state(),
    }
}

#[test]
fn a_state_is_written_in_four_fields_and_left_out_where_it_says_nothing() {
    let bytes = encode_volume(&VolumeManifest { state: state(), ..live(GO) }).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&value["epoch"], &value["floor"]), (&7.into(), &6.into()));
    assert_eq!(value["epoch_opened_at"], "2026-01-01T00:00:00.000000005Z");
    let dropped = serde_json::json!([{"first": 1, "last": 2}, {"first": 5, "last": 5}]);
    assert_eq!(value["dropped"], dropped);
    let text = String::from_utf8(bytes).unwrap();
    let found = live(&text);
    assert_eq!(found.state, state());
    assert!(found.extra.is_empty(), "they are known");
    for field in ["epoch", "floor", "epoch_opened_at", "dropped", "record"] {
        assert!(!GO.contains(field), "{field} is left out");
        let clash =
            VolumeManifest { extra: BTreeMap::from([(field.into(), Value::from(1))]), ..live(GO) };
        let result = encode_volume(&clash);
        assert!(matches!(result, Err(ManifestError::Unrepresentable { .. })), "{field}");
    }
}

#[test]
fn a_record_is_a_manifest_without_blocks_to_go() {
    let go: serde_json::Value = serde_json::from_str(GO).unwrap();
    for purpose in [Purpose::Collection, Purpose::Repair] {
        let record = Record { purpose, ..record(Some(1024)) };
        let bytes = encode_record(&record).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        for field in [
            "schema_name",
            "format_version",
            "volume_id",
            "snapshot_id",
            "created_at",
            "total_length",
        ] {
            assert_eq!(value[field], go[field], "{field}");
        }
        assert_eq!(value["blocks"], serde_json::json!([]));
        assert_eq!(value["metadata"], serde_json::json!({}));
        assert_eq!(value["record"], purpose.name());
        assert_eq!(value["parent_snapshot_id"], "0000000000000000006");
        assert_eq!(value["epoch"], 7);
        assert_eq!(decode_volume(&bytes), Ok(SlotContent::Record(record)));
    }
}

#[test]
fn a_record_of_a_dataset_is_a_manifest_without_files_to_go() {
    let record = record(None);
    let bytes = encode_dataset_record(&record).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(value["schema_name"], "lode-manifest");
    assert_eq!(value["files"], serde_json::json!([]));
    assert_eq!((&value["row_count"], &value["record"]), (&0.into(), &"collection".into()));
    assert_eq!((&value["compressor"], &value["partitioner"]), (&"noop".into(), &"noop".into()));
    assert_eq!(decode_dataset(&bytes, "datasets/x"), Ok(SlotContent::Record(record)));
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

/// States whose times can be written.
fn states() -> impl Strategy<Value = CollectionState> {
    let runs = proptest::collection::vec((0..9_u64, 0..9_u64), 0..5);
    let time = proptest::option::of((0..1_i64 << 33, 0..1_000_000_000_u32));
    (any::<u32>(), any::<u32>(), time, runs).prop_map(|(one, other, time, runs)| {
        let mut state = CollectionState::FIRST;
        (state.epoch, state.floor) = (one.max(other), one.min(other));
        state.opened_at = time.and_then(|(seconds, nanos)| Timestamp::new(seconds, nanos));
        let (mut end, version) = (0, |number| Version::new(number).unwrap());
        for (gap, more) in runs {
            let first = if end == 0 { gap + 1 } else { end + 2 + gap };
            end = first + more;
            assert!(state.dropped.push(Span { first: version(first), last: version(end) }));
        }
        state
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

    #[test]
    fn states_come_back(state in states(), is_repair in any::<bool>()) {
        let manifest = VolumeManifest { state: state.clone(), ..live(GO) };
        let bytes = encode_volume(&manifest).unwrap();
        prop_assert_eq!(decode_volume(&bytes), Ok(SlotContent::Live(manifest)));
        let purpose = if is_repair { Purpose::Repair } else { Purpose::Collection };
        let record = Record { state, purpose, ..record(Some(9)) };
        let bytes = encode_record(&record).unwrap();
        prop_assert_eq!(decode_volume(&bytes), Ok(SlotContent::Record(record)));
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

#[test]
fn a_record_with_blocks_is_refused() {
    let full = GO.replace("\"blocks\"", "\"record\": \"repair\", \"blocks\"");
    assert_eq!(crate::wrong_field(decode_volume(full.as_bytes())), "blocks");
    let never = Timestamp::new(i64::MAX, 0);
    let mut state = state();
    state.opened_at = never;
    for unwritable in
        [Record { created_at: never, ..record(Some(1)) }, Record { state, ..record(Some(1)) }]
    {
        let result = encode_record(&unwritable);
        assert!(matches!(result, Err(ManifestError::Unrepresentable { .. })), "{result:?}");
    }
}
