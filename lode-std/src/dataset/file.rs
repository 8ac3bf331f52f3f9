//! Data files on their way into a store.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use lode_core::Version;
use lode_core::checksum::Hasher;
use lode_core::codec::FileStats;
use lode_core::compress::Compressor;
use lode_core::key::Key;
use lode_core::manifest::{CollectionState, DataFile, DatasetDraft, DatasetManifest, Metadata};
use lode_core::partition::Partition;
use lode_core::time::ZonedTimestamp;

use super::Shared;
use super::content::{Content, Division};
use super::snapshot::DatasetSnapshot;
use super::transform::Compression;
use crate::Error;
use crate::history::Committer;
use crate::offload::{WORTHWHILE, offload};

/// A data file that is durable and waits to be committed.
#[derive(Clone, Debug)]
pub(super) struct StagedFile {
    pub(super) file: DataFile,
    pub(super) summary: Summary,
}

/// What a snapshot says of its records.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Summary {
    pub(super) rows: u64,
    pub(super) earliest: Option<ZonedTimestamp>,
    pub(super) latest: Option<ZonedTimestamp>,
}

impl Summary {
    /// Takes note of the time of a record.
    pub(super) fn note(&mut self, at: Option<ZonedTimestamp>) {
        if let Some(at) = at {
            self.span(at, at);
        }
    }

    fn span(&mut self, earliest: ZonedTimestamp, latest: ZonedTimestamp) {
        if self.earliest.is_none_or(|known| earliest.at < known.at) {
            self.earliest = Some(earliest);
        }
        if self.latest.is_none_or(|known| latest.at > known.at) {
            self.latest = Some(latest);
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.rows = self.rows.saturating_add(other.rows);
        if let (Some(earliest), Some(latest)) = (other.earliest, other.latest) {
            self.span(earliest, latest);
        }
        self
    }
}

impl<C: Content, D: Division<C::Item>> Shared<C, D> {
    /// The key of a new data file.
    pub(super) async fn new_file(&self, partition: Option<&Partition>) -> Result<Key, Error> {
        self.name_file(partition, self.writer.epoch(&self.history).await?)
    }

    /// The key of a new data file that is staged in this epoch.
    pub(super) fn name_file(
        &self,
        partition: Option<&Partition>,
        epoch: u32,
    ) -> Result<Key, Error> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let token = file_token(self.writer.bits, epoch, number);
        let stem = if self.content.codec_name().is_some() { "data" } else { "blob" };
        let name = match &self.compressor {
            Some(compressor) => format!("{stem}.{}", compressor.extension()),
            None => stem.to_string(),
        };
        let layout = &self.history.slots.layout;
        layout.file(token, partition, &name).map_err(|source| Error::InvalidKey { source })
    }

    /// A running checksum over a file's stored bytes.
    pub(super) fn begin_checksum(&self) -> Option<Box<dyn Hasher>> {
        self.checksum.map(|algorithm| algorithm.begin())
    }

    /// Compresses and stores a whole file.
    pub(super) async fn put_file(
        &self,
        partition: Option<&Partition>,
        bytes: Bytes,
        stats: Option<FileStats>,
        summary: Summary,
    ) -> Result<StagedFile, Error> {
        let key = self.new_file(partition).await?;
        let bytes = match &self.compressor {
            Some(compressor) => compress(compressor, &key, bytes).await?,
            None => bytes,
        };
        // The index entry of a partition counts the rows of its own files.
        let rows = FileStats { row_count: summary.rows, columns: Vec::new() };
        let stats = stats.or_else(|| partition.map(|_| rows));
        let size = bytes.len() as u64;
        let digest = self.checksum.map(|algorithm| algorithm.digest(&bytes));
        let key = self.put_bytes(key, partition, &bytes).await?;
        let file = DataFile { key, size, digest, stats, extra: Metadata::new() };
        Ok(StagedFile { file, summary })
    }

    /// Stores the bytes of a file under this name, or another one if it is taken: which one.
    pub(super) async fn put_bytes(
        &self,
        mut key: Key,
        partition: Option<&Partition>,
        bytes: &Bytes,
    ) -> Result<Key, Error> {
        while !self.writer.put(&self.history.objects, &key, bytes).await? {
            key = self.new_file(partition).await?;
        }
        Ok(key)
    }

    /// Commits files as one snapshot. If that has failed for good, they are deleted.
    pub(super) async fn commit(
        &self,
        files: Vec<StagedFile>,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let summaries = files.iter().map(|file| file.summary);
        let summary = summaries.fold(Summary::default(), Summary::merge);
        let turn = self.writer.committing.pass().await;
        let commit_id = self.writer.next_commit(0);
        let compressor = self.compressor.as_ref().map(|compressor| compressor.name());
        let files = files.into_iter().map(|file| file.file).collect();
        let manifest = DatasetManifest {
            id: self.history.id().clone(),
            version: Version::FIRST,
            parent: None,
            parent_digest: None,
            commit_id: Some(commit_id),
            created_at: None,
            metadata,
            files,
            row_count: summary.rows,
            min_timestamp: summary.earliest,
            max_timestamp: summary.latest,
            codec: self.content.codec_name().map(Box::from),
            compressor: compressor.unwrap_or(DatasetManifest::NONE).into(),
            partitioner: self.division.name().into(),
            checksum: self.checksum.map(|algorithm| algorithm.name().into()),
            state: CollectionState::FIRST,
            extra: Metadata::new(),
        };
        let draft = DatasetDraft { manifest };
        let (history, writer) = (&self.history, &self.writer);
        let committed = Committer::commit(history, writer, commit_id, &draft).await;
        drop(turn);
        if committed.as_ref().is_err_and(Error::rules_out_commit) {
            self.discard(draft.manifest.files.into_iter().map(|file| file.key)).await;
        }
        committed.map(DatasetSnapshot::new)
    }

    /// Deletes files that no commit refers to or ever will; what cannot be deleted is left to a
    /// collector. Their names are never used again.
    pub(super) async fn discard(&self, files: impl IntoIterator<Item = Key>) {
        let keys: Vec<_> = files.into_iter().collect();
        if !keys.is_empty() {
            self.history.objects.delete_all(keys).await;
        }
    }
}

/// The name of what a handle with these random bits stages as its file of this number.
pub(crate) fn file_token(bits: u64, epoch: u32, number: u64) -> u128 {
    u128::from(bits) << 64 | u128::from(epoch) << 32 | u128::from(number & u64::from(u32::MAX))
}

/// Compresses a file; a large one beside what else the task does.
async fn compress(
    compressor: &Arc<dyn Compressor>,
    key: &Key,
    bytes: Bytes,
) -> Result<Bytes, Error> {
    let (compressor, key, is_large) = (compressor.clone(), key.clone(), bytes.len() >= WORTHWHILE);
    let work = move || {
        let mut compressed = Vec::new();
        let mut compression = Compression::begin(&*compressor, &key)?;
        compression.push(&bytes, |bytes| compressed.extend_from_slice(bytes))?;
        compression.finish(|bytes| compressed.extend_from_slice(bytes))?;
        Ok(Bytes::from(compressed))
    };
    if is_large { offload(work).await } else { work() }
}
