//! The store as the protocol sees it: slots that are written once, a hint, data objects, tags, and
//! requests that were sent but have not arrived.

use lode_core::Version;
use lode_core::commit::{Listed, Look, Seen, Slot};
use lode_core::manifest::CommitId;

use crate::setup::Mistake;
use crate::time::{LATE, Objects};
use crate::world::Broken;

/// One bit for each block that some writer wants to commit.
pub(crate) type Blocks = u8;
/// One bit for each commit id. What a commit adds lies in one object, which is named after it.
pub(crate) type Ids = u32;

/// How many slots there is room for: more than any run fills.
pub(crate) const SLOTS: usize = 8;
/// How many requests can be on their way at once: each costs a fault.
const FLIGHTS: usize = 6;
/// How many names of tags there are.
const TAGS: usize = 2;

/// What a slot is filled with.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Manifest {
    /// A small number in place of the commit id.
    pub(crate) id: u8,
    pub(crate) version: u8,
    pub(crate) parent: Option<u8>,
    /// All blocks, those of the ancestors included; of a dataset what its history has.
    pub(crate) blocks: Blocks,
    /// The objects that it refers to.
    pub(crate) objects: Ids,
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

/// A copy of a manifest, and whether its tagger was told that it holds.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Tag {
    pub(crate) nonce: u8,
    pub(crate) objects: Ids,
    pub(crate) confirmed: bool,
}

/// A request that was sent and may be applied at any later moment, or never.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Request {
    Bury(u8),
    Create(Manifest),
    Delete(u8),
    Hint(u8),
    Tag { name: u8, tag: Tag },
    Untag { name: u8 },
}

/// A request, and for how long it has been on its way.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Flight {
    pub(crate) request: Request,
    age: u8,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Store {
    slots: [Option<Taken>; SLOTS],
    pub(crate) hint: Option<u8>,
    pub(crate) objects: Objects,
    tags: [Option<Tag>; TAGS],
    /// Sorted, so that equal stores are equal.
    flights: [Option<Flight>; FLIGHTS],
    /// Whether it keeps its word on create-if-absent.
    conditions: bool,
    /// Whether what should be buried is deleted.
    pub(crate) frees_slots: bool,
}

impl Store {
    pub(crate) fn new(conditions: bool, mistake: Option<Mistake>) -> Self {
        Self {
            slots: [None; SLOTS],
            hint: None,
            objects: Objects::default(),
            tags: [None; TAGS],
            flights: [None; FLIGHTS],
            conditions,
            frees_slots: mistake == Some(Mistake::FreesSlots),
        }
    }

    pub(crate) fn get(&self, version: u8) -> Option<Taken> {
        let place = usize::from(version).checked_sub(1)?;
        self.slots.get(place).copied().flatten()
    }

    /// All slots that are taken, in order.
    pub(crate) fn taken(&self) -> impl DoubleEndedIterator<Item = Taken> + '_ {
        self.slots.iter().flatten().copied()
    }

    /// All live manifests, in order.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = Manifest> + '_ {
        self.taken().filter(|taken| taken.kind == Kind::Live).map(|taken| taken.manifest)
    }

    pub(crate) fn head(&self) -> Option<Manifest> {
        self.live().next_back()
    }

    pub(crate) fn tag(&self, name: u8) -> Option<Tag> {
        self.tags.get(usize::from(name)).copied().flatten()
    }

    pub(crate) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        self.tags.iter().flatten().copied()
    }

    /// Notes that a tagger was told that its tag holds.
    pub(crate) fn confirm(&mut self, name: u8, nonce: u8) -> Result<(), Broken> {
        match self.tags.get_mut(usize::from(name)) {
            Some(Some(tag)) if tag.nonce == nonce => tag.confirmed = true,
            _ => return Err(Broken::NotThere),
        }
        Ok(())
    }

    /// Applies a request. Creates change nothing that is there, unless conditions are ignored.
    pub(crate) fn apply(&mut self, request: Request) {
        match request {
            Request::Bury(version) => self.bury(version),
            Request::Create(manifest) => self.create(manifest, Kind::Live),
            Request::Delete(id) => self.objects.remove(id),
            Request::Hint(version) => self.hint = Some(version),
            Request::Tag { name, tag } => {
                let place = self.tags.get_mut(usize::from(name)).expect("room for every tag");
                *place = place.or(Some(tag));
            }
            Request::Untag { name } => {
                *self.tags.get_mut(usize::from(name)).expect("room for every tag") = None;
            }
        }
        self.tidy();
    }

    pub(crate) fn create(&mut self, manifest: Manifest, kind: Kind) {
        let place = usize::from(manifest.version) - 1;
        let slot = self.slots.get_mut(place).expect("room for every slot");
        if slot.is_none() || !self.conditions {
            *slot = Some(Taken { manifest, kind });
        }
    }

    /// Puts a tombstone over a slot.
    fn bury(&mut self, version: u8) {
        let Some(slot) = self.slots.get_mut(usize::from(version) - 1) else { return };
        match slot {
            Some(_) if self.frees_slots => *slot = None,
            Some(taken) => taken.kind = Kind::Collected,
            None => {}
        }
    }

    /// Sends a request that is not applied now.
    pub(crate) fn send(&mut self, request: Request) {
        let free = self.flights.iter_mut().find(|flight| flight.is_none());
        *free.expect("room for every request in flight") = Some(Flight { request, age: 0 });
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
        self.apply(flight.request);
    }

    /// Lets time pass. What was sent long ago will never be applied.
    pub(crate) fn tick(&mut self) {
        self.objects.tick();
        for flight in &mut self.flights {
            *flight = flight
                .map(|flight| Flight { age: flight.age + 1, ..flight })
                .filter(|flight| flight.age <= LATE);
        }
        self.tidy();
    }

    /// Forgets requests that can have no effect any more: the slot is taken, for good.
    fn tidy(&mut self) {
        let slots = if self.frees_slots { [None; SLOTS] } else { self.slots };
        let done = |flight: Flight| {
            matches!(flight.request, Request::Create(manifest)
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
            Look::Slot(version) => Seen::Slot(self.see_slot(number(version))),
            _ => panic!("a look that the model does not know: {look:?}"),
        }
    }

    pub(crate) fn see_slot(&self, at: u8) -> Slot {
        let Some(Taken { manifest, kind }) = self.get(at) else { return Slot::Absent };
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
