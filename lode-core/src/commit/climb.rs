//! Finding the newest slot of a dense history by looking at single slots.

use crate::Version;
use crate::commit::{Look, Position, Slot};

/// How many slots are read one after the other before the steps begin to double: whoever follows a
/// history finds one new snapshot, or two, and needs their manifests anyway.
const SINGLE_STEPS: u32 = 2;

/// Finds the newest slot of a dense history: gallops upwards while slots are taken, and bisects
/// downwards once one is free.
///
/// "Slot N is taken" is monotone, both in N and in time: versions are dense, and no slot is ever
/// freed. So a slot that was seen taken stays a lower bound, and once `low` has been seen taken and
/// `low + 1` free there was a moment during the search at which `low` was the newest slot. That
/// moment is what a search answers for; whatever was acknowledged before it began is included.
///
/// ```text
///         a hint, or a position known before
///                     │
///  taken ─ taken ─ taken ── taken ─────── taken ───────────────── free
///                     +1  +1     +2                +4               +8: too far
///                                                └──── bisected ────┘
/// ```
///
/// A slot is read (and not only looked at) where its content is likely to be needed. Costs one look
/// if nothing has come after a known position, and O(log n) looks if n slots have.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Climb {
    /// The newest slot that was seen taken, or is guessed to be; 0 if none was.
    low: u64,
    /// Whether `low` is what a hint implies, and has not been seen.
    is_guess: bool,
    /// The content of slot `low`, if it was read.
    content: Option<Content>,
    /// The oldest slot that was seen free.
    high: Option<Version>,
    /// How many slots in a row were taken, since the start.
    hits: u32,
}

/// The content of a slot, as far as the search for the head needs it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Content {
    /// The head is here: at this very slot, or at the one that a record names.
    At(Position),
    /// A tombstone. There are newer slots.
    Tombstone,
    Damaged,
}

/// The result of a [`Climb`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Summit {
    At(Position),
    Damaged(Version),
}

impl Climb {
    /// Begins at the slot that a hint names, or at the first one.
    pub(super) const fn from_hint(hint: Option<Version>) -> Self {
        let low = match hint {
            Some(hint) => hint.get() - 1,
            None => 0,
        };
        Self { low, is_guess: true, content: None, high: None, hits: 0 }
    }

    /// Begins at the slot after a known position.
    pub(super) const fn since(position: Position) -> Self {
        let (low, content) = match (position.slot, position.live) {
            (None, _) => (0, None),
            (Some(slot), Some(_)) => (slot.get(), Some(Content::At(position))),
            // A tombstone, or a record of a history in which no snapshot is left: read it.
            (Some(slot), None) => (slot.get(), None),
        };
        Self { low, is_guess: false, content, high: None, hits: 0 }
    }

    /// The next look, or the result.
    pub(super) fn next(self) -> Result<Look, Summit> {
        let Some(at) = self.target() else { return self.summit() };
        let is_single = self.hits < SINGLE_STEPS && self.high.is_none();
        // The last one of a bisection is the newest slot, if it is taken.
        let is_last = self.high.is_some_and(|high| high.get() == at.get() + 1);
        Ok(if is_single || is_last { Look::Slot(at) } else { Look::Exists(at) })
    }

    /// The slot to look at; `None` if the newest one is known.
    fn target(self) -> Option<Version> {
        let above = Version::new(self.low + 1)?;
        match self.high {
            Some(high) if high == above => None,
            Some(high) => Version::new(self.low + (high.get() - self.low) / 2),
            None => {
                let step = 1_u64 << self.hits.saturating_sub(SINGLE_STEPS - 1).min(62);
                Version::new(self.low.saturating_add(step)).or(Some(Version::LAST))
            }
        }
    }

    /// Handles whether the slot that was looked at is taken.
    pub(super) fn on_exists(self, exists: bool) -> Self {
        match self.target() {
            Some(at) if exists => self.climb(at, None),
            // The hint was wrong, so nothing is known of what lies below it.
            Some(at) if self.is_guess => Self { low: 0, is_guess: false, high: Some(at), ..self },
            Some(at) => Self { high: Some(at), ..self },
            // It was seen taken before: the store does not keep its word.
            None => Self { content: Some(Content::Damaged), ..self },
        }
    }

    /// Handles what the slot holds that was read.
    pub(super) fn on_slot(self, slot: Slot) -> Self {
        let at = self.target().or(Version::new(self.low));
        let Some(at) = at else { return self };
        let content = match slot {
            Slot::Absent => return self.on_exists(false),
            Slot::Live { .. } => Content::At(Position::at(at)),
            Slot::Record { head, .. } => Content::At(Position { slot: Some(at), live: head }),
            // Only what is not the newest slot is buried: what was free above it is taken by now.
            Slot::Collected { .. } => {
                let found = self.climb(at, Some(Content::Tombstone));
                return Self { high: None, hits: 0, ..found };
            }
            Slot::Damaged => Content::Damaged,
        };
        self.climb(at, Some(content))
    }

    fn climb(self, at: Version, content: Option<Content>) -> Self {
        let hits = self.hits.saturating_add(1);
        Self { low: at.get(), is_guess: false, content, hits, ..self }
    }

    /// The newest slot is `low`; it is read if that has not been done.
    fn summit(self) -> Result<Look, Summit> {
        let Some(newest) = Version::new(self.low) else {
            return Err(Summit::At(Position::EMPTY));
        };
        match self.content {
            None => Ok(Look::Slot(newest)),
            Some(Content::At(position)) => Err(Summit::At(position)),
            // The slot after a tombstone was seen free after the tombstone: it should not be there.
            Some(Content::Damaged | Content::Tombstone) => Err(Summit::Damaged(newest)),
        }
    }
}
