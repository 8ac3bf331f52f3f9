//! Damage to the newest slot, and the shell of one who repairs it.

use lode_core::commit::{Action, Commit, Event, Outcome, Position};

use crate::collector::{RECORD, Work, commits};
use crate::setup::{Mistake, Setup};
use crate::store::{Kind, Manifest, Request, Taken, bit, commit_id, number, version};
use crate::world::{Broken, Effect, Reply, World};

/// The first of its ids.
const FIRST_ID: u8 = 32;

#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(crate) struct Repairer {
    /// How many more times it begins.
    left: u8,
    id: u8,
    record: Option<(Commit, Manifest)>,
}

impl Repairer {
    pub(crate) fn new(setup: &Setup) -> Self {
        // Whoever loses its slot looks again, and may find more that is damaged.
        Self { left: setup.damages * 2, id: FIRST_ID, record: None }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.record.is_none()
    }

    /// See [`crate::writer::Writer::is_by_itself`].
    pub(crate) fn is_by_itself(&self) -> bool {
        self.record.is_some_and(|(commit, _)| matches!(commit.action(), Action::BackOff { .. }))
    }

    /// Everything that can become of its next request.
    pub(crate) fn replies(&self, world: &World, setup: &Setup) -> Vec<Reply<Event>> {
        let Some((commit, record)) = self.record else { return Vec::new() };
        let replies = commits(world, setup, commit, record).into_iter();
        replies
            .filter_map(|Reply { event, effect, fault }| match event {
                Work::Commit(event) => Some(Reply { event, effect, fault }),
                _ => None,
            })
            .collect()
    }
}

impl World {
    /// Spoils the newest slot. What it held counts for nothing from now on.
    pub(crate) fn damage(&mut self) {
        let Some(newest) = self.store.taken().next_back() else { return };
        self.damages -= 1;
        let below = |parent: u8| self.store.get(parent).map_or(0, |it| it.manifest.blocks);
        if !newest.manifest.is_record {
            self.excused |= newest.manifest.blocks & !newest.manifest.parent.map_or(0, below);
        }
        let known = self.store.taken().rev().nth(1).map(|it| it.manifest.state.dropped);
        self.half_dropped |= newest.manifest.state.dropped & !known.unwrap_or_default();
        self.store.damage();
    }

    /// Whether the newest slot can be read.
    pub(crate) fn is_whole(&self) -> bool {
        self.store.taken().next_back().is_none_or(|newest| newest.kind == Kind::Whole)
    }

    /// Whether a repair may begin: the newest slot cannot be read, or the head that it names.
    pub(crate) fn can_repair(&self) -> bool {
        let head = self.store.position().and_then(|position| position.live);
        let is_damaged = |at| self.store.get(number(at)).is_some_and(|it| it.kind != Kind::Whole);
        let is_needed = !self.is_whole() || head.is_some_and(is_damaged);
        self.repairer.left > 0 && self.repairer.record.is_none() && is_needed
    }

    /// Looks at the newest slots, and begins to commit a record: on the newest snapshot that can be
    /// read, with the state of the newest slot that can be.
    pub(crate) fn begin_repair(&mut self, setup: &Setup) {
        let damaged = |taken: &Taken| taken.kind == Kind::Damaged;
        let unreadable = self.store.taken().rev().take_while(damaged).count() as u8;
        let all = self.store.taken().filter(damaged);
        let gives_up = all.fold(0, |all, taken| all | bit(taken.manifest.version));
        let newest = self.store.taken().next_back().expect("there is damage").manifest.version;
        let mut state = self.store.state().repaired(gives_up, unreadable);
        if setup.mistake == Some(Mistake::RepairKeepsFloor) {
            (state.epoch, state.floor) = (self.store.state().epoch, self.store.state().floor);
        }
        let head = self.store.head().map(|head| head.version);
        let record = Manifest {
            id: self.repairer.id,
            version: newest + 1,
            parent: head,
            blocks: 0,
            objects: 0,
            state,
            is_record: true,
        };
        self.repairer.left -= 1;
        self.repairer.id += 1;
        if setup.mistake == Some(Mistake::RepairOverwrites) {
            self.store.apply(Request::Overwrite(Manifest { version: newest, ..record }));
            return;
        }
        let position = Position { slot: Some(version(newest)), live: head.map(version) };
        let (commit, _) = Commit::start(commit_id(record.id), RECORD, Some(position));
        let (commit, _) = commit.on(Event::Prepared);
        self.repairer.record = Some((commit, record));
    }

    /// Takes what became of a request.
    pub(crate) fn repair(&mut self, event: Event, effect: Effect) -> Result<(), Broken> {
        self.carry_out(effect);
        let Some((commit, record)) = self.repairer.record else { return Ok(()) };
        let (commit, action) = commit.on(event);
        self.repairer.record = Some((commit, record));
        let Action::Done(outcome) = action else { return Ok(()) };
        self.repairer.record = None;
        match outcome {
            // One that lost its slot, or does not know, looks again.
            Outcome::Committed { .. }
            | Outcome::Conflict { .. }
            | Outcome::Damaged { .. }
            | Outcome::Failed
            | Outcome::Unknown { .. } => Ok(()),
            outcome => Err(Broken::Unexpected(outcome)),
        }
    }
}
