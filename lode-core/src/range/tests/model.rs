//! Every operation against a bitmap of a small universe, at the bottom of all offsets and at
//! their top, where arithmetic would wrap.

use core::hash::BuildHasher;
use std::collections::hash_map::RandomState;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult};

use super::*;

const SIZE: usize = 40;
const TOP: u64 = u64::MAX - SIZE as u64;

/// Bounds within the universe, the first below the second.
type Bounds = (usize, usize);

#[derive(Clone, Debug)]
enum Step {
    Insert(Bounds),
    Remove(Bounds),
    Merge(Vec<Bounds>),
    Clear,
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let length = prop_oneof![4 => 1..=4usize, 1 => 1..=SIZE];
    (0..SIZE, length).prop_map(|(start, length)| (start, (start + length).min(SIZE)))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => bounds().prop_map(Step::Insert),
        4 => bounds().prop_map(Step::Remove),
        4 => prop::collection::vec(bounds(), 0..8).prop_map(Step::Merge),
        1 => Just(Step::Clear),
    ];
    prop::collection::vec(step, 1..24)
}

fn base() -> impl Strategy<Value = u64> {
    // A grid has other edges as well: those of its chunks and of its regions.
    let across = |edge: u64| Just(edge - SIZE as u64 / 2);
    prop_oneof![Just(0), Just(TOP), across(1 << 12), across(1 << 21)]
}

/// The bytes of a set, one by one.
#[derive(Clone)]
struct Bitmap {
    base: u64,
    bits: [bool; SIZE],
}

impl Bitmap {
    fn new(base: u64) -> Self {
        Self { base, bits: [false; SIZE] }
    }

    fn fill(&mut self, (start, end): Bounds, bit: bool) {
        self.bits[start..end].fill(bit);
    }

    fn range(&self, (start, end): Bounds) -> ByteRange {
        range(self.base + start as u64, self.base + end as u64)
    }

    /// The pieces of `(start, end)` whose bits are all `bit`.
    fn runs(&self, (start, end): Bounds, bit: bool) -> Vec<ByteRange> {
        let mut runs = Vec::new();
        let mut from = start;
        for run in self.bits[start..end].chunk_by(|a, b| a == b) {
            if run[0] == bit {
                runs.push(self.range((from, from + run.len())));
            }
            from += run.len();
        }
        runs
    }

    fn all(&self) -> Vec<ByteRange> {
        self.runs((0, SIZE), true)
    }
}

fn check<T: Table>(set: &RangeSet<T>, model: &Bitmap, within: Bounds) -> TestCaseResult {
    prop_assert_eq!(set.iter().collect::<Vec<_>>(), model.all());
    prop_assert_eq!(set.len(), model.all().len());
    prop_assert_eq!(set.is_empty(), model.all().is_empty());
    prop_assert_eq!(set.covered(), model.bits.iter().filter(|bit| **bit).count() as u64);
    for (bit, offset) in model.bits.into_iter().zip(model.base..) {
        prop_assert_eq!(set.contains_offset(offset), bit);
    }

    let (range, gaps, overlaps) =
        (model.range(within), model.runs(within, false), model.runs(within, true));
    prop_assert_eq!(set.covers(range), gaps.is_empty());
    prop_assert_eq!(set.first_gap(range), gaps.first().copied());
    prop_assert_eq!(set.first_overlap(range), overlaps.first().copied());
    prop_assert_eq!(set.iter_within(range).collect::<Vec<_>>(), overlaps);
    prop_assert!(set.gaps(range).size_hint().1.is_some_and(|most| most >= gaps.len()));
    let mut folded = Vec::new();
    set.gaps(range).for_each(|gap| folded.push(gap));
    prop_assert_eq!(&folded, &gaps);
    prop_assert_eq!(set.gaps(range).collect::<Vec<_>>(), gaps);
    Ok(())
}

/// Takes the steps with a set and a bitmap; a step must fail if and only if it would leave more
/// than `capacity` ranges.
fn compare<T: Table>(
    base: u64,
    steps: Vec<Step>,
    within: Bounds,
    capacity: usize,
) -> TestCaseResult {
    let mut set = RangeSet::<T>::new();
    let mut model = Bitmap::new(base);
    for step in steps {
        let mut after = model.clone();
        let fits = match step {
            Step::Insert(bounds) => {
                after.fill(bounds, true);
                set.insert(model.range(bounds)).is_ok()
            }
            Step::Remove(bounds) => {
                after.fill(bounds, false);
                set.remove(model.range(bounds)).is_ok()
            }
            Step::Merge(all) => {
                let mut other = FixedRangeSet::<SIZE>::new();
                for bounds in all {
                    after.fill(bounds, true);
                    prop_assert_eq!(other.insert(model.range(bounds)), Ok(()));
                }
                set.merge(&other).is_ok()
            }
            Step::Clear => {
                after.fill((0, SIZE), false);
                set.clear();
                true
            }
        };
        prop_assert_eq!(fits, after.all().len() <= capacity);
        if fits {
            model = after;
        }
        check(&set, &model, within)?;
    }
    Ok(())
}

/// Makes a set of the ranges up to `cut` and extends it by the others.
#[cfg(feature = "alloc")]
fn build_and_check<const CHUNK: usize>(
    base: u64,
    ranges: &[Bounds],
    cut: usize,
    within: Bounds,
) -> TestCaseResult {
    let mut model = Bitmap::new(base);
    let (first, rest) = ranges.split_at(cut.min(ranges.len()));
    let mut set: RangeSet<GrowableTable<CHUNK>> =
        first.iter().map(|bounds| model.range(*bounds)).collect();
    set.extend(rest.iter().map(|bounds| model.range(*bounds)));
    for bounds in ranges {
        model.fill(*bounds, true);
    }
    check(&set, &model, within)?;
    set.shrink_to_fit();
    check(&set, &model, within)
}

/// Prints the seed, which the test harness shows if the test fails; setting the variable to it
/// runs the same cases again.
pub(in crate::range) fn config() -> ProptestConfig {
    let mut config = ProptestConfig { cases: 4096, failure_persistence: None, ..<_>::default() };
    if let RngSeed::Random = config.rng_seed {
        config.rng_seed = RngSeed::Fixed(RandomState::new().hash_one(()));
    }
    std::println!("PROPTEST_RNG_SEED={}", config.rng_seed);
    config
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_fixed_set_is_a_bitmap(base in base(), steps in steps(), within in bounds()) {
        compare::<FixedTable<5>>(base, steps, within, 5)?;
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_growable_set_is_a_bitmap(base in base(), steps in steps(), within in bounds()) {
        compare::<GrowableTable>(base, steps, within, usize::MAX)?;
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_chunked_set_is_a_bitmap(base in base(), steps in steps(), within in bounds()) {
        compare::<GrowableTable<2>>(base, steps.clone(), within, usize::MAX)?;
        compare::<GrowableTable<4>>(base, steps.clone(), within, usize::MAX)?;
        compare::<GrowableTable<12>>(base, steps, within, usize::MAX)?;
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_set_on_a_grid_is_a_bitmap(base in base(), steps in steps(), within in bounds()) {
        compare::<GridTable<1>>(base, steps, within, usize::MAX)?;
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_built_set_is_a_bitmap(
        base in base(),
        ranges in prop::collection::vec(bounds(), 0..24),
        cut in 0..24usize,
        within in bounds(),
    ) {
        build_and_check::<512>(base, &ranges, cut, within)?;
        build_and_check::<2>(base, &ranges, cut, within)?;
    }
}
