//! The slots of a history, together.

use alloc::vec::Vec;

use super::Problem;
use crate::Version;
use crate::manifest::{ManifestDigest, SlotManifest};

/// A slot, as far as its place in the history goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "a shell makes them")]
pub struct Link {
    /// Its version.
    pub version: Version,
    /// What it holds.
    pub state: LinkState,
    /// What it was made from; of what is damaged that is not known.
    pub parent: Option<Version>,
    /// The digest that it has of its parent.
    pub parent_digest: Option<ManifestDigest>,
    /// The digest of its bytes, or of those that were there before its tombstone.
    pub digest: ManifestDigest,
    /// Whether it has a commit id: the Go implementation, which leaves gaps, writes none.
    pub is_ours: bool,
}

impl Link {
    /// Of a manifest or a tombstone.
    pub fn of(manifest: &impl SlotManifest, state: LinkState, digest: ManifestDigest) -> Self {
        Self {
            version: manifest.version(),
            state,
            parent: manifest.parent(),
            parent_digest: manifest.parent_digest(),
            digest,
            is_ours: manifest.commit_id().is_some(),
        }
    }
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a slot that is taken holds one of these")]
pub enum LinkState {
    /// A tombstone.
    Collected,
    /// Bytes that are no manifest.
    Damaged,
    /// A snapshot.
    Live,
    /// A record of maintenance.
    Record,
    /// It is not known: the store could not read it just now.
    Unreadable,
}

/// Judges the slots of a history together: each problem, and the version whose slot has it. The
/// `links` are in the order of their versions; `may_have_gaps` if the Go implementation may have
/// written some of them.
///
/// A snapshot that has been dropped is to be given as [`Collected`](LinkState::Collected), whatever
/// its slot holds. What lies below a tombstone or between two need not be live any more, so of them
/// only the digests are compared. Costs O(n log n).
pub fn check_chain(links: &[Link], may_have_gaps: bool) -> Vec<(Version, Problem)> {
    let mut found = Vec::new();
    let mut before: Option<&Link> = None;
    let mut newest_live = None;
    for link in links {
        let hole = hole(before, link, may_have_gaps);
        found.extend(hole.map(|(first, last)| (first, Problem::Hole { first, last })));
        let problem = match link.parent {
            None => (link.state == LinkState::Live && before.is_some())
                .then_some((link.version, Problem::NoParent)),
            Some(parent) => check_parent(links, link, parent, newest_live, hole),
        };
        found.extend(problem);
        if link.state == LinkState::Live {
            newest_live = Some(link.version);
        }
        before = Some(link);
    }
    found
}

/// The versions that are not there, between a slot and the one before it.
fn hole(before: Option<&Link>, link: &Link, may_have_gaps: bool) -> Option<(Version, Version)> {
    let first = Version::after(before.map(|before| before.version))?;
    let last = Version::new(link.version.get().checked_sub(1)?)?;
    // Of what cannot be read it is not known who wrote it: it is taken for the same as before.
    let by_go = match link.state {
        LinkState::Damaged | LinkState::Unreadable => before.is_none_or(|before| !before.is_ours),
        LinkState::Collected | LinkState::Live | LinkState::Record => !link.is_ours,
    };
    (first <= last && !(may_have_gaps && by_go)).then_some((first, last))
}

fn check_parent(
    links: &[Link],
    link: &Link,
    parent: Version,
    newest_live: Option<Version>,
    hole: Option<(Version, Version)>,
) -> Option<(Version, Problem)> {
    if parent >= link.version {
        return Some((link.version, Problem::Forked { parent, newest: parent }));
    }
    if let Some(newest) = newest_live.filter(|newest| *newest > parent) {
        return Some((link.version, Problem::Forked { parent, newest }));
    }
    let at = links.binary_search_by_key(&parent, |link| link.version);
    let Some(found) = at.ok().and_then(|at| links.get(at)) else {
        let is_known = hole.is_some_and(|(first, last)| (first..=last).contains(&parent));
        return (!is_known).then_some((link.version, Problem::ParentMissing { parent }));
    };
    let is_read = !matches!(found.state, LinkState::Damaged | LinkState::Unreadable);
    let differs =
        is_read && link.parent_digest.is_some_and(|expected| !agrees(expected, found.digest));
    differs.then_some((parent, Problem::Replaced { child: link.version }))
}

/// Whether two digests can be of the same bytes: those of different algorithms cannot be compared.
fn agrees(one: ManifestDigest, other: ManifestDigest) -> bool {
    match (one, other) {
        (ManifestDigest::Blake3(one), ManifestDigest::Blake3(other)) => one == other,
        (ManifestDigest::Crc32c(one), ManifestDigest::Crc32c(other)) => one == other,
        _ => true,
    }
}
