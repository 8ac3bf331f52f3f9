//! Who takes part, and under which circumstances.

use lode_core::commit::{Position, Rules};

use crate::store::{Blocks, Kind};

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
    pub(crate) history: &'static [Kind],
    /// How many objects there are that nothing refers to, to begin with.
    pub(crate) orphans: u8,
    pub(crate) hint: Option<u8>,
    /// The head that each writer remembers to begin with.
    pub(crate) head: Option<Position>,
    /// How many things may go wrong.
    pub(crate) faults: u8,
    /// How many steps time may take. See [`crate::time`].
    pub(crate) ticks: u8,
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
    /// The grace period, in steps of time.
    pub(crate) grace: u8,
    pub(crate) mistake: Option<Mistake>,
}

impl Setup {
    /// Whether it matters how old things are, and whether they are there at all.
    pub(crate) fn collects(&self) -> bool {
        self.collects.iter().any(|runs| *runs > 0)
    }
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
    /// A head is taken from the hint, and nothing is listed.
    TrustsHint,
    /// Takes "already exists" for "created", without a look at who is there.
    ExistsIsCreated,
    /// Deletes what it staged when the outcome of its commit is unknown.
    DeletesUnknown,
    /// Writes the manifest before the data.
    ManifestFirst,
    /// The collector deletes old slots in place of putting tombstones over them.
    FreesSlots,
    /// The collector marks before it buries.
    MarksFirst,

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
    /// Sends a manifest however old its data are.
    NeverExpires,
    /// Stages again under the name of what was swept.
    ReusesName,
    /// The collector lists tags before it reads slots.
    TagsFirst,
    /// The collector does not look behind a tombstone in the newest slot.
    ListsOnce,
    /// The collector compares ages with the time of the sweep, not of the marks.
    MovingCutOff,
    /// A tag is not confirmed.
    TrustsTag,
    /// The name of a tag that was withdrawn is used again at once.
    ReusesTag,
}
