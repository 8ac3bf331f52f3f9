//! A store that counts.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What a store was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Requests, of whatever kind.
    pub requests: u64,
    /// Bytes of objects that were read.
    pub read: u64,
    /// Bytes of objects that were written.
    pub written: u64,
}

/// A store that counts what it is asked for, and hands it on.
#[derive(Clone, Debug)]
pub struct Counting {
    store: Arc<dyn ObjectStore>,
    count: Arc<Mutex<Count>>,
}

impl Counting {
    /// In front of this store.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, count: Arc::default() }
    }

    /// The same as those who use it want it.
    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.clone())
    }

    /// What it was asked for since the last time.
    pub fn take(&self) -> Count {
        mem::take(&mut *self.count.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, read: u64, written: usize) {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.requests += 1;
        count.read += read;
        count.written += written as u64;
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
impl ObjectStore for Counting {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.note(0, payload.content_length());
        self.store.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.note(0, 0);
        self.store.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let result = self.store.get_opts(path, options).await;
        let range = result.as_ref().map_or(0..0, |result| result.range.clone());
        self.note(range.end - range.start, 0);
        result
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.note(0, 0);
        self.store.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.note(0, 0);
        self.store.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.note(0, 0);
        self.store.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.note(0, 0);
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.note(0, 0);
        self.store.copy_opts(from, to, options).await
    }
}
