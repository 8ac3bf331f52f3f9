//! The hint.

use super::Problem;
use crate::Version;

/// Judges the bytes of the hint, if there is one, of a history with this newest slot and this
/// newest live snapshot.
///
/// It only saves looking, so that one that is behind harms nobody, unless a Go writer trusts it
/// blindly (`trusted`): that one takes a tombstone for a snapshot, so it must be told of the live
/// one. It is written after the slot, so that one that is ahead tells of a slot that is lost, or
/// has been damaged itself.
pub fn check_hint(
    hint: Option<&[u8]>,
    newest: Option<Version>,
    live: Option<Version>,
    trusted: bool,
) -> Option<Problem> {
    let Some(text) = hint else {
        // Where there are only records it has nothing to name.
        return live.map(|_| Problem::HintMissing { trusted });
    };
    let Some(hint) = parse_hint(text) else { return Some(Problem::HintInvalid) };
    let Some(newest) = newest.filter(|newest| hint <= *newest) else {
        return Some(Problem::HintAhead { hint, newest });
    };
    match live {
        Some(live) if hint == live => None,
        Some(live) if trusted => Some(Problem::HintBehind { hint, newest: live, trusted }),
        _ if hint == newest => None,
        _ => Some(Problem::HintBehind { hint, newest, trusted }),
    }
}

/// The version that the bytes of a hint name.
pub fn parse_hint(text: &[u8]) -> Option<Version> {
    core::str::from_utf8(text).ok()?.trim().parse().ok()
}
