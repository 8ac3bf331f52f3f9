//! Uploads in parts: a temporary file that is written at several places at the same time.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use super::error::DirectoryError;
use super::temp::TempFile;
use super::write::Promise;
use super::{Inner, blocking, check_key};

/// An upload in parts. Its temporary file is removed when it is dropped before its end.
#[derive(Debug)]
pub(super) struct DirectoryUpload {
    inner: Arc<Inner>,
    location: Path,
    /// Until it has come to its end.
    temp: Option<Arc<TempFile>>,
    offset: u64,
}

impl DirectoryUpload {
    /// Blocks.
    pub(super) fn begin(inner: Arc<Inner>, location: Path) -> Result<Self, DirectoryError> {
        let key = check_key(&location)?;
        inner.root.check_before()?;
        let temp = inner.temps.create(&inner.root, key);
        let temp = temp.map_err(|source| inner.root.failed("write", key, source))?;
        Ok(Self { inner, location, temp: Some(Arc::new(temp)), offset: 0 })
    }

    fn over(&self) -> object_store::Error {
        let problem = format!("the upload of {} is over already", self.location);
        let error = DirectoryError::refused(problem, io::ErrorKind::InvalidInput.into());
        error.into_store(self.location.as_ref())
    }
}

#[async_trait]
impl MultipartUpload for DirectoryUpload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        let Some(temp) = self.temp.clone() else {
            return Box::pin(std::future::ready(Err(self.over())));
        };
        let begin = self.offset;
        self.offset += part.content_length() as u64;
        let (inner, location) = (self.inner.clone(), self.location.clone());
        Box::pin(async move {
            let write = move || {
                let mut offset = begin;
                part.iter().try_for_each(|bytes| {
                    temp.write_at(bytes, offset)?;
                    offset += bytes.len() as u64;
                    Ok(())
                })
            };
            let written: io::Result<()> = blocking(write).await?;
            let path = location.as_ref();
            written.map_err(|source| inner.root.failed("write", path, source).into_store(path))
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let temp = self.temp.take().ok_or_else(|| self.over())?;
        let (inner, location) = (self.inner.clone(), self.location.clone());
        let publish = move || inner.publish(&temp, &location, Promise::default());
        let placed = blocking(publish).await?;
        let placed = placed.map_err(|error| error.into_store(self.location.as_ref()))?;
        self.inner.settle(&self.location, placed).await
    }

    async fn abort(&mut self) -> Result<()> {
        let temp = self.temp.take().ok_or_else(|| self.over())?;
        let remove = move || {
            // Its room is free at once, even while a process that is being started has the file
            // open as well.
            let _ = temp.file.set_len(0);
            match temp.dir.remove_file(&temp.name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => {
                    temp.set_published();
                    Ok(())
                }
            }
        };
        let removed = blocking(remove).await?;
        let path = self.location.as_ref();
        removed.map_err(|source| self.inner.root.failed("give up", path, source).into_store(path))
    }
}
