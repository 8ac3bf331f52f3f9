//! Objects that are sent part by part, in bounded memory.

use bytes::Bytes;
use lode_core::key::Key;
use object_store::WriteMultipart;

use super::Objects;
use super::failure::without_secrets;
use crate::{Error, metrics};

/// The size of a part. S3 allows 10,000 parts, so objects of 78 GiB.
pub(crate) const PART: usize = 8 << 20;
/// How many parts are on their way at the same time.
const PARTS_IN_FLIGHT: usize = 2;

/// An object on its way, part by part. It appears when it is [finished](Self::finish).
///
/// Dropped before that, the parts are given back, as far as there is a runtime to do it.
pub(crate) struct Parts {
    objects: Objects,
    key: Key,
    /// Present once there was a part.
    upload: Option<WriteMultipart>,
    size: u64,
}

impl Parts {
    /// Costs nothing yet.
    pub(crate) fn new(objects: Objects, key: Key) -> Self {
        Self { objects, key, upload: None, size: 0 }
    }

    /// Whether there was a part.
    pub(crate) fn has_begun(&self) -> bool {
        self.upload.is_some()
    }

    pub(crate) async fn send(&mut self, part: Bytes) -> Result<(), Error> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => self.upload.insert(begin(&self.objects, &self.key).await?),
        };
        let ready = upload.wait_for_capacity(PARTS_IN_FLIGHT).await;
        ready.map_err(|source| self.objects.failed("write", &self.key, source))?;
        self.size += part.len() as u64;
        put_part(upload, part);
        Ok(())
    }

    /// Sends the rest, and makes the object appear.
    ///
    /// An upload whose end was not acknowledged may have come to it all the same: the reply was
    /// lost, or a client repeated the request and found no upload left. Nobody else writes other
    /// bytes under the name, so what is there is ours.
    pub(crate) async fn finish(mut self, rest: Bytes) -> Result<(), Error> {
        let mut upload = match self.upload.take() {
            Some(upload) => upload,
            None => begin(&self.objects, &self.key).await?,
        };
        let size = self.size + rest.len() as u64;
        put_part(&mut upload, rest);
        let Err(error) = upload.finish().await else { return Ok(()) };
        match self.objects.rely_on(&self.key).await? {
            Some(meta) if meta.size == size => Ok(()),
            _ => Err(self.objects.failed("write", &self.key, without_upload(error))),
        }
    }

    pub(crate) async fn abort(mut self) {
        if let Some(upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            let error = without_secrets(error);
            tracing::warn!(key = %self.key, %error, "an abandoned upload was left behind");
        }
    }
}

async fn begin(objects: &Objects, key: &Key) -> Result<WriteMultipart, Error> {
    Ok(WriteMultipart::new_with_chunk_size(objects.multipart(key).await?, PART))
}

/// What is not found, after an upload that may have come to its end or not, is the upload. That
/// must not be taken for an object or bucket that does not exist: it helps to write once more.
fn without_upload(error: object_store::Error) -> object_store::Error {
    match error {
        object_store::Error::NotFound { .. } => {
            // As a text, for the type of the cause says that something was not found.
            object_store::Error::Generic { store: "upload", source: error.to_string().into() }
        }
        error => error,
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    let error = without_secrets(error);
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
