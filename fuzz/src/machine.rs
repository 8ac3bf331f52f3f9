//! Arbitrary versions and slots for the machines.

use arbitrary::{Arbitrary, Result, Unstructured};
use lode_core::Version;
use lode_core::commit::{Density, Listed, Look, Position, Seen, Slot};
use lode_core::manifest::CommitId;

/// The commit that is being made.
pub const OURS: CommitId = CommitId([1; 16]);
/// Another one.
pub const ANOTHERS: CommitId = CommitId([2; 16]);

/// Few versions, so that they meet: the first, the first that are times, or the last that there
/// are.
pub fn version(u: &mut Unstructured<'_>) -> Result<Version> {
    const TIMES: u64 = 1_000_000_000_000_000_000;
    let number = match u64::from(u.int_in_range(1..=19_u8)?) {
        number @ ..12 => number,
        number @ 12..16 => TIMES + number,
        number => Version::LAST.get() - (19 - number),
    };
    Ok(Version::new(number).unwrap_or(Version::FIRST))
}

/// None, or a version.
pub fn maybe_version(u: &mut Unstructured<'_>) -> Result<Option<Version>> {
    if bool::arbitrary(u)? { version(u).map(Some) } else { Ok(None) }
}

/// How slots can lie.
pub fn density(u: &mut Unstructured<'_>) -> Result<Density> {
    u.choose(&[Density::Dense, Density::MayBeSparse]).copied()
}

/// Where a history may stand: nothing live is above the newest slot.
pub fn position(u: &mut Unstructured<'_>) -> Result<Position> {
    let (slot, live) = (maybe_version(u)?, maybe_version(u)?);
    Ok(Position { slot: slot.max(live), live })
}

/// What a look may show.
pub fn seen(u: &mut Unstructured<'_>, look: Look) -> Result<Seen> {
    if u.ratio(1, 8)? {
        return Ok(Seen::Failed);
    }
    Ok(match look {
        Look::Exists(_) => Seen::Exists(bool::arbitrary(u)?),
        Look::Hint => Seen::Hint(maybe_version(u)?),
        Look::Slots { .. } => {
            let mut listed = Listed::default();
            for _ in 0..u.int_in_range(0..=4)? {
                listed.push(version(u)?);
            }
            Seen::Listed(listed)
        }
        _ => Seen::Slot(slot(u)?),
    })
}

/// What a slot may hold.
pub fn slot(u: &mut Unstructured<'_>) -> Result<Slot> {
    let kind = u.int_in_range(0..=7_u8)?;
    if kind < 2 {
        return Ok(if kind == 0 { Slot::Absent } else { Slot::Damaged });
    }
    let commit_id = *u.choose(&[None, Some(OURS), Some(ANOTHERS)])?;
    let parent = maybe_version(u)?;
    Ok(match kind {
        2 | 3 => Slot::Collected { commit_id, parent },
        4 => Slot::Record { commit_id, head: parent },
        _ => Slot::Live { commit_id, parent },
    })
}

/// The commit id that a slot has, or `None` if it holds nothing that is known.
pub fn holder(slot: Slot) -> Option<Option<CommitId>> {
    match slot {
        Slot::Live { commit_id, .. }
        | Slot::Record { commit_id, .. }
        | Slot::Collected { commit_id, .. } => Some(commit_id),
        _ => None,
    }
}
