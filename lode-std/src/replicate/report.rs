//! What a replication says: on the way, and in the end.

use crate::Snapshot;

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
