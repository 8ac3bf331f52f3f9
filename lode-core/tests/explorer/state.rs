//! What collections have decided, small enough to be copied and hashed. The decisions themselves
//! are those of the real [`CollectionState`].

use lode_core::manifest::CollectionState;
use lode_core::time::Timestamp;

use crate::store::{Versions, bit, bits, version};

/// A copy of a [`CollectionState`], without its times.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct State {
    pub(crate) epoch: u8,
    pub(crate) floor: u8,
    pub(crate) dropped: Versions,
}

impl State {
    fn real(self) -> CollectionState {
        let mut state = CollectionState::FIRST;
        (state.epoch, state.floor) = (self.epoch.into(), self.floor.into());
        state.opened_at = Timestamp::new(0, 0);
        state.dropped = bits(self.dropped).map(version).collect();
        state
    }

    fn of(state: &CollectionState) -> Self {
        let small = |number: u32| u8::try_from(number).expect("few epochs");
        let dropped = state.dropped.iter().map(crate::store::number);
        Self {
            epoch: small(state.epoch),
            floor: small(state.floor),
            dropped: dropped.fold(0, |all, version| all | bit(version)),
        }
    }

    /// That of a snapshot which is built on a slot with this state, and may open an epoch.
    pub(crate) fn continued(self, opens: bool) -> Self {
        let now = Timestamp::new(if opens { 100 } else { 0 }, 0);
        Self::of(&self.real().continued(now, 10))
    }

    /// That of a record of a collection.
    pub(crate) fn collected(self, drops: Versions, spare: Option<u8>) -> Self {
        let drops = bits(drops).map(version);
        Self::of(&self.real().collected(drops, spare.map(u32::from), None))
    }

    /// That of a record of a repair.
    pub(crate) fn repaired(self, gives_up: Versions, unreadable: u8) -> Self {
        let gives_up = bits(gives_up).map(version);
        Self::of(&self.real().repaired(gives_up, unreadable.into(), None))
    }

    pub(crate) fn admits(self, epoch: u8) -> bool {
        self.real().admits(epoch.into())
    }

    pub(crate) fn has_dropped(self, version: u8) -> bool {
        self.dropped & bit(version) != 0
    }
}
