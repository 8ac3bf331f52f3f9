//! How long pieces are, and what is merged into many of them: what a bitmap is too small for.

use alloc::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::range::tests::model::config;

/// Small pieces, and so many ranges that they are cut finer at first and no longer at the end.
const CHUNK: usize = 256;
const COUNT: u64 = 10_000;

fn range(start: u64, length: u64) -> ByteRange {
    ByteRange::with_length(start, length).unwrap()
}

/// Ranges that do not touch, in an order in which neighbours are far apart.
fn scattered() -> impl Iterator<Item = ByteRange> {
    (0..COUNT).map(|number| range(number * 1009 % COUNT * 10, 5))
}

/// How many ranges are in each chunk, after seeing that what is said of them holds.
fn lengths<const CHUNK: usize>(table: &GrowableTable<CHUNK>) -> Vec<usize> {
    let lengths: Vec<_> = table.chunks.iter().map(|chunk| chunk.ranges.len()).collect();
    assert!(table.ends.iter().copied().eq(table.chunks.iter().map(Piece::end)));
    assert_eq!(table.below, lengths.iter().sum::<usize>());
    assert!(!lengths.contains(&0));
    assert!(!table.tail.ranges.is_empty() || table.len() == 0);
    lengths
}

#[test]
fn pieces_are_neither_too_long_nor_too_many() {
    let mut set = RangeSet::<GrowableTable<CHUNK>>::new();
    for (count, range) in (1..).zip(scattered()) {
        let Ok(_) = set.insert(range);
        let lengths = lengths(&set.table);
        let limit = if count < 16 * CHUNK { CHUNK / 4 } else { CHUNK };
        assert_eq!(lengths.is_empty(), count <= 2 * CHUNK, "{count} ranges");
        assert!(lengths.iter().all(|length| *length <= limit), "{count} ranges: {lengths:?}");
        assert!(lengths.iter().all(|length| *length >= CHUNK / 8), "{count}: {lengths:?}");
        let tail = set.table.tail.ranges.len();
        assert!(tail <= if lengths.is_empty() { 2 * CHUNK } else { CHUNK }, "{tail}");
    }
    for (left, range) in (0..COUNT as usize).rev().zip(scattered()) {
        let Ok(_) = set.remove(range);
        let lengths = lengths(&set.table);
        assert!(lengths.len() <= 8 + left / 4, "{left} ranges: {lengths:?}");
        assert!(lengths.iter().all(|length| *length <= CHUNK), "{left} ranges: {lengths:?}");
    }
    assert_eq!(set.len(), 0);
}

#[test]
fn what_is_filled_in_order_or_at_once_or_packed_is_full() {
    let mut set = RangeSet::<GrowableTable<CHUNK>>::new();
    for number in 0..COUNT {
        let Ok(_) = set.insert(range(number * 10, 5));
    }
    let at_once: RangeSet<GrowableTable<CHUNK>> = scattered().collect();
    let mut packed = one_by_one::<CHUNK>(&scattered().collect::<Vec<_>>());
    packed.shrink_to_fit();
    for set in [set, at_once, packed] {
        let lengths = lengths(&set.table);
        let (first, rest) = lengths.split_first().unwrap();
        assert_eq!(*first, 2 * CHUNK, "{lengths:?}");
        assert!(rest.iter().all(|length| *length == CHUNK), "{lengths:?}");
    }
}

/// To cut one of many pieces is expensive, so that it is not done at once.
#[test]
fn of_many_pieces_a_full_one_takes_half_as_many_more() {
    const FEW: u64 = 4;
    let count = 2 * FEW * MANY as u64;
    let mut set: RangeSet<GrowableTable<4>> = (0..count).map(|at| range(at * 10, 5)).collect();
    let pieces = set.table.chunks.len();
    let third = 4 * FEW * 10;
    for more in 1..=FEW / 2 {
        let Ok(_) = set.insert(range(third + 10 * more - 4, 1));
        assert_eq!(set.table.chunks.len(), pieces);
        assert!(lengths(&set.table).contains(&(4 + more as usize)));
    }
    let Ok(_) = set.insert(range(third + 10 * 3 - 4, 1));
    assert_eq!(set.table.chunks.len(), pieces + 1);
    assert_eq!(set.covered(), 5 * count + 3);
}

#[test]
fn a_few_are_one_piece() {
    let few: Vec<_> = scattered().take(2 * CHUNK).collect();
    let at_once: RangeSet<GrowableTable<CHUNK>> = few.iter().copied().collect();
    let mut packed = one_by_one::<CHUNK>(&few);
    packed.shrink_to_fit();
    for set in [at_once, packed] {
        assert!(lengths(&set.table).is_empty());
        assert_eq!(set.table.tail.ranges.capacity(), few.len());
    }
}

#[test]
fn memory_is_given_back() {
    let capacity = |set: &GrowableRangeSet| {
        let pieces = set.table.chunks.iter().chain([&set.table.tail]);
        pieces.map(|piece| piece.ranges.capacity()).sum::<usize>()
    };
    // In an order that leaves room in many chunks.
    let mut set = GrowableRangeSet::new();
    for range in scattered() {
        let Ok(_) = set.insert(range);
    }
    let before = set.clone();
    assert!(capacity(&set) > 11_000, "{}", capacity(&set));
    set.shrink_to_fit();
    assert_eq!(set, before);
    assert!(capacity(&set) < 10_600, "{}", capacity(&set));
}

/// Ranges that are put in one by one.
fn one_by_one<const CHUNK: usize>(ranges: &[ByteRange]) -> RangeSet<GrowableTable<CHUNK>> {
    let mut set = RangeSet::new();
    for range in ranges {
        let Ok(_) = set.insert(*range);
    }
    set
}

fn compare<const CHUNK: usize>(
    first: &[ByteRange],
    rest: &[ByteRange],
) -> Result<(), TestCaseError> {
    let expected = one_by_one::<CHUNK>(&[first, rest].concat());
    let mut merged = one_by_one::<CHUNK>(first);
    let Ok(()) = merged.merge(&one_by_one::<CHUNK>(rest));
    let mut extended = one_by_one::<CHUNK>(first);
    extended.extend(rest.iter().copied());
    for set in [merged, extended] {
        lengths(&set.table);
        prop_assert_eq!(set.len(), expected.len());
        prop_assert_eq!(set.covered(), expected.covered());
        prop_assert_eq!(set, expected.clone());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..config() })]

    /// Into many, few that lie near each other or far apart, and into few many.
    #[test]
    fn many_at_once_are_what_they_are_one_by_one(
        many in vec((0..4000_u64, 1..9_u64), 200..400),
        few in vec((0..4000_u64, 1..40_u64), 1..12),
        (begin, spread) in (0..4000_u64, prop_oneof![Just(200), Just(4000)]),
    ) {
        let many: Vec<_> = many.iter().map(|(start, length)| range(*start, *length)).collect();
        let few = few.iter().map(|(start, length)| range(begin + start % spread, *length));
        let few: Vec<_> = few.collect();
        compare::<4>(&many, &few)?;
        compare::<12>(&many, &few)?;
        compare::<4>(few.get(..1).unwrap_or_default(), &many)?;
    }
}
