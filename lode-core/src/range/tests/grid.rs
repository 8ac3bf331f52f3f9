//! Sets on a grid.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::model::config;
use super::*;

const CELL: u64 = 512;
/// How many cells a chunk has, and a region.
const CHUNK: u64 = 1 << 12;
const REGION: u64 = 1 << 21;

fn cells(start: u64, end: u64) -> ByteRange {
    range(start * CELL, end * CELL)
}

#[test]
fn takes_only_what_is_on_the_grid() {
    let mut set = GridRangeSet::<CELL>::new();
    set.insert(cells(1, 3)).unwrap();
    let before = set.clone();
    for off in [range(0, 511), range(1, 512), range(513, 1024), range(512, 1025)] {
        let error = GridError::OffGrid { range: off, cell: CELL };
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(set.insert(off), Err(error));
        assert_eq!(set.remove(off), Err(error));
        let others = build::<FixedTable<2>>(&[(1 << 20, 1 << 21), (off.start(), off.end())]);
        assert_eq!(set.merge(&others), Err(error));
    }
    assert_eq!((&set, set.covered()), (&before, 2 * CELL));
    let error = set.insert(range(0, 511)).unwrap_err();
    let said = "0..511 does not begin and end at multiples of 512 bytes";
    assert_eq!(std::format!("{error}"), said);
}

#[test]
fn does_not_take_all_of_memory() {
    let mut set = GridRangeSet::<1>::new();
    let all = range(0, u64::MAX);
    let error = set.insert(all).unwrap_err();
    assert_eq!(error, GridError::TooLong { range: all, longest: 1 << 32 });
    assert_eq!(error.kind(), ErrorKind::OutOfSpace);
    let said = std::format!("{error}");
    assert_eq!(said, std::format!("{all} is longer than 4294967296 bytes; put it in part by part"));
    assert_eq!(set.merge(&build::<FixedTable<1>>(&[(0, u64::MAX)])), Err(error));
    set.remove(all).unwrap();
    assert!(set.is_empty());
}

/// Cells up to the end of a word, and those that begin the next one.
#[test]
fn counts_a_range_once_that_a_merge_has_joined_between_words() {
    let mut set = GridRangeSet::<CELL>::new();
    set.insert(cells(64, 70)).unwrap();
    let mut other = GridRangeSet::<CELL>::new();
    other.insert(cells(60, 64)).unwrap();
    set.merge(&other).unwrap();
    assert_eq!((set.len(), set.iter().next()), (1, Some(cells(60, 70))));
}

/// A region with a chunk in each word of those that say which there are.
#[test]
fn keeps_a_region_that_has_chunks_everywhere_when_something_is_removed() {
    let mut set = GridRangeSet::<CELL>::new();
    for at in (0..REGION).step_by(64 * CHUNK as usize) {
        set.insert(cells(at, at + 1)).unwrap();
    }
    set.remove(cells(1, 2)).unwrap();
    assert_eq!((set.len(), set.iter().count()), (8, 8));
}

#[test]
fn holds_the_last_cell_that_there_is() {
    let last = range(u64::MAX - 2, u64::MAX);
    let mut set = GridRangeSet::<1>::new();
    set.insert(last).unwrap();
    assert!(set.covers(last) && !set.contains_offset(u64::MAX));
    assert_eq!(set.first_gap(range(0, u64::MAX)), Some(range(0, u64::MAX - 2)));
    set.remove(range(0, u64::MAX)).unwrap();
    assert!(set.is_empty());
}

#[test]
fn hints_at_the_number_of_ranges() {
    let mut set = GridRangeSet::<CELL>::new();
    assert_eq!(set.iter().size_hint(), (0, Some(0)));
    for start in [0, 3, 7 * REGION] {
        set.insert(cells(start, start + 1)).unwrap();
    }
    let mut ranges = set.iter();
    assert_eq!(ranges.size_hint(), (0, Some(3)));
    assert_eq!(ranges.by_ref().count(), 3);
    assert_eq!(ranges.size_hint(), (0, Some(0)));
    assert_eq!(ranges.next(), None);
}

/// The same steps with a set of another kind.
#[derive(Clone, Debug)]
enum Step {
    Insert(ByteRange),
    Remove(ByteRange),
    Merge(Vec<ByteRange>),
    /// The same of another set of its kind.
    Unite(Vec<ByteRange>),
}

/// Ranges that begin and end near the edges of words, chunks and regions.
fn near_edges() -> impl Strategy<Value = ByteRange> {
    let edge = prop_oneof![Just(64), Just(CHUNK), Just(3 * CHUNK), Just(REGION), Just(9 * REGION)];
    let length = prop_oneof![4 => 1..4u64, 2 => 60..70u64, 1 => CHUNK - 2..2 * CHUNK + 2];
    (edge, 0..6u64, length).prop_map(|(edge, below, length)| {
        let start = edge.saturating_sub(below * below);
        cells(start, start + length)
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let whole = prop_oneof![Just(cells(0, REGION)), Just(cells(CHUNK, 10 * REGION))];
    let step = prop_oneof![
        8 => near_edges().prop_map(Step::Insert),
        4 => near_edges().prop_map(Step::Remove),
        1 => whole.prop_map(Step::Remove),
        2 => prop::collection::vec(near_edges(), 0..8).prop_map(Step::Merge),
        2 => prop::collection::vec(near_edges(), 0..8).prop_map(Step::Unite),
    ];
    prop::collection::vec(step, 1..24)
}

fn check(steps: Vec<Step>, queries: &[ByteRange]) -> TestCaseResult {
    let (mut ours, mut theirs) = (GridRangeSet::<CELL>::new(), GrowableRangeSet::new());
    for step in steps {
        match step {
            Step::Insert(range) => {
                ours.insert(range).unwrap();
                theirs.insert(range).unwrap();
            }
            Step::Remove(range) => {
                ours.remove(range).unwrap();
                theirs.remove(range).unwrap();
            }
            Step::Merge(ranges) => {
                let others: GrowableRangeSet = ranges.into_iter().collect();
                ours.merge(&others).unwrap();
                theirs.merge(&others).unwrap();
            }
            Step::Unite(ranges) => {
                let mut others = GridRangeSet::<CELL>::new();
                ranges.into_iter().for_each(|range| others.insert(range).unwrap());
                ours.merge(&others).unwrap();
                theirs.merge(&others).unwrap();
            }
        }
        prop_assert_eq!(&ours, &theirs);
        prop_assert_eq!((ours.len(), ours.covered()), (theirs.len(), theirs.covered()));
    }
    for query in queries {
        prop_assert_eq!(ours.covers(*query), theirs.covers(*query), "{}", query);
        prop_assert_eq!(ours.first_gap(*query), theirs.first_gap(*query), "{}", query);
        prop_assert_eq!(ours.first_overlap(*query), theirs.first_overlap(*query), "{}", query);
        prop_assert!(ours.iter_within(*query).eq(theirs.iter_within(*query)), "{}", query);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..config() })]

    #[test]
    fn holds_what_a_growable_set_does(
        steps in steps(),
        queries in prop::collection::vec(near_edges(), 8),
    ) {
        check(steps, &queries)?;
    }
}
