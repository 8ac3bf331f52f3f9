//! A commit of which it is not known whether it took place.

use bytes::Bytes;
use lode_core::Version;
use lode_core::id::Id;
use lode_core::manifest::CommitId;
use serde::{Deserialize, Serialize};

/// A commit of which it is not known whether it took place: its manifest was sent, no answer
/// came, and it may yet be applied.
///
/// It can be kept, as JSON say, and resolved later, by any handle of the same volume or dataset
/// ([`Volume::resolve`](crate::Volume::resolve)).
/// Until then nothing that it refers to is deleted.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CommitUnknown {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) commit_id: CommitId,
    /// The manifest, as it was sent.
    pub(crate) manifest: Bytes,
    /// The keys of the objects that it adds.
    pub(crate) staged: Vec<String>,
}

impl CommitUnknown {
    /// The version that was tried.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The id of the commit.
    pub fn commit_id(&self) -> CommitId {
        self.commit_id
    }

    pub(super) fn new(
        id: &Id,
        version: Version,
        commit_id: CommitId,
        manifest: Bytes,
        staged: Vec<String>,
    ) -> Self {
        Self { id: id.to_string(), version: version.get(), commit_id, manifest, staged }
    }
}
