//! Any `ObjectStore` is a store: one with a prefix, a slow one, one of your own, all the same way.
//! Here they are stacked, and what a call costs is counted.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use lode_std::{Dataset, meta};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A bucket that others use as well, and a network that takes its time.
    let bucket = Arc::new(InMemory::new());
    let wait = Duration::from_millis(2);
    let network = ThrottleConfig {
        wait_get_per_call: wait,
        wait_put_per_call: wait,
        wait_list_per_call: wait,
        ..ThrottleConfig::default()
    };
    let slow = ThrottledStore::new(bucket.clone(), network);
    let store = Arc::new(Counted::new(PrefixStore::new(slow, "team-a/lode")));

    let models = Dataset::builder("models").open(store.clone()).await?;
    models.write_blob("weights 1", meta! {}).await?;
    store.take();

    // Warm, a write is three requests, none of which lists or reads.
    let snapshot = models.write_blob("weights 2", meta! {}).await?;
    let [reads, writes, lists] = store.take();
    println!("a write: {reads} reads, {writes} writes, {lists} lists");
    assert_eq!([reads, writes, lists], [0, 3, 0]);

    // The manifest is known, so reading is one request for each file.
    assert_eq!(models.read(snapshot.version()).await?, ["weights 2"]);
    let [reads, writes, lists] = store.take();
    println!("a read: {reads} reads, {writes} writes, {lists} lists");
    assert_eq!([reads, writes, lists], [1, 0, 0]);

    // All of it lies below the prefix.
    let objects: Vec<ObjectMeta> = bucket.list(None).try_collect().await?;
    assert!(objects.iter().all(|object| object.location.as_ref().starts_with("team-a/lode/")));
    println!("{} objects below team-a/lode", objects.len());
    Ok(())
}

/// A store that counts the requests to another one.
#[derive(Debug)]
struct Counted<S> {
    inner: S,
    reads: AtomicUsize,
    writes: AtomicUsize,
    lists: AtomicUsize,
}

impl<S> Counted<S> {
    fn new(inner: S) -> Self {
        Self { inner, reads: 0.into(), writes: 0.into(), lists: 0.into() }
    }

    /// How many reads, writes and lists there were since the last time.
    fn take(&self) -> [usize; 3] {
        [&self.reads, &self.writes, &self.lists].map(|count| count.swap(0, Ordering::Relaxed))
    }
}

impl<S: fmt::Display> fmt::Display for Counted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, counted", self.inner)
    }
}

#[async_trait]
impl<S: ObjectStore> ObjectStore for Counted<S> {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.lists.fetch_add(1, Ordering::Relaxed);
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        self.inner.copy_opts(from, to, options).await
    }
}
