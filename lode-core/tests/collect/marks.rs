//! What is marked is not garbage.

use lode_core::collect::MarkSet;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{Block, BlockName};
use lode_core::range::ByteRange;
use proptest::prelude::*;

use super::at;

#[test]
fn the_blocks_of_a_volume_are_marked() {
    let layout = VolumeLayout::new(Id::new("disk").unwrap());
    let block = |start, suffix| Block {
        range: ByteRange::new(start, start + 10).unwrap(),
        name: BlockName::Written { writer: 7, suffix },
        digest: None,
    };
    let blocks = [block(0, 0), block(10, 3)];
    let mut marks = MarkSet::new();
    let key = |block: &Block| layout.block(block.range, &block.name);
    blocks.iter().for_each(|block| marks.mark(key(block).as_str()));
    assert_eq!((marks.len(), marks.is_empty()), (2, false));
    assert!(blocks.iter().all(|block| marks.contains(key(block).as_str())));
    assert!(!marks.contains(key(&block(0, 3)).as_str()));
    marks.clear();
    assert!(marks.is_empty() && !marks.contains(key(&blocks[0]).as_str()));
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
