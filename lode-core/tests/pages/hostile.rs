//! Pages that somebody has tampered with.

use lode_core::manifest::ManifestError;
use lode_core::manifest::compact::{decode_page, encode_page};
use lode_core::manifest::pages::{Blocks, Page, PageNode, PageRef, Walk};
use lode_core::range::ByteRange;
use proptest::prelude::*;

use crate::forge::{seal, varint};
use crate::support::{Pages, block, hash, sizes};

/// A reference: gap, span, blocks, covered; then a hash and a commit.
fn reference(numbers: [u64; 4]) -> Vec<u8> {
    let numbers = numbers.into_iter().flat_map(varint);
    numbers.chain([0xaa; 16]).chain([0xcc; 16]).collect()
}

fn node(level: u8, count: u64, references: &[[u64; 4]]) -> Vec<u8> {
    let references = references.iter().flat_map(|numbers| reference(*numbers));
    let head = [vec![level], varint(count)].concat();
    seal(4, &head.into_iter().chain(references).collect::<Vec<_>>())
}

#[track_caller]
fn fails(bytes: &[u8], expected: &str) {
    match decode_page(bytes) {
        Err(ManifestError::Decode { at, field, .. }) => {
            assert_eq!(field, expected);
            assert!(at >= 5, "{field} at {at}: it lies behind the format");
        }
        other => panic!("{expected}: {other:?}"),
    }
}

const GOOD: [u64; 4] = [8, 16, 2, 10];

#[test]
fn nodes_are_checked() {
    assert!(decode_page(&node(1, 2, &[GOOD, GOOD])).is_ok());
    fails(&seal(1, &[0]), "kind");
    fails(&seal(3, &[0]), "kind");
    fails(&seal(4, &[]), "level");
    for level in [32, 255] {
        fails(&node(level, 1, &[GOOD]), "level");
    }
    for count in [2, 1 << 60, u64::MAX] {
        fails(&node(1, count, &[GOOD]), "children");
    }
    fails(&node(1, 0, &[]), "children");
    fails(&node(1, 1, &[GOOD, GOOD]), "end");
    fails(&node(1, 1, &[[0, 0, 1, 0]]), "page bounds");
    fails(&node(1, 1, &[[u64::MAX, 1, 1, 1]]), "page bounds");
    fails(&node(1, 2, &[GOOD, [u64::MAX - 20, 1, 1, 1]]), "page bounds");
    for totals in [[0, 10], [11, 10], [1, 17], [u64::MAX, 10], [1, u64::MAX], [1, 0]] {
        fails(&node(1, 1, &[[8, 16, totals[0], totals[1]]]), "page totals");
    }
    let cut = |length: usize| {
        let body = node(1, 2, &[GOOD, GOOD]);
        seal(4, &body[6..body.len() - 4 - length])
    };
    // The shortest reference has 36 bytes, so the count alone tells.
    fails(&cut(40), "children");
    fails(&cut(1), "children");
}

#[test]
fn leaves_are_checked() {
    let leaf = |spoil: fn(&mut Vec<u8>)| {
        // level, digest size, writers, blocks, covered, runs; then one run of one block.
        let mut body = vec![0, 4, 8, 7, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1];
        body.extend([0, 1, 1, 0, 0, 0, 9, 9, 9, 9]);
        spoil(&mut body);
        seal(4, &body)
    };
    assert!(matches!(decode_page(&leaf(|_| {})), Ok(Page::Leaf(table)) if table.len() == 1));
    fails(&leaf(|body| body[1] = 3), "digest_size");
    fails(&leaf(|body| body[2] = 7), "writers");
    fails(&leaf(|body| body[11] = 2), "blocks");
    fails(&leaf(|body| body[12] = 2), "covered");
    fails(&leaf(|body| body[13] = 2), "run");
    fails(&leaf(|body| body[15] = 0), "run");
    fails(&leaf(|body| body.push(0)), "end");
    fails(&seal(4, &[0, 4, 0, 0, 0, 0]), "blocks");
}

/// A tree of three levels.
fn tree() -> (Pages, PageNode) {
    let mut pages = Pages::default();
    let all = (0..40).map(|place| block(place * 10, 5, 1)).collect();
    let updated = pages.update(&Blocks::default(), all, sizes(0, 4, 2)).unwrap();
    let Blocks::Paged(root) = updated.blocks else { panic!("{:?}", updated.blocks) };
    (pages, root)
}

#[test]
fn a_page_is_what_refers_to_it_says() {
    let (pages, root) = tree();
    let (level, good) = (root.level() - 1, root.children()[0]);
    let bytes = &pages.stored[&Pages::key(&good.name)];
    let page = good.open(level, bytes, hash).unwrap();
    let range = |start, end| ByteRange::new(start, end).unwrap();
    let (start, end) = (good.range.start(), good.range.end());
    let mut name = good.name;
    name.hash.0[15] ^= 1;
    for (field, level, spoilt) in [
        ("level", level - 1, good),
        ("level", level + 1, good),
        ("bounds", level, PageRef { range: range(start, end + 1), ..good }),
        ("bounds", level, PageRef { range: range(start + 1, end), ..good }),
        ("blocks", level, PageRef { blocks: good.blocks + 1, ..good }),
        ("covered", level, PageRef { covered: good.covered - 1, ..good }),
        ("hash", level, PageRef { name, ..good }),
    ] {
        let found = spoilt.open(level, bytes, hash);
        assert!(
            matches!(found, Err(ManifestError::Decode { field: found, .. }) if found == field),
            "{field}: {found:?}"
        );
        if field != "hash" {
            assert!(spoilt.check(level, &page).is_err(), "{field}");
        }
    }
}

/// Each bit of each page, and each page in the place of each other.
#[test]
fn damage_is_noticed_wherever_it_is() {
    let (mut pages, root) = tree();
    let blocks = Blocks::Paged(root);
    let whole = ByteRange::new(0, 1000).unwrap();
    let keys: Vec<_> = pages.stored.keys().copied().collect();
    for key in &keys {
        let good = pages.stored[key].clone();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            pages.stored.insert(*key, bad);
            assert!(pages.touched(&blocks, whole).is_err(), "bit {bit}");
        }
        for other in keys.iter().filter(|other| *other != key) {
            pages.stored.insert(*key, pages.stored[other].clone());
            assert!(pages.touched(&blocks, whole).is_err());
        }
        pages.stored.insert(*key, good);
    }
    assert_eq!(pages.touched(&blocks, whole).unwrap().0.len(), 40);
}

/// With a hash that anybody can forge, a page could refer to itself. It cannot: each level has one
/// less below it.
#[test]
fn a_page_that_refers_to_itself_ends() {
    let loop_hash = |_: &[u8]| lode_core::manifest::pages::PageHash([0xaa; 16]);
    for level in 1..32 {
        let bytes = node(level, 1, &[[0, 16, 2, 10]]);
        let Page::Node(page) = decode_page(&bytes).unwrap() else { panic!("it is a node") };
        let mut walk = Walk::blocks(&page, ByteRange::new(0, 16).unwrap());
        let Some(lode_core::manifest::pages::Visit::Page(wanted)) = walk.next() else {
            panic!("there is a child")
        };
        let error = wanted.page.open(wanted.level, &bytes, loop_hash).unwrap_err();
        assert!(matches!(error, ManifestError::Decode { field: "level", .. }), "{error}");
        assert!(walk.take(&wanted, &Page::Node(page)).is_err());
    }
}

/// What is decoded can be encoded again, and then means the same.
fn check(bytes: &[u8]) {
    if let Ok(page) = decode_page(bytes) {
        let again = encode_page(&page).expect("what can be read can be written");
        assert_eq!(decode_page(&again), Ok(page));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2000)
    })]

    #[test]
    fn any_bytes_are_survived(level in 0..3_u8, body in prop::collection::vec(any::<u8>(), 0..200)) {
        check(&body);
        check(&seal(4, &body));
        check(&seal(4, &[vec![level], body].concat()));
    }

    #[test]
    fn spoilt_bytes_with_a_right_trailer_are_survived(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (pages, _) = tree();
        let (_, bytes) = pages.stored.iter().nth(which.index(pages.stored.len())).unwrap();
        let mut body = bytes[6..bytes.len() - 4].to_vec();
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        check(&seal(4, &body));
    }
}
