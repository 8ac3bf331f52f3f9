//! Why an operation of a volume on a device failed.

use core::fmt;

use crate::range::ByteRange;
use crate::store::{self, Name};
use crate::{ErrorKind, Version};

/// Why an operation of a [`Volume`](crate::Volume) failed; `E` is the store's error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum VolumeError<E> {
    /// The slot holds a commit of somebody else, and a device must be its medium's only writer.
    /// Mount the volume again.
    Conflict {
        /// The slot.
        version: Version,
    },
    /// The object is damaged, cut short or gone. Trying again does not help; repair does.
    Corrupt {
        /// The object.
        name: Name,
    },
    /// No version or block number is left below 2^35.
    Exhausted,
    /// The manifest is sound, but not one that this volume could have written.
    Foreign {
        /// The manifest.
        name: Name,
        /// What is another.
        field: Field,
    },
    /// The volume's tables have no room. Nothing has changed. Commit what is staged, fill gaps, or
    /// mount it with more `RUNS`.
    Full {
        /// How many runs there is room for.
        runs: usize,
    },
    /// The medium has no room. Nothing has changed. [Prune](crate::Volume::prune) makes some.
    MediumFull,
    /// The names of the metadata are not in ascending order, each once.
    Metadata,
    /// The volume is not mounted, or has lost track of its medium. Mount it (again).
    NotMounted,
    /// There is nothing to commit, and no snapshot.
    NothingStaged,
    /// The range is empty or not within the volume.
    OutOfBounds {
        /// Where it begins.
        offset: u64,
        /// How many bytes the volume has.
        length: u64,
    },
    /// The range overlaps one that is committed or staged, with other bounds or other bytes.
    Overlap {
        /// The range that was to be staged.
        new: ByteRange,
        /// The block that is there.
        existing: ByteRange,
    },
    /// Not all of the range is committed.
    RangeMissing {
        /// Its first gap.
        gap: ByteRange,
    },
    /// The new manifest does not fit into the scratch buffer. Nothing has changed.
    ScratchTooSmall {
        /// How many bytes are enough.
        needed: usize,
    },
    /// The volume's id is not 1 to 64 of `a-z 0-9 . _ -`, or its length not 1 to 2^63 − 1.
    Settings,
    /// The store failed.
    Store(E),
    /// An object of the store cannot have so many bytes.
    TooLarge {
        /// How many it can have.
        most: usize,
    },
    /// The store would not say whether the commit took place. Mount the volume again, and see.
    Unknown {
        /// Its version, if it did.
        version: Version,
    },
    /// There is no snapshot of this version: it was pruned, or is yet to be committed.
    VersionMissing {
        /// The version.
        version: Version,
    },
}

/// What of a manifest is not as this volume would have written it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Field {
    /// The algorithm of the blocks' checksums, or the size of their digests.
    Checksum,
    /// The version of the format, or the kind of object.
    Format,
    /// The volume's id.
    Id,
    /// The volume's length.
    Length,
    /// The type of a metadata value.
    Metadata,
    /// The version.
    Version,
    /// The writers, or how blocks are named.
    Writer,
}

impl<E: store::Error> VolumeError<E> {
    /// What can be done about it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::Corrupt { .. } => ErrorKind::Corrupt,
            Self::Exhausted | Self::Full { .. } | Self::MediumFull => ErrorKind::OutOfSpace,
            Self::Foreign { .. } => ErrorKind::Mismatch,
            Self::Metadata
            | Self::NothingStaged
            | Self::NotMounted
            | Self::OutOfBounds { .. }
            | Self::ScratchTooSmall { .. }
            | Self::Settings
            | Self::TooLarge { .. } => ErrorKind::InvalidInput,
            Self::Overlap { .. } => ErrorKind::Overlap,
            Self::RangeMissing { .. } => ErrorKind::RangeMissing,
            Self::Store(error) => error.kind(),
            Self::Unknown { .. } => ErrorKind::Unknown,
            Self::VersionMissing { .. } => ErrorKind::NotFound,
        }
    }

    /// A failure of the store, as a volume reports it.
    #[inline(never)]
    pub(super) fn of_store(error: E) -> Self {
        match error.kind() {
            ErrorKind::OutOfSpace => Self::MediumFull,
            _ => Self::Store(error),
        }
    }
}

/// What can be wrong with an object: a part of [`VolumeError`], and a third of its size. It is what
/// the inner functions fail with, as they lie deep on the stack.
pub(super) enum Fault<E> {
    /// There is no such manifest.
    Absent(Name),
    Corrupt(Name),
    Foreign(Name, Field),
    NotMounted,
    Store(E),
}

impl<E: store::Error> From<Fault<E>> for VolumeError<E> {
    #[inline(never)]
    fn from(fault: Fault<E>) -> Self {
        match fault {
            Fault::Absent(name) | Fault::Corrupt(name) => Self::Corrupt { name },
            Fault::Foreign(name, field) => Self::Foreign { name, field },
            Fault::NotMounted => Self::NotMounted,
            Fault::Store(error) => Self::of_store(error),
        }
    }
}

impl<E: fmt::Debug> fmt::Display for VolumeError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { version } => write!(
                f,
                "version {version} was committed by another writer; a device must be the only \
                 one: mount the volume again"
            ),
            Self::Corrupt { name } => write!(f, "{name} is damaged, cut short or gone"),
            Self::Exhausted => f.write_str("no version or block number is left below 2^35"),
            Self::Foreign { name, field } => {
                write!(f, "{name} is not a manifest of this volume: its {field} is another")
            }
            Self::Full { runs } => write!(
                f,
                "the tables have no room beyond {runs} runs: commit what is staged, or fill gaps"
            ),
            Self::MediumFull => f.write_str("the medium is full: prune it"),
            Self::Metadata => f.write_str("metadata needs its names in ascending order, once each"),
            Self::NotMounted => f.write_str("the volume is not mounted: mount it"),
            Self::NothingStaged => f.write_str("nothing is staged, and there is no snapshot yet"),
            Self::OutOfBounds { offset, length } => write!(
                f,
                "the range at {offset} is empty or reaches beyond the volume's {length} bytes"
            ),
            Self::Overlap { new, existing } if new == existing => {
                write!(f, "the range {new} is there already, with other bytes")
            }
            Self::Overlap { new, existing } => {
                write!(f, "the range {new} overlaps the block at {existing}")
            }
            Self::RangeMissing { gap } => write!(f, "{gap} is not committed"),
            Self::ScratchTooSmall { needed } => {
                write!(f, "the scratch buffer is too small: {needed} bytes are enough")
            }
            Self::Settings => f.write_str(
                "the id must be 1 to 64 of `a-z 0-9 . _ -`, and the length 1 to 2^63 - 1",
            ),
            Self::Store(error) => write!(f, "the store failed: {error:?}"),
            Self::TooLarge { most } => {
                write!(f, "the store's objects have at most {most} bytes")
            }
            Self::Unknown { version } => write!(
                f,
                "whether version {version} was committed is not known: mount the volume again"
            ),
            Self::VersionMissing { version } => {
                write!(f, "there is no snapshot of version {version}: it was pruned, or never was")
            }
        }
    }
}

impl<E: fmt::Debug> core::error::Error for VolumeError<E> {}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Checksum => "checksum algorithm",
            Self::Format => "format or kind",
            Self::Id => "volume's id",
            Self::Length => "volume's length",
            Self::Metadata => "type of metadata value",
            Self::Version => "version",
            Self::Writer => "writer",
        })
    }
}
