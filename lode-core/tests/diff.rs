//! In what snapshots differ, against a model of single bytes.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

use std::collections::BTreeMap;

use lode_core::checksum::Checksum;
use lode_core::crc32c::Crc32c;
use lode_core::diff::{DatasetDiff, MetadataChange, Side, VolumeComparison, VolumeDiff};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind};
use lode_core::manifest::{
    Block, BlockName, BlockTable, CollectionState, DataFile, DatasetManifest, Metadata, Value,
    VolumeManifest,
};
use lode_core::range::{ByteRange, GrowableRangeSet};
use lode_core::{Version, meta};
use proptest::prelude::*;

/// How many bytes the volumes have.
const LENGTH: u64 = 48;

/// Blocks, by their starts: how long they are, and what is in them.
type Model = BTreeMap<u64, (u64, u8)>;

fn blocks(model: &Model) -> Vec<Block> {
    let block = |(start, (length, content)): (&u64, &(u64, u8))| Block {
        range: ByteRange::with_length(*start, *length).unwrap(),
        name: BlockName::Written { writer: 1, suffix: u64::from(*content) },
        digest: Some(Crc32c::digest(&[*content])),
    };
    model.iter().map(block).collect()
}

fn manifest(model: &Model, checksum: Option<&str>, metadata: Metadata) -> VolumeManifest {
    VolumeManifest {
        id: Id::new("disk").unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        total_length: LENGTH,
        checksum: checksum.map(Into::into),
        metadata,
        blocks: BlockTable::from_sorted(blocks(model)).unwrap().into(),
        state: CollectionState::FIRST,
        extra: BTreeMap::new(),
    }
}

fn compare(before: &VolumeManifest, after: &VolumeManifest) -> VolumeDiff {
    let table = |manifest: &VolumeManifest| manifest.blocks.inline().unwrap().clone().to_vec();
    let (mut ours, mut theirs) = (table(before).into_iter(), table(after).into_iter());
    let mut comparison = VolumeComparison::new(before, after);
    while let Some(side) = comparison.wants() {
        let block = if side == Side::Before { ours.next() } else { theirs.next() };
        comparison.take(side, block);
    }
    assert!(ours.next().is_none() && theirs.next().is_none(), "all of them were compared");
    comparison.finish()
}

fn diff(before: &Model, after: &Model) -> VolumeDiff {
    let manifest = |model| manifest(model, Some("crc32c"), meta! {});
    compare(&manifest(before), &manifest(after))
}

/// The block that has a byte: where it begins and ends, and its content.
fn at(model: &Model, offset: u64) -> Option<(u64, u64, u8)> {
    let (start, (length, content)) = model.range(..=offset).next_back()?;
    (offset < start + length).then_some((*start, *length, *content))
}

fn model() -> impl Strategy<Value = Model> {
    let parts = prop::collection::vec((0..4_u64, 1..9_u64, 0..3_u8), 0..9);
    parts.prop_map(|parts| {
        let mut end = 0;
        let place = parts.into_iter().map_while(|(gap, length, content)| {
            let start = end + gap;
            end = start + length;
            (end <= LENGTH).then_some((start, (length, content)))
        });
        place.collect()
    })
}

/// Two models that have some blocks in common.
fn models() -> impl Strategy<Value = (Model, Model)> {
    let related = (model(), any::<u16>()).prop_map(|(all, mask)| {
        let keep = |flip: u16| {
            let kept = all.iter().enumerate().filter(move |(at, _)| (mask ^ flip) >> at & 1 == 0);
            kept.map(|(_, (start, block))| (*start, *block)).collect()
        };
        (keep(0), keep(0b1_0101))
    });
    prop_oneof![(model(), model()), related]
}

proptest! {
    #[test]
    fn each_byte_is_where_it_belongs((before, after) in models()) {
        let diff = diff(&before, &after);
        for offset in 0..LENGTH {
            let (ours, theirs) = (at(&before, offset), at(&after, offset));
            let expected = match (ours, theirs) {
                (None, Some(_)) => (true, false, false),
                (Some(_), None) => (false, true, false),
                (Some(ours), Some(theirs)) => (false, false, ours != theirs),
                (None, None) => (false, false, false),
            };
            let is_in = |set: &GrowableRangeSet| set.contains_offset(offset);
            let found = (is_in(&diff.added), is_in(&diff.removed), is_in(&diff.replaced));
            prop_assert_eq!(found, expected, "{}", offset);
        }
        let only = |model: &Model, other: &Model| {
            model.iter().filter(|(start, block)| other.get(start) != Some(block)).count() as u64
        };
        prop_assert_eq!(diff.blocks_added, only(&after, &before));
        prop_assert_eq!(diff.blocks_removed, only(&before, &after));
        prop_assert_eq!(diff.is_empty(), before == after);
    }

    #[test]
    fn the_other_way_round_it_is_the_opposite((before, after) in models()) {
        let (forth, back) = (diff(&before, &after), diff(&after, &before));
        prop_assert_eq!((forth.added, forth.removed), (back.removed, back.added));
        prop_assert_eq!(forth.replaced, back.replaced);
        let (added, removed) = (forth.blocks_added, forth.blocks_removed);
        prop_assert_eq!((added, removed), (back.blocks_removed, back.blocks_added));
    }
}

#[test]
fn digests_of_other_algorithms_are_not_compared() {
    let (one, other) = (Model::from([(0, (8, 1))]), Model::from([(0, (8, 2))]));
    let manifest = |model, checksum| manifest(model, checksum, meta! {});
    let is_replaced =
        |ours: &VolumeManifest, theirs: &VolumeManifest| !compare(ours, theirs).replaced.is_empty();
    // The same object, whatever its digests are called.
    assert!(!is_replaced(&manifest(&one, Some("crc32c")), &manifest(&one, Some("md5"))));
    assert!(!is_replaced(&manifest(&one, None), &manifest(&one, None)));
    assert!(is_replaced(&manifest(&one, Some("crc32c")), &manifest(&other, Some("md5"))));
    // The same bytes in another object.
    let mut copied = manifest(&one, Some("crc32c"));
    let mut blocks = blocks(&one);
    blocks[0].name = BlockName::Written { writer: 9, suffix: 0 };
    copied.blocks = BlockTable::from_sorted(blocks).unwrap().into();
    assert!(!is_replaced(&manifest(&one, Some("crc32c")), &copied));
    copied.checksum = Some("md5".into());
    assert!(is_replaced(&manifest(&one, Some("crc32c")), &copied));
}

#[test]
fn metadata_are_compared_name_by_name() {
    let model = Model::new();
    let before = manifest(&model, None, meta! { "a" => 1, "b" => 2, "c" => "three" });
    let after = manifest(&model, None, meta! { "b" => 2, "c" => "3", "d" => true });
    let diff = compare(&before, &after);
    assert!(!diff.is_empty());
    let change = |change: &MetadataChange| {
        (change.name.clone(), change.before.clone(), change.after.clone())
    };
    let found: Vec<_> = diff.metadata.iter().map(change).collect();
    let text = |text: &str| Some(Value::from(text));
    assert_eq!(
        found,
        [
            ("a".to_string(), Some(Value::from(1)), None),
            ("c".to_string(), text("three"), text("3")),
            ("d".to_string(), None, Some(Value::Bool(true))),
        ]
    );
    assert!(compare(&before, &before).is_empty());
}

/// A file of a hive dataset: in a partition, with this name and content.
fn file(partition: &str, name: &str, content: u8) -> DataFile {
    let key = format!("datasets/events/partitions/{partition}/segments/{name}/data/data");
    DataFile {
        key: Key::new(&key).unwrap(),
        size: 8,
        digest: Some(Crc32c::digest(&[content])),
        stats: None,
        extra: BTreeMap::new(),
    }
}

fn dataset(files: Vec<DataFile>) -> DatasetManifest {
    DatasetManifest {
        id: Id::new("events").unwrap(),
        version: Version::FIRST,
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        metadata: meta! {},
        row_count: files.len() as u64,
        files,
        min_timestamp: None,
        max_timestamp: None,
        codec: None,
        compressor: DatasetManifest::NONE.into(),
        partitioner: "hive".into(),
        checksum: Some("crc32c".into()),
        state: CollectionState::FIRST,
        extra: BTreeMap::new(),
    }
}

#[test]
fn files_are_the_same_by_their_content_each_once() {
    let layout = DatasetLayout::new(Id::new("events").unwrap(), LayoutKind::Hive);
    let before = dataset(vec![file("d=1", "a", 1), file("d=1", "b", 1), file("d=2", "c", 3)]);
    let after = dataset(vec![file("d=1", "x", 1), file("d=1", "y", 2), file("d=1", "z", 3)]);
    let diff = DatasetDiff::new(&before, &after, &layout);
    assert_eq!(diff.kept, after.files[..1]);
    // The same bytes in another partition are other records.
    assert_eq!(diff.added, after.files[1..]);
    assert_eq!(diff.removed, [before.files[0].clone(), before.files[2].clone()]);
    assert!(diff.fields.is_empty() && diff.metadata.is_empty());

    // Without digests that can be compared it is the objects that count.
    let mut other = DatasetManifest { checksum: Some("md5".into()), ..before.clone() };
    other.files.remove(1);
    other.codec = Some("jsonl".into());
    let diff = DatasetDiff::new(&before, &other, &layout);
    assert_eq!((diff.kept.len(), &diff.removed[..]), (2, &before.files[1..2]));
    let fields: Vec<_> = diff.fields.iter().map(|field| field.name).collect();
    assert_eq!(fields, ["codec", "checksum_algorithm"]);
}
