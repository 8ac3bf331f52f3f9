//! Reading the records and blobs of a snapshot.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::codec::Codec;
use lode_core::manifest::{DataFile, DatasetManifest};

use super::content::{Blobs, Content, Division, Records, Whole};
use super::transform::Decompression;
use super::{Dataset, DatasetSnapshot, Shared};
use crate::Error;

/// How many files of one read are on their way at the same time.
const FILES_IN_FLIGHT: usize = 4;

impl<C: Codec + 'static, D: Division<C::Record>> Dataset<Records<C>, D> {
    /// All records of a snapshot, in the order of its files. They are all in memory; see
    /// [`read_stream`](Self::read_stream) for bounded memory.
    ///
    /// Costs one read for each file, several at a time, and one of the manifest unless it is that
    /// of the head. Checksums are verified.
    ///
    /// # Errors
    ///
    /// Those of [`snapshot`](Self::snapshot); [`Error::Opened`] if it was written with another
    /// codec or compressor; [`Error::Corrupt`], [`Error::Truncated`] or [`Error::Missing`] if a
    /// file is not what was committed; [`Error::Decode`] or [`Error::Compress`] if it makes no
    /// sense; [`Error::TooLarge`] if it is a bomb.
    pub async fn read(&self, version: Version) -> Result<Vec<C::Record>, Error> {
        self.read_snapshot(&self.snapshot(version).await?).await
    }

    /// All records of a snapshot that is at hand: of a [tagged](Self::tagged) one, which may have
    /// been collected, say. As [`read`](Self::read), but the manifest is not read.
    ///
    /// # Errors
    ///
    /// As there.
    #[tracing::instrument(
        name = "lode.read",
        skip_all,
        fields(id = %self.id(), version = %snapshot.version()),
        err
    )]
    pub async fn read_snapshot(&self, snapshot: &DatasetSnapshot) -> Result<Vec<C::Record>, Error> {
        let mut records = Vec::new();
        let mut files = self.shared.read_files(snapshot)?;
        while let Some((file, bytes)) = files.try_next().await? {
            let failed = |source| Error::Decode { key: file.key.clone(), source };
            let decoded = self.shared.content.0.decode(bytes.into()).map_err(failed)?;
            for record in decoded {
                records.push(record.map_err(failed)?);
            }
        }
        Ok(records)
    }
}

impl Dataset<Blobs, Whole> {
    /// All blobs of a snapshot, in the order of its files.
    ///
    /// Costs one read for each, several at a time, and one of the manifest unless it is that of
    /// the head. Checksums are verified.
    ///
    /// # Errors
    ///
    /// As those of a dataset of records.
    pub async fn read(&self, version: Version) -> Result<Vec<Bytes>, Error> {
        self.read_snapshot(&self.snapshot(version).await?).await
    }

    /// All blobs of a snapshot that is at hand: of a [tagged](Self::tagged) one, which may have
    /// been collected, say. As [`read`](Self::read), but the manifest is not read.
    ///
    /// # Errors
    ///
    /// As there.
    #[tracing::instrument(
        name = "lode.read",
        skip_all,
        fields(id = %self.id(), version = %snapshot.version()),
        err
    )]
    pub async fn read_snapshot(&self, snapshot: &DatasetSnapshot) -> Result<Vec<Bytes>, Error> {
        self.shared.read_files(snapshot)?.map_ok(|(_, bytes)| bytes).try_collect().await
    }
}

impl<C: Content, D: Division<C::Item>> Shared<C, D> {
    /// The content of all files, in order.
    fn read_files<'a>(
        &'a self,
        snapshot: &DatasetSnapshot,
    ) -> Result<
        impl futures::Stream<Item = Result<(DataFile, Bytes), Error>> + Unpin + use<'a, C, D>,
        Error,
    > {
        self.check_means(snapshot.manifest())?;
        let algorithm = self.algorithm_of(snapshot.manifest())?;
        let (files, version) = (snapshot.files().to_vec(), snapshot.version());
        let reads = stream::iter(files).map(move |file| async move {
            match self.read_file(file, algorithm).await {
                Ok(file) => Ok(file),
                Err(error) => Err(self.history.explain(error, version).await),
            }
        });
        Ok(Box::pin(reads.buffered(FILES_IN_FLIGHT)))
    }

    async fn read_file(
        &self,
        file: DataFile,
        algorithm: Option<Algorithm>,
    ) -> Result<(DataFile, Bytes), Error> {
        let stored = self.history.objects.read_exact(&file.key, file.size).await?;
        if let Some((algorithm, expected)) = algorithm.zip(file.digest) {
            let found = algorithm.digest(&stored);
            if found != expected {
                return Err(Error::Corrupt { key: file.key, expected, found });
            }
        }
        let compressor = self.compressor.as_deref();
        match Decompression::begin(compressor, &file, self.limits)? {
            Some(decompression) => Ok((file, decompression.run(stored)?)),
            None => Ok((file, stored)),
        }
    }

    /// The algorithm by which a snapshot's files are verified.
    pub(super) fn algorithm_of(
        &self,
        manifest: &DatasetManifest,
    ) -> Result<Option<Algorithm>, Error> {
        let slot = || self.history.slots.layout.slot(manifest.version);
        self.checksums.named(manifest.checksum.as_deref(), slot)
    }

    /// Checks that a snapshot was written with what this handle has.
    pub(super) fn check_means(&self, manifest: &DatasetManifest) -> Result<(), Error> {
        const NO_CODEC: &str = "no codec";
        let codec = manifest.codec.as_deref().unwrap_or(NO_CODEC);
        let opened = self.content.codec_name().unwrap_or(NO_CODEC);
        check_opened(manifest.version, "codec", codec, opened)?;
        let compressor = self.compressor.as_ref().map(|compressor| compressor.name());
        let opened = compressor.unwrap_or(DatasetManifest::NONE);
        check_opened(manifest.version, "compressor", &manifest.compressor, opened)
    }
}

/// Checks that a snapshot is read with what it was written with.
pub(super) fn check_opened(
    version: Version,
    what: &'static str,
    written: &str,
    opened: &str,
) -> Result<(), Error> {
    if written == opened {
        return Ok(());
    }
    let (written, opened) = (written.to_string(), opened.to_string());
    Err(Error::Opened { version, what, written, opened })
}
