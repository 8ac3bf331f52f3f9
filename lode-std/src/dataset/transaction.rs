//! Transactions: many tasks write files, one commit makes them a snapshot.

use std::fmt;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use lode_core::codec::Codec;
use lode_core::manifest::{DataFile, Metadata};

use super::content::{Blobs, Content, Division, Records, Whole};
use super::file::StagedFile;
use super::write::EncodedFile;
use super::{Dataset, DatasetSnapshot, Shared};
use crate::Error;
use crate::sync::Mutex;

impl<C: Content, D: Division<C::Item>> Dataset<C, D> {
    /// Begins a snapshot into which many tasks write. Costs nothing; dropping it is an abort.
    pub fn begin(&self) -> Transaction<C, D> {
        Transaction { shared: self.shared.clone(), files: Mutex::new(Vec::new()) }
    }
}

/// A snapshot that is being written, by as many tasks as you like. Nothing of it is visible
/// before it is [committed](Self::commit). [Abort](Self::abort) it to give it up; dropping it does
/// the same, but leaves what it has written to a collector.
#[must_use = "what is not committed is not part of the dataset"]
pub struct Transaction<C: Content, D> {
    pub(super) shared: Arc<Shared<C, D>>,
    /// In the order in which they became durable.
    files: Mutex<Vec<StagedFile>>,
}

impl<C: Codec + 'static, D: Division<C::Record>> Transaction<Records<C>, D> {
    /// Writes records as a file, or one for each partition, durably. Returns the files as the
    /// manifest will have them.
    ///
    /// Costs one create for each file.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] or [`Error::Partition`] if a record does not fit, or whatever the store
    /// reports. The transaction goes on without these records.
    pub async fn stage<'a>(
        &self,
        records: impl IntoIterator<Item = &'a C::Record, IntoIter: Send> + Send,
    ) -> Result<Vec<DataFile>, Error>
    where
        C::Record: Sync,
    {
        let encoded = self.shared.encode(records)?;
        let files = self.shared.put_files(encoded).await?;
        Ok(files.into_iter().map(|file| self.add(file)).collect())
    }
}

impl Transaction<Blobs, Whole> {
    /// Writes a blob, durably. Returns the file as the manifest will have it. Costs one create.
    ///
    /// # Errors
    ///
    /// Whatever the store reports. The transaction goes on without the blob.
    pub async fn stage_blob(&self, bytes: impl Into<Bytes> + Send) -> Result<DataFile, Error> {
        Ok(self.add(self.shared.put_encoded(EncodedFile::blob(bytes.into())).await?))
    }
}

impl<C: Content, D: Division<C::Item>> Transaction<C, D> {
    /// Commits all that has been staged as one snapshot.
    ///
    /// Costs one create of the manifest and one write of the hint; with partitions one create
    /// more for each of them.
    ///
    /// # Errors
    ///
    /// [`Error::EmptyCommit`] if nothing has been staged, else those of a
    /// [commit](crate::Volume::commit). What was staged is deleted then, unless it is not known
    /// whether it was committed.
    pub async fn commit(self, metadata: Metadata) -> Result<DatasetSnapshot, Error> {
        let files = self.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        match files.is_empty() {
            true => Err(Error::EmptyCommit),
            false => self.shared.commit(files, metadata).await,
        }
    }

    /// Gives up the snapshot, and deletes what was written for it. Costs one delete for each
    /// thousand files.
    pub async fn abort(self) {
        let files = self.files.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.shared.discard(files.into_iter().map(|staged| staged.file.key)).await;
    }

    /// Makes a file part of the snapshot.
    pub(super) fn add(&self, staged: StagedFile) -> DataFile {
        let file = staged.file.clone();
        self.files.lock().unwrap_or_else(PoisonError::into_inner).push(staged);
        file
    }
}

impl<C: Content, D> fmt::Debug for Transaction<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").field("id", &self.shared.history.id()).finish_non_exhaustive()
    }
}
