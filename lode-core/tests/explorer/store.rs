//! The store as the protocol sees it: slots that are written once, a hint, and requests that were
//! sent but have not arrived.

use lode_core::Version;
use lode_core::commit::{Listed, Look, Seen, Slot};
use lode_core::manifest::CommitId;

/// One bit for each block that some writer wants to commit.
pub(crate) type Blocks = u8;

/// How many slots there is room for: more than any run fills.
const SLOTS: usize = 8;
/// How many requests can be on their way at once: each costs a fault.
const FLIGHTS: usize = 4;

/// What a slot is filled with.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Manifest {
    /// A small number in place of the commit id.
    pub(crate) id: u8,
    pub(crate) version: u8,
    pub(crate) parent: Option<u8>,
    /// All blocks, those of the ancestors included.
    pub(crate) blocks: Blocks,
}

/// Whether a slot's manifest is still there.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    Live,
    /// A collector has put a tombstone over an old one.
    Collected,
    /// A repair has put a tombstone over a damaged one; its blocks count for nothing.
    Repaired,
}

/// A slot that is taken.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Taken {
    pub(crate) manifest: Manifest,
    pub(crate) kind: Kind,
}

/// A request that was sent and may be applied at any later moment, or never.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Flight {
    Create(Manifest),
    Hint(u8),
}

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Store {
    slots: [Option<Taken>; SLOTS],
    pub(crate) hint: Option<u8>,
    /// Sorted, so that equal stores are equal.
    flights: [Option<Flight>; FLIGHTS],
}

impl Store {
    pub(crate) fn get(&self, version: u8) -> Option<Taken> {
        let place = usize::from(version).checked_sub(1)?;
        self.slots.get(place).copied().flatten()
    }

    /// All slots that are taken, in order.
    pub(crate) fn taken(&self) -> impl DoubleEndedIterator<Item = Taken> + '_ {
        self.slots.iter().flatten().copied()
    }

    pub(crate) fn head(&self) -> Option<Manifest> {
        self.taken().rev().find(|taken| taken.kind == Kind::Live).map(|taken| taken.manifest)
    }

    /// Creates a slot if it is absent, or overwrites it where `conditions` are ignored.
    pub(crate) fn create(&mut self, manifest: Manifest, conditions: bool) {
        let place = usize::from(manifest.version) - 1;
        let slot = self.slots.get_mut(place).expect("room for every slot");
        if slot.is_none() || !conditions {
            *slot = Some(Taken { manifest, kind: Kind::Live });
        }
        self.tidy();
    }

    /// Puts a tombstone over a slot.
    pub(crate) fn bury(&mut self, version: u8, kind: Kind) {
        if let Some(Some(taken)) = self.slots.get_mut(usize::from(version) - 1) {
            taken.kind = kind;
        }
    }

    /// Sends a request that is not applied now.
    pub(crate) fn send(&mut self, flight: Flight) {
        let free = self.flights.iter_mut().find(|flight| flight.is_none());
        *free.expect("room for every request in flight") = Some(flight);
        self.tidy();
    }

    /// All requests that may still be applied.
    pub(crate) fn flights(&self) -> impl Iterator<Item = Flight> + '_ {
        self.flights.iter().flatten().copied()
    }

    /// Applies a request that was sent before.
    pub(crate) fn land(&mut self, flight: Flight) {
        if let Some(place) = self.flights.iter_mut().find(|other| **other == Some(flight)) {
            *place = None;
        }
        match flight {
            Flight::Create(manifest) => self.create(manifest, true),
            Flight::Hint(version) => self.hint = Some(version),
        }
        self.tidy();
    }

    /// Forgets requests that can have no effect any more: the slot is taken.
    fn tidy(&mut self) {
        let slots = self.slots;
        let done = |flight: Flight| {
            matches!(flight, Flight::Create(manifest)
                if slots.get(usize::from(manifest.version) - 1).is_some_and(Option::is_some))
        };
        for flight in &mut self.flights {
            *flight = flight.filter(|flight| !done(*flight));
        }
        self.flights.sort_unstable();
    }

    /// What a look shows, truthfully.
    pub(crate) fn see(&self, look: Look) -> Seen {
        match look {
            Look::Hint => Seen::Hint(self.hint.map(version)),
            Look::Slots { after } => {
                let mut listed = Listed::default();
                let versions = self.taken().map(|taken| version(taken.manifest.version));
                versions.filter(|version| Some(*version) > after).for_each(|v| listed.push(v));
                Seen::Listed(listed)
            }
            Look::Slot(version) => Seen::Slot(self.see_slot(version)),
            _ => panic!("a look that the model does not know: {look:?}"),
        }
    }

    fn see_slot(&self, at: Version) -> Slot {
        let Some(Taken { manifest, kind }) = self.get(number(at)) else { return Slot::Absent };
        let (commit_id, parent) = (Some(commit_id(manifest.id)), manifest.parent.map(version));
        match kind {
            Kind::Live => Slot::Live { commit_id, parent },
            Kind::Collected | Kind::Repaired => Slot::Collected { commit_id, parent },
        }
    }
}

pub(crate) fn version(number: u8) -> Version {
    Version::new(number.into()).expect("versions begin at 1")
}

pub(crate) fn number(version: Version) -> u8 {
    u8::try_from(version.get()).expect("the model has small versions")
}

pub(crate) fn commit_id(id: u8) -> CommitId {
    CommitId::of_handle(id.into(), 0)
}
