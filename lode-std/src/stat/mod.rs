//! What a volume or dataset amounts to, now and over its history: how large it is, how much of it
//! is there, and what the next commit costs.
//!
//! ```
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let volume = Volume::builder("disk-image", 1024).open(store::open("memory:")?).await?;
//! let block = volume.stage_at(0, "boot").await?;
//! volume.commit([block], meta! {}).await?;
//!
//! let stat = volume.reader().stat().await?;
//! assert_eq!((stat.gaps, stat.history.snapshots), (1, 1));
//! let next = stat.next_commit.expect("it has a gap");
//! assert_eq!((next.pages, next.requests()), (0, 2));
//! # Ok(())
//! # }
//! ```

mod history;

use lode_core::Version;

pub(crate) use self::history::look_through;
use crate::{DatasetSnapshot, Snapshot};

/// What there is of a volume: [`VolumeReader::stat`](crate::VolumeReader::stat).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VolumeStat {
    /// The newest snapshot, which knows length, coverage, blocks and checksum; `None` if nothing
    /// has been committed.
    pub head: Option<Snapshot>,
    /// How many gaps the newest snapshot has.
    pub gaps: u64,
    /// What a commit of one block into the first gap writes beside the block; `None` if there is no
    /// snapshot or no gap, and on the medium of a device, which commits in its own way.
    pub next_commit: Option<CommitCost>,
    /// All of its history.
    pub history: HistoryStat,
}

/// What there is of a dataset: [`DatasetReader::stat`](crate::DatasetReader::stat).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatasetStat {
    /// The newest snapshot; `None` if nothing has been committed.
    pub head: Option<DatasetSnapshot>,
    /// The files of all snapshots that have not been collected.
    pub files: u64,
    /// Their rows; a blob counts as one.
    pub rows: u64,
    /// Their bytes, as they are stored.
    pub bytes: u64,
    /// How many partitions they are in.
    pub partitions: u64,
    /// All of its history.
    pub history: HistoryStat,
}

/// The history of a volume or dataset.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HistoryStat {
    /// The snapshots that can be opened by their versions.
    pub snapshots: u64,
    /// The oldest of them.
    pub oldest: Option<Version>,
    /// The newest of them.
    pub newest: Option<Version>,
    /// The snapshots that have been collected.
    pub collected: u64,
    /// The tags.
    pub tags: u64,
    /// The leases, ended ones included.
    pub leases: u64,
    /// The manifests and tags that cannot be read: see [`verify`](crate::verify).
    pub damaged: u64,
}

/// What a commit of one block writes beside the block itself, if no other writer is faster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CommitCost {
    /// The bytes of the manifest.
    pub manifest: u64,
    /// The pages.
    pub pages: u64,
    /// Their bytes.
    pub page_bytes: u64,
}

impl CommitCost {
    /// All bytes of metadata, those of the hint included.
    pub fn bytes(&self) -> u64 {
        self.manifest + self.page_bytes + Version::DIGITS as u64
    }

    /// How many requests it takes: a create for each page and the manifest, a write of the hint.
    /// The block is one more.
    pub fn requests(&self) -> u64 {
        self.pages + 2
    }
}
