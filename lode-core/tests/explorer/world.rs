//! All that there is: the store, those who use it, and what was promised to whom.

use lode_core::commit::Outcome;
use lode_core::time::Timestamp;

use crate::collector::Collector;
use crate::reader::Reader;
use crate::setup::{COLLECTORS, Paradigm, Setup, WRITERS};
use crate::store::{Blocks, Kind, Manifest, Request, SLOTS, Store};
use crate::tagger::Tagger;
use crate::time;
use crate::writer::Writer;

/// The blocks of the history that is there to begin with.
const OLD: Blocks = 0b1000_0000;
/// The ids of those who made it come down from here, and after them those of orphans.
const FIRST_ID: u8 = 31;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) writers: [Writer; WRITERS],
    pub(crate) reader: Reader,
    pub(crate) collectors: [Collector; COLLECTORS],
    pub(crate) tagger: Tagger,
    /// How many more things may go wrong.
    pub(crate) faults: u8,
    /// How many steps time has taken.
    pub(crate) ticks: u8,
    /// What some writer was told to be committed.
    pub(crate) acknowledged: Blocks,
    /// What some writer ever sent.
    pub(crate) attempted: Blocks,
    /// The ids, as bits, of commits whose writers were told that they are not, and never will
    /// be, in the history.
    pub(crate) denied: u32,
}

/// A promise that was broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Broken {
    /// An acknowledged block is not in the head, or what its history has.
    Lost,
    /// The head holds a block that nobody ever sent.
    Invented,
    /// There is a gap between the slots, or one does not build on the one before.
    Gap,
    /// A logical commit occupies two slots.
    Twice,
    /// A commit that was said to have failed took place, or may do so yet.
    Undead,
    /// A slot that was taken holds something else now.
    Changed,
    /// A commit that is said to be in a slot is not, or a tag of which that is said.
    NotThere,
    /// A live manifest or a confirmed tag refers to an object that is not there.
    Missing,
    /// An outcome that these circumstances cannot lead to.
    Unexpected(Outcome),
    /// A reader does not see what was acknowledged before it began.
    Unseen,
    /// A run goes round in circles.
    Endless,
    /// Nothing went wrong, yet not all was committed, or not all was collected.
    Unfinished,
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        let mut store = Store::new(setup.conditions, setup.mistake);
        store.hint = setup.hint;
        let (mut parent, mut inherited) = (None, 0);
        for (at, kind) in (1..).zip(setup.history) {
            let id = FIRST_ID - at;
            store.objects.create_old(id);
            let objects = inherited | 1 << id;
            store.create(Manifest { id, version: at, parent, blocks: OLD, objects }, *kind);
            if *kind != Kind::Repaired {
                parent = Some(at);
                inherited = if setup.paradigm == Paradigm::Volume { objects } else { 0 };
            }
        }
        let used = u8::try_from(SLOTS.min(setup.history.len())).expect("few slots");
        (0..setup.orphans)
            .for_each(|orphan| store.objects.create_old(FIRST_ID - used - 1 - orphan));
        let old = if setup.history.is_empty() { 0 } else { OLD };
        let mut world = Self {
            store,
            writers: [Writer::new(setup); WRITERS],
            reader: if setup.reads { Reader::Waiting } else { Reader::Absent },
            collectors: setup.collects.map(|runs| Collector::new(setup, runs)),
            tagger: Tagger::new(setup),
            faults: setup.faults,
            ticks: 0,
            acknowledged: old,
            attempted: old,
            denied: 0,
        };
        (0..WRITERS).for_each(|who| world.begin(setup, who));
        world
    }

    /// The time, by the store's clock.
    pub(crate) fn now(&self) -> Timestamp {
        time::at(self.ticks)
    }

    /// Whether somebody is still at work.
    pub(crate) fn is_at_work(&self) -> bool {
        self.writers.iter().any(|writer| !writer.is_done())
            || self.collectors.iter().any(|collector| !collector.is_done())
            || !self.tagger.is_done()
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self) {
        self.ticks += 1;
        self.store.tick();
    }

    /// Carries out what becomes of a request.
    pub(crate) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Apply(request) => self.store.apply(request),
            Effect::Send(request) => self.store.send(request),
            Effect::Both(request) => {
                self.store.apply(request);
                self.store.send(request);
            }
        }
    }
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Effect {
    /// It is not applied, now or ever.
    Nothing,
    /// It is applied.
    Apply(Request),
    /// It may be applied later.
    Send(Request),
    /// It is applied, and a client on the way repeats it.
    Both(Request),
}

/// What a request may come to: what its sender is told, what happens, and whether that is a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply<E> {
    pub(crate) event: E,
    pub(crate) effect: Effect,
    pub(crate) fault: bool,
}

pub(crate) fn well<E>(event: E, effect: Effect) -> Reply<E> {
    Reply { event, effect, fault: false }
}

pub(crate) fn badly<E>(event: E, effect: Effect) -> Reply<E> {
    Reply { event, effect, fault: true }
}
