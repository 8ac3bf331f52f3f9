//! The largest page, and the last names.

use lode_core::checksum::Digest;
use lode_core::manifest::compact::{decode_page, encode_page};
use lode_core::manifest::pages::Page;
use lode_core::manifest::{Block, BlockName, BlockTable, ManifestError};
use lode_core::range::ByteRange;

use crate::forge::seal;

/// A leaf of so many adjacent blocks, the first of them here and of this name.
fn leaf(count: usize, first: u64, suffix: u64) -> Page {
    let block = |start| Block {
        range: ByteRange::with_length(start, 1).unwrap(),
        name: BlockName::Written { writer: 7, suffix },
        digest: Some(Digest::from([7; 16])),
    };
    Page::Leaf(BlockTable::from_sorted((first..).take(count).map(block)).unwrap())
}

#[test]
fn a_page_may_have_so_many_bytes_and_no_more() {
    // Numbers of one to nine bytes, so that of the leaves with the same blocks some have as many
    // bytes as there may be.
    let sizes = || (0..9).map(|bytes| 1_u64 << (7 * bytes));
    let count = Page::MAX_SIZE / 16 - 3;
    let leaves = || sizes().flat_map(|first| sizes().map(move |suffix| leaf(count, first, suffix)));
    let largest = leaves().find_map(|leaf| {
        encode_page(&leaf).ok().filter(|bytes| bytes.len() == Page::MAX_SIZE).map(|b| (leaf, b))
    });
    let (leaf, bytes) = largest.unwrap();
    assert_eq!(decode_page(&bytes), Ok(leaf));
    let refused = leaves().filter_map(|leaf| encode_page(&leaf).err());
    assert!(refused.clone().count() > 0);
    for error in refused {
        assert!(matches!(error, ManifestError::Unrepresentable { .. }), "{error}");
    }
    // One byte more, with a trailer that is right.
    let longer = seal(4, &[&bytes[6..bytes.len() - 4], &[0]].concat());
    match decode_page(&longer) {
        Err(ManifestError::Decode { at, field: "end", .. }) => assert_eq!(at, Page::MAX_SIZE),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_count_up_to_the_last_there_is() {
    let block = |start: u64| Block {
        range: ByteRange::with_length(start, 1).unwrap(),
        name: BlockName::Written { writer: 7, suffix: u64::MAX - 1 + start },
        digest: Some(Digest::from([7; 16])),
    };
    let leaf = Page::Leaf(BlockTable::from_sorted([0, 1].map(block)).unwrap());
    assert_eq!(decode_page(&encode_page(&leaf).unwrap()), Ok(leaf));
}
