//! What is done with sets of ranges, and how it is timed.

use std::collections::HashSet;
use std::time::Duration;

use fastrand::Rng;

use crate::subject::{Pair, Subject};

/// From the beginning of one range to that of the next.
const STRIDE: u64 = 16 << 10;
const BLOCK: u64 = 4 << 10;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Workload {
    /// Inserts in ascending order.
    Ascending,
    /// Inserts in random order.
    Random,
    /// Inserts adjacent ranges in random order, until all are one.
    Adjacent,
    /// Whether a block is covered.
    Covers,
    /// The first gap from an offset on.
    FirstGap,
    /// All gaps, one by one.
    Gaps,
    /// Merges 16 ranges scattered over the set.
    MergeScattered,
    /// Merges 16 neighbours.
    MergeClustered,
    /// Makes a set of all ranges, in random order, at once.
    Collect,
    /// The same of ranges in order.
    CollectSorted,
}

impl Workload {
    pub(crate) const ALL: [Self; 10] = [
        Self::Ascending,
        Self::Random,
        Self::Adjacent,
        Self::Covers,
        Self::FirstGap,
        Self::Gaps,
        Self::MergeScattered,
        Self::MergeClustered,
        Self::Collect,
        Self::CollectSorted,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ascending => "insert-ascending",
            Self::Random => "insert-random",
            Self::Adjacent => "insert-adjacent",
            Self::Covers => "covers",
            Self::FirstGap => "first-gap",
            Self::Gaps => "gaps",
            Self::MergeScattered => "merge-scattered",
            Self::MergeClustered => "merge-clustered",
            Self::Collect => "collect",
            Self::CollectSorted => "collect-sorted",
        }
    }

    /// The greatest ratio to the best peer that is good enough: a tenth ahead, but on a par where
    /// all go as fast as memory does.
    pub(crate) fn bar(self) -> f64 {
        match self {
            Self::Gaps | Self::CollectSorted => 1.0,
            _ => 0.9,
        }
    }

    /// Nanoseconds an operation for each subject, or none for those that would take for ever.
    pub(crate) fn measure(
        self,
        size: usize,
        subjects: &mut [Box<dyn Subject>],
    ) -> Vec<Option<f64>> {
        let (rounds, repeats) = match size {
            ..10_000 => (40, 8),
            10_000..1_000_000 => (12, 1),
            _ => (2, 1),
        };
        let mut random = Random::of(size);
        let ranges = ranges(size, &mut random);
        let shuffled = random.shuffle(ranges.clone());
        match self {
            Self::Ascending => rounds_of(rounds, size * repeats, subjects, |subject, _| {
                (0..repeats).map(|_| subject.insert_all(&ranges)).sum()
            }),
            Self::Random => {
                let subjects = &mut fast(subjects, size);
                rounds_of_some(rounds, size * repeats, subjects, |subject, _| {
                    (0..repeats).map(|_| subject.insert_all(&shuffled)).sum()
                })
            }
            Self::Adjacent => {
                let whole = (0..size as u64).map(|at| (at * BLOCK, (at + 1) * BLOCK)).collect();
                let whole = random.shuffle(whole);
                let subjects = &mut fast(subjects, size);
                rounds_of_some(rounds, size * repeats, subjects, |subject, _| {
                    (0..repeats).map(|_| subject.insert_all(&whole)).sum()
                })
            }
            Self::Collect => rounds_of(rounds, size * repeats, subjects, |subject, _| {
                (0..repeats).map(|_| subject.collect(&shuffled)).sum()
            }),
            Self::CollectSorted => rounds_of(rounds, size * repeats, subjects, |subject, _| {
                (0..repeats).map(|_| subject.collect(&ranges)).sum()
            }),
            Self::Covers => {
                load(subjects, size, &ranges, &shuffled);
                let queries = random.queries(&ranges);
                rounds_of(rounds.max(16) * 2, queries.len(), subjects, |s, _| s.covers(&queries))
            }
            Self::FirstGap => {
                load(subjects, size, &ranges, &shuffled);
                let queries = random.queries(&ranges);
                rounds_of(rounds.max(16) * 2, queries.len(), subjects, |s, _| s.first_gap(&queries))
            }
            Self::Gaps => {
                load(subjects, size, &ranges, &shuffled);
                let end = size as u64 * STRIDE;
                rounds_of(rounds.max(8), size * repeats, subjects, |subject, _| {
                    (0..repeats).map(|_| subject.gaps(end)).sum()
                })
            }
            Self::MergeScattered | Self::MergeClustered => {
                let clustered = self == Self::MergeClustered;
                load(subjects, size, &ranges, &shuffled);
                let (rounds, merges) = match size {
                    ..10_000 => (200, 4),
                    10_000..1_000_000 => (16, 32),
                    _ => (4, 16),
                };
                let batches: Vec<Vec<Vec<Pair>>> = (0..rounds)
                    .map(|_| (0..merges).map(|_| random.batch(size, clustered)).collect())
                    .collect();
                // A small set would soon be full of them.
                let afresh = size < 10_000;
                rounds_of(rounds, merges, subjects, |subject, round| {
                    subject.merge(&batches[round], afresh)
                })
            }
        }
    }
}

/// Fills the sets in random order, as they are in the end, unless an earlier workload has. Very
/// large ones are collected, which favours the peers, and vectors are filled in order, which makes
/// no difference to them.
fn load(subjects: &mut [Box<dyn Subject>], size: usize, ranges: &[Pair], shuffled: &[Pair]) {
    for subject in subjects.iter_mut().filter(|subject| !subject.is_loaded()) {
        match size {
            1_000_000.. => subject.load_collected(shuffled),
            _ if subject.is_vector() => subject.load(ranges),
            _ => subject.load(shuffled),
        }
    }
}

/// The subjects, without those to which insertions anywhere are quadratic work.
fn fast(subjects: &mut [Box<dyn Subject>], size: usize) -> Vec<Option<&mut Box<dyn Subject>>> {
    subjects.iter_mut().map(|it| (!it.is_vector() || size < 10_000).then_some(it)).collect()
}

fn rounds_of(
    rounds: usize,
    operations: usize,
    subjects: &mut [Box<dyn Subject>],
    work: impl FnMut(&mut dyn Subject, usize) -> Duration,
) -> Vec<Option<f64>> {
    let mut subjects: Vec<_> = subjects.iter_mut().map(Some).collect();
    rounds_of_some(rounds, operations, &mut subjects, work)
}

/// Nanoseconds an operation, the least of all rounds.
fn rounds_of_some(
    rounds: usize,
    operations: usize,
    subjects: &mut [Option<&mut Box<dyn Subject>>],
    mut work: impl FnMut(&mut dyn Subject, usize) -> Duration,
) -> Vec<Option<f64>> {
    let mut least = vec![None; subjects.len()];
    for round in 0..rounds {
        for (subject, least) in subjects.iter_mut().zip(&mut least) {
            if let Some(subject) = subject {
                let time = work(subject.as_mut(), round);
                let least: &mut Option<Duration> = least;
                *least = Some(least.map_or(time, |least| least.min(time)));
            }
        }
    }
    let nanoseconds = |time: Duration| time.as_secs_f64() * 1e9 / operations as f64;
    least.into_iter().map(|time| time.map(nanoseconds)).collect()
}

/// Scattered ranges: each has a place of 16 KiB to itself, of which it takes 27 % on average.
pub(crate) fn ranges(size: usize, random: &mut Random) -> Vec<Pair> {
    let ranges = (0..size as u64).map(|at| {
        let start = at * STRIDE + random.0.u64(..2) * BLOCK;
        let blocks = if random.0.u64(..100) < 8 { 2 } else { 1 };
        (start, start + blocks * BLOCK)
    });
    ranges.collect()
}

/// Numbers that are the same on every run.
pub(crate) struct Random(Rng);

impl Random {
    pub(crate) fn of(seed: usize) -> Self {
        Self(Rng::with_seed(seed as u64))
    }

    pub(crate) fn shuffle<T>(&mut self, mut items: Vec<T>) -> Vec<T> {
        self.0.shuffle(&mut items);
        items
    }

    /// Blocks, half of them within ranges and half anywhere.
    fn queries(&mut self, ranges: &[Pair]) -> Vec<Pair> {
        let end = ranges.len() as u64 * STRIDE;
        let query = |_| match self.0.u64(..2) {
            0 => {
                let (start, _) = ranges[self.0.usize(..ranges.len())];
                (start, start + BLOCK)
            }
            _ => {
                let start = self.0.u64(..end / BLOCK) * BLOCK;
                (start, start + BLOCK)
            }
        };
        (0..1 << 13).map(query).collect()
    }

    /// 16 blocks where no range is, in order.
    fn batch(&mut self, size: usize, clustered: bool) -> Vec<Pair> {
        let size = size as u64;
        let first = self.0.u64(..size - 16);
        let mut places = HashSet::new();
        while places.len() < 16 {
            let next = first + places.len() as u64;
            places.insert(if clustered { next } else { self.0.u64(..size) });
        }
        let block = |place| (place * STRIDE + 3 * BLOCK, (place + 1) * STRIDE);
        let mut batch: Vec<Pair> = places.into_iter().map(block).collect();
        batch.sort_unstable();
        batch
    }
}
