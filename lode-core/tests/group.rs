//! Commits that wait go out together where nobody can tell.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use lode_core::commit::{Waiting, group};
use lode_core::manifest::{Block, BlockName, Metadata};
use lode_core::meta;
use lode_core::range::ByteRange;
use proptest::prelude::*;

fn block(start: u64, end: u64) -> Block {
    let name = BlockName::Written { writer: 1, suffix: 0 };
    Block { range: ByteRange::new(start, end).unwrap(), name, digest: None }
}

fn groups(waiting: &[(Metadata, Vec<Block>)]) -> Vec<bool> {
    group(waiting.iter().map(|(metadata, blocks)| Waiting { metadata, blocks }))
}

#[test]
fn all_go_together_where_nothing_is_in_the_way() {
    let waiting = (0..64).map(|n| (meta! { "a" => 1 }, vec![block(n * 10, n * 10 + 10)]));
    assert_eq!(groups(&waiting.collect::<Vec<_>>()), [true; 64]);
    assert!(groups(&[]).is_empty());
}

#[test]
fn other_metadata_wait() {
    let [a, b] = [1, 2].map(|n| meta! { "a" => n });
    let waiting = [(&a, 0), (&b, 10), (&a, 20), (&Metadata::new(), 30)];
    let waiting = waiting.map(|(metadata, at)| (metadata.clone(), vec![block(at, at + 10)]));
    assert_eq!(groups(&waiting), [true, false, true, false]);
}

#[test]
fn nobody_overtakes_whose_place_it_wants() {
    let [a, b] = [1, 2].map(|n| meta! { "a" => n });
    // The third wants what the first has, the fourth what the second waits for, and the fifth
    // what the third does.
    let ranges = [(&a, 0, 10), (&b, 20, 30), (&a, 5, 15), (&a, 29, 31), (&a, 12, 13), (&a, 15, 16)];
    let waiting = ranges.map(|(metadata, start, end)| (metadata.clone(), vec![block(start, end)]));
    assert_eq!(groups(&waiting), [true, false, false, false, false, true]);
}

proptest! {
    /// Whatever waits: the oldest goes, those that go fit each other, and none of them was in the
    /// way of an older one that does not.
    #[test]
    fn groups_are_what_they_promise(
        waiting in prop::collection::vec(
            (0..3_i64, prop::collection::vec((0..60_u64, 1..6_u64), 1..4)), 1..12
        ),
    ) {
        let waiting: Vec<_> = waiting
            .into_iter()
            .map(|(n, ranges)| {
                let blocks = ranges.into_iter().map(|(start, length)| block(start, start + length));
                (meta! { "n" => n }, blocks.collect::<Vec<_>>())
            })
            .collect();
        let joins = groups(&waiting);
        prop_assert_eq!(joins.len(), waiting.len());
        prop_assert!(joins[0]);
        for (at, (metadata, blocks)) in waiting.iter().enumerate() {
            let meets_older = waiting[..at].iter().flat_map(|(_, older)| older).any(|older| {
                blocks.iter().any(|block| block.range.overlaps(older.range))
            });
            prop_assert_eq!(joins[at], !meets_older && *metadata == waiting[0].0);
        }
    }
}
