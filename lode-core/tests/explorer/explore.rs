//! Walks all paths, and looks at every state.

use std::collections::HashSet;
use std::fmt;

use crate::mix::{BuildAsIs, fingerprint};
use crate::setup::Setup;
use crate::steps::{Step, Steps, Witness};
use crate::world::{Broken, World};

/// What the exploration of a setup came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// The longest run, in steps.
    pub(crate) longest: usize,
    pub(crate) witness: Witness,
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
    let mut explorer = Explorer {
        setup,
        seen: HashSet::default(),
        open: HashSet::default(),
        path: Vec::new(),
        report: Report::default(),
    };
    let found = explorer.visit(&World::new(setup));
    explorer.report.states = explorer.seen.len();
    match found {
        Ok(()) => Ok(explorer.report),
        Err(broken) => Err(Counterexample { broken, path: explorer.path }),
    }
}

struct Explorer<'a> {
    setup: &'a Setup,
    /// Every state that was visited.
    seen: HashSet<u64, BuildAsIs>,
    /// Those of them that lie on the way to the current one.
    open: HashSet<u64, BuildAsIs>,
    path: Vec<Step>,
    report: Report,
}

impl Explorer<'_> {
    /// Visits a state and all that follow. The path is left as it is when a promise is broken.
    fn visit(&mut self, world: &World) -> Result<(), Broken> {
        let state = fingerprint(world);
        if !self.seen.insert(state) {
            return if self.open.contains(&state) { Err(Broken::Endless) } else { Ok(()) };
        }
        self.open.insert(state);
        self.report.longest = self.report.longest.max(self.path.len());
        world.check()?;
        let steps = Steps::from(world, self.setup, &mut self.report.witness);
        if steps.is_empty() {
            world.check_end(self.setup)?;
        }
        self.report.transitions += steps.len();
        for (step, next) in steps {
            self.path.push(step);
            let next = next?;
            world.check_step(&next)?;
            self.visit(&next)?;
            self.path.pop();
        }
        self.open.remove(&state);
        Ok(())
    }
}
