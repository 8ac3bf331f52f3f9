//! The manifest of a dataset's snapshot.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use super::slot::Expected;
use super::{
    CollectionState, CommitId, ManifestDigest, Metadata, Mismatch, Onto, RebaseError, Value,
};
use crate::Version;
use crate::checksum::Digest;
use crate::codec::FileStats;
use crate::id::Id;
use crate::key::Key;
use crate::layout::DatasetLayout;
use crate::time::{Timestamp, ZonedTimestamp};

/// The manifest of a dataset's snapshot: its data files, and what is known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetManifest {
    /// The dataset that it belongs to.
    pub id: Id,
    /// Which snapshot of the dataset it is.
    pub version: Version,
    /// The live snapshot before it.
    pub parent: Option<Version>,
    /// The digest of the parent's stored bytes.
    pub parent_digest: Option<ManifestDigest>,
    /// The commit that made it; the Go implementation writes none.
    pub commit_id: Option<CommitId>,
    /// When it was made, as far as the writer knew.
    pub created_at: Option<Timestamp>,
    /// What the caller says about it.
    pub metadata: Metadata,
    /// Its data files. A snapshot has its own, not those of its parent.
    pub files: Vec<DataFile>,
    /// How many rows they hold; a blob counts as one.
    pub row_count: u64,
    /// The earliest of the records' times, if they have any.
    pub min_timestamp: Option<ZonedTimestamp>,
    /// The latest of the records' times.
    pub max_timestamp: Option<ZonedTimestamp>,
    /// The codec of the files; `None` for blobs.
    pub codec: Option<Box<str>>,
    /// The compressor of the files; `noop` for none.
    pub compressor: Box<str>,
    /// What has divided the records into files; `noop` for nothing.
    pub partitioner: Box<str>,
    /// The algorithm of the files' digests.
    pub checksum: Option<Box<str>>,
    /// What collections had decided when it was made. What the Go implementation writes says
    /// nothing: look below it.
    pub state: CollectionState,
    /// Fields that this version does not know.
    pub extra: BTreeMap<String, Value>,
}

impl DatasetManifest {
    /// What `compressor` and `partitioner` say where there is none.
    pub const NONE: &'static str = "noop";

    /// Checks that it is the manifest that was asked for.
    ///
    /// # Errors
    ///
    /// The first field that is another.
    pub fn check(&self, expected: &Expected<'_>) -> Result<(), Mismatch> {
        expected.check("dataset_id", self)
    }
}

/// A data file of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    /// Where it lies; below the dataset's own prefix.
    pub key: Key,
    /// How many bytes it has, as it is stored.
    pub size: u64,
    /// The digest of its stored bytes by the manifest's algorithm.
    pub digest: Option<Digest>,
    /// What its codec says of it.
    pub stats: Option<FileStats>,
    /// Fields that this version does not know.
    pub extra: BTreeMap<String, Value>,
}

/// What a writer wants to commit to a dataset, whatever it will be committed after.
#[derive(Clone, Debug)]
pub struct DatasetDraft {
    /// The manifest, all but its place in the history: `version`, `parent`, `parent_digest` and
    /// `created_at` are those of no snapshot yet.
    pub manifest: DatasetManifest,
}

impl DatasetDraft {
    /// The manifest that is built on a slot.
    ///
    /// # Errors
    ///
    /// If the head is of another dataset, or a file was staged in an epoch that has been collected.
    pub fn rebase(
        &self,
        layout: &DatasetLayout,
        onto: Onto<'_, DatasetManifest>,
    ) -> Result<DatasetManifest, RebaseError> {
        let Onto { head, version, state, created_at } = onto;
        if let Some((head, _)) = head {
            let checked = Mismatch::check("dataset_id", &self.manifest.id, &head.id);
            checked.map_err(RebaseError::Mismatch)?;
        }
        let is_expired = |file: &&DataFile| {
            layout.epoch(file.key.as_str()).is_some_and(|epoch| !state.admits(epoch))
        };
        if let Some(file) = self.manifest.files.iter().find(is_expired) {
            return Err(RebaseError::Expired { key: file.key.clone() });
        }
        Ok(DatasetManifest {
            version,
            parent: head.map(|(head, _)| head.version),
            parent_digest: head.map(|(_, digest)| digest),
            created_at,
            state,
            ..self.manifest.clone()
        })
    }
}
