//! Who takes part, and under which circumstances.

use lode_core::commit::{Position, Rules};

use crate::store::Blocks;

/// How many writers there is room for.
pub(crate) const WRITERS: usize = 3;
/// How many collectors there is room for.
pub(crate) const COLLECTORS: usize = 2;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) paradigm: Paradigm,
    pub(crate) rules: Rules,
    /// The logical commits of each writer, in order: the blocks of each.
    pub(crate) work: [&'static [Blocks]; WRITERS],
    /// What the slots hold to begin with.
    pub(crate) history: &'static [Past],
    /// How many objects there are that nothing refers to, to begin with.
    pub(crate) orphans: u8,
    pub(crate) hint: Option<u8>,
    /// The head that each writer remembers to begin with.
    pub(crate) head: Option<Position>,
    /// How many things may go wrong.
    pub(crate) faults: u8,
    /// How many snapshots may open an epoch.
    pub(crate) opens: u8,
    /// Whether collections may spare what was staged since an older epoch.
    pub(crate) spares: bool,
    /// Whether writers commit what others have staged: the orphans.
    pub(crate) receipts: bool,
    /// How many times the newest slot is damaged.
    pub(crate) damages: u8,
    /// How often a writer asks what became of a commit whose outcome is unknown.
    pub(crate) resolves: u8,
    /// Whether a reader looks for the head, at any moment.
    pub(crate) reads: bool,
    /// How many runs each collector makes, one after the other.
    pub(crate) collects: [u8; COLLECTORS],
    /// How many tags a tagger tries to take, one after the other.
    pub(crate) tags: u8,
    /// Whether the store keeps its word on create-if-absent.
    pub(crate) conditions: bool,
    pub(crate) mistake: Option<Mistake>,
}

impl Setup {
    /// Whether it matters when things are staged, and whether they are there at all.
    pub(crate) fn collects(&self) -> bool {
        self.damages > 0 || self.collects.iter().any(|runs| *runs > 0)
    }
}

/// What a slot holds to begin with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Past {
    Live,
    Collected,
    Record,
}

/// What a commit takes over from the head.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Paradigm {
    /// Nothing: each snapshot has its own files, and every commit makes one.
    Dataset,
    /// All blocks. What the head has already is not committed again.
    Volume,
}

/// Something that a shell gets wrong, to show that the explorer notices. The first six are the
/// mistakes that this protocol is there to prevent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mistake {
    /// A head is taken from the hint, without a look at the slot.
    TrustsHint,
    /// Takes "already exists" for "created", without a look at who is there.
    ExistsIsCreated,
    /// Deletes what it staged when the outcome of its commit is unknown.
    DeletesUnknown,
    /// Writes the manifest before the data.
    ManifestFirst,
    /// The collector deletes old slots in place of putting tombstones over them.
    FreesSlots,

    /// Takes "already exists" for another's, without a look at who is there.
    ExistsIsAnothers,
    /// Builds on the head without its blocks.
    ForgetsHead,
    /// Sends what it prepared first, even after another commit has come between.
    KeepsManifest,
    /// Acknowledges a commit whose outcome is unknown.
    UnknownIsDone,
    /// Takes a broken connection for a refusal.
    UnknownIsRejected,
    /// A snapshot adds what was staged in any epoch.
    NoRule,
    /// Stages again under the name of what may have been swept.
    ReusesName,
    /// A snapshot has the state of the head, not of the newest slot.
    StateOfHead,
    /// The collector deletes without a record.
    NoRecord,
    /// The collector deletes what has the epoch of the floor as well.
    HighThreshold,
    /// The collector does not mark what came between its marks and its record.
    MarksOnce,
    /// The collector reads tags before its record.
    TagsFirst,
    /// The collector goes on when the outcome of its record is unknown.
    RecordUnknownIsDone,
    /// A tag is not confirmed.
    TrustsTag,
    /// The name of a tag that was withdrawn is used again at once.
    ReusesTag,
    /// A repair goes on in the epoch, and with the floor, that the newest readable slot says.
    RepairKeepsFloor,
    /// A repair overwrites the slot that cannot be read.
    RepairOverwrites,
}
