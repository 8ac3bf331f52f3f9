//! Lengths and names of blocks, in runs.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;

use crate::manifest::{BlockName, ForeignBlock};

/// The lengths and names of a table's blocks: neighbours that have both in common are one run.
///
/// Runs are as long as can be, each in its turn, so the same blocks always make the same runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::manifest) struct Runs {
    /// Each begins behind the one before it, the first at place 0.
    runs: Vec<Run>,
}

/// Neighbours of the same length, and of the same writer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::manifest) struct Run {
    /// The place of its first block in the table.
    first: usize,
    /// Of each block; at least 1.
    pub(in crate::manifest) length: u64,
    pub(in crate::manifest) names: Names,
}

/// How the blocks of a run are called.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::manifest) enum Names {
    /// There is one block, of this name.
    Foreign(Box<ForeignBlock>),
    Plain,
    Written {
        writer: u64,
        /// Of the first block.
        suffix: u64,
        /// Whether it counts up from block to block; never where there is one block.
        counting: bool,
    },
}

impl Names {
    /// What this block of the run is called, counted from 0.
    fn at(&self, index: usize) -> BlockName {
        match self.behind(index) {
            Self::Foreign(block) => BlockName::Foreign(block),
            Self::Plain => BlockName::Plain,
            Self::Written { writer, suffix, .. } => BlockName::Written { writer, suffix },
        }
    }

    /// The names of the same run without its first `count` blocks.
    fn behind(&self, count: usize) -> Self {
        match *self {
            Self::Written { writer, suffix, counting } => {
                // Less than the last one's suffix, so it does not overflow.
                let skipped = if counting { count as u64 } else { 0 };
                Self::Written { writer, suffix: suffix.wrapping_add(skipped), counting }
            }
            ref names => names.clone(),
        }
    }
}

impl From<BlockName> for Names {
    fn from(name: BlockName) -> Self {
        match name {
            BlockName::Foreign(block) => Self::Foreign(block),
            BlockName::Plain => Self::Plain,
            BlockName::Written { writer, suffix } => {
                Self::Written { writer, suffix, counting: false }
            }
        }
    }
}

impl Runs {
    pub(in crate::manifest) const EMPTY: Self = Self { runs: Vec::new() };

    pub(in crate::manifest) fn len(&self) -> usize {
        self.runs.len()
    }

    /// Appends `count` blocks, at least 1, to a table that has `place` of them.
    pub(in crate::manifest) fn push(
        &mut self,
        place: usize,
        count: usize,
        length: u64,
        names: Names,
    ) {
        let joined = self.join(place, count, length, &names);
        if joined == count {
            return;
        }
        let mut names = if joined == 0 { names } else { names.behind(joined) };
        if let Names::Written { counting, .. } = &mut names {
            *counting &= count - joined > 1;
        }
        self.runs.push(Run { first: place + joined, length, names });
    }

    /// Lets the last run go on with as many of these blocks as belong to it, and says how many.
    fn join(&mut self, place: usize, count: usize, length: u64, names: &Names) -> usize {
        let Some(last) = self.runs.last_mut().filter(|last| last.length == length) else {
            return 0;
        };
        let behind = (place - last.first) as u64;
        match (&mut last.names, names) {
            (Names::Plain, Names::Plain) => count,
            (
                Names::Written { writer, suffix, counting },
                Names::Written { writer: by, suffix: next, counting: counts },
            ) if writer == by => {
                // What follows a single block decides whether suffixes count up.
                let counts_up = if behind == 1 { next != suffix } else { *counting };
                let step = if counts_up { behind } else { 0 };
                if suffix.checked_add(step) != Some(*next) {
                    return 0;
                }
                *counting = counts_up;
                if *counts == counts_up { count } else { 1 }
            }
            _ => 0,
        }
    }

    /// The runs of a table of `len` blocks, each with its places.
    pub(in crate::manifest) fn iter(
        &self,
        len: usize,
    ) -> impl Iterator<Item = (Range<usize>, &Run)> + Clone {
        let ends = self.runs.iter().skip(1).map(|next| next.first).chain([len]);
        self.runs.iter().zip(ends).map(|(run, end)| (run.first..end, run))
    }

    /// The number of the run that this place is in.
    pub(super) fn seek(&self, place: usize) -> usize {
        self.runs.partition_point(|run| run.first <= place).saturating_sub(1)
    }

    /// The number of the run that this place is in, which is in run `number` or a later one.
    pub(super) fn go_on(&self, mut number: usize, place: usize) -> usize {
        while self.runs.get(number + 1).is_some_and(|next| next.first <= place) {
            number += 1;
        }
        number
    }

    /// Length and name of the block at this place, which is in run `number`.
    pub(super) fn get(&self, number: usize, place: usize) -> Option<(u64, BlockName)> {
        let run = self.runs.get(number)?;
        Some((run.length, run.names.at(place - run.first)))
    }

    /// The length of the last block.
    pub(super) fn last_length(&self) -> Option<u64> {
        self.runs.last().map(|last| last.length)
    }

    /// The length of the block at this place.
    pub(super) fn length(&self, place: usize) -> Option<u64> {
        self.runs.get(self.seek(place)).map(|run| run.length)
    }

    /// Appends the blocks at these places of another table to one that has `place` of them, and
    /// says how many bytes they have.
    pub(super) fn extend(&mut self, mut place: usize, other: &Self, places: Range<usize>) -> u64 {
        let mut bytes = 0;
        let mut at = places.start;
        let mut rest = other.runs.get(other.seek(at)..).unwrap_or_default().iter().peekable();
        while let Some(run) = rest.next().filter(|_| at < places.end) {
            let end = rest.peek().map_or(places.end, |next| next.first.min(places.end));
            self.push(place, end - at, run.length, run.names.behind(at - run.first));
            bytes += (end - at) as u64 * run.length;
            place += end - at;
            at = end;
        }
        bytes
    }

    /// About how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        size_of_val(self.runs.as_slice())
    }
}

impl Run {
    /// The writer, the suffix of the first block, and whether suffixes count up; `None` if the
    /// names are none of ours.
    pub(in crate::manifest) fn written(&self) -> Option<(u64, u64, bool)> {
        match self.names {
            Names::Written { writer, suffix, counting } => Some((writer, suffix, counting)),
            Names::Foreign(_) | Names::Plain => None,
        }
    }
}
