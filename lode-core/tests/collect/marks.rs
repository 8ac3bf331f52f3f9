//! What is marked is not garbage.

use lode_core::collect::MarkSet;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{
    Block, BlockName, BlockTable, DataFile, DatasetManifest, Metadata, VolumeManifest,
};
use lode_core::range::ByteRange;
use proptest::prelude::*;

use super::{at, v};

fn volume(blocks: Vec<Block>) -> VolumeManifest {
    VolumeManifest {
        id: Id::new("disk").unwrap(),
        version: v(1),
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        total_length: 1000,
        checksum: None,
        metadata: Metadata::new(),
        blocks: BlockTable::from_sorted(blocks).unwrap(),
        extra: Metadata::new(),
    }
}

#[test]
fn the_blocks_of_a_volume_are_marked() {
    let layout = VolumeLayout::new(Id::new("disk").unwrap());
    let block = |start, suffix| Block {
        range: ByteRange::new(start, start + 10).unwrap(),
        name: BlockName::Written { writer: 7, suffix },
        digest: None,
    };
    let blocks = vec![block(0, 0), block(10, 3)];
    let mut marks = MarkSet::new();
    marks.mark_volume(&layout, &volume(blocks.clone()));
    assert_eq!(marks.len(), 2);
    let key = |block: &Block| layout.block(block.range, &block.name);
    assert!(blocks.iter().all(|block| marks.contains(key(block).as_str())));
    assert!(!marks.contains(key(&block(0, 3)).as_str()));
    marks.clear();
    assert!(marks.is_empty() && !marks.contains(key(&blocks[0]).as_str()));
}

#[test]
fn the_files_of_a_dataset_are_marked() {
    let file = |key: &str| DataFile {
        key: Key::new(key).unwrap(),
        size: 1,
        digest: None,
        stats: None,
        extra: Metadata::new(),
    };
    let manifest = DatasetManifest {
        id: Id::new("events").unwrap(),
        version: v(1),
        parent: None,
        parent_digest: None,
        commit_id: None,
        created_at: None,
        metadata: Metadata::new(),
        files: vec![file("datasets/events/data/a/data"), file("datasets/events/data/b/data")],
        row_count: 2,
        min_timestamp: None,
        max_timestamp: None,
        codec: None,
        compressor: DatasetManifest::NONE.into(),
        partitioner: DatasetManifest::NONE.into(),
        checksum: None,
        extra: Metadata::new(),
    };
    let mut marks = MarkSet::new();
    marks.mark_dataset(&manifest);
    assert_eq!(marks.len(), 2);
    assert!(manifest.files.iter().all(|file| marks.contains(file.key.as_str())));
}

#[test]
fn garbage_is_old_and_not_marked() {
    let (marked, other) = (Key::new("a/data/1").unwrap(), Key::new("a/data/2").unwrap());
    let mut marks = MarkSet::new();
    marks.mark(marked.as_str());
    let is_garbage = |key, modified| marks.is_garbage(key, at(modified), at(100));
    assert!(is_garbage(&other, 99));
    assert!(!is_garbage(&other, 100), "it is not older than that");
    assert!(!is_garbage(&marked, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_mark_is_forgotten(keys in proptest::collection::btree_set("[a-c/]{1,6}", 0..200)) {
        let mut marks = MarkSet::new();
        keys.iter().for_each(|key| marks.mark(key));
        prop_assert!(keys.iter().all(|key| marks.contains(key)));
        prop_assert_eq!(marks.len(), keys.len());
    }
}
