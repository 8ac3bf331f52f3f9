//! Copying a history slot by slot: whether what the target has is the beginning of it.

use alloc::vec::Vec;

use crate::Version;
use crate::verify::Link;

/// Finds out whether one history is the beginning of another, from the newest slot that both have
/// downwards, and as few slots as tell it.
///
/// A manifest has the digest of its parent, so one that is equal vouches for what lies below, and
/// of histories that agree one slot is compared. What the Go implementation wrote has no such
/// digests: of a history that it has begun all slots are compared. It counts in nanoseconds, so the
/// versions tell. Where the histories differ, the first version in which they do is looked for from
/// the oldest on.
///
/// ```text
///                  equal, and vouches for what lies below
///            ┌────────────┐                             ┌───────────┐
///  start ───►│ Descending ├────────────────────────────►│ Beginning │
///            └─────┬──────┘                             └───────────┘
///      other lists │ other slots
///            ┌─────▼──────┐ the first that is another   ┌───────────┐
///            │ Searching  ├────────────────────────────►│ Diverged  │
///            └────────────┘                             └───────────┘
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Comparison {
    /// What both lists have in common, from the first version on.
    common: Vec<Version>,
    /// Which of these is compared.
    at: usize,
    /// The first version that is another, as far as is known; set once they are known to differ.
    diverged: Option<Version>,
}

/// What the shell of a [`Comparison`] has to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a shell does one or the other")]
pub enum Step {
    /// Read the slots of this version on both sides.
    Compare(Version),
    /// Nothing: the target's history is the beginning of the source's.
    Beginning,
    /// Nothing: this is the first version that is another, or on one side only.
    Diverged(Version),
}

impl Comparison {
    /// Begins with the versions of all slots of both, in order.
    pub fn start(source: &[Version], target: &[Version]) -> (Self, Step) {
        let pairs = source.iter().zip(target);
        let common: Vec<_> = pairs
            .take_while(|(ours, theirs)| ours == theirs)
            .map(|(version, _)| *version)
            .collect();
        // A slot that only the source has is no difference unless the target has one behind it.
        let diverged = target
            .get(common.len())
            .map(|theirs| source.get(common.len()).map_or(*theirs, |ours| *ours.min(theirs)));
        let at = if diverged.is_some() { 0 } else { common.len().saturating_sub(1) };
        let comparison = Self { common, at, diverged };
        let step = comparison.step();
        (comparison, step)
    }

    /// Takes what the slots of the version hold that was asked for.
    #[must_use]
    pub fn on(mut self, source: &Link, target: &Link) -> (Self, Step) {
        let is_same = (source.version, source.digest) == (target.version, target.digest);
        match (self.diverged, is_same) {
            (None, true) if self.is_vouched_for(source) => return (self, Step::Beginning),
            (None, true) => self.at -= 1,
            (None, false) => {
                self.diverged = self.common.get(self.at).copied();
                self.common.truncate(self.at);
                self.at = 0;
            }
            (Some(_), true) => self.at += 1,
            (Some(_), false) => return (self, Step::Diverged(source.version)),
        }
        let step = self.step();
        (self, step)
    }

    fn step(&self) -> Step {
        match (self.common.get(self.at), self.diverged) {
            (Some(version), _) => Step::Compare(*version),
            (None, Some(version)) => Step::Diverged(version),
            (None, None) => Step::Beginning,
        }
    }

    /// Whether nothing below the slot that is compared need be looked at: there is nothing, or it
    /// has the digest of the slot below, which has that of the next one, and so on, for all of them
    /// are ours.
    fn is_vouched_for(&self, link: &Link) -> bool {
        let Some(below) = self.at.checked_sub(1).and_then(|below| self.common.get(below)) else {
            return true;
        };
        let is_dense = link.version.get() == self.at as u64 + 1;
        is_dense && link.parent_digest.is_some() && link.parent == Some(*below)
    }
}
