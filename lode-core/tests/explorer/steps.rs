//! Everything that can happen next.

use lode_core::collect::TagOutcome;
use lode_core::commit::{Action, Commit, Event, Outcome, ResolveStep, Seen};

use crate::collector::Work;
use crate::reader::Reader;
use crate::setup::Setup;
use crate::shell;
use crate::store::{Ids, Request};
use crate::tagger::Answer;
use crate::world::{Broken, Effect, Reply, World};
use crate::writer::Doing;

/// One step from a state to the next. The path to a broken promise is a list of them.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "what it holds is printed")]
pub(crate) enum Step {
    Collect { who: usize, work: Work, effect: Effect },
    Crash { who: usize, effect: Effect },
    GiveUp { who: usize },
    Damage,
    Land(Request),
    Read(Option<Seen>),
    Resolve { who: usize },
    Repair { event: Option<Event>, effect: Effect },
    Stage { who: usize, epoch: u8, again: bool },
    StopTagging { effect: Effect },
    Tag { answer: Answer, effect: Effect },
    TakeTag { version: u8 },
    Work { who: usize, action: Action, event: Event, opens: bool },
}

/// What was seen to happen, so that a test can tell that it was not about nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Witness {
    /// Which outcomes of commits: committed, already committed, conflict, failed, refused,
    /// unknown.
    pub(crate) commits: [bool; 6],
    /// Which outcomes of tags: collected, confirmed, failed, unconfirmed, unknown.
    pub(crate) tags: [bool; 5],
    /// The objects that were deleted, and the slots that were buried.
    pub(crate) swept: Ids,
    pub(crate) buried: u32,
    /// Whether a writer has found that its data had expired, and a repair was made.
    pub(crate) expired: bool,
    pub(crate) repaired: bool,
}

/// The state after a step, unless that broke a promise.
pub(crate) type Next = (Step, Result<World, Broken>);

/// The steps from one state.
pub(crate) struct Steps<'a> {
    world: &'a World,
    setup: &'a Setup,
    witness: &'a mut Witness,
    found: Vec<Next>,
}

impl<'a> Steps<'a> {
    pub(crate) fn from(world: &'a World, setup: &'a Setup, witness: &'a mut Witness) -> Vec<Next> {
        let mut steps = Self { world, setup, witness, found: Vec::new() };
        if !steps.by_themselves() {
            steps.all();
        }
        steps.found
    }

    /// The steps of one whose next step concerns nobody else, if there is one.
    fn by_themselves(&mut self) -> bool {
        if let Some(who) = self.world.writers.iter().position(|writer| writer.is_by_itself()) {
            self.work(who);
            return true;
        }
        if let Some(who) = self.world.collectors.iter().position(|it| it.is_by_itself()) {
            self.collect(who);
            return true;
        }
        if self.world.repairer.is_by_itself() {
            self.repair();
            return true;
        }
        let tagger = self.world.tagger.is_by_itself();
        if tagger {
            self.tag();
        }
        tagger
    }

    fn all(&mut self) {
        (0..self.world.writers.len()).for_each(|who| self.work(who));
        for flight in self.world.store.flights() {
            self.step(Step::Land(flight), false, |next, _| next.store.land(flight));
        }
        self.read();
        (0..self.world.collectors.len()).for_each(|who| self.collect(who));
        self.tag();
        for (version, objects) in self.world.taggable() {
            let step = Step::TakeTag { version };
            self.step(step, false, |next, _| next.begin_tagging(version, objects));
        }
        self.repair();
        let is_there = self.world.store.taken().next().is_some() && self.world.is_whole();
        if self.world.damages > 0 && is_there && self.world.is_at_work() {
            self.step(Step::Damage, false, |next, _| next.damage());
        }
    }

    /// A step that breaks no promise by itself; where it is a fault, one must be left.
    fn step(&mut self, step: Step, fault: bool, act: impl FnOnce(&mut World, &mut Witness)) {
        let Some(faults) = self.world.faults.checked_sub(fault.into()) else { return };
        let mut next = World { faults, ..*self.world };
        act(&mut next, self.witness);
        self.found.push((step, Ok(next)));
    }

    fn work(&mut self, who: usize) {
        let setup = self.setup;
        let Some(writer) = self.world.writers.get(who) else { return };
        match writer.doing {
            Doing::Nothing => {}
            Doing::Staging => {
                for epoch in self.world.known_epochs(who) {
                    for again in [false, true] {
                        let step = Step::Stage { who, epoch, again };
                        self.step(step, again, |next, _| next.stage(setup, who, epoch, again));
                    }
                }
            }
            Doing::Running(machine) => {
                self.crash(who, Effect::Nothing);
                for reply in shell::replies(self.world, setup, who) {
                    self.answer(who, machine, reply);
                }
            }
            Doing::Wondering { version } => {
                let mut next = *self.world;
                if next.resolve(setup, who, version) {
                    self.found.push((Step::Resolve { who }, Ok(next)));
                }
                self.step(Step::GiveUp { who }, false, |next, _| next.next_task(setup, who));
                self.crash(who, Effect::Nothing);
            }
        }
    }

    fn answer(&mut self, who: usize, machine: Commit, reply: Reply<Event>) {
        let Reply { event, effect, fault } = reply;
        if !matches!(effect, Effect::Nothing) {
            self.crash(who, effect);
        }
        let Some(faults) = self.world.faults.checked_sub(fault.into()) else { return };
        let mut next = World { faults, ..*self.world };
        next.send(self.setup, who, effect);
        let action = machine.action();
        let (after, _) = machine.on(event);
        if let Commit::Done(outcome) = after {
            self.note(outcome);
        }
        let Action::Prepare { position, version } = action else {
            let step = Step::Work { who, action, event, opens: false };
            self.found.push((step, next.advance(self.setup, who, after).map(|()| next)));
            return;
        };
        for opens in [false, true].into_iter().take(if next.opens > 0 { 2 } else { 1 }) {
            let mut next = next;
            if event == Event::Prepared {
                next.opens -= u8::from(opens);
                next.prepare(self.setup, who, position, version, opens);
            } else if event == Event::Refused {
                let is_expired = next.note_expired(self.setup, who, position);
                self.witness.expired |= is_expired;
            }
            let step = Step::Work { who, action, event, opens };
            self.found.push((step, next.advance(self.setup, who, after).map(|()| next)));
        }
    }

    fn repair(&mut self) {
        let setup = self.setup;
        if self.world.can_repair() {
            let step = Step::Repair { event: None, effect: Effect::Nothing };
            self.step(step, false, |next, witness| {
                witness.repaired = true;
                next.begin_repair(setup);
            });
        }
        for Reply { event, effect, fault } in self.world.repairer.replies(self.world, setup) {
            let Some(faults) = self.world.faults.checked_sub(fault.into()) else { continue };
            let mut next = World { faults, ..*self.world };
            let ended = next.repair(event, effect).map(|()| next);
            self.found.push((Step::Repair { event: Some(event), effect }, ended));
        }
    }

    /// The process ends before it has acted, or after that, or after it has sent what may arrive
    /// later.
    fn crash(&mut self, who: usize, effect: Effect) {
        let setup = self.setup;
        self.step(Step::Crash { who, effect }, true, |next, _| {
            next.send(setup, who, effect);
            next.restart(setup, who);
        });
    }

    fn read(&mut self) {
        let mut step = |seen, faults, to| {
            let mut next = World { faults, ..*self.world };
            self.found.push((Step::Read(seen), next.read(self.setup, to).map(|()| next)));
        };
        match self.world.reader {
            Reader::Absent => {}
            Reader::Waiting => step(None, self.world.faults, World::begin_reading(self.setup)),
            Reader::Looking { step: ResolveStep::Look(machine, look), .. } => {
                let seen = self.world.store.see(look);
                step(Some(seen), self.world.faults, machine.on(seen));
                if let Some(faults) = self.world.faults.checked_sub(1) {
                    step(Some(Seen::Failed), faults, machine.on(Seen::Failed));
                }
            }
            Reader::Looking { step: ResolveStep::Done(_), .. } => panic!("it was done"),
        }
    }

    fn collect(&mut self, who: usize) {
        let Some(collector) = self.world.collectors.get(who) else { return };
        let setup = self.setup;
        for Reply { event: work, effect, fault } in collector.replies(self.world, setup) {
            self.step(Step::Collect { who, work, effect }, fault, |next, witness| {
                match effect {
                    Effect::Apply(Request::Delete(id)) => witness.swept |= 1 << id,
                    Effect::Apply(Request::Bury(version)) => witness.buried |= 1 << version,
                    _ => {}
                }
                next.carry_out(effect);
                next.collect(setup, who, work);
            });
        }
    }

    fn tag(&mut self) {
        let setup = self.setup;
        for Reply { event: answer, effect, fault } in self.world.tagger.replies(self.world, setup) {
            if !matches!(effect, Effect::Nothing) {
                self.step(Step::StopTagging { effect }, true, |next, _| {
                    next.carry_out(effect);
                    next.stop_tagging();
                });
            }
            let Some(faults) = self.world.faults.checked_sub(fault.into()) else { continue };
            let mut next = World { faults, ..*self.world };
            next.carry_out(effect);
            let ended = next.tag(setup, answer).map(|outcome| self.note_tag(outcome));
            self.found.push((Step::Tag { answer, effect }, ended.map(|()| next)));
        }
    }

    fn note_tag(&mut self, outcome: Option<TagOutcome>) {
        let [collected, confirmed, failed, unconfirmed, unknown] = &mut self.witness.tags;
        match outcome {
            Some(TagOutcome::Collected { .. }) => *collected = true,
            Some(TagOutcome::Confirmed) => *confirmed = true,
            Some(TagOutcome::Failed) => *failed = true,
            Some(TagOutcome::Unconfirmed) => *unconfirmed = true,
            Some(TagOutcome::Unknown) => *unknown = true,
            _ => {}
        }
    }

    fn note(&mut self, outcome: Outcome) {
        let [committed, already, conflict, failed, refused, unknown] = &mut self.witness.commits;
        match outcome {
            Outcome::Committed { .. } => *committed = true,
            Outcome::AlreadyCommitted => *already = true,
            Outcome::Conflict { .. } => *conflict = true,
            Outcome::Failed => *failed = true,
            Outcome::Refused => *refused = true,
            Outcome::Unknown { .. } => *unknown = true,
            _ => {}
        }
    }
}
