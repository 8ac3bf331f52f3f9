//! The shell of a collector: each of its steps is one request.

use lode_core::collect::{Collect, CollectAction, CollectEvent, Newest};
use lode_core::time::Timestamp;

use crate::setup::{Mistake, Setup};
use crate::store::{Ids, Kind, Request, number, version};
use crate::time::grace_period;
use crate::world::{Effect, Reply, World, badly, well};

/// One bit for each slot, that of version 1 the lowest.
type Versions = u8;

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Collector {
    pub(crate) machine: Option<Collect>,
    /// How many runs it makes after this one.
    runs: u8,
    /// What it is going to bury.
    drops: Versions,
    /// The slots that it has listed and not read yet.
    listed: Versions,
    /// The objects that it has marked.
    marks: Ids,
    /// The object that it is going to delete, and whether there are more.
    victim: Option<(u8, bool)>,
}

/// What a step of a collector does to itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Choose the slots to drop: all that can be, or none, for the rules may be others each time.
    Choose { all: bool },
    /// Tell the machine.
    Tell(CollectEvent),
    /// List slots.
    List { after: u8 },
    /// Read a slot that was listed.
    Read { version: u8 },
    /// Mark what tags refer to.
    Tags,
    /// List old objects.
    Sweep { older_than: Timestamp },
}

impl Collector {
    pub(crate) fn new(setup: &Setup, runs: u8) -> Self {
        let machine = runs.checked_sub(1).map(|_| Collect::start(grace_period(setup.grace)).0);
        let runs = runs.saturating_sub(1);
        Self { machine, runs, drops: 0, listed: 0, marks: 0, victim: None }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.machine.is_none()
    }

    /// Everything that can become of its next request. A process that ends is one that fails: the
    /// next run begins anew.
    pub(crate) fn replies(&self, world: &World) -> Vec<Reply<Work>> {
        let Some(machine) = self.machine else { return Vec::new() };
        let failed = badly(Work::Tell(CollectEvent::Failed), Effect::Nothing);
        let next = match machine.action() {
            CollectAction::Choose => {
                let choices = [true, false].map(|all| Work::Choose { all });
                return choices.map(|choice| well(choice, Effect::Nothing)).to_vec();
            }
            CollectAction::Bury { version } => return self.buries(number(version)),
            CollectAction::ReadClock => Work::Tell(CollectEvent::Time(world.now())),
            CollectAction::MarkSlots { after } => match self.listed.trailing_zeros() {
                Versions::BITS => Work::List { after: after.map_or(0, number) },
                place => Work::Read { version: place as u8 + 1 },
            },
            CollectAction::MarkTags { .. } => Work::Tags,
            CollectAction::Sweep { older_than } => match self.victim {
                None => Work::Sweep { older_than },
                Some((id, more)) => return Self::deletes(id, more, world),
            },
            action => panic!("no machine waits for {action:?}"),
        };
        let well = well(next, Effect::Nothing);
        // Whether a look fails at the list or at the read that follows makes no difference.
        match next {
            Work::Read { .. } => vec![well],
            _ => vec![well, failed],
        }
    }

    fn buries(&self, at: u8) -> Vec<Reply<Work>> {
        let request = Request::Bury(at);
        let next = next_version(self.drops >> at << at);
        let failed = Work::Tell(CollectEvent::Failed);
        vec![
            well(Work::Tell(CollectEvent::Buried(next)), Effect::Apply(request)),
            badly(Work::Tell(CollectEvent::Buried(next)), Effect::Both(request)),
            badly(failed, Effect::Apply(request)),
            badly(failed, Effect::Nothing),
            badly(failed, Effect::Send(request)),
        ]
    }

    /// A delete that fails is left to the next run.
    fn deletes(id: u8, more: bool, world: &World) -> Vec<Reply<Work>> {
        let request = Request::Delete(id);
        let swept = Work::Tell(CollectEvent::Swept { more, now: world.now() });
        vec![
            well(swept, Effect::Apply(request)),
            badly(swept, Effect::Nothing),
            badly(swept, Effect::Send(request)),
            badly(swept, Effect::Both(request)),
        ]
    }
}

fn next_version(versions: Versions) -> Option<lode_core::Version> {
    match versions.trailing_zeros() {
        Versions::BITS => None,
        place => Some(version(place as u8 + 1)),
    }
}

impl World {
    /// Does a step of a collector.
    pub(crate) fn collect(&mut self, setup: &Setup, who: usize, work: Work) {
        let mut collector = *self.collector(who);
        let event = match work {
            Work::Choose { all } => Some(self.choose(setup, &mut collector, all)),
            Work::Tell(event) => {
                collector.victim = None;
                Some(event)
            }
            Work::List { after } => self.list(setup, &mut collector, after),
            Work::Read { version } => self.read_slot(setup, &mut collector, version),
            Work::Tags => Some(self.mark_tags(setup, &mut collector)),
            Work::Sweep { older_than } => self.find_victim(setup, &mut collector, older_than),
        };
        if let (Some(machine), Some(event)) = (collector.machine, event) {
            let (machine, action) = machine.on(event);
            collector.machine = Some(machine);
            if matches!(action, CollectAction::Done(_)) {
                collector = Collector::new(setup, collector.runs);
            }
        }
        *self.collector(who) = collector;
    }

    pub(crate) fn collector(&mut self, who: usize) -> &mut Collector {
        self.collectors.get_mut(who).expect("no more collectors than that")
    }

    /// The head and its predecessor stay, whatever the rules say.
    fn choose(&self, setup: &Setup, collector: &mut Collector, all: bool) -> CollectEvent {
        let old = self.store.live().rev().skip(2).filter(|_| all);
        collector.drops = old.fold(0, |drops, live| drops | bit(live.version));
        if setup.mistake == Some(Mistake::MarksFirst) {
            let stay = self.store.live().filter(|live| collector.drops & bit(live.version) == 0);
            collector.marks = stay.fold(self.tagged(), |marks, live| marks | live.objects);
        }
        CollectEvent::Chosen(next_version(collector.drops))
    }

    fn list(&self, setup: &Setup, collector: &mut Collector, after: u8) -> Option<CollectEvent> {
        collector.drops = 0;
        if setup.mistake == Some(Mistake::MarksFirst) {
            return Some(CollectEvent::MarkedSlots(Newest::Live));
        }
        if after == 0 {
            let tags_first = setup.mistake == Some(Mistake::TagsFirst);
            collector.marks = if tags_first { self.tagged() } else { 0 };
        }
        let taken = self.store.taken().map(|taken| taken.manifest.version);
        let listed = taken.filter(|version| *version > after);
        collector.listed = listed.fold(0, |all, version| all | bit(version));
        (collector.listed == 0).then_some(CollectEvent::MarkedSlots(Newest::Nothing))
    }

    /// Reads one slot. The last one is the newest.
    fn read_slot(&self, setup: &Setup, collector: &mut Collector, at: u8) -> Option<CollectEvent> {
        let taken = self.store.get(at)?;
        let is_live = taken.kind == Kind::Live;
        if is_live {
            collector.marks |= taken.manifest.objects;
        }
        collector.listed &= !bit(at);
        let newest = match is_live || setup.mistake == Some(Mistake::ListsOnce) {
            true => Newest::Live,
            false => Newest::Collected(version(at)),
        };
        (collector.listed == 0).then_some(CollectEvent::MarkedSlots(newest))
    }

    fn mark_tags(&self, setup: &Setup, collector: &mut Collector) -> CollectEvent {
        let too_late = [Mistake::MarksFirst, Mistake::TagsFirst];
        if !setup.mistake.is_some_and(|mistake| too_late.contains(&mistake)) {
            collector.marks |= self.tagged();
        }
        CollectEvent::MarkedTags
    }

    fn tagged(&self) -> Ids {
        self.store.tags().fold(0, |objects, tag| objects | tag.objects)
    }

    /// Lists what is old, and picks the first that is not marked.
    fn find_victim(
        &self,
        setup: &Setup,
        collector: &mut Collector,
        older_than: Timestamp,
    ) -> Option<CollectEvent> {
        let older_than = match setup.mistake {
            Some(Mistake::MovingCutOff) => self.now().minus_seconds(grace_period(setup.grace) + 1),
            _ => older_than,
        };
        let old = self.store.objects.older_than(older_than, self.now());
        let garbage = old & !collector.marks;
        if garbage == 0 {
            return Some(CollectEvent::Swept { more: false, now: self.now() });
        }
        let rest = garbage & (garbage - 1);
        collector.victim = Some((garbage.trailing_zeros() as u8, rest != 0));
        None
    }
}

fn bit(version: u8) -> Versions {
    1 << (version - 1)
}
