//! What a replication says: on the way, and in the end.

use lode_core::manifest::DataFile;

use crate::{Snapshot, Version};

/// What a replication has done.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// How many bytes have travelled.
    pub sent: u64,
    /// In how many blocks.
    pub blocks: usize,
    /// In how many commits.
    pub commits: usize,
    /// How many snapshots of the source these were, for a [`Replay`](super::Replay).
    pub snapshots: usize,
    /// How many bytes had arrived by an earlier run, and have been staged again from there and
    /// committed by this one.
    pub adopted: u64,
    /// How many bytes of the source the target had already; all of them agree.
    pub present: u64,
    /// Of how many bytes on both sides that had to be found out by reading them.
    pub compared: u64,
    /// How many of the bytes that have travelled had a checksum that was verified on the way.
    /// Others come from the Go implementation, which may write blocks without.
    pub verified: u64,
    /// The target's newest snapshot, which has it all; `None` if there was nothing to bring.
    pub head: Option<Snapshot>,
}

/// What has been done for a dataset.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct DatasetReport {
    /// How many snapshots have travelled.
    pub snapshots: usize,
    /// How many snapshots have been copied of which there is only left that they were collected.
    pub collected: usize,
    /// How many snapshots the target had already, collected ones included.
    pub present: usize,
    /// How many bytes of data files have travelled.
    pub sent: u64,
    /// In how many files.
    pub files: usize,
    /// How many bytes had arrived by an earlier run, and have been committed by this one.
    pub adopted: u64,
    /// How many of the bytes that have travelled had a checksum that was verified on the way.
    /// Others come from the Go implementation, which may write files without.
    pub verified: u64,
    /// The target's newest version; `None` if there was nothing to bring.
    pub head: Option<Version>,
}

impl DatasetReport {
    /// Takes note of a file.
    pub(super) fn count(&mut self, file: &DataFile, has_algorithm: bool, is_sent: bool) {
        if !is_sent {
            self.adopted += file.size;
            return;
        }
        self.sent += file.size;
        self.files += 1;
        self.verified += if has_algorithm && file.digest.is_some() { file.size } else { 0 };
    }
}

/// How far a replication is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// It begins to compare so many bytes.
    Comparing(u64),
    /// It begins to send so many bytes.
    Sending(u64),
    /// Of these, so many more are done.
    Done(u64),
}
