//! Trees against tables: the same commits, the same answers.

use lode_core::manifest::pages::{Blocks, PageSizes, UpdateError};
use lode_core::manifest::{Block, BlockTable};
use lode_core::range::{ByteRange, GrowableRangeSet};
use proptest::prelude::*;

use crate::support::{Pages, block, sizes};

/// Everything lies below this offset.
const LENGTH: u64 = 256;

fn whole() -> ByteRange {
    ByteRange::new(0, LENGTH).unwrap()
}

/// Adds the batches one after the other, to a tree and to a table, and compares all there is.
fn agree(batches: Vec<Vec<Block>>, sizes: PageSizes) -> Result<(), TestCaseError> {
    let mut pages = Pages::default();
    let (mut blocks, mut table) = (Blocks::default(), BlockTable::default());
    let mut before = Vec::new();
    for new in batches {
        let merged = table.merge(new.clone());
        match (pages.update(&blocks, new, sizes), merged) {
            (Ok(updated), Ok(merged)) => {
                prop_assert_eq!(updated.added, merged.added);
                if updated.added == 0 {
                    prop_assert_eq!(&updated.blocks, &blocks);
                    prop_assert_eq!(&updated.pages, &[]);
                }
                prop_assert!(updated.blocks.inline().is_none() || blocks.inline().is_some());
                before.push((blocks, table));
                (blocks, table) = (updated.blocks, merged.table);
            }
            (Err(UpdateError::Overlap(found)), Err(expected)) => prop_assert_eq!(found, expected),
            (found, expected) => prop_assert!(false, "{:?}, not {:?}", found, expected),
        }
        same(&pages, &blocks, &table)?;
        within_bounds(&pages, &blocks, sizes)?;
    }
    // Older snapshots have what they had.
    for (old, old_table) in before {
        let (found, _) = pages.touched(&old, whole()).unwrap();
        prop_assert_eq!(found, old_table.to_vec());
        differ_only_where_they_differ(&pages, (&old, &old_table), (&blocks, &table))?;
    }
    Ok(())
}

/// What two trees do not share is all in which they differ.
fn differ_only_where_they_differ(
    pages: &Pages,
    (before, old): (&Blocks, &BlockTable),
    (after, new): (&Blocks, &BlockTable),
) -> Result<(), TestCaseError> {
    let ([only_before, only_after], _) = pages.unshared(before, after);
    let rest = |blocks: &Blocks, table: &BlockTable, only: &[Block]| -> Vec<Block> {
        // What lies in a manifest is in no page that could be shared.
        let shared = table.iter().filter(|block| !only.contains(block));
        shared.filter(|_| blocks.inline().is_none()).collect()
    };
    prop_assert_eq!(rest(before, old, &only_before), rest(after, new, &only_after));
    Ok(())
}

fn same(pages: &Pages, blocks: &Blocks, table: &BlockTable) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        (blocks.len(), blocks.covered(), blocks.end(), blocks.is_empty()),
        (table.len(), table.covered(), table.end(), table.is_empty())
    );
    let ranges = [(0, LENGTH), (0, 1), (17, 90), (100, 101), (63, 64), (LENGTH - 1, u64::MAX)];
    for (start, end) in ranges {
        let within = ByteRange::new(start, end).unwrap();
        let (found, read) = pages.touched(blocks, within).unwrap();
        prop_assert_eq!(found, table.touched(within).collect::<Vec<_>>());
        if let (Blocks::Paged(root), 1) = (blocks, within.length()) {
            prop_assert!(read <= usize::from(root.level()), "one page of each level: {}", read);
        }
        let cut = |range: ByteRange| range.intersection(within);
        let covered: GrowableRangeSet = table.ranges().filter_map(cut).collect();
        prop_assert_eq!(pages.coverage(blocks, within), covered);
    }
    Ok(())
}

fn within_bounds(pages: &Pages, blocks: &Blocks, sizes: PageSizes) -> Result<(), TestCaseError> {
    match blocks {
        Blocks::Inline(table) => prop_assert!(table.len() <= sizes.inline),
        Blocks::Paged(root) => prop_assert!(root.children().len() <= sizes.node),
    }
    for (level, size) in pages.all(blocks) {
        let most = if level == 0 { sizes.leaf } else { sizes.node };
        prop_assert!((1..=most).contains(&size), "{} at level {}", size, level);
    }
    Ok(())
}

/// Mostly on a grid, so that many blocks find room; few contents, so that some are there already.
fn any_block() -> impl Strategy<Value = Block> {
    let length = prop_oneof![6 => Just(4), 1 => 1..12_u64];
    (0..LENGTH - 12, length, prop_oneof![9 => Just(1), 1 => Just(2)]).prop_map(
        |(start, length, content)| {
            let start = if length == 4 { start / 4 * 4 } else { start };
            block(start, length, content)
        },
    )
}

fn small_sizes() -> impl Strategy<Value = PageSizes> {
    (0..6_usize, 1..6_usize, 2..5_usize).prop_map(|(inline, leaf, node)| sizes(inline, leaf, node))
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(400)
    })]

    #[test]
    fn single_blocks(blocks in prop::collection::vec(any_block(), 1..40), sizes in small_sizes()) {
        agree(blocks.into_iter().map(|block| vec![block]).collect(), sizes)?;
    }

    #[test]
    fn batches(
        batches in prop::collection::vec(prop::collection::vec(any_block(), 0..12), 1..8),
        sizes in small_sizes(),
    ) {
        agree(batches, sizes)?;
    }

    /// A whole tree at once, and then blocks that may lie across the bounds of its pages.
    #[test]
    fn blocks_beside_full_pages(
        places in prop::collection::btree_set(0..LENGTH / 4 - 3, 8..60),
        more in prop::collection::vec(prop::collection::vec(any_block(), 1..5), 1..6),
        sizes in small_sizes(),
    ) {
        let first = places.into_iter().map(|place| block(place * 4, 4, 1)).collect();
        agree([vec![first], more].concat(), sizes)?;
    }
}

/// Every order in which six blocks can arrive, each alone or with the next one.
#[test]
fn every_order_of_six() {
    for order in orders(6) {
        let blocks: Vec<_> = order.iter().map(|place| block(place * 8, 8, 1)).collect();
        for (size, node) in [(1, 2), (1, 2), (2, 2), (1, 3), (2, 3)] {
            let batches = blocks.chunks(size).map(<[Block]>::to_vec).collect();
            agree(batches, sizes(0, size, node)).unwrap();
        }
    }
}

fn orders(count: u64) -> Vec<Vec<u64>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let with = |order: &Vec<u64>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    shorter.iter().flat_map(|order| (0..=order.len()).map(|at| with(order, at))).collect()
}

/// Every block there can be, beside every small tree: found where one table finds it, or in the
/// way where one table says so.
#[test]
fn every_block_beside_every_tree() {
    const CELLS: u64 = 6;
    for there in 1..1_u64 << CELLS {
        let cells = (0..CELLS).filter(|cell| there >> cell & 1 == 1);
        let first: Vec<_> = cells.map(|cell| block(cell * 2, 2, 1)).collect();
        for sizes in [sizes(0, 1, 2), sizes(0, 2, 2), sizes(0, 2, 3)] {
            let mut pages = Pages::default();
            let table = BlockTable::from_sorted(first.clone()).unwrap();
            let blocks = pages.update(&Blocks::default(), first.clone(), sizes).unwrap().blocks;
            for start in 0..2 * CELLS {
                for length in 1..=5 {
                    let new = vec![block(start, length, 1)];
                    let expected = table.merge(new.clone());
                    let found = pages.update(&blocks, new, sizes);
                    match (found, expected) {
                        (Ok(found), Ok(expected)) => {
                            let (all, _) = pages.touched(&found.blocks, whole()).unwrap();
                            assert_eq!(all, expected.table.to_vec());
                        }
                        (Err(UpdateError::Overlap(found)), Err(expected)) => {
                            assert_eq!(found, expected);
                        }
                        (found, expected) => panic!("{found:?}, not {expected:?}"),
                    }
                }
            }
        }
    }
}
