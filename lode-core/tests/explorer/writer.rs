//! What a writer goes through from commit to commit.

use lode_core::commit::{Action, Commit, Outcome, Position};

use crate::setup::{Mistake, Setup};
use crate::store::{Blocks, Kind, Manifest, commit_id, number, version};
use crate::world::{Broken, World};

/// How many commit ids a writer has, over all its handles.
const IDS: u8 = 8;

/// What a writer is doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Doing {
    /// It is about to write its data.
    Staging,
    Running(Commit),
    /// The outcome was unknown: it may resolve it, or leave it at that.
    Wondering {
        version: u8,
    },
    Nothing,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct Writer {
    pub(crate) doing: Doing,
    /// The head that this handle remembers.
    head: Option<Position>,
    /// Which of its logical commits it is at.
    task: u8,
    /// How many commit ids it has used, over all its handles.
    ids: u8,
    /// The id of the commit that it is at.
    pub(crate) id: u8,
    /// What the manifest that it made last contains.
    pub(crate) prepared: Option<Manifest>,
    resolves: u8,
}

impl Writer {
    pub(crate) fn new(setup: &Setup) -> Self {
        Self {
            doing: Doing::Nothing,
            head: setup.head,
            task: 0,
            ids: 0,
            id: 0,
            prepared: None,
            resolves: setup.resolves,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.doing == Doing::Nothing
    }

    /// Whether what it does next concerns nobody else. Then it may as well do that at once, for
    /// whatever the others do meanwhile leads to the same.
    pub(crate) fn is_by_itself(&self) -> bool {
        let Doing::Running(machine) = self.doing else { return false };
        matches!(machine.action(), Action::Prepare { .. } | Action::BackOff { .. })
    }
}

impl World {
    pub(crate) fn writer(&mut self, who: usize) -> &mut Writer {
        self.writers.get_mut(who).expect("no more writers than that")
    }

    /// The blocks of the logical commit that a writer is at.
    pub(crate) fn wanted(&self, setup: &Setup, who: usize) -> Option<Blocks> {
        let task = self.writers.get(who)?.task;
        setup.work.get(who)?.get(usize::from(task)).copied()
    }

    /// Begins the logical commit that a writer is at, under an id that was never used.
    pub(crate) fn begin(&mut self, setup: &Setup, who: usize) {
        if self.wanted(setup, who).is_none() {
            let writer = self.writer(who);
            // Nothing of what is left here makes a difference from now on.
            *writer = Writer {
                doing: Doing::Nothing,
                prepared: None,
                head: None,
                resolves: 0,
                ..*writer
            };
            return;
        }
        let writer = self.writer(who);
        writer.id = u8::try_from(who).expect("few writers") * IDS + writer.ids;
        writer.ids += 1;
        assert!(writer.ids <= IDS, "it runs out of ids");
        writer.prepared = None;
        writer.resolves = setup.resolves;
        writer.doing = Doing::Staging;
        // Where nobody collects, it makes no difference when that is.
        if !setup.collects() {
            self.stage(setup, who);
        }
    }

    /// Makes its data durable, and begins to commit them.
    pub(crate) fn stage(&mut self, setup: &Setup, who: usize) {
        let writer = *self.writer(who);
        if setup.mistake != Some(Mistake::ManifestFirst) {
            self.store.objects.create(writer.id);
        }
        let (machine, _) = Commit::start(commit_id(writer.id), setup.rules, writer.head);
        self.writer(who).doing = Doing::Running(machine);
    }

    /// Goes on to the next logical commit.
    pub(crate) fn next_task(&mut self, setup: &Setup, who: usize) {
        self.writer(who).task += 1;
        self.begin(setup, who);
    }

    /// A process ends in the middle of things, and the next one does its work again.
    pub(crate) fn restart(&mut self, setup: &Setup, who: usize) {
        self.writer(who).head = None;
        self.begin(setup, who);
    }

    /// Asks what became of a commit.
    pub(crate) fn resolve(&mut self, setup: &Setup, who: usize, at: u8) -> bool {
        let writer = self.writer(who);
        let Some(resolves) = writer.resolves.checked_sub(1) else { return false };
        writer.resolves = resolves;
        let (machine, _) = Commit::resolve(commit_id(writer.id), setup.rules, version(at));
        writer.doing = Doing::Running(machine);
        true
    }

    /// Takes the next state of a writer's machine.
    pub(crate) fn advance(
        &mut self,
        setup: &Setup,
        who: usize,
        machine: Commit,
    ) -> Result<(), Broken> {
        self.writer(who).doing = Doing::Running(machine);
        match machine {
            Commit::Done(outcome) => self.finish(setup, who, outcome),
            _ => Ok(()),
        }
    }

    fn finish(&mut self, setup: &Setup, who: usize, outcome: Outcome) -> Result<(), Broken> {
        let wanted = self.wanted(setup, who).unwrap_or_default();
        let writer = *self.writer(who);
        match outcome {
            Outcome::AlreadyCommitted => {
                self.acknowledged |= wanted;
                self.denied |= 1 << writer.id;
            }
            Outcome::Committed { version, .. } => {
                let is_there = match self.store.get(number(version)) {
                    Some(taken) => taken.manifest.id == writer.id,
                    None => self.store.frees_slots,
                };
                if !is_there {
                    return Err(Broken::NotThere);
                }
                self.acknowledged |= wanted;
                self.writer(who).head = Some(Position::at(version));
                if setup.mistake == Some(Mistake::ManifestFirst) {
                    self.store.objects.create(writer.id);
                }
            }
            Outcome::Conflict { .. } | Outcome::Failed | Outcome::Refused => {
                self.denied |= 1 << writer.id;
            }
            Outcome::Unknown { version } => {
                match setup.mistake {
                    Some(Mistake::UnknownIsDone) => self.acknowledged |= wanted,
                    Some(Mistake::DeletesUnknown) => self.store.objects.remove(writer.id),
                    _ => {}
                }
                self.writer(who).doing = Doing::Wondering { version: number(version) };
                return Ok(());
            }
            _ => return Err(Broken::Unexpected(outcome)),
        }
        self.next_task(setup, who);
        Ok(())
    }

    /// What a shell finds in the manifest that it builds on: its blocks and their objects.
    pub(crate) fn found_at(&self, position: Position) -> (Blocks, u32) {
        let live = position.live.and_then(|live| self.store.get(number(live)));
        // A collected one was still there when it was read, a repaired one was not.
        let readable = live.filter(|taken| taken.kind != Kind::Repaired);
        readable.map_or((0, 0), |taken| (taken.manifest.blocks, taken.manifest.objects))
    }
}
