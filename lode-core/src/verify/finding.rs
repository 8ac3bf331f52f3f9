//! What a verification finds.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
pub use crate::manifest::Span;
use crate::manifest::{ManifestError, Mismatch};
use crate::range::ByteRange;
use crate::time::Timestamp;

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Finding {
    /// The object: its key, or what the store calls it.
    pub object: String,
    /// What it is to the history.
    pub part: Part,
    /// What is the matter with it.
    pub problem: Problem,
    /// What depends on it.
    pub affected: Affected,
}

impl Finding {
    /// A finding that affects nothing yet.
    pub fn new(object: impl Into<String>, part: Part, problem: Problem) -> Self {
        Self { object: object.into(), part, problem, affected: Affected::default() }
    }

    /// The same, which affects this.
    #[must_use]
    pub fn affecting(self, affected: Affected) -> Self {
        Self { affected, ..self }
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.problem.severity()
    }
}

/// An object that could not be read just now: the store refused, was busy or out of file handles,
/// did not answer, cut its answer short, or answered differently each time. That proves no
/// damage: it is an error of the run that met it, and no [`Finding`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Unreadable {
    /// The object or folder: its key, or what the store calls it.
    pub object: String,
    /// What it is to the history; [`Part::Unknown`] for a folder that could not be listed.
    pub part: Part,
    /// What the store said.
    pub reason: String,
    /// What depends on it, as far as that is known.
    pub affected: Affected,
}

impl Unreadable {
    /// One that affects nothing yet.
    pub fn new(object: impl Into<String>, part: Part, reason: impl Into<String>) -> Self {
        let (object, reason) = (object.into(), reason.into());
        Self { object, part, reason, affected: Affected::default() }
    }

    /// The same, which affects this.
    #[must_use]
    pub fn affecting(self, affected: Affected) -> Self {
        Self { affected, ..self }
    }
}

/// What an object is to its history.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Part {
    /// A block, or a data file.
    Data,
    /// The descriptor.
    Descriptor,
    /// An entry in the index of a partition.
    Entry,
    /// The hint.
    Hint,
    /// A page of a large volume, by which blocks are found.
    Page,
    /// A slot: a manifest, or a tombstone.
    Slot,
    /// A tag or lease.
    Tag,
    /// None that any layout knows.
    Unknown,
}

impl Part {
    /// Its name, for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Descriptor => "descriptor",
            Self::Entry => "entry",
            Self::Hint => "hint",
            Self::Page => "page",
            Self::Slot => "slot",
            Self::Tag => "tag",
            Self::Unknown => "unknown",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[allow(clippy::exhaustive_enums, reason = "something is damaged or it is not")]
pub enum Severity {
    /// Worth knowing; nothing that was promised is broken.
    Notice,
    /// Something is lost, or will mislead who relies on it.
    Damage,
}

/// What is the matter with an object.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// Its bytes are not those that were committed.
    Corrupt {
        /// The digest that was committed.
        expected: Digest,
        /// The digest that they have.
        found: Digest,
    },
    /// It holds another manifest than the slot that it is a copy of.
    Differs {
        /// The version of that slot.
        from: Version,
    },
    /// No live snapshot has files in its partition. A crash or a lost race leaves such an entry.
    DeadEntry,
    /// The snapshot was made from an older one than the newest of its time: two branches.
    Forked {
        /// What it was made from.
        parent: Version,
        /// The newest live snapshot before it; or its parent, where that is not older than itself.
        newest: Version,
    },
    /// The hint names a version beyond the newest: that slot is lost, or the hint is wrong.
    HintAhead {
        /// What it names.
        hint: Version,
        /// The newest slot that is there.
        newest: Option<Version>,
    },
    /// The hint names another version than the newest: an older one, or a tombstone. Harmless,
    /// unless it is trusted.
    HintBehind {
        /// What it names.
        hint: Version,
        /// What it should name.
        newest: Version,
        /// Whether a Go writer trusts it blindly.
        trusted: bool,
    },
    /// There is no hint, though there are slots. Harmless, unless it is trusted.
    HintMissing {
        /// Whether a Go writer trusts it blindly.
        trusted: bool,
    },
    /// The hint is no version.
    HintInvalid,
    /// Slots are not there that must be: nobody frees a slot.
    Hole {
        /// The first of them.
        first: Version,
        /// The last.
        last: Version,
    },
    /// It cannot be decoded.
    Invalid(ManifestError),
    /// It is a copy that a repair has kept of something damaged.
    KeptByRepair,
    /// It says something else than it must.
    Mismatch(Mismatch),
    /// It is not there.
    Missing,
    /// It names no parent, though there are older slots.
    NoParent,
    /// Nothing refers to it: it is about to be committed, or waits to be collected.
    Orphan {
        /// How many bytes it has.
        bytes: u64,
        /// When it was written, if the store tells.
        modified: Option<Timestamp>,
    },
    /// The snapshot was made from one that is not there.
    ParentMissing {
        /// The version that it names.
        parent: Version,
    },
    /// Its bytes are not those that its successor was made from.
    Replaced {
        /// The successor.
        child: Version,
    },
    /// No layout knows such a key.
    Unknown {
        /// How many bytes it has.
        bytes: u64,
    },
    /// It was written with a checksum that is not known, so that its bytes were not verified.
    Unverified {
        /// The algorithm.
        algorithm: String,
    },
    /// It has another size than was committed.
    WrongSize {
        /// In bytes.
        expected: u64,
        /// In bytes.
        found: u64,
    },
}

impl Problem {
    /// How bad it is.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::DeadEntry
            | Self::HintBehind { trusted: false, .. }
            | Self::HintMissing { trusted: false }
            | Self::KeptByRepair
            | Self::Orphan { .. }
            | Self::Unknown { .. }
            | Self::Unverified { .. } => Severity::Notice,
            _ => Severity::Damage,
        }
    }

    /// What it is, in a word that stays the same.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Corrupt { .. } => "corrupt",
            Self::DeadEntry => "dead-entry",
            Self::Differs { .. } => "differs",
            Self::Forked { .. } => "forked",
            Self::HintAhead { .. } => "hint-ahead",
            Self::HintBehind { .. } => "hint-behind",
            Self::HintInvalid => "hint-invalid",
            Self::HintMissing { .. } => "hint-missing",
            Self::Hole { .. } => "hole",
            Self::Invalid(_) => "invalid",
            Self::KeptByRepair => "kept-by-repair",
            Self::Mismatch(_) => "mismatch",
            Self::Missing => "missing",
            Self::NoParent => "no-parent",
            Self::Orphan { .. } => "orphan",
            Self::ParentMissing { .. } => "parent-missing",
            Self::Replaced { .. } => "replaced",
            Self::Unknown { .. } => "unknown",
            Self::Unverified { .. } => "unverified",
            Self::WrongSize { .. } => "wrong-size",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt { expected, found } => {
                write!(f, "its bytes are damaged: their digest is {found}, not {expected}")
            }
            Self::DeadEntry => f.write_str("no snapshot needs this index entry"),
            Self::Differs { from } => {
                write!(f, "it differs from what the manifest of version {} says", from.get())
            }
            Self::Forked { parent, newest } => write!(
                f,
                "it was made from version {}, though version {} came before it: two branches",
                parent.get(),
                newest.get()
            ),
            Self::HintAhead { hint, newest: Some(newest) } => write!(
                f,
                "it names version {}, which is not there: the newest is {}",
                hint.get(),
                newest.get()
            ),
            Self::HintAhead { hint, newest: None } => {
                write!(f, "it names version {}, and there is none at all", hint.get())
            }
            Self::HintBehind { hint, newest, .. } => {
                write!(f, "it names version {}, and the newest is {}", hint.get(), newest.get())
            }
            Self::HintInvalid => f.write_str("it is no version"),
            Self::Hole { first, last } if first == last => {
                write!(f, "version {} is not there", first.get())
            }
            Self::Hole { first, last } => {
                write!(f, "versions {} to {} are not there", first.get(), last.get())
            }
            Self::Invalid(source) => source.fmt(f),
            Self::KeptByRepair => f.write_str("a repair has kept this copy of something damaged"),
            Self::Mismatch(source) => source.fmt(f),
            Self::HintMissing { .. } | Self::Missing => f.write_str("it is not there"),
            Self::NoParent => f.write_str("it names no parent, though there are older versions"),
            Self::Orphan { bytes, .. } => write!(f, "nothing refers to its {bytes} bytes"),
            Self::ParentMissing { parent } => {
                write!(f, "it was made from version {}, which is not there", parent.get())
            }
            Self::Replaced { child } => {
                write!(f, "its bytes are not those that version {} was made from", child.get())
            }
            Self::Unknown { .. } => f.write_str("no layout knows such a key"),
            Self::Unverified { algorithm } => {
                write!(f, "its checksum, {algorithm}, is not known: its bytes were not verified")
            }
            Self::WrongSize { expected, found } => {
                write!(f, "it has {found} bytes, not {expected}")
            }
        }
    }
}

/// What depends on an object.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Affected {
    /// The live snapshots, in order, as runs of them.
    pub snapshots: Vec<Span>,
    /// The tags.
    pub tags: Vec<Id>,
    /// Where in the volume its bytes are.
    pub range: Option<ByteRange>,
}

impl Affected {
    /// One snapshot, and nothing else.
    pub fn snapshot(version: Version) -> Self {
        Self { snapshots: [Span { first: version, last: version }].into(), ..Self::default() }
    }

    /// One tag, and nothing else.
    pub fn tag(name: Id) -> Self {
        Self { tags: [name].into(), ..Self::default() }
    }

    /// Whether a snapshot is affected.
    pub fn has(&self, version: Version) -> bool {
        self.snapshots.iter().any(|span| (span.first..=span.last).contains(&version))
    }
}
