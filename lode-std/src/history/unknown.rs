//! A commit of which it is not known whether it took place.

use bytes::Bytes;
use lode_core::Version;
use lode_core::id::Id;
use lode_core::manifest::CommitId;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A commit of which it is not known whether it took place: its manifest was sent, no answer
/// came, and it may yet be applied.
///
/// It can be kept, as JSON say, and resolved later, by any handle of the same volume or dataset
/// ([`Volume::resolve`](crate::Volume::resolve)).
/// It can be settled at any later time: whatever a collector has done meanwhile, the slot
/// tells.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CommitUnknown {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) commit_id: CommitId,
    /// The manifest, as it was sent.
    pub(crate) manifest: Bytes,
    /// What was kept by an older version has none.
    #[serde(default)]
    pub(crate) cause: String,
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

    /// Why it is not known: what the store said last, in words, without secrets. Empty if nothing
    /// has failed: the slot was said to be taken and then to be empty.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    pub(super) fn new(
        id: &Id,
        version: Version,
        commit_id: CommitId,
        manifest: Bytes,
        cause: Option<&Error>,
    ) -> Self {
        let cause = cause.map(Error::to_string).unwrap_or_default();
        Self { id: id.to_string(), version: version.get(), commit_id, manifest, cause }
    }
}
