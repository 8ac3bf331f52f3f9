//! Stores that break a promise.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Which promise a store breaks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Careless {
    /// It overwrites what it was told to create.
    IgnoresConditions,
    /// It lists what was written only when something else has been written.
    ListsLate,
    /// It returns the bytes that an object had before.
    ReadsOldBytes,
    /// It returns other bytes than were asked for.
    ReadsOtherRanges,
}

impl Careless {
    /// A store in memory that is careless in this way.
    pub fn over(self, inner: InMemory) -> Arc<dyn ObjectStore> {
        Arc::new(CarelessStore {
            how: self,
            inner,
            old: Mutex::default(),
            newest: Mutex::default(),
        })
    }
}

#[derive(Debug)]
struct CarelessStore {
    how: Careless,
    inner: InMemory,
    /// What was written before the last time.
    old: Mutex<HashMap<Path, PutPayload>>,
    newest: Mutex<Option<Path>>,
}

impl fmt::Display for CarelessStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a careless store: {:?}", self.how)
    }
}

#[async_trait]
impl ObjectStore for CarelessStore {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        *self.newest.lock().unwrap() = Some(path.clone());
        if self.how == Careless::IgnoresConditions {
            return self.inner.put_opts(path, payload, PutOptions::default()).await;
        }
        if self.how == Careless::ReadsOldBytes {
            let old = self.old.lock().unwrap().insert(path.clone(), payload.clone());
            return match old {
                Some(old) => self.inner.put_opts(path, old, options).await,
                None => self.inner.put_opts(path, payload, options).await,
            };
        }
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, mut options: GetOptions) -> Result<GetResult> {
        if let (Careless::ReadsOtherRanges, Some(GetRange::Bounded(range))) =
            (self.how, &mut options.range)
            && range.start > 0
            && range.end <= 1000
        {
            range.start -= 1;
            range.end -= 1;
        }
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let newest =
            self.newest.lock().unwrap().clone().filter(|_| self.how == Careless::ListsLate);
        let is_seen = move |meta: &Result<ObjectMeta>| match (meta, &newest) {
            (Ok(meta), Some(newest)) => meta.location != *newest,
            _ => true,
        };
        self.inner.list(prefix).filter(move |meta| std::future::ready(is_seen(meta))).boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        let is_behind = move |meta: &Result<ObjectMeta>| match meta {
            Ok(meta) => meta.location > offset,
            Err(_) => true,
        };
        self.list(prefix).filter(move |meta| std::future::ready(is_behind(meta))).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
