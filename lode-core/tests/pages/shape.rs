//! How full pages become, and how much a commit writes.

use lode_core::manifest::pages::{
    Blocks, NewPage, Page, PageSizes, UpdateError, Updated, Visit, Walk,
};
use lode_core::manifest::{Block, BlockTable};

use crate::support::{Pages, block, sizes};

fn at(place: u64) -> Block {
    block(place * 64, 16, 1)
}

/// A tree to which blocks are added one by one, in this order.
fn grown(order: impl Iterator<Item = u64>, sizes: PageSizes) -> (Pages, Blocks) {
    let (mut pages, mut blocks) = (Pages::default(), Blocks::default());
    for place in order {
        let updated = pages.update(&blocks, vec![at(place)], sizes).unwrap();
        assert_eq!(updated.added, 1);
        blocks = updated.blocks;
    }
    (pages, blocks)
}

fn leaves(pages: &Pages, blocks: &Blocks) -> Vec<usize> {
    pages.all(blocks).into_iter().filter(|(level, _)| *level == 0).map(|(_, size)| size).collect()
}

#[test]
fn few_blocks_are_in_the_manifest_itself() {
    let table = BlockTable::from_sorted([at(0), at(1)]).unwrap();
    assert_eq!(Blocks::from(table.clone()).inline(), Some(&table));
    for (count, is_inline) in [(0, true), (1, true), (4, true), (5, false)] {
        let (_, blocks) = grown(0..count, sizes(4, 8, 4));
        assert_eq!(blocks.inline().is_some(), is_inline, "{count}");
        assert_eq!((blocks.len() as u64, blocks.covered()), (count, count * 16));
        assert_eq!(blocks.is_empty(), count == 0);
    }
}

#[test]
fn what_adds_nothing_makes_no_pages() {
    let (mut pages, blocks) = grown(0..5, sizes(8, 8, 4));
    // There is less room in the manifest now.
    let updated = pages.update(&blocks, vec![at(3)], sizes(4, 8, 4)).unwrap();
    assert_eq!((updated.added, updated.pages.len(), &updated.blocks), (0, 0, &blocks));
    let updated = pages.update(&blocks, vec![at(5)], sizes(4, 8, 4)).unwrap();
    assert!(updated.blocks.inline().is_none());
}

/// Two leaves, of eight blocks and of one, between which there are 48 bytes.
fn two_leaves() -> (Pages, Blocks) {
    let (pages, blocks) = grown(0..9, sizes(4, 8, 4));
    assert_eq!(leaves(&pages, &blocks), [8, 1]);
    (pages, blocks)
}

#[test]
fn a_block_between_two_pages_goes_into_the_one_before() {
    let (mut pages, blocks) = two_leaves();
    let beside_the_second = block(7 * 64 + 32, 32, 1);
    let updated = pages.update(&blocks, vec![beside_the_second], sizes(4, 8, 4)).unwrap();
    let leaves = leaves(&pages, &updated.blocks);
    assert_eq!((leaves.iter().sum::<usize>(), leaves.last()), (10, Some(&1)));
}

#[test]
fn blocks_that_overlap_each_other_between_two_pages_are_found_as_in_one() {
    let (mut pages, blocks) = two_leaves();
    // The first begins where the first page ends, the second reaches into the second page.
    let (first, second) = (block(7 * 64 + 16, 16, 1), block(7 * 64 + 24, 25, 1));
    let new = vec![first.clone(), second.clone()];
    let error = pages.update(&blocks, new, sizes(4, 8, 4)).unwrap_err();
    let UpdateError::Overlap(overlap) = &error else { panic!("{error:?}") };
    assert_eq!((overlap.new, overlap.existing), (second.range, first.range));
    assert_eq!(error.to_string(), "the range 472..497 overlaps the block at 464..480");
}

#[test]
fn for_the_coverage_no_page_without_gaps_is_read() {
    let adjacent = |places: &mut dyn Iterator<Item = u64>| {
        let blocks = places.map(|place| block(place * 16, 16, 1)).collect();
        let updated = Pages::default().update(&Blocks::default(), blocks, sizes(4, 8, 4)).unwrap();
        let Blocks::Paged(root) = updated.blocks else { panic!("there are too many blocks") };
        let mut walk = Walk::coverage(&root, root.range());
        let gaps = root.children().iter().filter(|page| !page.is_full()).count();
        assert_eq!(walk.ahead().count(), gaps);
        let all = Walk::blocks(&root, root.range());
        assert_eq!(all.ahead().count(), root.children().len());
        let is_page = |visit: &Visit| matches!(visit, Visit::Page(_));
        let read = std::iter::from_fn(|| walk.next()).filter(is_page).count();
        (gaps, read)
    };
    assert_eq!(adjacent(&mut (0..100)), (0, 0));
    // One gap is below one page of each level.
    assert_eq!(adjacent(&mut (0..100).filter(|place| *place != 50)), (1, 1));
}

#[test]
fn what_arrives_in_order_fills_its_pages() {
    let (pages, blocks) = grown(0..1000, sizes(4, 8, 4));
    let all = pages.all(&blocks);
    let full = |(level, size): &&(u8, usize)| *size == if *level == 0 { 8 } else { 4 };
    let Blocks::Paged(root) = &blocks else { panic!("{blocks:?}") };
    assert!(all.len() - all.iter().filter(full).count() <= usize::from(root.level()), "{all:?}");
    assert_eq!(leaves(&pages, &blocks).len(), 125);
}

#[test]
fn what_arrives_in_any_order_leaves_them_half_full() {
    let backwards = (0..1000).rev();
    let scattered = (0..1000_u64).map(|number| number * 619 % 1000);
    // Two writers at once, each in its own half, and so never at the end for the first of them.
    let two = (0..500).flat_map(|number| [500 + number, number]);
    let two_backwards = (0..500).rev().flat_map(|number| [number, 500 + number]);
    let orders: [(&str, &mut dyn Iterator<Item = u64>); 4] = [
        ("backwards", &mut { backwards }),
        ("scattered", &mut { scattered }),
        ("two writers", &mut { two }),
        ("two backwards", &mut { two_backwards }),
    ];
    for (name, order) in orders {
        let (pages, blocks) = grown(order, sizes(4, 8, 4));
        let leaves = leaves(&pages, &blocks);
        let few = leaves.iter().filter(|size| **size < 4).count();
        assert!(few <= 1, "{name}: {few} are less than half full: {leaves:?}");
    }
}

#[test]
fn a_commit_writes_one_page_of_each_level() {
    let (mut pages, blocks) = grown(0..500, sizes(4, 8, 4));
    let Blocks::Paged(root) = &blocks else { panic!("{blocks:?}") };
    assert_eq!(root.level(), 3);
    let levels = |updated: &Updated| {
        let mut levels: Vec<_> = updated.pages.iter().map(|page| page.page.level()).collect();
        levels.sort_unstable();
        levels
    };
    // The last leaf has 4 blocks, so there is room.
    let updated = pages.update(&blocks, vec![at(500)], sizes(4, 8, 4)).unwrap();
    assert_eq!(levels(&updated), [0, 1, 2]);
    // In the middle a leaf has to be cut in two, and so have the nodes over it.
    let between = block(250 * 64 + 32, 16, 1);
    let updated = pages.update(&blocks, vec![between], sizes(4, 8, 4)).unwrap();
    assert_eq!(levels(&updated), [0, 0, 1, 1, 2, 2, 3, 3], "and the root gets a level more");
}

/// What the totals promise at ten million blocks, without making them: pages of the size that the
/// greatest of such trees have.
#[test]
fn a_commit_of_one_block_writes_less_than_64_kib() {
    let sizes = PageSizes::default();
    let digest = lode_core::checksum::Digest::from([7; 16]);
    let scattered = |place: u64| Block {
        digest: Some(digest),
        ..block(place * 16384 + place.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 8192, 4096, 1)
    };
    let mut pages = Pages::default();
    let all = (0..(sizes.leaf * sizes.node) as u64).map(scattered).collect();
    let blocks = pages.update(&Blocks::default(), all, sizes).unwrap().blocks;
    let Blocks::Paged(root) = &blocks else { panic!("{blocks:?}") };
    assert_eq!((root.level(), root.children().len()), (1, 256));
    let between = Block { digest: Some(digest), ..block(70_000 * 16384 + 8192 + 4096, 1, 1) };
    let updated = pages.update(&blocks, vec![between], sizes).unwrap();
    // Two leaves, two nodes over them, and a root as large as a node: as if there were a level more.
    let leaves = updated.pages.iter().filter(|page| page.page.level() == 0);
    let leaf_bytes: usize = leaves.map(|page| page.bytes.len()).sum();
    let nodes = updated.pages.iter().filter(|page| page.page.level() == 1);
    let node_bytes: usize = nodes.map(|page| page.bytes.len()).sum();
    assert!(leaf_bytes + 2 * node_bytes < 64 << 10, "{leaf_bytes} and twice {node_bytes}");
}

#[test]
fn what_two_snapshots_share_is_not_read() {
    let (mut pages, blocks) = grown(0..500, sizes(4, 8, 4));
    let Blocks::Paged(root) = &blocks else { panic!("{blocks:?}") };
    let more = pages.update(&blocks, vec![block(100 * 64 + 32, 16, 2)], sizes(4, 8, 4)).unwrap();
    let ([before, after], read) = pages.unshared(&blocks, &more.blocks);
    // Of the second tree the nodes that the commit wrote, of the first those that they replaced.
    let is_node = |page: &&NewPage| matches!(*page.page, Page::Node(_));
    let written: Vec<_> = more.pages.iter().filter(is_node).map(|page| page.name).collect();
    assert!(!written.is_empty() && written.iter().all(|name| read.contains(name)), "{read:?}");
    assert_eq!(read.len() - written.len(), usize::from(root.level()) - 1);
    assert!(before.len() <= 8 && after.len() == before.len() + 1, "{before:?} {after:?}");

    let ([before, after], read) = pages.unshared(&blocks, &blocks);
    assert_eq!((before, after, read.len()), (vec![], vec![], 0));
}
