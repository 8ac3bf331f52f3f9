//! Tables of blocks, against plain lists.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use lode_core::checksum::Digest;
use lode_core::manifest::pages::Page;
use lode_core::manifest::{Block, BlockName, BlockTable, BlockTableError};
use lode_core::range::ByteRange;
use proptest::prelude::*;

/// Few different values of each, so that neighbours often have them in common.
fn any_block() -> impl Strategy<Value = (u64, u64, BlockName, Option<Digest>)> {
    let name = prop_oneof![
        8 => (0_u64..2, prop_oneof![0_u64..4, Just(u64::MAX - 1), Just(u64::MAX)])
            .prop_map(|(writer, suffix)| BlockName::Written { writer, suffix }),
        1 => Just(BlockName::Plain),
    ];
    let digest = prop_oneof![
        20 => any::<[u8; 16]>().prop_map(|bytes| Some(Digest::from(bytes))),
        1 => any::<[u8; 4]>().prop_map(|bytes| Some(Digest::from(bytes))),
        1 => Just(None),
    ];
    (prop_oneof![3 => Just(0_u64), 1 => 1_u64..3], 1_u64..3, name, digest)
}

fn placed(blocks: Vec<(u64, u64, BlockName, Option<Digest>)>) -> Vec<Block> {
    let mut end = 0;
    let place = |(gap, length, name, digest)| {
        let range = ByteRange::with_length(end + gap, length).unwrap();
        end = range.end();
        Block { range, name, digest }
    };
    blocks.into_iter().map(place).collect()
}

/// Blocks whose suffixes count up for a while, as those of devices do.
fn counting() -> impl Strategy<Value = Vec<(u64, u64, BlockName, Option<Digest>)>> {
    let stretch =
        (0_u64..2, 0_u64..3, 0_u64..2, 1_u64..6).prop_map(|(writer, first, step, count)| {
            let name = move |index| BlockName::Written { writer, suffix: first + index * step };
            let digest = |index: u64| Some(Digest::from(u128::from(index).to_le_bytes()));
            (0..count).map(move |index| (0, 1, name(index), digest(index))).collect::<Vec<_>>()
        });
    proptest::collection::vec(stretch, 0..6).prop_map(|stretches| stretches.concat())
}

fn any_blocks() -> impl Strategy<Value = Vec<Block>> {
    let mixed = proptest::collection::vec(any_block(), 0..24);
    prop_oneof![mixed, counting()].prop_map(placed)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2000)
    })]

    /// It holds what it was given, by place, by range, and as a whole.
    #[test]
    fn a_table_is_the_list_that_it_was_made_of(
        blocks in any_blocks(),
        (start, length) in (0_u64..60, 1_u64..60),
    ) {
        let table = BlockTable::from_sorted(blocks.clone()).unwrap();
        prop_assert_eq!(table.to_vec(), blocks.clone());
        prop_assert_eq!(table.len(), blocks.len());
        prop_assert_eq!(table.iter().len(), blocks.len());
        prop_assert_eq!(table.covered(), blocks.iter().map(|block| block.range.length()).sum::<u64>());
        prop_assert_eq!(table.start(), blocks.first().map_or(0, |block| block.range.start()));
        prop_assert_eq!(table.end(), blocks.last().map_or(0, |block| block.range.end()));
        prop_assert!(table.ranges().eq(blocks.iter().map(|block| block.range)));
        for place in 0..=blocks.len() {
            prop_assert_eq!(table.get(place), blocks.get(place).cloned());
        }
        let within = ByteRange::with_length(start, length).unwrap();
        let touched = blocks.iter().filter(|block| block.range.overlaps(within));
        prop_assert!(table.touched(within).eq(touched.cloned()));
        prop_assert!(table.touched(within).eq(table.iter().skip(table.places(within).start).take(table.places(within).len())));
    }

    /// However the blocks come together, they make the same table.
    #[test]
    fn the_same_blocks_make_the_same_table(
        blocks in any_blocks(),
        parts in proptest::collection::vec(0_usize..4, 24),
    ) {
        let whole = BlockTable::from_sorted(blocks.clone()).unwrap();
        let mut merged = BlockTable::default();
        for part in 0..4 {
            let new = blocks.iter().zip(&parts).filter(|(_, of)| **of == part);
            let new: Vec<_> = new.map(|(block, _)| block.clone()).collect();
            let count = new.len();
            let next = merged.merge(new).unwrap();
            prop_assert_eq!(next.added, count);
            merged = next.table;
        }
        // Mixed lists have 24 at the most, stretches a few more.
        let rest: Vec<_> = blocks.iter().skip(parts.len()).cloned().collect();
        merged = merged.merge(rest).unwrap().table;
        prop_assert_eq!(merged, whole);
    }
}

/// A block of 10 bytes, whose digest has as many bytes as there are here.
fn block(start: u64, name: BlockName, digest: &[u8]) -> Block {
    let range = ByteRange::with_length(start, 10).unwrap();
    Block { range, name, digest: Digest::new(digest) }
}

fn written(suffix: u64) -> BlockName {
    BlockName::Written { writer: 1, suffix }
}

/// How much memory a table of a thousand blocks takes, each made of its number.
fn weight(make: impl Fn(u64) -> Block) -> usize {
    let table = BlockTable::from_sorted((0..1000).map(make)).unwrap();
    Page::Leaf(table).weight()
}

#[test]
fn what_neighbours_have_in_common_is_kept_once() {
    let digest = [7; 16];
    // A start and a digest each, and the rest once.
    let once = 1000 * (8 + 16)..1000 * (8 + 16) + 500;
    assert!(once.contains(&weight(|n| block(n * 10, BlockName::Plain, &digest))));
    assert!(once.contains(&weight(|n| block(n * 10, written(0), &digest))));
    assert!(once.contains(&weight(|n| block(n * 10, written(n), &digest))));
    // Each in its turn has another writer.
    let by_turns = |n| block(n * 10, BlockName::Written { writer: n % 2, suffix: 0 }, &digest);
    assert!(weight(by_turns) > 1000 * (8 + 16 + 24));
    // Each in its turn has a shorter digest.
    let shorter = |n| block(n * 10, written(0), &digest[..if n % 2 == 0 { 16 } else { 4 }]);
    assert!(weight(shorter) > 1000 * (8 + 16));
}

/// Of a run that counts only the last block is left when the first has joined what is before it.
#[test]
fn a_run_that_is_cut_to_one_block_does_not_count() {
    let digest = [7; 16];
    let blocks = [0, 0, 1].map(written);
    let blocks = [0, 10, 20].into_iter().zip(blocks);
    let blocks: Vec<_> = blocks.map(|(start, name)| block(start, name, &digest)).collect();
    let head = BlockTable::from_sorted(blocks[1..].to_vec()).unwrap();
    let merged = head.merge(blocks[..1].to_vec()).unwrap();
    assert_eq!(merged.table, BlockTable::from_sorted(blocks).unwrap());
}

#[test]
fn disorder_is_found() {
    let block = |start, end| {
        let range = ByteRange::new(start, end).unwrap();
        Block { range, name: BlockName::Plain, digest: None }
    };
    let error = BlockTable::from_sorted([block(0, 10), block(9, 12)]).unwrap_err();
    let BlockTableError { index, range, .. } = error;
    assert_eq!((index, range), (1, block(9, 12).range));
    let said = "block 1 at 9..12 begins before the block before it ends";
    assert_eq!(error.to_string(), said);
    assert!(BlockTable::from_sorted([block(0, 10), block(10, 12)]).is_ok());
}
