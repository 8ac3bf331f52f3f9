//! What is marked is not garbage, and what the rest comes to.

use lode_core::collect::{Fate, MarkSet};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{Block, BlockName};
use lode_core::range::ByteRange;
use proptest::prelude::*;

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
    assert!(marks.is_empty());
    let key = |block: &Block| layout.block(block.range, &block.name);
    blocks.iter().for_each(|block| marks.mark(key(block).as_str()));
    assert_eq!((marks.len(), marks.is_empty()), (2, false));
    assert!(blocks.iter().all(|block| marks.contains(key(block).as_str())));
    assert!(!marks.contains(key(&block(0, 3)).as_str()));
}

/// Below the floor, and nothing refers to it.
#[test]
fn garbage_is_below_the_floor_and_not_marked() {
    for is_old in [false, true] {
        for (epoch, floor, fate) in [
            (0, 1, Fate::Garbage),
            (3, 4, Fate::Garbage),
            (4, 4, Fate::Staged),
            (5, 4, Fate::Staged),
            (0, 0, Fate::Staged),
        ] {
            assert_eq!(Fate::of(Some(epoch), false, is_old, floor), fate, "{epoch} and {floor}");
            assert_eq!(Fate::of(Some(epoch), true, is_old, floor), Fate::Kept);
        }
    }
}

/// Names of the Go implementation have no epoch: what they name must be old as well, and some floor
/// must have been raised.
#[test]
fn what_has_no_epoch_must_be_old_as_well() {
    assert_eq!(Fate::of(None, false, true, 1), Fate::Garbage);
    assert_eq!(Fate::of(None, false, false, 1), Fate::Staged);
    assert_eq!(Fate::of(None, false, true, 0), Fate::Staged);
    assert_eq!(Fate::of(None, true, true, 1), Fate::Kept);
}

/// A store that folds case lists what is marked under another name.
#[test]
fn a_folder_is_known_once_all_that_is_marked_in_it_was_listed() {
    let key = |text| Key::new(text).unwrap();
    let mut marks = MarkSet::new();
    for marked in ["v/data/A", "v/data/b", "v/other/c"] {
        marks.mark(marked);
        marks.mark(marked);
    }
    assert!(!marks.knows_folder(&key("v/data/x")));
    assert!(marks.knows_folder(&key("v/elsewhere/x")), "nothing is marked there");
    assert!(!marks.knows_folder(&key("V/Data/x")), "it may be the same folder");
    assert!(marks.see(&key("v/data/b")));
    assert!(!marks.see(&key("v/data/a")), "that is another name");
    assert!(!marks.knows_folder(&key("v/data/x")));
    assert!(marks.see(&key("v/data/A")));
    assert!(marks.knows_folder(&key("v/data/x")) && marks.knows_folder(&key("v/DATA/x")));
    assert!(!marks.knows_folder(&key("v/other/x")));
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
