//! What to keep, and what to drop.

use alloc::vec::Vec;

use crate::Version;
use crate::time::Timestamp;

/// Which snapshots are kept. What any of its rules keeps is kept; without a rule all are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Retention {
    /// The newest so many.
    pub last: Option<u64>,
    /// Those whose `created_at` lies at most so many seconds back. One that is not dated, or dated
    /// in the future, is kept.
    pub within: Option<u64>,
    /// Those that have a tag. Without this rule a tag pins only the data: the slot of the snapshot
    /// may get a tombstone, and the snapshot is then found by its tag alone.
    pub tagged: bool,
}

impl Retention {
    /// Keeps everything.
    pub const ALL: Self = Self { last: None, within: None, tagged: false };

    fn is_without_rules(&self) -> bool {
        *self == Self::ALL
    }
}

/// What a plan has to know of a live snapshot.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// Its version.
    pub version: Version,
    /// The parent that its manifest names.
    pub parent: Option<Version>,
    /// When it was made, as its manifest says.
    pub created_at: Option<Timestamp>,
    /// Whether a tag, or a lease that has not ended, names it.
    pub tagged: bool,
}

/// What becomes of a snapshot, and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// No rule keeps it.
    Drop {
        /// How many live snapshots are newer.
        newer: u64,
        /// How many seconds ago it was made, if its manifest says.
        age: Option<u64>,
    },
    /// It is kept.
    Keep(Reason),
}

/// Why a snapshot is kept: the first reason there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// It is the newest. Never dropped, whatever the rules say.
    Head,
    /// The head was made from it. Never dropped, for a reader or writer that has just found it to
    /// be the head may be at work on it.
    Predecessor,
    /// There are no rules.
    NoRule,
    /// [`Retention::last`].
    Last,
    /// [`Retention::within`].
    Recent,
    /// [`Retention::within`], and its age is not known.
    Undated,
    /// [`Retention::tagged`].
    Tagged,
}

/// What a collector is going to do to the slots of a history: a verdict for each live snapshot.
///
/// ```
/// use lode_core::Version;
/// use lode_core::collect::{Candidate, Plan, Retention};
/// use lode_core::time::Timestamp;
///
/// let version = |number| Version::new(number);
/// let snapshots = (1..=5).filter_map(version).map(|version| Candidate {
///     version,
///     parent: Version::new(version.get() - 1),
///     created_at: None,
///     tagged: version == Version::FIRST,
/// });
/// let rules = Retention { last: Some(3), tagged: true, ..Retention::ALL };
/// let plan = Plan::new(snapshots.collect(), &rules, Timestamp::default());
/// assert!(plan.drops().eq(version(2)));
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Plan {
    /// In the order of versions, each at most once.
    verdicts: Vec<(Version, Verdict)>,
}

impl Plan {
    /// Judges the live snapshots of a history, in any order, at the time `now`.
    ///
    /// It may be made from an old view: what was neither the head nor its predecessor then is
    /// neither now. Costs O(n log n).
    pub fn new(mut snapshots: Vec<Candidate>, rules: &Retention, now: Timestamp) -> Self {
        snapshots.sort_unstable_by_key(|snapshot| snapshot.version);
        snapshots.dedup_by_key(|snapshot| snapshot.version);
        let head = snapshots.last().copied();
        let newest_first = (0_u64..).zip(snapshots.iter().rev());
        let mut verdicts: Vec<_> = newest_first
            .map(|(newer, snapshot)| (snapshot.version, judge(snapshot, newer, head, rules, now)))
            .collect();
        verdicts.reverse();
        Self { verdicts }
    }

    /// All verdicts, in the order of versions.
    pub fn verdicts(&self) -> &[(Version, Verdict)] {
        &self.verdicts
    }

    /// The versions to drop, in order.
    pub fn drops(&self) -> impl Iterator<Item = Version> + '_ {
        self.verdicts.iter().filter_map(|(version, verdict)| match verdict {
            Verdict::Drop { .. } => Some(*version),
            Verdict::Keep(_) => None,
        })
    }

    /// The next version to drop after this one, or the first. Costs O(log n) and what is kept in
    /// between.
    pub fn next_drop(&self, after: Option<Version>) -> Option<Version> {
        let at = self.verdicts.partition_point(|(version, _)| Some(*version) <= after);
        let mut rest = self.verdicts.get(at..).unwrap_or_default().iter();
        rest.find(|(_, verdict)| matches!(verdict, Verdict::Drop { .. }))
            .map(|(version, _)| *version)
    }
}

fn judge(
    snapshot: &Candidate,
    newer: u64,
    head: Option<Candidate>,
    rules: &Retention,
    now: Timestamp,
) -> Verdict {
    let is_predecessor = head.is_some_and(|head| head.parent == Some(snapshot.version));
    let age = snapshot.created_at.map(|at| now.seconds_since(at));
    let reason = match (rules.within, age) {
        _ if newer == 0 => Some(Reason::Head),
        // By its place as well: the head of a damaged history may name another parent.
        _ if newer == 1 || is_predecessor => Some(Reason::Predecessor),
        _ if rules.is_without_rules() => Some(Reason::NoRule),
        _ if rules.last.is_some_and(|last| newer < last) => Some(Reason::Last),
        (Some(_), None) => Some(Reason::Undated),
        (Some(within), Some(age)) if age <= within => Some(Reason::Recent),
        _ if rules.tagged && snapshot.tagged => Some(Reason::Tagged),
        _ => None,
    };
    reason.map_or(Verdict::Drop { newer, age }, Verdict::Keep)
}
