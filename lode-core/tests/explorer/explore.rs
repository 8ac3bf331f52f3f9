//! Walks all paths, and looks at every state.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use lode_core::commit::{Action, Commit, Event, Outcome, ResolveStep, Seen};

use crate::shell::{Effect, Reply, replies};
use crate::store::{Flight, Kind};
use crate::world::{Broken, Doing, Reader, Setup, World};

/// One step from a state to the next. The path to a broken promise is a list of them.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "what it holds is printed")]
pub(crate) enum Step {
    Collect(u8),
    Crash { who: usize, effect: Effect },
    GiveUp { who: usize },
    Land(Flight),
    Read(Option<Seen>),
    Resolve { who: usize },
    Work { who: usize, action: Action, event: Event },
}

/// What the exploration of a setup came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// The longest run, in steps.
    pub(crate) longest: usize,
    /// Which outcomes were seen, without their versions: committed, already committed, conflict,
    /// failed, refused, unknown.
    pub(crate) outcomes: [bool; 6],
}

/// A broken promise, and how it came to that.
#[derive(Debug)]
pub(crate) struct Counterexample {
    pub(crate) broken: Broken,
    pub(crate) path: Vec<Step>,
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?} after", self.broken)?;
        self.path.iter().try_for_each(|step| writeln!(f, "  {step:?}"))
    }
}

/// Visits every state that can be reached.
pub(crate) fn explore(setup: &Setup) -> Result<Report, Counterexample> {
    let mut explorer =
        Explorer { setup, seen: HashMap::default(), path: Vec::new(), report: Report::default() };
    let found = explorer.visit(&World::new(setup));
    explorer.report.states = explorer.seen.len();
    match found {
        Ok(()) => Ok(explorer.report),
        Err(broken) => Err(Counterexample { broken, path: explorer.path }),
    }
}

struct Explorer<'a> {
    setup: &'a Setup,
    /// Every state, and whether it lies on the way to the current one.
    seen: HashMap<World, bool, BuildHasherDefault<Mix>>,
    path: Vec<Step>,
    report: Report,
}

impl Explorer<'_> {
    /// Visits a state and all that follow. The path is left as it is when a promise is broken.
    fn visit(&mut self, world: &World) -> Result<(), Broken> {
        match self.seen.entry(*world) {
            Entry::Occupied(entry) if *entry.get() => return Err(Broken::Endless),
            Entry::Occupied(_) => return Ok(()),
            Entry::Vacant(entry) => entry.insert(true),
        };
        self.report.longest = self.report.longest.max(self.path.len());
        world.check()?;
        let mut ended = true;
        for (step, next) in self.steps(world) {
            ended = false;
            self.report.transitions += 1;
            self.path.push(step);
            let next = next?;
            world.check_slots_keep(&next)?;
            self.visit(&next)?;
            self.path.pop();
        }
        if ended {
            world.check_end(self.setup)?;
        }
        self.seen.insert(*world, false);
        Ok(())
    }

    /// Everything that can happen next.
    fn steps(&mut self, world: &World) -> Vec<(Step, Result<World, Broken>)> {
        let mut steps = Vec::new();
        for who in 0..world.writers.len() {
            self.work(world, who, &mut steps);
        }
        for flight in world.store.flights() {
            let mut next = *world;
            next.store.land(flight);
            steps.push((Step::Land(flight), Ok(next)));
        }
        self.read(world, &mut steps);
        if self.setup.collects && world.faults > 0 {
            collect(world, &mut steps);
        }
        steps
    }

    fn work(&mut self, world: &World, who: usize, steps: &mut Vec<(Step, Result<World, Broken>)>) {
        let Some(writer) = world.writers.get(who) else { return };
        match writer.doing {
            Doing::Nothing => {}
            Doing::Running(machine) => {
                self.crash(world, who, Effect::Nothing, steps);
                for reply in replies(world, self.setup, who) {
                    self.carry_out(world, who, machine, reply, steps);
                }
            }
            Doing::Wondering { version } => {
                let mut next = *world;
                if next.resolve(self.setup, who, version) {
                    steps.push((Step::Resolve { who }, Ok(next)));
                }
                let mut next = *world;
                next.next_task(self.setup, who);
                steps.push((Step::GiveUp { who }, Ok(next)));
                self.crash(world, who, Effect::Nothing, steps);
            }
        }
    }

    fn carry_out(
        &mut self,
        world: &World,
        who: usize,
        machine: Commit,
        Reply { event, effect, fault }: Reply,
        steps: &mut Vec<(Step, Result<World, Broken>)>,
    ) {
        if matches!(effect, Effect::Create(_) | Effect::Hint(_) | Effect::Send(_)) {
            self.crash(world, who, effect, steps);
        }
        let Some(faults) = world.faults.checked_sub(fault.into()) else { return };
        let mut next = World { faults, ..*world };
        next.apply(self.setup, who, effect);
        let (after, _) = machine.on(event);
        if let Commit::Done(outcome) = after {
            self.note(outcome);
        }
        let step = Step::Work { who, action: machine.action(), event };
        steps.push((step, next.advance(self.setup, who, after).map(|()| next)));
    }

    /// The process ends before it has acted, or after that, or after it has sent what may arrive
    /// later.
    fn crash(
        &self,
        world: &World,
        who: usize,
        effect: Effect,
        steps: &mut Vec<(Step, Result<World, Broken>)>,
    ) {
        let Some(faults) = world.faults.checked_sub(1) else { return };
        let mut next = World { faults, ..*world };
        next.apply(self.setup, who, effect);
        next.restart(self.setup, who);
        steps.push((Step::Crash { who, effect }, Ok(next)));
    }

    fn read(&self, world: &World, steps: &mut Vec<(Step, Result<World, Broken>)>) {
        let mut step = |seen, faults, to| {
            let mut next = World { faults, ..*world };
            steps.push((Step::Read(seen), next.read(self.setup, to).map(|()| next)));
        };
        match world.reader {
            Reader::Absent => {}
            Reader::Waiting => step(None, world.faults, World::begin_reading(self.setup)),
            Reader::Looking { step: ResolveStep::Look(machine, look), .. } => {
                let seen = world.store.see(look);
                step(Some(seen), world.faults, machine.on(seen));
                if let Some(faults) = world.faults.checked_sub(1) {
                    step(Some(Seen::Failed), faults, machine.on(Seen::Failed));
                }
            }
            Reader::Looking { step: ResolveStep::Done(_), .. } => panic!("it was done"),
        }
    }

    fn note(&mut self, outcome: Outcome) {
        let [committed, already, conflict, failed, refused, unknown] = &mut self.report.outcomes;
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

/// A collector leaves the head and its predecessor alone.
fn collect(world: &World, steps: &mut Vec<(Step, Result<World, Broken>)>) {
    let head = world.store.head().map_or(0, |head| head.version);
    let old = world.store.taken().filter(|taken| taken.kind == Kind::Live);
    for taken in old.filter(|taken| taken.manifest.version + 1 < head) {
        let version = taken.manifest.version;
        let mut next = World { faults: world.faults - 1, ..*world };
        next.store.bury(version, Kind::Collected);
        steps.push((Step::Collect(version), Ok(next)));
    }
}

/// A hash for states that nobody has made to collide: half of the time would go into a safer one.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let word = part.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
            self.write_u64(word);
        }
    }

    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
