use std::vec::Vec;

use super::*;
use crate::ErrorKind;

#[cfg(feature = "alloc")]
mod grid;
pub(super) mod model;

fn range(start: u64, end: u64) -> ByteRange {
    ByteRange::new(start, end).unwrap()
}

fn build<T: Table>(ranges: &[(u64, u64)]) -> RangeSet<T> {
    let mut set = RangeSet::new();
    for &(start, end) in ranges {
        set.insert(range(start, end)).unwrap();
    }
    set
}

fn pairs(ranges: impl IntoIterator<Item = ByteRange>) -> Vec<(u64, u64)> {
    ranges.into_iter().map(|range| (range.start(), range.end())).collect()
}

/// What holds for every table that has room for 8 ranges.
macro_rules! range_set_tests {
    ($module:ident, $set:ty) => {
        mod $module {
            use super::*;

            fn set(ranges: &[(u64, u64)]) -> $set {
                build(ranges)
            }

            #[track_caller]
            fn check(set: &$set, ranges: &[(u64, u64)]) {
                assert_eq!(pairs(set), ranges);
                assert_eq!(set.len(), ranges.len());
                assert_eq!(set.is_empty(), ranges.is_empty());
                let covered: u64 = ranges.iter().map(|(start, end)| end - start).sum();
                assert_eq!(set.covered(), covered);
            }

            #[test]
            fn can_be_a_constant() {
                const EMPTY: $set = <$set>::new();
                check(&EMPTY, &[]);
                check(&<$set>::default(), &[]);
            }

            #[test]
            fn inserts_in_any_order() {
                check(&set(&[(20, 30), (0, 10), (40, 50)]), &[(0, 10), (20, 30), (40, 50)]);
            }

            #[test]
            fn coalesces_adjacent_ranges() {
                check(&set(&[(0, 10), (10, 20)]), &[(0, 20)]);
                check(&set(&[(10, 20), (0, 10)]), &[(0, 20)]);
                check(&set(&[(0, 10), (20, 30), (10, 20)]), &[(0, 30)]);
                check(&set(&[(0, 10), (11, 20)]), &[(0, 10), (11, 20)]);
            }

            #[test]
            fn coalesces_overlapping_ranges() {
                check(&set(&[(0, 10), (5, 15)]), &[(0, 15)]);
                check(&set(&[(5, 15), (0, 10)]), &[(0, 15)]);
                check(&set(&[(0, 10), (3, 4)]), &[(0, 10)]);
                check(&set(&[(2, 4), (6, 8), (10, 12), (3, 11)]), &[(2, 12)]);
                check(&set(&[(2, 4), (6, 8), (10, 12), (0, 9)]), &[(0, 9), (10, 12)]);
            }

            #[test]
            fn removes_whole_ranges_and_parts() {
                let mut set = set(&[(0, 10), (20, 30), (40, 50)]);
                set.remove(range(10, 20)).unwrap();
                check(&set, &[(0, 10), (20, 30), (40, 50)]);
                set.remove(range(23, 25)).unwrap();
                check(&set, &[(0, 10), (20, 23), (25, 30), (40, 50)]);
                set.remove(range(5, 21)).unwrap();
                check(&set, &[(0, 5), (21, 23), (25, 30), (40, 50)]);
                set.remove(range(20, 40)).unwrap();
                check(&set, &[(0, 5), (40, 50)]);
                set.remove(range(0, u64::MAX)).unwrap();
                check(&set, &[]);
                set.remove(range(0, 1)).unwrap();
                check(&set, &[]);
            }

            #[test]
            fn clears() {
                let mut set = set(&[(0, 10), (20, 30)]);
                set.clear();
                check(&set, &[]);
                set.insert(range(1, 2)).unwrap();
                check(&set, &[(1, 2)]);
            }

            #[test]
            fn merges() {
                let other = set(&[(5, 10), (20, 30), (50, 60)]);
                let mut joined = set(&[(0, 5), (8, 22), (40, 41)]);
                joined.merge(&other).unwrap();
                check(&joined, &[(0, 30), (40, 41), (50, 60)]);
                joined.merge(&set(&[])).unwrap();
                check(&joined, &[(0, 30), (40, 41), (50, 60)]);
                let mut empty = set(&[]);
                empty.merge(&joined).unwrap();
                assert_eq!(empty, joined);
                assert_eq!(empty.covered(), joined.covered());
            }

            #[test]
            fn merges_another_kind_of_table() {
                let mut set = set(&[(0, 5)]);
                set.merge(&build::<FixedTable<1>>(&[(5, 7)])).unwrap();
                check(&set, &[(0, 7)]);
                assert_eq!(set, build::<FixedTable<1>>(&[(0, 7)]));
                assert_ne!(set, build::<FixedTable<1>>(&[(0, 6)]));
                assert_ne!(set, build::<FixedTable<2>>(&[(0, 7), (8, 9)]));
            }

            #[test]
            fn answers_at_the_borders_of_ranges() {
                let set = set(&[(10, 20), (30, 40)]);
                for (offset, contained) in
                    [(9, false), (10, true), (19, true), (20, false), (39, true), (40, false)]
                {
                    assert_eq!(set.contains_offset(offset), contained, "{offset}");
                }
                assert!(set.covers(range(10, 20)));
                assert!(!set.covers(range(10, 21)) && !set.covers(range(9, 11)));
                assert!(!set.covers(range(15, 35)) && !set.covers(range(40, 41)));
                assert_eq!(set.first_gap(range(10, 20)), None);
                assert_eq!(set.first_gap(range(10, 31)), Some(range(20, 30)));
                assert_eq!(set.first_gap(range(22, 24)), Some(range(22, 24)));
                assert_eq!(set.first_overlap(range(20, 30)), None);
                assert_eq!(set.first_overlap(range(19, 31)), Some(range(19, 20)));
                assert_eq!(set.first_overlap(range(20, 99)), Some(range(30, 40)));
                assert_eq!(pairs(set.gaps(range(0, 50))), [(0, 10), (20, 30), (40, 50)]);
                assert_eq!(pairs(set.iter_within(range(15, 31))), [(15, 20), (30, 31)]);
            }

            #[test]
            fn holds_every_byte_there_is() {
                const END: u64 = u64::MAX;
                let mut set = set(&[(END - 1, END), (0, 1)]);
                assert!(!set.contains_offset(END));
                assert_eq!(set.first_gap(range(0, END)), Some(range(1, END - 1)));
                set.insert(range(1, END - 1)).unwrap();
                check(&set, &[(0, END)]);
                assert!(set.covers(range(0, END)) && set.contains_offset(END - 1));
                set.remove(range(1, END - 1)).unwrap();
                check(&set, &[(0, 1), (END - 1, END)]);
            }

            #[test]
            fn prints_its_ranges() {
                assert_eq!(std::format!("{:?}", set(&[(3, 14), (15, 92)])), "{3..14, 15..92}");
            }

            #[test]
            fn hints_at_the_number_of_ranges() {
                let set = set(&[(10, 20), (30, 40)]);
                assert_eq!(set.iter().size_hint(), (2, Some(2)));
                assert_eq!(set.gaps(range(0, 50)).size_hint(), (0, Some(3)));
                assert_eq!(set.iter_within(range(25, 50)).size_hint(), (0, Some(1)));
                assert_eq!(set.iter_within(range(0, 50)).size_hint(), (0, Some(2)));
            }
        }
    };
}

range_set_tests!(fixed, FixedRangeSet<8>);
#[cfg(feature = "alloc")]
range_set_tests!(growable, GrowableRangeSet);
// Of so few ranges a chunk that 8 of them take several.
#[cfg(feature = "alloc")]
range_set_tests!(chunked, RangeSet<GrowableTable<2>>);

#[test]
fn a_full_table_takes_only_what_coalesces() {
    let mut set = build::<FixedTable<2>>(&[(10, 20), (30, 40)]);
    let before = set.clone();

    let full = set.insert(range(50, 60)).unwrap_err();
    assert_eq!((full.capacity(), full.range()), (2, range(50, 60)));
    assert_eq!(full.kind(), ErrorKind::OutOfSpace);
    assert_eq!(std::format!("{full}"), "a table of 2 ranges has no room for 50..60");
    assert_eq!(set.remove(range(12, 15)).unwrap_err().range(), range(15, 20));
    assert_eq!((&set, set.covered()), (&before, 20));

    set.insert(range(40, 50)).unwrap();
    set.remove(range(10, 12)).unwrap();
    set.insert(range(20, 30)).unwrap();
    assert_eq!(pairs(&set), [(12, 50)]);
}

#[test]
fn a_merge_is_taken_whole_or_not_at_all() {
    let mut set = build::<FixedTable<3>>(&[(10, 20), (30, 40), (50, 60)]);
    let before = set.clone();
    let too_many = build::<FixedTable<4>>(&[(0, 1), (15, 35), (45, 46), (70, 80)]);
    assert_eq!(set.merge(&too_many).unwrap_err().range(), range(45, 46));
    assert_eq!((&set, set.covered()), (&before, 30));

    // Inserted one after the other, the first of these would find no room.
    set.merge(&build::<FixedTable<4>>(&[(0, 1), (15, 55), (70, 80)])).unwrap();
    assert_eq!(pairs(&set), [(0, 1), (10, 60), (70, 80)]);
    assert_eq!(set.covered(), 61);
}

#[test]
fn a_table_without_room_is_full_at_once() {
    let mut set = FixedRangeSet::<0>::new();
    assert_eq!(set.insert(range(0, 1)).unwrap_err().capacity(), 0);
    assert_eq!(set.remove(range(0, 1)), Ok(()));
    assert_eq!(set.merge(&build::<FixedTable<1>>(&[(0, 1)])).unwrap_err().range(), range(0, 1));
}

#[test]
#[cfg(feature = "alloc")]
fn collects_and_extends_in_any_order() {
    let ranges = [(30, 40), (0, 50), (60, 70), (50, 55), (60, 61)].map(|(s, e)| range(s, e));
    let mut set = GrowableRangeSet::from_iter(ranges);
    assert_eq!(pairs(&set), [(0, 55), (60, 70)]);
    assert_eq!(set.covered(), 65);
    set.extend([(90, 95), (70, 71), (55, 59)].map(|(s, e)| range(s, e)));
    assert_eq!(pairs(&set), [(0, 59), (60, 71), (90, 95)]);
    assert_eq!(set.covered(), 75);
    set.extend([]);
    assert_eq!(set.len(), 3);
}
