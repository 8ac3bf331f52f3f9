//! Finding the head on a device.

use crate::Version;
use crate::commit::{Position, Slot};

/// Looks at one slot after the other, upwards from a hint, until one is empty: what a device needs
/// of [`Resolve`](super::Resolve). It has neither tombstones nor records.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Probe {
    /// The slot to look at.
    at: Version,
    /// What is known of those before it.
    position: Position,
    /// Whether a hint has named it; it may be wrong.
    hinted: bool,
}

impl Probe {
    /// Begins at the slot that a hint names, or else at the first one.
    pub fn from_hint(hint: Option<Version>) -> Self {
        let at = hint.unwrap_or(Version::FIRST);
        Self { at, position: Position::EMPTY, hinted: hint.is_some() }
    }

    /// The slot to look at.
    pub const fn at(&self) -> Version {
        self.at
    }

    /// Takes what the slot holds: `None` as long as there is a next one to look at.
    pub fn on(&mut self, slot: Slot) -> Option<Probed> {
        match slot {
            Slot::Live { .. } => self.position = Position::at(self.at),
            Slot::Collected { .. } | Slot::Record { .. } => self.position.slot = Some(self.at),
            Slot::Damaged => return Some(Probed::Damaged { version: self.at }),
            Slot::Absent if self.hinted && self.at > Version::FIRST => {
                *self = Self::from_hint(None);
                return None;
            }
            Slot::Absent => return Some(Probed::At(self.position)),
        }
        self.hinted = false;
        match self.at.next() {
            Some(next) => self.at = next,
            None => return Some(Probed::At(self.position)),
        }
        None
    }
}

/// The result of a [`Probe`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[allow(clippy::exhaustive_enums)]
pub enum Probed {
    /// The newest slot, and the newest live manifest that was looked at: if there is none, the
    /// hint has named a tombstone, and what is live lies below it.
    At(Position),
    /// The manifest in this slot cannot be read, so the head is not known.
    Damaged {
        /// The slot.
        version: Version,
    },
}
