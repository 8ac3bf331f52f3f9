//! What is measured: any set of ranges, behind operations on many ranges at once.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::peers::{self, Set};

/// The bounds of a range.
pub(crate) type Pair = (u64, u64);

/// A set under measurement. Each call does much, so that what it costs to call does not count.
pub(crate) trait Subject {
    /// Whether each insertion moves half of all ranges.
    fn is_vector(&self) -> bool;
    /// Inserts all one by one, into an empty set.
    fn insert_all(&mut self, ranges: &[Pair]) -> Duration;
    /// Makes a set of all at once.
    fn collect(&mut self, ranges: &[Pair]) -> Duration;
    /// Whether a set is kept already.
    fn is_loaded(&self) -> bool;
    /// Keeps a set of these for what follows, inserted one by one.
    fn load(&mut self, ranges: &[Pair]);
    /// Keeps a set of these, made at once.
    fn load_collected(&mut self, ranges: &[Pair]);
    fn covers(&mut self, queries: &[Pair]) -> Duration;
    fn first_gap(&mut self, queries: &[Pair]) -> Duration;
    fn gaps(&mut self, end: u64) -> Duration;
    /// Merges batch by batch, each into the set as it was loaded if `afresh`.
    fn merge(&mut self, batches: &[Vec<Pair>], afresh: bool) -> Duration;
}

/// All subjects, ours first.
pub(crate) fn all() -> Vec<Box<dyn Subject>> {
    fn of<S: Set + 'static>() -> Box<dyn Subject> {
        Box::new(Held::<S>(S::default(), false))
    }
    vec![
        of::<peers::Lode>(),
        of::<peers::Vector>(),
        of::<peers::Tree>(),
        of::<peers::Rangemap>(),
        of::<peers::Blaze>(),
        of::<peers::Boundaries>(),
        of::<peers::Intervals>(),
        of::<peers::Grid>(),
        of::<peers::Blocks>(),
    ]
}

/// Their names, and whether they know bytes.
pub(crate) fn names() -> [(&'static str, bool); 9] {
    [
        (peers::Lode::NAME, true),
        (peers::Vector::NAME, true),
        (peers::Tree::NAME, true),
        (peers::Rangemap::NAME, true),
        (peers::Blaze::NAME, true),
        (peers::Boundaries::NAME, true),
        (peers::Intervals::NAME, true),
        (peers::Grid::NAME, false),
        (peers::Blocks::NAME, false),
    ]
}

/// A set, and whether it has been loaded.
struct Held<S>(S, bool);

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let result = black_box(work());
    (begin.elapsed(), result)
}

impl<S: Set> Subject for Held<S> {
    fn is_vector(&self) -> bool {
        S::IS_VECTOR
    }

    fn insert_all(&mut self, ranges: &[Pair]) -> Duration {
        let insert = || {
            let mut set = S::default();
            for (start, end) in ranges {
                set.insert(*start, *end);
            }
            set
        };
        time(insert).0
    }

    fn collect(&mut self, ranges: &[Pair]) -> Duration {
        time(|| S::collect(ranges)).0
    }

    fn is_loaded(&self) -> bool {
        self.1
    }

    fn load(&mut self, ranges: &[Pair]) {
        *self = Self(S::default(), true);
        for (start, end) in ranges {
            self.0.insert(*start, *end);
        }
    }

    fn load_collected(&mut self, ranges: &[Pair]) {
        *self = Self(S::collect(ranges), true);
    }

    fn covers(&mut self, queries: &[Pair]) -> Duration {
        time(|| queries.iter().filter(|(start, end)| self.0.covers(*start, *end)).count()).0
    }

    fn first_gap(&mut self, queries: &[Pair]) -> Duration {
        time(|| queries.iter().map(|(start, _)| self.0.first_gap(*start)).sum::<u64>()).0
    }

    fn gaps(&mut self, end: u64) -> Duration {
        time(|| self.0.gaps(end)).0
    }

    fn merge(&mut self, batches: &[Vec<Pair>], afresh: bool) -> Duration {
        let batches: Vec<S> = batches.iter().map(|batch| S::collect(batch)).collect();
        if !afresh {
            return time(|| batches.iter().for_each(|batch| self.0.merge(batch))).0;
        }
        let mut sets: Vec<S> = batches.iter().map(|_| self.0.clone()).collect();
        time(|| sets.iter_mut().zip(&batches).for_each(|(set, batch)| set.merge(batch))).0
    }
}
