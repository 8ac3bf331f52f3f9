//! What can go wrong.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use lode_core::checksum::Digest;
use lode_core::codec::CodecError;
use lode_core::compress::CompressError;
use lode_core::id::{Id, IdError};
use lode_core::key::{Key, KeyError};
use lode_core::layout::LayoutKind;
use lode_core::manifest::{ManifestError, Mismatch, Overlap};
use lode_core::partition::PartitionError;
use lode_core::range::ByteRange;
use lode_core::{ErrorKind, Version};

use crate::CommitUnknown;
use crate::store::{Failure, without_secrets};

/// What can go wrong. Each names the thing and the place, and says what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The bucket or container of the store does not exist.
    BucketNotFound {
        /// The store.
        store: String,
        /// What the server said.
        source: Box<object_store::Error>,
    },
    /// The snapshot was there and has been collected.
    Collected {
        /// Its volume.
        id: Id,
        /// Its version.
        version: Version,
    },
    /// The commit may or may not have taken place: settle it with
    /// [`Volume::resolve`](crate::Volume::resolve).
    CommitUnknown(Box<CommitUnknown>),
    /// A file could not be compressed or decompressed.
    Compress {
        /// The file.
        key: Key,
        /// Why not.
        source: CompressError,
    },
    /// The store created an object that was there already: it cannot tell writers apart.
    ConditionalWritesIgnored {
        /// The store.
        store: String,
    },
    /// Another writer has committed this version first, and no retries are allowed.
    Conflict {
        /// The version.
        version: Version,
    },
    /// An object does not have the bytes that were committed.
    Corrupt {
        /// The object.
        key: Key,
        /// The digest that was committed.
        expected: Digest,
        /// The digest that the bytes have.
        found: Digest,
    },
    /// There is no such dataset.
    DatasetNotFound {
        /// Its id.
        id: Id,
    },
    /// Datasets cannot be listed in this layout.
    DatasetsNotModeled {
        /// The layout.
        layout: LayoutKind,
    },
    /// A file cannot be decoded.
    Decode {
        /// The file.
        key: Key,
        /// Why not.
        source: CodecError,
    },
    /// There is no medium of a device.
    DeviceNotFound {
        /// The store that was taken for one.
        store: String,
    },
    /// Two volumes that should be one have different bytes in the same places. Nothing was changed.
    Diverged {
        /// The volume that was written to.
        id: Id,
        /// Where, in order.
        ranges: Vec<ByteRange>,
    },
    /// A commit of nothing.
    EmptyCommit,
    /// A block of no bytes was to be staged.
    EmptyBlock {
        /// Where.
        offset: u64,
    },
    /// Records cannot be encoded.
    Encode {
        /// The codec.
        codec: &'static str,
        /// Why not.
        source: CodecError,
    },
    /// The source of random bits failed.
    Entropy {
        /// Why.
        source: io::Error,
    },
    /// The hint names a manifest that is not an ancestor of the newest one.
    Forked {
        /// The version that the hint names.
        hint: Version,
        /// The newest version.
        newest: Version,
    },
    /// A block was staged by a handle of another volume or store.
    ForeignBlock {
        /// Where it was staged.
        key: Key,
    },
    /// A commit has failed that was made together with others, which are told the same.
    Grouped {
        /// Why.
        source: Arc<Error>,
    },
    /// The history of a dataset is not the beginning of the one that was to be copied into it.
    HistoryDiverged {
        /// The dataset that was to be written to.
        id: Id,
        /// The first version that is another, or is there on one side only.
        version: Version,
    },
    /// The id cannot be used.
    InvalidId {
        /// Why not.
        source: IdError,
    },
    /// The key cannot be used.
    InvalidKey {
        /// Why not.
        source: KeyError,
    },
    /// A volume cannot have this length.
    InvalidLength {
        /// In bytes.
        length: u64,
    },
    /// The objects of a store could not be listed.
    List {
        /// The store.
        store: String,
        /// Why not.
        source: Box<object_store::Error>,
    },
    /// A manifest cannot be read.
    ManifestInvalid {
        /// The manifest.
        key: Key,
        /// Why not.
        source: ManifestError,
    },
    /// What is in the store is not what the caller says it is.
    Mismatch {
        /// The object that says otherwise.
        key: Key,
        /// What disagrees.
        source: Mismatch,
    },
    /// An object that a manifest refers to is gone.
    Missing {
        /// The object.
        key: Key,
    },
    /// There are files of the dataset, but no manifest.
    NoManifests {
        /// The dataset.
        id: Id,
    },
    /// The snapshot was written with other means than this handle has.
    Opened {
        /// Its version.
        version: Version,
        /// What differs: `codec`, `compressor`.
        what: &'static str,
        /// What it was written with.
        written: String,
        /// What the handle was opened with.
        opened: String,
    },
    /// The version is that of a record of maintenance, not of a snapshot.
    NotASnapshot {
        /// The volume or dataset.
        id: Id,
        /// The version.
        version: Version,
    },
    /// A range ends behind the volume, or before it begins.
    OutOfBounds {
        /// Where it begins.
        start: u64,
        /// Where it ends.
        end: u64,
        /// How many bytes the volume has.
        total_length: u64,
    },
    /// A block overlaps one that is committed.
    Overlap {
        /// Which.
        source: Overlap,
        /// The version that has the other.
        version: Option<Version>,
    },
    /// A record has no partition.
    Partition {
        /// Which record, counted from 0.
        index: u64,
        /// Why not.
        source: PartitionError,
    },
    /// A part of what was to be read has not been committed.
    RangeMissing {
        /// The first such part.
        gap: ByteRange,
        /// In which snapshot.
        version: Version,
    },
    /// No runtime could be started.
    Runtime {
        /// Why not.
        source: io::Error,
    },
    /// There is no such snapshot.
    SnapshotNotFound {
        /// The volume.
        id: Id,
        /// The version.
        version: Version,
    },
    /// What was staged was overtaken by a collection before it was committed, and may be deleted:
    /// it was staged in an epoch that has ended. To stage it again helps.
    StageExpired {
        /// The object.
        key: Key,
    },
    /// Reading the stream that was to be staged failed.
    Source {
        /// Where in the volume.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// A compressor makes no progress; it is at fault.
    Stalled {
        /// The file.
        key: Key,
    },
    /// The store failed.
    Store {
        /// At what.
        operation: &'static str,
        /// The object.
        key: Key,
        /// Why.
        source: Box<object_store::Error>,
    },
    /// The directory does not exist.
    StoreNotFound {
        /// The directory.
        path: PathBuf,
    },
    /// The location of a store cannot be used.
    StoreUrl {
        /// The location.
        url: String,
        /// Why not.
        reason: String,
    },
    /// There is no such tag.
    TagNotFound {
        /// The volume or dataset.
        id: Id,
        /// The name.
        name: Id,
    },
    /// There is a tag of this name already.
    TagTaken {
        /// The volume or dataset.
        id: Id,
        /// The name.
        name: Id,
    },
    /// It could not be learnt whether a tag holds its snapshot, so it promises nothing.
    TagUnsettled {
        /// The tag.
        key: Key,
        /// What the store said last.
        source: Option<Box<Error>>,
    },
    /// More bytes come out of a compressed file than are allowed.
    TooLarge {
        /// The file.
        key: Key,
        /// How many are allowed.
        limit: u64,
    },
    /// An object is shorter, or a data file longer, than what was committed.
    Truncated {
        /// The object.
        key: Key,
        /// How many bytes it must have at the least.
        expected: u64,
        /// How many it has.
        found: u64,
    },
    /// The checksum algorithm is not known to this handle.
    UnknownChecksum {
        /// Its name.
        name: String,
        /// What was written with it.
        key: Key,
    },
    /// The manifest cannot be written: the metadata cannot be, say.
    Unwritable {
        /// Why not.
        source: ManifestError,
    },
    /// Unfinished uploads could not be dealt with.
    Uploads {
        /// What could not be done to them.
        operation: &'static str,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No version is left after the last one.
    VersionsExhausted,
    /// There is no such volume.
    VolumeNotFound {
        /// Its id.
        id: Id,
    },
    /// A write that has failed cannot go on.
    WriteFailed {
        /// The dataset.
        id: Id,
    },
}

impl Error {
    /// The store has failed at this.
    pub(crate) fn store(operation: &'static str, key: &Key, source: object_store::Error) -> Self {
        let source = Box::new(without_secrets(source));
        Self::Store { operation, key: key.clone(), source }
    }

    /// The store says of an object now this and now that, so that nothing is known of it.
    pub(crate) fn unsettled(key: &Key) -> Self {
        Self::unread(key, "each reading of it is another")
    }

    /// An object could not be read, though the store did not say so.
    pub(crate) fn unread(key: &Key, reason: impl Into<String>) -> Self {
        let source = reason.into().into();
        Self::store("read", key, object_store::Error::Generic { store: "store", source })
    }

    /// Whether a commit that has failed with this error has not taken place and never will, so that
    /// what was staged for it may be [discarded](crate::Volume::discard). Of other errors that is
    /// not known: what the slot holds may be that very commit.
    pub fn rules_out_commit(&self) -> bool {
        match self {
            Self::Grouped { source } => source.rules_out_commit(),
            _ => matches!(
                self,
                Self::BucketNotFound { .. }
                    | Self::Collected { .. }
                    | Self::Conflict { .. }
                    | Self::EmptyCommit
                    | Self::ForeignBlock { .. }
                    | Self::List { .. }
                    | Self::Overlap { .. }
                    | Self::StageExpired { .. }
                    | Self::Store { .. }
                    | Self::Unwritable { .. }
                    | Self::VersionsExhausted
            ),
        }
    }

    /// What can be done about it. It is the same whichever store fails, at whichever call: no room
    /// and no quota left are [`ErrorKind::OutOfSpace`]; a server that answers 503 or 429, a
    /// request that takes too long, and a process with too many open files [`ErrorKind::Busy`];
    /// connections that are refused or break [`ErrorKind::Unreachable`]; 401, 403, and a file
    /// system that may only be read [`ErrorKind::PermissionDenied`]; a bucket that does not exist
    /// [`ErrorKind::NotFound`].
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Collected { .. } => ErrorKind::Collected,
            Self::Compress { source, .. } => source.kind(),
            Self::Decode { source, .. } | Self::Encode { source, .. } => source.kind(),
            Self::CommitUnknown(_) | Self::TagUnsettled { .. } => ErrorKind::Unknown,
            Self::ConditionalWritesIgnored { .. }
            | Self::DatasetsNotModeled { .. }
            | Self::Stalled { .. }
            | Self::UnknownChecksum { .. } => ErrorKind::Unsupported,
            Self::Conflict { .. } | Self::TagTaken { .. } => ErrorKind::Conflict,
            Self::Corrupt { .. } | Self::Missing { .. } | Self::Truncated { .. } => {
                ErrorKind::Corrupt
            }
            Self::EmptyBlock { .. }
            | Self::EmptyCommit
            | Self::ForeignBlock { .. }
            | Self::InvalidId { .. }
            | Self::InvalidKey { .. }
            | Self::InvalidLength { .. }
            | Self::OutOfBounds { .. }
            | Self::Partition { .. }
            | Self::StoreUrl { .. }
            | Self::Unwritable { .. } => ErrorKind::InvalidInput,
            Self::WriteFailed { .. } => ErrorKind::Store,
            Self::Entropy { source } | Self::Runtime { source } | Self::Source { source, .. } => {
                ErrorKind::from(source)
            }
            Self::Uploads { source, .. } => Failure::kind_of(source.as_ref()),
            Self::Forked { .. } => ErrorKind::Forked,
            Self::Grouped { source } => source.kind(),
            Self::ManifestInvalid { source, .. } => source.kind(),
            Self::Diverged { .. }
            | Self::HistoryDiverged { .. }
            | Self::Mismatch { .. }
            | Self::Opened { .. } => ErrorKind::Mismatch,
            Self::Overlap { .. } => ErrorKind::Overlap,
            Self::RangeMissing { .. } => ErrorKind::RangeMissing,
            Self::BucketNotFound { .. }
            | Self::DatasetNotFound { .. }
            | Self::DeviceNotFound { .. }
            | Self::NoManifests { .. }
            | Self::NotASnapshot { .. }
            | Self::SnapshotNotFound { .. }
            | Self::StoreNotFound { .. }
            | Self::TagNotFound { .. }
            | Self::VolumeNotFound { .. } => ErrorKind::NotFound,
            Self::StageExpired { .. } => ErrorKind::Expired,
            Self::List { source, .. } | Self::Store { source, .. } => Failure::of(source).kind,
            Self::TooLarge { .. } | Self::VersionsExhausted => ErrorKind::OutOfSpace,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BucketNotFound { store, source } => write!(
                f,
                "the bucket or container of {store} does not exist, create it or look for another \
                 name: {source}"
            ),
            Self::Collected { id, version } => {
                write!(
                    f,
                    "snapshot {version} of {id:?} has been collected: read a newer one",
                    id = id.as_str()
                )
            }
            Self::CommitUnknown(unknown) => {
                let version = unknown.version();
                write!(f, "it is not known whether version {version} was committed")?;
                match unknown.cause() {
                    "" => f.write_str(": settle it with `resolve`"),
                    cause => write!(f, ", settle it with `resolve`: {cause}"),
                }
            }
            Self::Compress { key, source } => write!(f, "{key}: {source}"),
            Self::ConditionalWritesIgnored { store } => write!(
                f,
                "{store} overwrites objects that it was told to create only if absent, so it \
                 cannot be written by more than one writer: use another store"
            ),
            Self::Conflict { version } => write!(
                f,
                "another writer has committed version {version} first: commit again, or allow \
                 retries"
            ),
            Self::Corrupt { key, expected, found } => write!(
                f,
                "the bytes of {key} are not those that were committed: their checksum is {found}, \
                 not {expected}"
            ),
            Self::DatasetNotFound { id } => write!(f, "there is no dataset {:?}", id.as_str()),
            Self::DatasetsNotModeled { layout } => {
                write!(f, "datasets cannot be listed in the {layout} layout")
            }
            Self::Decode { key, source } => write!(f, "{key} cannot be decoded: {source}"),
            Self::DeviceNotFound { store } => write!(
                f,
                "there is no manifest of a device in {store}: name the folder in which its \
                 objects lie, M0000001.LD and so on"
            ),
            Self::Diverged { id, ranges } => {
                write!(f, "{:?} has other bytes than its source in ", id.as_str())?;
                write_ranges(f, ranges)?;
                f.write_str(": nothing was changed, use another volume")
            }
            Self::EmptyBlock { offset } => {
                write!(f, "a block of no bytes cannot be staged at {offset}")
            }
            Self::EmptyCommit => f.write_str("there is nothing to commit: stage something first"),
            Self::Encode { codec, source } => {
                write!(f, "the records cannot be encoded as {codec}: {source}")
            }
            Self::Entropy { source } => write!(f, "no random bits could be had: {source}"),
            Self::Forked { hint, newest } => write!(
                f,
                "the history has two branches: the hint names version {hint}, which the newest \
                 version {newest} does not descend from"
            ),
            Self::ForeignBlock { key } => {
                write!(f, "the block {key} was staged in another volume or store")
            }
            Self::Grouped { source } => source.fmt(f),
            Self::HistoryDiverged { id, version } => write!(
                f,
                "the history of {:?} is not the beginning of its source's: version {version} is \
                 another, or on one side only; use another store",
                id.as_str()
            ),
            Self::InvalidId { source } => source.fmt(f),
            Self::InvalidKey { source } => source.fmt(f),
            Self::InvalidLength { length } => {
                write!(f, "a volume has 1 to 2^63 - 1 bytes, not {length}")
            }
            Self::List { store, source } => write!(f, "{store} could not be listed: {source}"),
            Self::ManifestInvalid { key, source } => write!(f, "{key} cannot be read: {source}"),
            Self::Mismatch { key, source } => write!(f, "by {key}, {source}"),
            Self::Missing { key } => write!(f, "{key} is gone, but a manifest refers to it"),
            Self::NoManifests { id } => {
                write!(f, "there are files of {:?}, but no manifest", id.as_str())
            }
            Self::Opened { version, what, written, opened } => write!(
                f,
                "snapshot {version} was written with the {what} {written}, but the dataset was \
                 opened with {opened}: open it with {written}"
            ),
            Self::NotASnapshot { id, version } => write!(
                f,
                "version {version} of {:?} is a record of maintenance: read another version",
                id.as_str()
            ),
            Self::OutOfBounds { start, end, total_length } if start > end => write!(
                f,
                "the range {start}..{end} ends before it begins, in a volume of {total_length} bytes"
            ),
            Self::OutOfBounds { start, end, total_length } => {
                write!(f, "the range {start}..{end} ends behind the volume's {total_length} bytes")
            }
            Self::Overlap { source, version: Some(version) } => {
                write!(f, "{source}, in version {version}")
            }
            Self::Overlap { source, version: None } => source.fmt(f),
            Self::Partition { index, source } => write!(f, "record {index}: {source}"),
            Self::RangeMissing { gap, version } => write!(
                f,
                "the range {gap} has not been committed in version {version}: stage and commit it"
            ),
            Self::Runtime { source } => write!(f, "no runtime could be started: {source}"),
            Self::SnapshotNotFound { id, version } => {
                write!(f, "{:?} has no snapshot {version}", id.as_str())
            }
            Self::StageExpired { key } => {
                write!(f, "a collection has overtaken what was staged as {key}: stage it again")
            }
            Self::Source { offset, source } => {
                write!(f, "what was to be staged at {offset} could not be read: {source}")
            }
            Self::Stalled { key } => {
                write!(f, "{key}: the compressor neither takes nor puts a byte")
            }
            Self::Store { operation, key, source } => {
                write!(f, "the store could not {operation} {key}: {source}")
            }
            Self::StoreNotFound { path } => {
                write!(f, "the directory {} does not exist: create it first", path.display())
            }
            Self::StoreUrl { url, reason } => {
                write!(f, "the store {url:?} cannot be opened: {reason}")
            }
            Self::TagNotFound { id, name } => {
                write!(f, "{:?} has no tag {:?}", id.as_str(), name.as_str())
            }
            Self::TagTaken { id, name } => write!(
                f,
                "{:?} has a tag {:?} already: choose another name",
                id.as_str(),
                name.as_str()
            ),
            Self::TagUnsettled { key, .. } => write!(
                f,
                "it is not known whether {key} holds its snapshot: delete the tag and take one of \
                 another name"
            ),
            Self::TooLarge { key, limit } => write!(
                f,
                "more than {limit} bytes come out of {key}: if it is no bomb, raise the limits"
            ),
            Self::Truncated { key, expected, found } => {
                write!(f, "{key} has {found} bytes, not the {expected} that were committed")
            }
            Self::UnknownChecksum { name, key } => write!(
                f,
                "{key} was written with the checksum {name:?}, which this handle does not know: \
                 add it to its `checksums`"
            ),
            Self::Unwritable { source } => write!(f, "the manifest cannot be written: {source}"),
            Self::Uploads { operation, source } => {
                write!(f, "the store could not {operation} unfinished uploads: {source}")
            }
            Self::VersionsExhausted => f.write_str("no version is left after the last one"),
            Self::VolumeNotFound { id } => write!(f, "there is no volume {:?}", id.as_str()),
            Self::WriteFailed { id } => {
                write!(f, "an earlier write to {:?} has failed: begin again", id.as_str())
            }
        }
    }
}

/// The first of these, and how many others there are.
fn write_ranges(f: &mut fmt::Formatter<'_>, ranges: &[ByteRange]) -> fmt::Result {
    const SHOWN: usize = 4;
    for (place, range) in ranges.iter().take(SHOWN).enumerate() {
        write!(f, "{}{range}", if place == 0 { "" } else { ", " })?;
    }
    match ranges.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Entropy { source } | Self::Runtime { source } | Self::Source { source, .. } => {
                Some(source)
            }
            Self::Compress { source, .. } => Some(source),
            Self::Decode { source, .. } | Self::Encode { source, .. } => Some(source),
            Self::Partition { source, .. } => Some(source),
            Self::Grouped { source } => source.source(),
            Self::InvalidId { source } => Some(source),
            Self::InvalidKey { source } => Some(source),
            Self::ManifestInvalid { source, .. } | Self::Unwritable { source } => Some(source),
            Self::Mismatch { source, .. } => Some(source),
            Self::Overlap { source, .. } => Some(source),
            Self::BucketNotFound { source, .. }
            | Self::List { source, .. }
            | Self::Store { source, .. } => Some(source.as_ref()),
            Self::TagUnsettled { source: Some(source), .. } => Some(source.as_ref()),
            Self::Uploads { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl From<IdError> for Error {
    fn from(source: IdError) -> Self {
        Self::InvalidId { source }
    }
}

/// For readers that speak [`std::io`].
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::NotFound => io::ErrorKind::NotFound,
            ErrorKind::PermissionDenied => io::ErrorKind::PermissionDenied,
            ErrorKind::InvalidInput => io::ErrorKind::InvalidInput,
            ErrorKind::Corrupt => io::ErrorKind::InvalidData,
            ErrorKind::OutOfSpace => io::ErrorKind::StorageFull,
            ErrorKind::Busy => io::ErrorKind::ResourceBusy,
            ErrorKind::Unreachable => io::ErrorKind::NotConnected,
            ErrorKind::Unsupported => io::ErrorKind::Unsupported,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
