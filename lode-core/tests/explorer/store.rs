//! The store as the protocol sees it: slots that are written once, a hint, data objects, tags, and
//! requests that were sent but have not arrived.

use lode_core::Version;
use lode_core::commit::{Look, Position, Seen, Slot};
use lode_core::manifest::CommitId;

use crate::setup::Mistake;
use crate::state::State;
use crate::world::Broken;

/// One bit for each block that some writer wants to commit.
pub(crate) type Blocks = u8;
/// One bit for each commit id. What a commit adds lies in one object, which is named after it.
pub(crate) type Ids = u64;
/// One bit for each slot, that of version 1 the lowest.
pub(crate) type Versions = u8;

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
    /// What collections have decided.
    pub(crate) state: State,
    /// Whether it is a record; then its parent is the head.
    pub(crate) is_record: bool,
}

/// Whether a slot's manifest is still there.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    /// What was committed: a snapshot or a record.
    Whole,
    /// A collector has put a tombstone over an old one.
    Collected,
    /// It cannot be read any more.
    Damaged,
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
    pub(crate) version: u8,
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
    Overwrite(Manifest),
    Put(u8),
    Tag { name: u8, tag: Tag },
    Untag { name: u8 },
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Store {
    slots: [Option<Taken>; SLOTS],
    pub(crate) hint: Option<u8>,
    /// The objects that are there.
    pub(crate) objects: Ids,
    tags: [Option<Tag>; TAGS],
    /// Sorted, so that equal stores are equal.
    flights: [Option<Request>; FLIGHTS],
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
            objects: 0,
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

    /// All manifests that can be read, of snapshots and records, in order.
    pub(crate) fn whole(&self) -> impl DoubleEndedIterator<Item = Manifest> + '_ {
        self.taken().filter(|taken| taken.kind == Kind::Whole).map(|taken| taken.manifest)
    }

    /// What the newest slot that can be read says of collections.
    pub(crate) fn state(&self) -> State {
        self.whole().next_back().map(|newest| newest.state).unwrap_or_default()
    }

    /// All snapshots that can be read and have not been dropped, in order.
    pub(crate) fn live(&self) -> impl DoubleEndedIterator<Item = Manifest> + '_ {
        let state = self.state();
        self.whole().filter(move |it| !it.is_record && !state.has_dropped(it.version))
    }

    pub(crate) fn head(&self) -> Option<Manifest> {
        self.live().next_back()
    }

    /// Where the history stands, if its newest slot can be read.
    pub(crate) fn position(&self) -> Option<Position> {
        let Some(newest) = self.taken().next_back() else { return Some(Position::EMPTY) };
        let at = newest.manifest.version;
        let is_whole = newest.kind == Kind::Whole;
        is_whole.then(|| Position::of(version(at), self.see_slot(at)))
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
            Request::Create(manifest) => self.create(manifest, Kind::Whole),
            Request::Delete(id) => self.objects &= !(1 << id),
            Request::Overwrite(manifest) => {
                let slot = self.slots.get_mut(usize::from(manifest.version) - 1);
                *slot.expect("room for every slot") = Some(Taken { manifest, kind: Kind::Whole });
            }
            Request::Put(id) => self.objects |= 1 << id,
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

    /// Spoils the newest slot.
    pub(crate) fn damage(&mut self) {
        if let Some(newest) = self.slots.iter_mut().flatten().last() {
            newest.kind = Kind::Damaged;
        }
    }

    /// Sends a request that is not applied now.
    pub(crate) fn send(&mut self, request: Request) {
        let free = self.flights.iter_mut().find(|flight| flight.is_none());
        *free.expect("room for every request in flight") = Some(request);
        self.tidy();
    }

    /// All requests that may still be applied.
    pub(crate) fn flights(&self) -> impl Iterator<Item = Request> + '_ {
        self.flights.iter().flatten().copied()
    }

    /// Applies a request that was sent before.
    pub(crate) fn land(&mut self, request: Request) {
        if let Some(place) = self.flights.iter_mut().find(|other| **other == Some(request)) {
            *place = None;
        }
        self.apply(request);
    }

    /// Forgets requests that can have no effect any more: the slot is taken, for good.
    fn tidy(&mut self) {
        let slots = if self.frees_slots { [None; SLOTS] } else { self.slots };
        let done = |request: Request| {
            matches!(request, Request::Create(manifest)
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
            Look::Exists(at) => Seen::Exists(self.get(number(at)).is_some()),
            Look::Slot(version) => Seen::Slot(self.see_slot(number(version))),
            _ => panic!("a dense history is never listed: {look:?}"),
        }
    }

    pub(crate) fn see_slot(&self, at: u8) -> Slot {
        let Some(Taken { manifest, kind }) = self.get(at) else { return Slot::Absent };
        let (commit_id, parent) = (Some(commit_id(manifest.id)), manifest.parent.map(version));
        match kind {
            Kind::Whole if manifest.is_record => Slot::Record { commit_id, head: parent },
            Kind::Whole => Slot::Live { commit_id, parent },
            Kind::Collected => Slot::Collected { commit_id, parent },
            Kind::Damaged => Slot::Damaged,
        }
    }
}

pub(crate) fn version(number: u8) -> Version {
    Version::new(number.into()).expect("versions begin at 1")
}

/// A version that is too great for the model is none that it has.
pub(crate) fn number(version: Version) -> u8 {
    u8::try_from(version.get()).unwrap_or(u8::MAX)
}

pub(crate) fn bit(version: u8) -> Versions {
    1 << (version - 1)
}

/// The versions of a set.
pub(crate) fn bits(versions: Versions) -> impl Iterator<Item = u8> {
    (1..=Versions::BITS as u8).filter(move |version| versions & bit(*version) != 0)
}

pub(crate) fn commit_id(id: u8) -> CommitId {
    CommitId::of_handle(id.into(), 0)
}
