//! Lode on hosts: snapshots, explicit metadata and atomic commits on plain object storage,
//! without running a database.
//!
//! A [`Volume`] is a sparse, resumable byte space: ranges are *staged*, from many tasks at once
//! and in any order, and *committed* together as a snapshot. What has not been committed is a
//! gap, never zeros; reading across one is an error that names it, and listing the gaps is how
//! interrupted work is resumed.
//!
//! ```
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let volume = Volume::builder("disk-image", 1024).open(store::open("memory:")?).await?;
//! let block = volume.stage_at(512, "written out of order").await?;
//! let snapshot = volume.commit([block], meta! { "step" => "boot" }).await?;
//!
//! assert_eq!(snapshot.read_at(512..519).await?, "written");
//! let gap = snapshot.gaps(0..1024).next().await?;
//! assert_eq!(gap.map(|gap| (gap.start(), gap.end())), Some((0, 512)));
//! # Ok(())
//! # }
//! ```
//!
//! A [`Dataset`] is a series of immutable snapshots of blobs, or of records that a codec turns
//! into files: divided by a partitioner, compressed, with checksums and statistics, all of it
//! said in the snapshot's manifest.
//!
//! ```
//! use lode_std::{Dataset, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let models = Dataset::builder("models").open(store::open("memory:")?).await?;
//! let snapshot = models.write_blob("weights", meta! { "epoch" => 3 }).await?;
//! assert_eq!(models.read(snapshot.version()).await?, ["weights"]);
//! # Ok(())
//! # }
//! ```
//!
//! What all of this consists of is told in [`guide::concepts`]; there are guides for
//! [coming from the Go implementation](guide::from_go), for [plugins](guide::plugins) and for
//! [devices](guide::devices) as well.
//!
//! # What a call costs
//!
//! In requests to the store, where nothing fails and nobody else is writing:
//!
//! | call | requests |
//! | --- | --- |
//! | [`VolumeBuilder::open`], [`DatasetBuilder::open`] | read and re-create the descriptor: 2; a new volume 2, a new dataset 4, and 2 more with its first commit |
//! | [`Volume::stage_at`] | 1 create |
//! | [`Volume::commit`] | 1 create (the manifest), 1 write (the hint); with more than 512 blocks 1 create before for each page that changes: 1 or 2 |
//! | [`GroupCommitter::commit`] | the same, for all that go together |
//! | [`Dataset::write`], [`Dataset::write_blob`] | 1 create for each file, and those of a commit; 1 more for each partition |
//! | [`Volume::latest`], [`Dataset::latest`] | 1 look at the next slot; on a new handle 3 (hint, manifest, a look) |
//! | [`Volume::snapshot`], [`Dataset::snapshot`] | 1 read |
//! | [`VolumeReader::of_device`] | 1 list, 1 read |
//! | [`Snapshot::read_at`], [`Snapshot::read_many`] | 1 range read for each block touched, several at a time; none for one in a [`BlockCache`] |
//! | [`Snapshot::gaps`], [`Snapshot::coverage`], [`Snapshot::blocks`], [`VolumeReader::diff`] | none |
//! | [`Dataset::read`](Dataset#method.read) | 1 read for each file, and 1 of the manifest unless it is the head's |
//!
//! A volume of more than 512 blocks has them in a tree of pages, of some hundred blocks each; what
//! looks blocks up costs 1 read more for each page that is not kept. Of 131,072 blocks there is one
//! level of pages, of 33 million two. A handle keeps those that it has read or written, in
//! [32 MiB](VolumeBuilder::page_cache); so a warm commit reads none.
//!
//! What maintenance costs is said in [`maintain`], and what bringing one volume into another costs
//! in [`replicate`]. The first commit of a new handle also finds the head: 3 more. Nothing is listed
//! to find it; only a history in which the Go implementation has written is, once. A commit of a
//! volume in JSON costs one look more, which keeps the hint right that a Go writer would believe.
//!
//! # Devices
//!
//! What a device has written to its medium is opened with [`VolumeReader::of_device`], and brought
//! into the cloud with [`replicate`]. [`mod@device`] offers a device's storage on a host.
//!
//! # Stores
//!
//! Any [`object_store::ObjectStore`]: memory, a directory, S3 and what speaks it, GCS, Azure. It
//! must keep its word on create-if-absent, and that is checked when a volume or dataset is opened
//! for writing. [`store::open`] makes one from a URL, durable where that has to be asked for;
//! [`conformance`] finds out what a store guarantees.
//!
//! # Features
//!
//! | feature | what |
//! | --- | --- |
//! | `s3`, `gcs`, `azure` | stores on the network, for [`store::open`] |
//! | `blocking` | volumes and datasets without an async runtime |
//! | `metrics` | counters of what is asked of the store: [`mod@metrics`] |
//! | `cli` | the `lode` command |

#[cfg(feature = "blocking")]
pub mod blocking;
mod checksums;
mod clock;
pub mod conformance;
mod dataset;
pub mod device;
mod entropy;
mod error;
mod gather;
pub mod guide;
mod history;
pub mod maintain;
pub mod metrics;
mod offload;
mod options;
mod pieces;
pub mod repair;
pub mod replicate;
mod retry;
pub mod stat;
pub mod store;
mod sync;
pub mod verify;
mod volume;

pub use lode_core::layout::LayoutKind;
pub use lode_core::manifest::{
    CommitId, DataFile, DatasetManifest, Format, Metadata, Value, VolumeManifest,
};
pub use lode_core::partition::Partition;
pub use lode_core::range::ByteRange;
pub use lode_core::time::Timestamp;
pub use lode_core::{ErrorKind, Version, checksum, diff, meta};

pub use self::checksums::Checksums;
pub use self::clock::{Clock, SystemClock};
pub use self::dataset::{
    BlobWriter, Blobs, Content, Dataset, DatasetBuilder, DatasetReader, DatasetSnapshot, Division,
    Limits, ObjectReader, Partitioned, Records, StageWriter, Transaction, Whole,
};
pub use self::entropy::{Entropy, SystemEntropy};
pub use self::error::Error;
pub use self::history::CommitUnknown;
pub use self::retry::Retry;
pub use self::volume::{
    BlockCache, GroupCommitter, Snapshot, SnapshotBlocks, SnapshotGaps, SnapshotReader, Staged,
    Volume, VolumeBuilder, VolumeReader,
};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
