//! Writing snapshots.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::stream;
use lode_core::codec::{Codec, FileStats};
use lode_core::manifest::Metadata;
use lode_core::partition::Partition;

use super::content::{Blobs, Content, Division, Records, Whole};
use super::file::{StagedFile, Summary};
use super::{Dataset, DatasetSnapshot, Shared};
use crate::Error;
use crate::gather::gather;
use crate::history::Restaging;

/// How many files of one write are on their way at the same time.
const FILES_IN_FLIGHT: usize = 8;
/// The bytes that an encoded file has room for to begin with: a record, or a few.
const SMALL_FILE: usize = 256;

impl<C: Codec + 'static, D: Division<C::Record>> Dataset<Records<C>, D> {
    /// Writes records as a new snapshot: one file, or one for each partition.
    ///
    /// Costs one create for each file, one of the manifest and one write of the hint; with
    /// partitions one create more for each of them. No records make a snapshot without files.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] or [`Error::Partition`] if a record does not fit, else those of a
    /// [commit](crate::Volume::commit).
    #[tracing::instrument(name = "lode.write", skip_all, fields(id = %self.id()), err)]
    pub async fn write<'a>(
        &self,
        records: impl IntoIterator<Item = &'a C::Record, IntoIter: Send> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error>
    where
        C::Record: Sync,
    {
        let encoded = self.shared.encode(records)?;
        self.shared.write(encoded, metadata).await
    }
}

impl Dataset<Blobs, Whole> {
    /// Writes bytes as a new snapshot of one blob.
    ///
    /// Costs one create of the blob, one of the manifest and one write of the hint.
    ///
    /// # Errors
    ///
    /// Those of a [commit](crate::Volume::commit).
    #[tracing::instrument(name = "lode.write", skip_all, fields(id = %self.id()), err)]
    pub async fn write_blob(
        &self,
        bytes: impl Into<Bytes> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let blob = EncodedFile::blob(bytes.into());
        self.shared.write(vec![blob], metadata).await
    }
}

impl<C: Content, D: Division<C::Item>> Shared<C, D> {
    /// Stages files and commits them; what a collection overtakes before that is staged again.
    async fn write(
        &self,
        files: Vec<EncodedFile>,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let mut restaging = Restaging::default();
        loop {
            let staged = self.put_files(files.clone()).await?;
            match self.commit(staged, metadata.clone()).await {
                Err(error) if restaging.may_follow(&error) => {}
                committed => return committed,
            }
        }
    }

    pub(super) async fn put_files(
        &self,
        files: Vec<EncodedFile>,
    ) -> Result<Vec<StagedFile>, Error> {
        let is_one = files.len() == 1;
        let mut puts = files.into_iter().map(|file| self.put_encoded(file));
        // The one file of most writes needs no queue.
        if is_one && let Some(only) = puts.next() {
            return Ok(vec![only.await?]);
        }
        match gather(stream::iter(puts), FILES_IN_FLIGHT).await {
            (staged, None) => Ok(staged),
            (staged, Some(error)) => {
                self.discard(staged.into_iter().map(|staged| staged.file.key)).await;
                Err(error)
            }
        }
    }

    pub(super) async fn put_encoded(&self, file: EncodedFile) -> Result<StagedFile, Error> {
        let EncodedFile { partition, bytes, stats, summary } = file;
        self.put_file(partition.as_ref(), bytes, stats, summary).await
    }
}

/// A file that has been encoded, and not been stored yet.
#[derive(Clone)]
pub(super) struct EncodedFile {
    partition: Option<Partition>,
    bytes: Bytes,
    stats: Option<FileStats>,
    summary: Summary,
}

impl EncodedFile {
    pub(super) fn blob(bytes: Bytes) -> Self {
        let summary = Summary { rows: 1, ..Summary::default() };
        Self { partition: None, bytes, stats: None, summary }
    }
}

impl<C: Codec + 'static, D: Division<C::Record>> Shared<Records<C>, D> {
    /// Divides and encodes records. No records make no file.
    pub(super) fn encode<'a>(
        &self,
        records: impl IntoIterator<Item = &'a C::Record>,
    ) -> Result<Vec<EncodedFile>, Error> {
        // Those that are not divided are most, and need not be looked up one by one.
        let (mut whole, mut divided) = (Vec::new(), BTreeMap::<Partition, Vec<_>>::new());
        for (index, record) in (0..).zip(records) {
            let partition = self.division.partition(record);
            match partition.map_err(|source| Error::Partition { index, source })? {
                None => whole.push(record),
                Some(partition) => divided.entry(partition).or_default().push(record),
            }
        }
        let whole = (!whole.is_empty()).then_some((None, whole));
        let divided = divided.into_iter().map(|(partition, records)| (Some(partition), records));
        let files = whole.into_iter().chain(divided);
        files.map(|(partition, records)| self.encode_file(partition, &records)).collect()
    }

    fn encode_file(
        &self,
        partition: Option<Partition>,
        records: &[&C::Record],
    ) -> Result<EncodedFile, Error> {
        let mut bytes = Vec::with_capacity(SMALL_FILE);
        let encoded = self.content.0.encode(records.iter().copied(), &mut bytes);
        let codec = self.content.0.name();
        let encoded = encoded.map_err(|source| Error::Encode { codec, source })?;
        let mut summary = Summary { rows: encoded.rows, ..Summary::default() };
        if let Some(time) = &self.time {
            records.iter().for_each(|record| summary.note(time(record)));
        }
        Ok(EncodedFile { partition, bytes: Bytes::from(bytes), stats: encoded.stats, summary })
    }
}
