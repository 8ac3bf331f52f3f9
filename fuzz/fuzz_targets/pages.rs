//! A tree of pages against one table of all blocks: whatever is committed, both answer the same.
#![no_main]

use std::collections::HashMap;
use std::sync::Arc;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use lode_core::checksum::Digest;
use lode_core::manifest::compact::{decode_page, encode_page};
use lode_core::manifest::pages::{
    Blocks, Page, PageHash, PageName, PageSizes, Paging, Update, UpdateError, UpdateStep, Updated,
    Visit, Walk,
};
use lode_core::manifest::{Block, BlockName, BlockTable, CommitId};
use lode_core::range::{ByteRange, GrowableRangeSet};
use lode_fuzz::compact::sealed;
use lode_fuzz::memory;

fuzz_target!(|input: &[u8]| {
    decodes(input);
    decodes(&sealed(input));
    agree(&mut Unstructured::new(input)).ok();
});

/// What is decoded can be written, and is then read as the same.
fn decodes(object: &[u8]) {
    let Ok(page) = memory::bounded(memory::limit(object), || decode_page(object)) else {
        return;
    };
    let written = encode_page(&page).expect("what was read can be written");
    assert_eq!(decode_page(&written), Ok(page));
}

/// Commits blocks to a tree and to a table, one batch after the other.
fn agree(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let sizes = PageSizes {
        inline: u.int_in_range(0..=5)?,
        leaf: u.int_in_range(1..=6)?,
        node: u.int_in_range(2..=5)?,
    };
    let (mut stored, mut table) = (Stored::new(), BlockTable::default());
    let mut blocks = Blocks::default();
    for count in 0..64 {
        if u.is_empty() {
            break;
        }
        let new = batch(u)?;
        let commit = CommitId::of_handle(1, count);
        let found = update(&mut stored, &blocks, new.clone(), Paging { sizes, commit, hash });
        match (found, BlockTable::merge(&table, new)) {
            (Ok(updated), Ok(merged)) => {
                assert_eq!(updated.added, merged.added);
                (blocks, table) = (updated.blocks, merged.table);
            }
            (Err(UpdateError::Overlap(found)), Err(expected)) => assert_eq!(found, expected),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
        assert_eq!((blocks.len(), blocks.covered()), (table.len(), table.covered()));
        let start = u64::from(u16::from(u.arbitrary::<u8>()?) * 4);
        let within = ByteRange::new(start, start + u.int_in_range(1..=600)?).expect("not empty");
        assert!(table.touched(within).eq(touched(&stored, &blocks, within)));
        let cut = |range: ByteRange| range.intersection(within);
        let expected: GrowableRangeSet = table.ranges().filter_map(cut).collect();
        assert_eq!(covered(&stored, &blocks, within), expected);
    }
    Ok(())
}

fn batch(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<Block>> {
    let count = u.int_in_range(0..=8)?;
    let block = |u: &mut Unstructured<'_>| {
        let (place, kind): (u8, u8) = (u.arbitrary()?, u.arbitrary()?);
        let length = if kind % 8 == 0 { u64::from(kind / 8) + 1 } else { 4 };
        let content = u8::from(kind % 16 == 1);
        Ok(Block {
            range: ByteRange::with_length(u64::from(place) * 4, length).expect("not empty"),
            name: BlockName::Written { writer: 1, suffix: u64::from(content) },
            digest: Some(Digest::from([content; 4])),
        })
    };
    (0..count).map(|_| block(u)).collect()
}

type Stored = HashMap<PageName, Vec<u8>>;

fn update(
    stored: &mut Stored,
    blocks: &Blocks,
    new: Vec<Block>,
    paging: Paging,
) -> Result<Updated, UpdateError> {
    let mut update = Update::new(blocks, new);
    loop {
        match update.step(Some(&paging))? {
            UpdateStep::Done(updated) => {
                for page in &updated.pages {
                    stored.insert(page.name, page.bytes.clone());
                }
                return Ok(updated);
            }
            UpdateStep::Load(next, wanted) => {
                update = next;
                for wanted in wanted {
                    let page = wanted.page.open(wanted.level, &stored[&wanted.page.name], hash);
                    update.take(&wanted, Arc::new(page.expect("as written"))).expect("as written");
                }
            }
        }
    }
}

fn touched(stored: &Stored, blocks: &Blocks, within: ByteRange) -> Vec<Block> {
    let root = match blocks {
        Blocks::Inline(table) => return table.touched(within).collect(),
        Blocks::Paged(root) => root,
    };
    let mut found = Vec::new();
    visit(stored, Walk::blocks(root, within), |visit| {
        if let Ok(table) = visit {
            found.extend(table.touched(within));
        }
    });
    found
}

fn covered(stored: &Stored, blocks: &Blocks, within: ByteRange) -> GrowableRangeSet {
    let mut covered = GrowableRangeSet::new();
    let mut add = |range: ByteRange| covered.extend(range.intersection(within));
    match blocks {
        Blocks::Inline(table) => table.ranges().for_each(add),
        Blocks::Paged(root) => visit(stored, Walk::coverage(root, within), |visit| match visit {
            Ok(table) => table.ranges().for_each(&mut add),
            Err(range) => add(range),
        }),
    }
    covered
}

/// Shows all leaves of a walk, and what it passes by.
fn visit(stored: &Stored, mut walk: Walk, mut show: impl FnMut(Result<&BlockTable, ByteRange>)) {
    while let Some(visit) = walk.next() {
        let wanted = match visit {
            Visit::Page(wanted) => wanted,
            Visit::Covered(range) => {
                show(Err(range));
                continue;
            }
            other => panic!("{other:?}"),
        };
        let page = wanted.page.open(wanted.level, &stored[&wanted.page.name], hash);
        let page = page.expect("as written");
        walk.take(&wanted, &page).expect("as written");
        if let Page::Leaf(table) = &page {
            show(Ok(table));
        }
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> PageHash {
    let start = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    let prime = 0x0000_0000_0100_0000_0000_0000_0000_013b_u128;
    let step = |hash: u128, byte: &u8| (hash ^ u128::from(*byte)).wrapping_mul(prime);
    PageHash(bytes.iter().fold(start, step).to_be_bytes())
}
