//! All that there is: the store, those who use it, and what was promised to whom.

use lode_core::commit::Outcome;

use crate::collector::Collector;
use crate::reader::Reader;
use crate::repairer::Repairer;
use crate::setup::{COLLECTORS, Paradigm, Past, Setup, WRITERS};
use crate::state::State;
use crate::store::{Blocks, Ids, Kind, Manifest, Request, Store, Versions, bit};
use crate::tagger::Tagger;
use crate::writer::Writer;

/// The blocks of the history that is there to begin with.
const OLD: Blocks = 0b1000_0000;
/// The ids of those who made it come down from here, and after them those of orphans.
const FIRST_ID: u8 = 48;
/// How many ids there are before those of orphans.
const MOST_HISTORY: u8 = 6;
/// How many objects have an epoch in their names.
const OBJECTS: usize = 48;
/// What the Go implementation has staged, and nothing refers to: long ago, and just now.
pub(crate) const GO_OLD: u8 = 62;
pub(crate) const GO_YOUNG: u8 = 63;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) writers: [Writer; WRITERS],
    pub(crate) reader: Reader,
    pub(crate) collectors: [Collector; COLLECTORS],
    pub(crate) tagger: Tagger,
    /// How many more things may go wrong.
    pub(crate) faults: u8,
    /// How many more epochs snapshots may open.
    pub(crate) opens: u8,
    pub(crate) repairer: Repairer,
    /// How many more times the newest slot may be damaged.
    pub(crate) damages: u8,
    /// What was in slots that were damaged.
    pub(crate) excused: Blocks,
    /// What only a record has dropped that was damaged: its objects may be gone.
    pub(crate) half_dropped: Versions,
    /// The epochs in the names of objects, two in a byte.
    pub(crate) epochs: [u8; OBJECTS / 2],
    /// The highest floor of a run that came to its end.
    pub(crate) cleared: u8,
    /// What some writer was told to be committed.
    pub(crate) acknowledged: Blocks,
    /// What some writer ever sent.
    pub(crate) attempted: Blocks,
    /// The ids, as bits, of commits whose writers were told that they are not, and never will
    /// be, in the history.
    pub(crate) denied: Ids,
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
        let collected = (1..).zip(setup.history).filter(|(_, past)| **past == Past::Collected);
        let dropped = collected.fold(0, |all, (version, _)| all | bit(version));
        let mut state = State { epoch: 0, floor: 0, dropped };
        for (at, past) in (1..).zip(setup.history) {
            let id = FIRST_ID - at;
            let is_record = *past == Past::Record;
            let objects = inherited | 1 << id;
            if is_record {
                state = state.collected(0, Some(0));
            } else {
                store.objects |= 1 << id;
            }
            let (blocks, objects) = if is_record { (0, 0) } else { (OLD, objects) };
            let kind = if *past == Past::Collected { Kind::Collected } else { Kind::Whole };
            store.create(
                Manifest { id, version: at, parent, blocks, objects, state, is_record },
                kind,
            );
            if !is_record {
                parent = Some(at);
                inherited = if setup.paradigm == Paradigm::Volume { objects } else { 0 };
            }
        }
        if setup.orphans > 0 {
            store.objects |= 1 << GO_OLD | 1 << GO_YOUNG;
        }
        let old = if setup.history.is_empty() { 0 } else { OLD };
        let mut who = 0..;
        let collectors =
            setup.collects.map(|runs| Collector::new(who.next().unwrap_or_default(), runs));
        let mut world = Self {
            store,
            writers: [Writer::new(setup); WRITERS],
            reader: if setup.reads { Reader::Waiting } else { Reader::Absent },
            collectors,
            tagger: Tagger::new(setup),
            faults: setup.faults,
            opens: setup.opens,
            repairer: Repairer::new(setup),
            damages: setup.damages,
            excused: 0,
            half_dropped: 0,
            epochs: [0; OBJECTS / 2],
            cleared: 0,
            acknowledged: old,
            attempted: old,
            denied: 0,
        };
        world.store.objects |= world.orphans(setup);
        (0..WRITERS).for_each(|who| world.begin(setup, who));
        world
    }

    /// Objects that were staged in the first epoch, and that nothing refers to, to begin with.
    pub(crate) fn orphans(&self, setup: &Setup) -> Ids {
        let first = FIRST_ID - MOST_HISTORY;
        (0..setup.orphans).fold(0, |all, orphan| all | 1 << (first - orphan - 1))
    }

    /// The epoch in the name of an object.
    pub(crate) fn epoch(&self, id: u8) -> u8 {
        let pair = self.epochs.get(usize::from(id / 2)).copied().unwrap_or_default();
        if id.is_multiple_of(2) { pair & 15 } else { pair >> 4 }
    }

    pub(crate) fn set_epoch(&mut self, id: u8, epoch: u8) {
        assert!(epoch < 16, "few epochs");
        let pair = self.epochs.get_mut(usize::from(id / 2)).expect("few objects");
        *pair = if id.is_multiple_of(2) { *pair & 0xf0 | epoch } else { *pair & 0xf | epoch << 4 };
    }

    /// Whether somebody is still at work.
    pub(crate) fn is_at_work(&self) -> bool {
        self.writers.iter().any(|writer| !writer.is_done())
            || self.collectors.iter().any(|collector| !collector.is_done())
            || !self.tagger.is_done()
            || !self.repairer.is_done()
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
