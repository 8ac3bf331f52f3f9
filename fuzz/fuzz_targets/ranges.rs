//! Sets of ranges, each operation against a bitmap of a small universe: at the bottom of all
//! offsets, or at their top, where arithmetic would wrap.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use lode_core::range::{
    ByteRange, FixedRangeSet, FixedTable, GridTable, GrowableTable, RangeSet, Table, gaps_between,
};

const SIZE: usize = 96;
/// How many ranges fit into the fixed set.
const CAPACITY: usize = 6;

#[derive(Arbitrary, Debug)]
struct Input {
    at_the_top: bool,
    within: Bounds,
    steps: Vec<Step>,
}

impl Input {
    /// Where the universe begins.
    fn base(&self) -> u64 {
        if self.at_the_top { u64::MAX - SIZE as u64 } else { 0 }
    }
}

#[derive(Arbitrary, Debug)]
enum Step {
    Insert(Bounds),
    Remove(Bounds),
    Merge(Vec<Bounds>),
    Clear,
}

/// Bounds within the universe, the first below the second.
#[derive(Clone, Copy, Debug)]
struct Bounds(usize, usize);

impl<'a> Arbitrary<'a> for Bounds {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let start = u.int_in_range(0..=SIZE - 1)?;
        Ok(Self(start, u.int_in_range(start + 1..=SIZE)?))
    }
}

fuzz_target!(|input: Input| {
    let base = input.base();
    compare::<FixedTable<CAPACITY>>(&input, base, CAPACITY);
    compare::<GrowableTable>(&input, base, usize::MAX);
    // So few ranges a chunk that a small universe fills many.
    compare::<GrowableTable<4>>(&input, base, usize::MAX);
    compare::<GrowableTable<12>>(&input, base, usize::MAX);
    // Across the edges of its chunks and regions as well.
    for base in [base, (1 << 12) - SIZE as u64 / 2, (1 << 21) - SIZE as u64 / 2] {
        compare::<GridTable<1>>(&input, base, usize::MAX);
    }
    collected::<512>(&input);
    collected::<4>(&input);
});

/// Takes the steps with a set and a bitmap; a step must fail if and only if it would leave more
/// than `capacity` ranges.
fn compare<T: Table>(input: &Input, base: u64, capacity: usize) {
    let mut set = RangeSet::<T>::new();
    let mut model = Bitmap::new(base);
    for step in &input.steps {
        let mut after = model.clone();
        let fits = match step {
            Step::Insert(bounds) => {
                after.fill(*bounds, true);
                set.insert(model.range(*bounds)).is_ok()
            }
            Step::Remove(bounds) => {
                after.fill(*bounds, false);
                set.remove(model.range(*bounds)).is_ok()
            }
            Step::Merge(all) => {
                let mut other = FixedRangeSet::<SIZE>::new();
                for bounds in all {
                    after.fill(*bounds, true);
                    other.insert(model.range(*bounds)).expect("there is room for all");
                }
                set.merge(&other).is_ok()
            }
            Step::Clear => {
                after.fill(Bounds(0, SIZE), false);
                set.clear();
                true
            }
        };
        assert_eq!(fits, after.ranges().len() <= capacity);
        if fits {
            model = after;
        }
        check(&set, &model, input.within);
    }
}

/// Makes a set of all ranges at once, half of them later.
fn collected<const CHUNK: usize>(input: &Input) {
    let mut model = Bitmap::new(input.base());
    let bounds: Vec<_> = input.steps.iter().flat_map(Step::bounds).copied().collect();
    let (first, rest) = bounds.split_at(bounds.len() / 2);
    let mut set: RangeSet<GrowableTable<CHUNK>> =
        first.iter().map(|bounds| model.range(*bounds)).collect();
    set.extend(rest.iter().map(|bounds| model.range(*bounds)));
    bounds.iter().for_each(|bounds| model.fill(*bounds, true));
    check(&set, &model, input.within);
    set.shrink_to_fit();
    check(&set, &model, input.within);

    let mut sorted: Vec<_> = bounds.iter().map(|bounds| model.range(*bounds)).collect();
    sorted.sort_unstable();
    let gaps = gaps_between(sorted, model.range(input.within));
    assert!(gaps.eq(model.runs(input.within, false)));
}

fn check<T: Table>(set: &RangeSet<T>, model: &Bitmap, within: Bounds) {
    assert!(set.iter().eq(model.ranges()), "{set:?}");
    assert_eq!(set.len(), model.ranges().len());
    assert_eq!(set.is_empty(), model.ranges().is_empty());
    assert_eq!(set.covered(), model.bits.iter().filter(|bit| **bit).count() as u64);
    for (bit, offset) in model.bits.into_iter().zip(model.base..) {
        assert_eq!(set.contains_offset(offset), bit);
    }

    let (range, gaps, overlaps) =
        (model.range(within), model.runs(within, false), model.runs(within, true));
    assert_eq!(set.covers(range), gaps.is_empty());
    assert_eq!(set.first_gap(range), gaps.first().copied());
    assert_eq!(set.first_overlap(range), overlaps.first().copied());
    assert!(set.iter_within(range).eq(overlaps));
    assert!(set.gaps(range).eq(gaps));
}

impl Step {
    fn bounds(&self) -> &[Bounds] {
        match self {
            Self::Insert(bounds) | Self::Remove(bounds) => std::slice::from_ref(bounds),
            Self::Merge(all) => all,
            Self::Clear => &[],
        }
    }
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

    fn fill(&mut self, Bounds(start, end): Bounds, bit: bool) {
        self.bits[start..end].fill(bit);
    }

    fn range(&self, Bounds(start, end): Bounds) -> ByteRange {
        let [start, end] = [start, end].map(|at| self.base + at as u64);
        ByteRange::new(start, end).expect("the start is below the end")
    }

    /// The pieces of `within` whose bits are all `bit`.
    fn runs(&self, within: Bounds, bit: bool) -> Vec<ByteRange> {
        let Bounds(mut from, end) = within;
        let mut runs = Vec::new();
        for run in self.bits[from..end].chunk_by(|a, b| a == b) {
            let to = from + run.len();
            runs.extend((run[0] == bit).then(|| self.range(Bounds(from, to))));
            from = to;
        }
        runs
    }

    fn ranges(&self) -> Vec<ByteRange> {
        self.runs(Bounds(0, SIZE), true)
    }
}
