//! Data files on their way into a store as streams: bounded memory whatever the size.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use lode_core::checksum::Hasher;
use lode_core::codec::FileStats;
use lode_core::key::Key;
use lode_core::manifest::{DataFile, Metadata};
use lode_core::time::Timestamp;
use object_store::WriteMultipart;

use super::Shared;
use super::content::{Content, Division, Whole};
use super::file::{StagedFile, Summary};
use super::transform::Compression;
use crate::Error;
use crate::history::StagedObject;
use crate::metrics;

/// The size of a part of a large file. S3 allows 10,000 parts, so files of 78 GiB.
const PART: usize = 8 << 20;
/// How many parts are on their way at the same time.
const PARTS_IN_FLIGHT: usize = 2;
/// Above this size a file is likely to need a whole part, which is allocated at once: growing to it
/// step by step would need it twice.
const SMALL: usize = 1 << 20;

/// A file on its way: compressed, its checksum taken, and sent part by part once it is too large
/// for one.
pub(super) struct Sink<C: Content> {
    shared: Arc<Shared<C, Whole>>,
    key: Key,
    compression: Option<Compression>,
    stored: Stored,
    /// Present once there was a full part.
    upload: Option<WriteMultipart>,
    at: Option<Timestamp>,
}

impl<C: Content> Sink<C>
where
    Whole: Division<C::Item>,
{
    pub(super) fn begin(shared: Arc<Shared<C, Whole>>) -> Result<Self, Error> {
        let key = shared.new_file(None)?;
        let compressor = shared.compressor.as_deref();
        let compression =
            compressor.map(|compressor| Compression::begin(compressor, &key)).transpose()?;
        let (hasher, at) = (shared.begin_checksum(), shared.writer.now());
        let stored = Stored { hasher, pending: BytesMut::new(), size: 0 };
        Ok(Self { shared, key, compression, stored, upload: None, at })
    }

    /// Takes bytes, without sending any.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.compression {
            Some(compression) => compression.push(bytes, |bytes| self.stored.take(bytes)),
            None => {
                self.stored.take(bytes);
                Ok(())
            }
        }
    }

    pub(super) fn has_full_part(&self) -> bool {
        self.stored.pending.len() >= PART
    }

    pub(super) async fn upload_full_parts(&mut self) -> Result<(), Error> {
        while self.has_full_part() {
            let part = self.stored.pending.split_to(PART).freeze();
            self.upload_part(part).await?;
        }
        Ok(())
    }

    async fn upload_part(&mut self, part: Bytes) -> Result<(), Error> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let upload = self.shared.history.objects.multipart(&self.key).await?;
                self.upload.insert(WriteMultipart::new_with_chunk_size(upload, PART))
            }
        };
        let ready = upload.wait_for_capacity(PARTS_IN_FLIGHT).await;
        ready.map_err(|source| Error::store("write", &self.key, source))?;
        put_part(upload, part);
        Ok(())
    }

    /// Sends the rest.
    pub(super) async fn finish(
        mut self,
        stats: Option<FileStats>,
        summary: Summary,
    ) -> Result<StagedFile, Error> {
        if let Some(compression) = self.compression.take() {
            compression.finish(|bytes| self.stored.take(bytes))?;
        }
        self.upload_full_parts().await?;
        let rest = self.stored.pending.split().freeze();
        let key = self.key.clone();
        let object = match self.upload.take() {
            Some(mut upload) => {
                put_part(&mut upload, rest);
                let at = match upload.finish().await {
                    Ok(_) => self.at,
                    Err(error) => self.find_finished(error).await?,
                };
                StagedObject { key, at }
            }
            None => self.shared.put_bytes(key, None, &rest).await?,
        };
        let (size, digest) = (self.stored.size, self.stored.hasher.take().map(Hasher::finish));
        let key = object.key.clone();
        let file = DataFile { key, size, digest, stats, extra: Metadata::new() };
        Ok(StagedFile { file, object, summary })
    }

    /// An upload whose end was not acknowledged may have come to it all the same: the reply was
    /// lost, or a client repeated the request and found no upload left. Nobody else knows the
    /// name, so what is there is ours; before it is committed it is looked at once more.
    async fn find_finished(&self, error: object_store::Error) -> Result<Option<Timestamp>, Error> {
        match self.shared.history.objects.metadata(&self.key).await? {
            Some(meta) if meta.size == self.stored.size => Ok(None),
            _ => Err(Error::store("write", &self.key, without_upload(error))),
        }
    }

    pub(super) async fn abort(mut self) {
        if let Some(upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(key = %self.key, %error, "an abandoned upload was left behind");
        }
    }
}

/// What is not found, after an upload that may have come to its end or not, is the upload. That
/// must not be taken for an object or bucket that does not exist: it helps to write once more.
fn without_upload(error: object_store::Error) -> object_store::Error {
    match error {
        object_store::Error::NotFound { .. } => {
            object_store::Error::Generic { store: "upload", source: error.into() }
        }
        error => error,
    }
}

/// Gives the parts of an abandoned upload back, as far as there is a runtime to do it.
impl<C: Content> Drop for Sink<C> {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an abandoned upload was left behind");
                }
            });
        }
    }
}

fn put_part(upload: &mut WriteMultipart, part: Bytes) {
    metrics::call("write");
    metrics::written(part.len());
    upload.put(part);
}

/// The bytes of a file, as they are stored.
struct Stored {
    hasher: Option<Box<dyn Hasher>>,
    /// What has not been sent, less than a part unless one is about to be.
    pending: BytesMut,
    /// How many there are, sent or not.
    size: u64,
}

impl Stored {
    fn take(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        let length = self.pending.len() + bytes.len();
        if length > SMALL && length > self.pending.capacity() {
            self.pending.reserve((PART + SMALL).saturating_sub(self.pending.len()));
        }
        self.pending.extend_from_slice(bytes);
        self.size += bytes.len() as u64;
    }
}
