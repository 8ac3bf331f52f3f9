//! All that there is: the store, two writers and a reader, and what was promised to whom.

use lode_core::commit::{Commit, Outcome, Position, Resolution, Resolve, ResolveStep, Rules};

use crate::shell::Shell;
use crate::store::{Blocks, Kind, Manifest, Store, commit_id, number, version};

/// Who takes part, and under which circumstances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) rules: Rules,
    /// The logical commits of each writer, in order: the blocks of each.
    pub(crate) work: [&'static [Blocks]; 2],
    /// What the slots hold to begin with.
    pub(crate) history: &'static [Kind],
    pub(crate) hint: Option<u8>,
    /// The head that each writer remembers to begin with.
    pub(crate) head: Option<Position>,
    /// How many things may go wrong.
    pub(crate) faults: u8,
    /// How often a writer asks what became of a commit whose outcome is unknown.
    pub(crate) resolves: u8,
    /// Whether a reader looks for the head, at any moment.
    pub(crate) reads: bool,
    /// Whether a collector may bury old slots. That costs a fault each.
    pub(crate) collects: bool,
    /// Whether the store keeps its word on create-if-absent.
    pub(crate) conditions: bool,
    pub(crate) shell: Shell,
}

/// The blocks of the history that is there to begin with.
const OLD: Blocks = 0b1000_0000;

/// What a writer is doing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Doing {
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

/// A reader that looks for the head, and the blocks that were promised before it began.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Reader {
    Absent,
    Waiting,
    Looking { step: ResolveStep, promised: Blocks },
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) writers: [Writer; 2],
    pub(crate) reader: Reader,
    pub(crate) faults: u8,
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
    /// An acknowledged block is not in the head.
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
    /// A commit that is said to be in a slot is not.
    NotThere,
    /// An outcome that these circumstances cannot lead to.
    Unexpected(Outcome),
    /// A reader does not see what was acknowledged before it began.
    Unseen,
    /// A run goes round in circles.
    Endless,
    /// Nothing went wrong, yet not all was committed.
    Unfinished,
}

impl World {
    pub(crate) fn new(setup: &Setup) -> Self {
        let mut store = Store::default();
        store.hint = setup.hint;
        let mut parent = None;
        for (at, kind) in (1..).zip(setup.history) {
            store.create(Manifest { id: 31 - at, version: at, parent, blocks: OLD }, true);
            store.bury(at, *kind);
            parent = if *kind == Kind::Repaired { parent } else { Some(at) };
        }
        let old = if setup.history.is_empty() { 0 } else { OLD };
        let writer = Writer {
            doing: Doing::Nothing,
            head: setup.head,
            task: 0,
            ids: 0,
            id: 0,
            prepared: None,
            resolves: setup.resolves,
        };
        let mut world = Self {
            store,
            writers: [writer; 2],
            reader: if setup.reads { Reader::Waiting } else { Reader::Absent },
            faults: setup.faults,
            acknowledged: old,
            attempted: old,
            denied: 0,
        };
        (0..2).for_each(|who| world.begin(setup, who));
        world
    }

    pub(crate) fn writer(&mut self, who: usize) -> &mut Writer {
        self.writers.get_mut(who).expect("two writers")
    }

    /// The blocks of the logical commit that a writer is at.
    pub(crate) fn wanted(&self, setup: &Setup, who: usize) -> Option<Blocks> {
        let task = self.writers.get(who)?.task;
        setup.work.get(who)?.get(usize::from(task)).copied()
    }

    /// Begins the logical commit that a writer is at, under an id that was never used.
    fn begin(&mut self, setup: &Setup, who: usize) {
        if self.wanted(setup, who).is_none() {
            let writer = self.writer(who);
            // Nothing of what is left here makes a difference from now on.
            *writer = Writer { doing: Doing::Nothing, prepared: None, head: None, ..*writer };
            return;
        }
        let writer = self.writer(who);
        writer.id = u8::try_from(who).expect("two writers") * 8 + writer.ids;
        writer.ids += 1;
        writer.prepared = None;
        writer.resolves = setup.resolves;
        let (machine, _) = Commit::start(commit_id(writer.id), setup.rules, writer.head);
        writer.doing = Doing::Running(machine);
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
                let taken = self.store.get(number(version));
                if taken.is_none_or(|taken| taken.manifest.id != writer.id) {
                    return Err(Broken::NotThere);
                }
                self.acknowledged |= wanted;
                self.writer(who).head = Some(Position::at(version));
            }
            Outcome::Conflict { .. } | Outcome::Failed | Outcome::Refused => {
                self.denied |= 1 << writer.id;
            }
            Outcome::Unknown { version } => {
                if setup.shell == Shell::UnknownIsDone {
                    self.acknowledged |= wanted;
                }
                self.writer(who).doing = Doing::Wondering { version: number(version) };
                return Ok(());
            }
            _ => return Err(Broken::Unexpected(outcome)),
        }
        self.next_task(setup, who);
        Ok(())
    }

    /// Begins to read, or goes on with what was seen.
    pub(crate) fn read(&mut self, setup: &Setup, step: ResolveStep) -> Result<(), Broken> {
        let promised = match self.reader {
            Reader::Looking { promised, .. } => promised,
            Reader::Absent | Reader::Waiting => self.acknowledged,
        };
        self.reader = Reader::Looking { step, promised };
        let ResolveStep::Done(resolution) = step else { return Ok(()) };
        self.reader = Reader::Absent;
        let blocks = match resolution {
            Resolution::At(position) => self.blocks_at(position),
            Resolution::Failed if self.faults < setup.faults => return Ok(()),
            _ => return Err(Broken::Unseen),
        };
        if blocks & promised == promised { Ok(()) } else { Err(Broken::Unseen) }
    }

    pub(crate) fn begin_reading(setup: &Setup) -> ResolveStep {
        let (machine, look) = Resolve::cold(setup.rules.lists);
        ResolveStep::Look(machine, look)
    }

    /// What a shell finds in the manifest that it builds on.
    pub(crate) fn blocks_at(&self, position: Position) -> Blocks {
        let live = position.live.and_then(|live| self.store.get(number(live)));
        // A collected one was still there when it was read, a repaired one was not.
        let readable = live.filter(|taken| taken.kind != Kind::Repaired);
        readable.map_or(0, |taken| taken.manifest.blocks)
    }
}
