//! Arbitrary versions and slots for the machines.

use arbitrary::{Arbitrary, Result, Unstructured};
use lode_core::Version;
use lode_core::commit::{Listed, Look, Position, Seen, Slot};
use lode_core::manifest::CommitId;
use lode_core::time::Timestamp;

/// The commit that is being made.
pub const OURS: CommitId = CommitId([1; 16]);
/// Another one.
pub const ANOTHERS: CommitId = CommitId([2; 16]);

/// Few versions, so that they meet: the first, or the last that there are.
pub fn version(u: &mut Unstructured<'_>) -> Result<Version> {
    let number = u64::from(u.int_in_range(1..=15_u8)?);
    let last = Version::LAST.get();
    let number = if number < 12 { number } else { last - (15 - number) };
    Ok(Version::new(number).unwrap_or(Version::FIRST))
}

/// None, or a version.
pub fn maybe_version(u: &mut Unstructured<'_>) -> Result<Option<Version>> {
    if bool::arbitrary(u)? { version(u).map(Some) } else { Ok(None) }
}

/// A point in time, near others or at an end of all time.
pub fn time(u: &mut Unstructured<'_>) -> Result<Timestamp> {
    let seconds = match u8::arbitrary(u)? {
        0 => i64::MIN,
        255 => i64::MAX,
        _ => i64::from(u16::arbitrary(u)?) * 60,
    };
    let nanoseconds = u.int_in_range(0..=999_999_999)?;
    Ok(Timestamp::new(seconds, nanoseconds).unwrap_or_default())
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
        _ => Slot::Live { commit_id, parent },
    })
}

/// The commit id that a slot has, or `None` if it holds nothing that is known.
pub fn holder(slot: Slot) -> Option<Option<CommitId>> {
    match slot {
        Slot::Live { commit_id, .. } | Slot::Collected { commit_id, .. } => Some(commit_id),
        _ => None,
    }
}
