//! What collections have decided, as every snapshot and record carries it on.

use alloc::vec::Vec;

use crate::Version;
use crate::time::Timestamp;

/// What collections have decided about a history, up to one of its slots.
///
/// Every snapshot and record has one, copied from the newest slot that it was built on. Why it
/// makes collecting safe is argued in [`collect`](crate::collect).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct CollectionState {
    /// The epoch: a counter that only goes up. What is staged by somebody who knows this slot has
    /// it in its name.
    pub epoch: u32,
    /// When the epoch was opened, by the clock of who opened it. A courtesy: it decides when the
    /// next one is opened, and nothing that has to be right.
    pub opened_at: Option<Timestamp>,
    /// What was staged in an epoch below this may have been deleted, and must not be added.
    pub floor: u32,
    /// The snapshots that have been dropped.
    pub dropped: VersionSet,
}

impl CollectionState {
    /// That of a history in which nothing was ever staged or collected.
    pub const FIRST: Self =
        Self { epoch: 0, opened_at: None, floor: 0, dropped: VersionSet(Vec::new()) };

    /// That of a snapshot which is built on a slot with this state, and made at the time `now`. It
    /// opens the next epoch if the current one has been open for longer than half the grace period
    /// (in seconds), or since a time in the future. Any other moment would be as safe.
    #[must_use]
    pub fn continued(&self, now: Option<Timestamp>, grace_period: u64) -> Self {
        let is_old = |opened: Timestamp, now: Timestamp| {
            now < opened || now.seconds_since(opened) > grace_period / 2
        };
        match (self.opened_at, now) {
            (Some(opened), Some(now)) if is_old(opened, now) => self.reopened(Some(now)),
            (None, Some(now)) => Self { opened_at: Some(now), ..self.clone() },
            _ => self.clone(),
        }
    }

    /// That of a record which drops these snapshots and raises the floor: to the epoch that it
    /// opens, or, to spare what is being staged, to an older one.
    #[must_use]
    pub fn collected(
        &self,
        drops: impl IntoIterator<Item = Version>,
        spare: Option<u32>,
        now: Option<Timestamp>,
    ) -> Self {
        let mut next = self.reopened(now);
        next.floor = spare.unwrap_or(next.epoch).min(next.epoch).max(self.floor);
        drops.into_iter().for_each(|version| next.dropped.insert(version));
        next
    }

    /// That of a record which makes up for so many newest slots that cannot be read. Each may have
    /// opened an epoch and raised the floor to it, so all that was staged before has to be staged
    /// again.
    #[must_use]
    pub fn repaired(
        &self,
        gives_up: impl IntoIterator<Item = Version>,
        unreadable: u32,
        now: Option<Timestamp>,
    ) -> Self {
        let mut next = self.reopened(now);
        if unreadable > 0 {
            next.epoch = next.epoch.saturating_add(unreadable);
            next.floor = next.epoch;
        }
        gives_up.into_iter().for_each(|version| next.dropped.insert(version));
        next
    }

    fn reopened(&self, now: Option<Timestamp>) -> Self {
        let epoch = self.epoch.saturating_add(1);
        Self { epoch, opened_at: now, ..self.clone() }
    }

    /// Whether a snapshot that is built on a slot with this state may add what was staged in this
    /// epoch: the rule for writers.
    pub const fn admits(&self, epoch: u32) -> bool {
        epoch >= self.floor
    }
}

/// Versions that follow each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "two ends")]
pub struct Span {
    /// The first of them.
    pub first: Version,
    /// The last of them.
    pub last: Version,
}

/// A set of versions: a few runs of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VersionSet(
    /// Ascending, neither overlapping nor adjacent.
    Vec<Span>,
);

impl VersionSet {
    /// The empty set.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Whether a version is in it. Costs O(log n) for n runs.
    pub fn contains(&self, version: Version) -> bool {
        let at = self.0.partition_point(|span| span.last < version);
        self.0.get(at).is_some_and(|span| span.first <= version)
    }

    /// Adds a version. Costs O(n) at the most for n runs, and O(log n) at the upper end.
    pub fn insert(&mut self, version: Version) {
        let at = self.0.partition_point(|span| span.last < version);
        if self.0.get(at).is_some_and(|span| span.first <= version) {
            return;
        }
        let follows = at.checked_sub(1).filter(|below| {
            self.0.get(*below).is_some_and(|span| span.last.next() == Some(version))
        });
        let precedes = self.0.get(at).is_some_and(|span| version.next() == Some(span.first));
        match (follows, precedes) {
            (Some(below), true) => {
                let above = self.0.remove(at);
                self.extend_to(below, above.last);
            }
            (Some(below), false) => self.extend_to(below, version),
            (None, true) => {
                if let Some(span) = self.0.get_mut(at) {
                    span.first = version;
                }
            }
            (None, false) => self.0.insert(at, Span { first: version, last: version }),
        }
    }

    fn extend_to(&mut self, at: usize, last: Version) {
        if let Some(span) = self.0.get_mut(at) {
            span.last = last;
        }
    }

    /// Adds a run above all that is in the set, and not adjacent to it. Whether that is what it is.
    pub fn push(&mut self, span: Span) -> bool {
        let floor = self.0.last().map_or(0, |below| below.last.get() + 1);
        let fits = span.first <= span.last && span.first.get() > floor;
        if fits {
            self.0.push(span);
        }
        fits
    }

    /// Its runs, in order.
    pub fn spans(&self) -> impl DoubleEndedIterator<Item = Span> + '_ {
        self.0.iter().copied()
    }

    /// Its versions, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Version> + '_ {
        let numbers = self.0.iter().flat_map(|span| span.first.get()..=span.last.get());
        numbers.filter_map(Version::new)
    }

    /// How many versions are in it.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|span| span.last.get() - span.first.get() + 1).sum()
    }

    /// How many runs it has.
    pub fn runs(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Version> for VersionSet {
    fn from_iter<I: IntoIterator<Item = Version>>(versions: I) -> Self {
        let mut set = Self::new();
        versions.into_iter().for_each(|version| set.insert(version));
        set
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    proptest! {
        #[test]
        fn a_set_of_versions_is_one(numbers in proptest::collection::vec(1..40_u64, 0..60)) {
            let model: BTreeSet<_> = numbers.iter().map(|number| version(*number)).collect();
            let set: VersionSet = numbers.iter().map(|number| version(*number)).collect();
            prop_assert!(set.iter().eq(model.iter().copied()));
            prop_assert_eq!(set.len(), model.len() as u64);
            for number in 1..41 {
                prop_assert_eq!(set.contains(version(number)), model.contains(&version(number)));
            }
            let mut copy = VersionSet::new();
            for span in set.spans() {
                prop_assert!(copy.push(span), "runs are as long as can be");
            }
            prop_assert_eq!(copy, set);
        }
    }

    #[test]
    fn epochs_are_opened_when_the_last_one_is_old() {
        let at = |seconds| Timestamp::new(seconds, 0);
        let first = CollectionState::FIRST.continued(at(1000), 100);
        assert_eq!((first.epoch, first.opened_at), (0, at(1000)));
        assert_eq!(first.continued(at(1050), 100), first);
        assert_eq!(first.continued(None, 100), first);
        let second = first.continued(at(1051), 100);
        assert_eq!((second.epoch, second.opened_at, second.floor), (1, at(1051), 0));
        // A clock that was set back opens one as well: that is as safe as any other moment.
        assert_eq!(second.continued(at(0), 100).epoch, 2);
    }

    #[test]
    fn collections_raise_the_floor_and_spare_who_is_staging() {
        let state = CollectionState { epoch: 4, floor: 2, ..CollectionState::FIRST };
        let collected = state.collected([version(3)], None, None);
        assert_eq!((collected.epoch, collected.floor), (5, 5));
        assert!(collected.dropped.contains(version(3)));
        assert!(!collected.admits(4) && collected.admits(5));
        for (spare, floor) in [(4, 4), (3, 3), (1, 2), (9, 5)] {
            assert_eq!(state.collected([], Some(spare), None).floor, floor, "{spare}");
        }
        let repaired = state.repaired([version(7)], 1, None);
        assert_eq!((repaired.epoch, repaired.floor), (6, 6));
        assert_eq!(state.repaired([version(2)], 0, None).floor, 2);
    }
}
