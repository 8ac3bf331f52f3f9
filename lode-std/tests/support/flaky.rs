//! A store of which one object cannot be read as it is.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What is the matter with reading an object.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Flaw {
    /// The store fails.
    Fails,
    /// The answer ends early, always in the same place.
    EndsEarly,
    /// The first answer has other bytes, all others are right.
    WrongOnce,
    /// Each answer has other bytes.
    WrongEachTime,
    /// It is not listed.
    Unlisted,
    /// It is listed with another size.
    ListedOtherwise,
    /// A listing that comes to it fails.
    ListingFails,
}

impl Flaw {
    pub const ALL: [Self; 7] = [
        Self::Fails,
        Self::EndsEarly,
        Self::WrongOnce,
        Self::WrongEachTime,
        Self::Unlisted,
        Self::ListedOtherwise,
        Self::ListingFails,
    ];
}

/// A store with at most one object that cannot be read as it is.
#[derive(Debug)]
pub struct Flaky {
    inner: Arc<dyn ObjectStore>,
    flaw: Mutex<Option<(String, Flaw)>>,
    reads: AtomicU8,
}

impl Flaky {
    pub fn over(inner: Arc<dyn ObjectStore>) -> Arc<Self> {
        Arc::new(Self { inner, flaw: Mutex::default(), reads: AtomicU8::new(0) })
    }

    pub fn store(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        self.clone()
    }

    /// From now on the object with this key has this flaw.
    pub fn spoil(&self, key: &str, flaw: Flaw) {
        *self.flaw.lock().unwrap() = Some((key.to_string(), flaw));
        self.reads.store(0, Ordering::SeqCst);
    }

    fn flaw_of(&self, path: &Path) -> Option<Flaw> {
        let flaw = self.flaw.lock().unwrap();
        flaw.as_ref().filter(|(key, _)| key == path.as_ref()).map(|(_, flaw)| *flaw)
    }
}

fn busy() -> Error {
    Error::Generic { store: "flaky", source: "too many open files".into() }
}

impl fmt::Display for Flaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a flaky store")
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let is_head = options.head;
        let flaw = self.flaw_of(path);
        if flaw == Some(Flaw::Fails) {
            return Err(busy());
        }
        let mut found = self.inner.get_opts(path, options).await?;
        let (Some(flaw), false) = (flaw, is_head) else { return Ok(found) };
        let payload = std::mem::replace(
            &mut found.payload,
            GetResultPayload::Stream(futures::stream::empty().boxed()),
        );
        let bytes = GetResult { payload, ..found }.bytes().await?;
        let mut found = self.inner.get_opts(path, GetOptions::new()).await?;
        let reads = self.reads.fetch_add(1, Ordering::SeqCst);
        let mut bytes = bytes.to_vec();
        match flaw {
            Flaw::EndsEarly => bytes.truncate(bytes.len() / 2),
            Flaw::WrongOnce if reads > 0 => {}
            Flaw::WrongOnce | Flaw::WrongEachTime => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 0x81_u8.wrapping_add(reads);
            }
            _ => {}
        }
        let piece = futures::stream::once(async move { Ok(bytes.into()) });
        found.payload = GetResultPayload::Stream(piece.boxed());
        Ok(found)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let flaw = self.flaw.lock().unwrap().clone();
        let list = self.inner.list(prefix);
        let list = list.filter_map(move |meta| {
            let flaw = flaw.as_ref().zip(meta.as_ref().ok());
            let flaw = flaw.filter(|((key, _), meta)| key == meta.location.as_ref());
            std::future::ready(match flaw.map(|((_, flaw), _)| *flaw) {
                Some(Flaw::Unlisted) => None,
                Some(Flaw::ListingFails) => Some(Err(busy())),
                Some(Flaw::ListedOtherwise) => {
                    meta.map(|meta| ObjectMeta { size: meta.size + 1, ..meta }).map(Ok).ok()
                }
                _ => Some(meta),
            })
        });
        list.boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
