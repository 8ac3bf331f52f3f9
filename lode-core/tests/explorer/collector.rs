//! The shell of a collector: each of its steps is one request, or several whose order among those
//! of others makes no difference.

use lode_core::collect::{Collect, CollectAction, CollectEvent, CollectOutcome, Fate};
use lode_core::commit::{Action, Commit, Density, Event, Look, Outcome, Position, Rules, Seen};

use crate::setup::{Mistake, Setup};
use crate::shell::creates;
use crate::state::State;
use crate::store::{Ids, Kind, Manifest, Request, Versions, bit, bits, commit_id, number, version};
use crate::world::{Effect, GO_OLD, GO_YOUNG, Reply, World, badly, well};

/// How many times it starts again after its slot was taken.
const PATIENCE: u32 = 2;
/// How many commit ids a collector has, one for each run.
const IDS: u8 = 4;
/// The first of all collectors' ids.
const FIRST_ID: u8 = 24;
/// A record is tried for once in each slot, and no hint names it.
pub(crate) const RECORD: Rules =
    Rules { density: Density::Dense, retries: 0, resends: 1, hint_attempts: 0 };

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Collector {
    pub(crate) machine: Option<Collect>,
    /// How many runs it makes after this one.
    runs: u8,
    /// The id of its record.
    id: u8,
    /// What it is going to drop.
    drops: Versions,
    /// The objects that it has marked.
    marks: Ids,
    /// The commit of its record, and what it contains.
    record: Option<(Commit, Manifest)>,
    /// Whether it has asked what became of its record.
    has_resolved: bool,
    /// What its record has decided.
    state: State,
    /// The objects that it is going to delete, once it has listed them.
    victims: Option<Ids>,
}

/// What a step of a collector does to itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    /// Choose the versions to drop: all that can be, or none, for the rules may be others each
    /// time.
    Choose { all: bool },
    /// Mark what slots refer to, up to the newest.
    MarkSlots { after: u8 },
    /// Make the record, with a floor that spares this epoch, and begin to commit it.
    Prepare { on: u8, spare: Option<u8> },
    /// Tell the commit of the record.
    Commit(Event),
    /// Mark what tags refer to.
    MarkTags,
    /// List objects.
    List,
    /// An object is deleted, or will be by a later run.
    Delete(u8),
    /// Tell the machine.
    Tell(CollectEvent),
}

impl Collector {
    pub(crate) fn new(who: usize, runs: u8) -> Self {
        let who = u8::try_from(who).expect("few collectors");
        Self {
            machine: runs.checked_sub(1).map(|_| Collect::start(PATIENCE).0),
            runs: runs.saturating_sub(1),
            id: FIRST_ID + who * IDS,
            drops: 0,
            marks: 0,
            record: None,
            has_resolved: false,
            state: State::default(),
            victims: None,
        }
    }

    /// The next run of the same collector, or the next one that somebody begins.
    fn again(self) -> Self {
        Self { id: self.id + 1, ..Self::new(0, self.runs) }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.machine.is_none()
    }

    /// See [`crate::writer::Writer::is_by_itself`].
    pub(crate) fn is_by_itself(&self) -> bool {
        let waits = |commit: Commit| matches!(commit.action(), Action::BackOff { .. });
        self.record.is_some_and(|(commit, _)| waits(commit))
    }

    /// Everything that can become of its next request. A process that ends is one that fails: the
    /// next run begins anew.
    pub(crate) fn replies(&self, world: &World, setup: &Setup) -> Vec<Reply<Work>> {
        let Some(machine) = self.machine else { return Vec::new() };
        let failed = badly(Work::Tell(CollectEvent::Failed), Effect::Nothing);
        let calmly = |work| well(work, Effect::Nothing);
        match machine.action() {
            CollectAction::Choose => [true, false].map(|all| calmly(Work::Choose { all })).to_vec(),
            CollectAction::MarkSlots { after } => {
                vec![calmly(Work::MarkSlots { after: after.map_or(0, number) })]
            }
            CollectAction::Record { on } => match self.record {
                None => self.prepares(world, setup, number(on)),
                Some((commit, record)) => commits(world, setup, commit, record),
            },
            CollectAction::MarkTags => vec![calmly(Work::MarkTags), failed],
            CollectAction::Sweep => match self.victims {
                None => vec![calmly(Work::List)],
                Some(victims) => deletes(victims.trailing_zeros() as u8, failed),
            },
            CollectAction::Bury { version } => self.buries(world, number(version)),
            action => panic!("no machine waits for {action:?}"),
        }
    }

    /// Any floor between the old one and the new epoch.
    fn prepares(&self, world: &World, setup: &Setup, on: u8) -> Vec<Reply<Work>> {
        let state = world.state_of(Some(on));
        let spares = (state.floor..=state.epoch).map(Some).filter(|_| setup.spares);
        spares
            .chain([None])
            .map(|spare| well(Work::Prepare { on, spare }, Effect::Nothing))
            .collect()
    }

    fn buries(&self, world: &World, at: u8) -> Vec<Reply<Work>> {
        let request = Request::Bury(at);
        let next = self.next_burial(world, at);
        let buried = Work::Tell(CollectEvent::Buried(next.map(version)));
        let failed = Work::Tell(CollectEvent::Failed);
        vec![
            well(buried, Effect::Apply(request)),
            badly(buried, Effect::Both(request)),
            badly(failed, Effect::Apply(request)),
            badly(failed, Effect::Nothing),
            badly(failed, Effect::Send(request)),
        ]
    }

    /// The first snapshot above a version that has been dropped and not been buried.
    fn next_burial(&self, world: &World, above: u8) -> Option<u8> {
        let is_there = |version: &u8| {
            let taken = world.store.get(*version);
            taken.is_some_and(|it| it.kind == Kind::Whole && !it.manifest.is_record)
        };
        bits(self.state.dropped).filter(|version| *version > above).find(is_there)
    }
}

/// Everything that can become of the next request of the commit of a record.
pub(crate) fn commits(
    world: &World,
    setup: &Setup,
    commit: Commit,
    record: Manifest,
) -> Vec<Reply<Work>> {
    let replies = match commit.action() {
        Action::Create { .. } => creates(world, setup, record),
        Action::BackOff { .. } => vec![well(Event::Waited, Effect::Nothing)],
        Action::Look(Look::Slot(at)) => vec![
            well(Event::Seen(Seen::Slot(world.store.see_slot(number(at)))), Effect::Nothing),
            badly(Event::Seen(Seen::Failed), Effect::Nothing),
        ],
        action => panic!("no record waits for {action:?}"),
    };
    let work = |Reply { event, effect, fault }| Reply { event: Work::Commit(event), effect, fault };
    replies.into_iter().map(work).collect()
}

/// A delete that fails is left to the next run.
fn deletes(id: u8, failed: Reply<Work>) -> Vec<Reply<Work>> {
    let request = Request::Delete(id);
    let deleted = Work::Delete(id);
    vec![
        well(deleted, Effect::Apply(request)),
        badly(deleted, Effect::Nothing),
        badly(deleted, Effect::Send(request)),
        badly(deleted, Effect::Both(request)),
        failed,
    ]
}

impl World {
    /// Does a step of a collector.
    pub(crate) fn collect(&mut self, setup: &Setup, who: usize, work: Work) {
        let mut collector = *self.collector(who);
        let event = match work {
            Work::Choose { all } => Some(self.choose(setup, &mut collector, all)),
            Work::MarkSlots { after } => Some(self.mark_slots(setup, &mut collector, after)),
            Work::Prepare { on, spare } => self.prepare_record(setup, &mut collector, on, spare),
            Work::Commit(event) => self.commit_record(setup, &mut collector, event),
            Work::MarkTags => {
                if setup.mistake != Some(Mistake::TagsFirst) {
                    collector.marks |= self.tagged();
                }
                Some(CollectEvent::MarkedTags)
            }
            Work::List => {
                collector.victims = Some(self.garbage(setup, &collector)).filter(|ids| *ids != 0);
                let next = collector.next_burial(self, 0).map(version);
                collector.victims.is_none().then_some(CollectEvent::Swept { more: false, next })
            }
            Work::Delete(id) => {
                let rest = collector.victims.unwrap_or_default() & !(1 << id);
                collector.victims = Some(rest).filter(|rest| *rest != 0);
                let next = collector.next_burial(self, 0).map(version);
                collector.victims.is_none().then_some(CollectEvent::Swept { more: false, next })
            }
            Work::Tell(event) => Some(event),
        };
        if let (Some(machine), Some(event)) = (collector.machine, event) {
            let (machine, action) = machine.on(event);
            collector.machine = Some(machine);
            if let CollectAction::Done(outcome) = action {
                if outcome == CollectOutcome::Finished && event != CollectEvent::Nothing {
                    self.cleared = self.cleared.max(collector.state.floor);
                }
                collector = collector.again();
            }
        }
        *self.collector(who) = collector;
    }

    pub(crate) fn collector(&mut self, who: usize) -> &mut Collector {
        self.collectors.get_mut(who).expect("no more collectors than that")
    }

    /// The head and its predecessor stay, whatever the rules say.
    fn choose(&self, setup: &Setup, collector: &mut Collector, all: bool) -> CollectEvent {
        if self.store.position().is_none_or(|position| position == Position::EMPTY) {
            return CollectEvent::Nothing;
        }
        let old = self.store.live().rev().skip(2).filter(|_| all);
        collector.drops = old.fold(0, |drops, live| drops | bit(live.version));
        if setup.mistake == Some(Mistake::TagsFirst) {
            collector.marks = self.tagged();
        }
        CollectEvent::Chosen
    }

    /// Slots stay as they are, so it makes no difference that others write while they are read: the
    /// moment that counts is that of the look at the first one that is empty.
    fn mark_slots(&self, setup: &Setup, collector: &mut Collector, after: u8) -> CollectEvent {
        let Some(newest) = self.store.taken().next_back().map(|it| it.manifest.version) else {
            return CollectEvent::Nothing;
        };
        let gone = self.store.state().dropped | collector.drops;
        let mut unreadable = self.store.taken().filter(|taken| taken.kind == Kind::Damaged);
        // What a repair has given up is known to refer to nothing that counts.
        if unreadable.any(|taken| gone & bit(taken.manifest.version) == 0) {
            return CollectEvent::Failed;
        }
        let stays = |it: &Manifest| it.version > after && gone & bit(it.version) == 0;
        if after == 0 || setup.mistake != Some(Mistake::MarksOnce) {
            let stay = self.store.whole().filter(stays);
            collector.marks = stay.fold(collector.marks, |marks, it| marks | it.objects);
        }
        CollectEvent::MarkedSlots { newest: version(newest) }
    }

    /// What the slot of this version says of collections.
    pub(crate) fn state_of(&self, at: Option<u8>) -> State {
        at.and_then(|at| self.store.get(at)).map(|taken| taken.manifest.state).unwrap_or_default()
    }

    fn prepare_record(
        &self,
        setup: &Setup,
        collector: &mut Collector,
        on: u8,
        spare: Option<u8>,
    ) -> Option<CollectEvent> {
        let below = self.store.get(on).expect("what was marked is there").manifest;
        let head = if below.is_record { below.parent } else { Some(on) };
        // A repair may have made an old snapshot the head.
        if head.is_some_and(|head| collector.drops & bit(head) != 0) {
            return Some(CollectEvent::Failed);
        }
        collector.state = below.state.collected(collector.drops, spare);
        if setup.mistake == Some(Mistake::NoRecord) {
            return Some(CollectEvent::Recorded);
        }
        let record = Manifest {
            id: collector.id,
            version: on + 1,
            parent: head,
            blocks: 0,
            objects: 0,
            state: collector.state,
            is_record: true,
        };
        let position = Position { slot: Some(version(on)), live: head.map(version) };
        let (commit, _) = Commit::start(commit_id(collector.id), RECORD, Some(position));
        let (commit, _) = commit.on(Event::Prepared);
        collector.record = Some((commit, record));
        None
    }

    fn commit_record(
        &self,
        setup: &Setup,
        collector: &mut Collector,
        event: Event,
    ) -> Option<CollectEvent> {
        let (commit, record) = collector.record?;
        let (commit, action) = commit.on(event);
        collector.record = Some((commit, record));
        let Action::Done(outcome) = action else { return None };
        collector.record = None;
        match outcome {
            Outcome::Committed { .. } => Some(CollectEvent::Recorded),
            Outcome::Conflict { .. } => Some(CollectEvent::Overtaken),
            Outcome::Unknown { .. } if setup.mistake == Some(Mistake::RecordUnknownIsDone) => {
                Some(CollectEvent::Recorded)
            }
            Outcome::Unknown { version } if !collector.has_resolved => {
                let (commit, _) = Commit::resolve(commit_id(collector.id), RECORD, version);
                (collector.record, collector.has_resolved) = (Some((commit, record)), true);
                None
            }
            _ => Some(CollectEvent::Failed),
        }
    }

    fn tagged(&self) -> Ids {
        self.store.tags().fold(0, |objects, tag| objects | tag.objects)
    }

    /// What a list shows that must go.
    fn garbage(&self, setup: &Setup, collector: &Collector) -> Ids {
        let mut floor = u32::from(collector.state.floor);
        if setup.mistake == Some(Mistake::HighThreshold) {
            floor += 1;
        }
        let is_garbage = |id: &u8| {
            let is_go = [GO_OLD, GO_YOUNG].contains(id);
            let epoch = (!is_go).then(|| self.epoch(*id).into());
            let is_marked = collector.marks & 1 << id != 0;
            Fate::of(epoch, is_marked, *id == GO_OLD, floor) == Fate::Garbage
        };
        let there = (0..Ids::BITS as u8).filter(|id| self.store.objects & 1 << id != 0);
        there.filter(is_garbage).fold(0, |ids, id| ids | 1 << id)
    }
}
