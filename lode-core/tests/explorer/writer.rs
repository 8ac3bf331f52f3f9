//! What a writer goes through from commit to commit.

use lode_core::commit::{Action, Commit, Outcome, Position};

use crate::setup::{Mistake, Setup};
use crate::store::{Blocks, Ids, Kind, Manifest, Request, commit_id, number, version};
use crate::world::{Broken, Effect, World};

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
    /// Why it has refused to prepare: what it has staged is older than this epoch admits.
    pub(crate) expired: Option<u8>,
    /// What somebody else has staged, and this one commits.
    pub(crate) receipts: Ids,
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
            expired: None,
            receipts: 0,
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
                expired: None,
                receipts: 0,
                head: None,
                resolves: 0,
                ..*writer
            };
            return;
        }
        let receipts = if setup.receipts { self.orphans(setup) } else { 0 };
        let writer = self.writer(who);
        (writer.expired, writer.receipts) = (None, receipts);
        writer.id = u8::try_from(who).expect("few writers") * IDS + writer.ids;
        writer.ids += 1;
        assert!(writer.ids <= IDS, "it runs out of ids: {who}");
        writer.prepared = None;
        writer.resolves = setup.resolves;
        writer.doing = Doing::Staging;
        // Where nobody collects, it makes no difference when that is.
        if !setup.collects() {
            self.stage(setup, who, 0, false);
        }
    }

    /// The epochs that a writer may know: those of all slots that it can have read. One that finds
    /// that its data have expired stages again in the epoch of the slot that it has just read.
    pub(crate) fn known_epochs(&self, who: usize) -> Vec<u8> {
        if let Some(epoch) = self.writers.get(who).and_then(|writer| writer.expired) {
            return vec![epoch];
        }
        let mut known: Vec<u8> = self.store.whole().map(|it| it.state.epoch).collect();
        known.dedup();
        if known.is_empty() { vec![0] } else { known }
    }

    /// Makes its data durable under a name with this epoch, and begins to commit them. The request
    /// may be repeated later.
    pub(crate) fn stage(&mut self, setup: &Setup, who: usize, epoch: u8, again: bool) {
        let writer = *self.writer(who);
        self.set_epoch(writer.id, epoch);
        if setup.mistake != Some(Mistake::ManifestFirst) {
            let put = Request::Put(writer.id);
            self.carry_out(if again { Effect::Both(put) } else { Effect::Apply(put) });
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
                    self.store.apply(Request::Put(writer.id));
                }
            }
            Outcome::Refused if writer.expired.is_some() => {
                self.denied |= 1 << writer.id;
                let (expired, head) = (writer.expired, writer.head);
                self.begin(setup, who);
                let writer = self.writer(who);
                (writer.expired, writer.head, writer.receipts) = (expired, head, 0);
                return Ok(());
            }
            Outcome::Conflict { .. } | Outcome::Failed | Outcome::Refused => {
                self.denied |= 1 << writer.id;
            }
            // Nothing is known of what cannot be read.
            Outcome::Damaged { .. } if setup.damages > 0 => {}
            Outcome::Unknown { version } => {
                match setup.mistake {
                    Some(Mistake::UnknownIsDone) => self.acknowledged |= wanted,
                    Some(Mistake::DeletesUnknown) => {
                        self.store.apply(Request::Delete(writer.id));
                    }
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

    /// Notes that what a writer has staged has expired, if that is why it refuses to prepare.
    pub(crate) fn note_expired(&mut self, setup: &Setup, who: usize, position: Position) -> bool {
        let writer = *self.writer(who);
        let is_expired = self.is_expired(setup, position, writer.id, writer.receipts);
        if is_expired {
            let epoch = self.state_of(position.slot.map(number)).epoch;
            let writer = self.writer(who);
            (writer.expired, writer.head) = (Some(epoch), Some(position));
        }
        is_expired
    }

    /// What a shell finds in the manifest that it builds on: its blocks and their objects. One that
    /// was buried or damaged since was still there when it was read.
    pub(crate) fn found_at(&self, position: Position) -> (Blocks, Ids) {
        let live = position.live.and_then(|live| self.store.get(number(live)));
        live.map_or((0, 0), |taken| (taken.manifest.blocks, taken.manifest.objects))
    }

    /// Whether the head that a position names can be read, or nothing has to be.
    pub(crate) fn can_read(&self, position: Position) -> bool {
        let live = position.live.and_then(|live| self.store.get(number(live)));
        live.is_none_or(|taken| taken.kind != Kind::Damaged)
    }
}
