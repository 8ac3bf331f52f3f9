//! Two clients for one store: what may not be repeated goes through one that repeats nothing.

use std::fmt;
use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A store with a client for what may be repeated, and one for what may not.
///
/// A client that repeats a conditional request on its own finds its own object, and reports a lost
/// race that never was; and it may send the request again at a time when nobody has looked whether
/// what it refers to is still there. So these are sent once, and the commit protocol decides what
/// a missing answer means.
#[derive(Debug)]
pub(super) struct Once<S> {
    /// Sends each request once.
    pub(super) once: S,
    /// Repeats what can be repeated.
    pub(super) patient: S,
}

impl<S: fmt::Display> fmt::Display for Once<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.patient.fmt(f)
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Once<S> {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let client = match options.mode {
            PutMode::Overwrite => &self.patient,
            PutMode::Create | PutMode::Update(_) => &self.once,
        };
        client.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.patient.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.patient.get_opts(path, options).await
    }

    async fn get_ranges(&self, path: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.patient.get_ranges(path, ranges).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.patient.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.patient.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.patient.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.patient.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let client = match options.mode {
            CopyMode::Overwrite => &self.patient,
            CopyMode::Create => &self.once,
        };
        client.copy_opts(from, to, options).await
    }
}
