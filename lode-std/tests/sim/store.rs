//! A store that takes its time, and loses, repeats and delays requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::upload::SimUpload;
use crate::world::World;

/// By how much a request is late at the most: less than half the grace period.
const LATE: u64 = 60_000;
/// How long a request takes at the most, in milliseconds.
const LATENCY: u64 = 200;

/// What becomes of a request that changes something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Done,
    /// It is applied, and the reply is lost.
    Unanswered,
    /// It is not applied.
    Lost,
    /// It is applied, after its sender has been told that it failed.
    Late,
    /// A client below repeats it.
    Repeated,
}

/// A write.
#[derive(Clone, Debug)]
enum Change {
    Put(PutPayload, PutOptions),
    Delete,
}

#[derive(Debug)]
pub(crate) struct SimStore {
    inner: InMemory,
    world: Arc<World>,
    /// When objects were written, by the true time.
    dates: Mutex<HashMap<Path, i64>>,
    calm: AtomicBool,
    this: Weak<Self>,
}

impl SimStore {
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            inner: InMemory::new(),
            world,
            dates: Mutex::default(),
            calm: AtomicBool::new(false),
            this: this.clone(),
        })
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm_down(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    fn is_faulty(&self) -> bool {
        !self.calm.load(Ordering::Relaxed) && self.world.chance(60)
    }

    fn fate(&self) -> Fate {
        match self.is_faulty() {
            false => Fate::Done,
            true => [Fate::Unanswered, Fate::Lost, Fate::Late, Fate::Repeated]
                [usize::try_from(self.world.below(4)).unwrap()],
        }
    }

    /// Writes down that there was a request.
    fn trace(&self, operation: &str, path: &str, faulty: bool) {
        self.world.count(|counts| {
            counts.requests += 1;
            counts.faults += u64::from(faulty);
            for byte in operation.bytes().chain(path.bytes()).chain([u8::from(faulty)]) {
                // FNV-1a.
                counts.trace = (counts.trace ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        });
    }

    /// Writes down that there was a request, and says what becomes of it.
    pub(crate) fn meet(&self, operation: &str, path: &Path) -> Fate {
        let fate = self.fate();
        self.trace(operation, path.as_ref(), fate != Fate::Done);
        fate
    }

    /// Waits for as long as a request, or a reply, is on its way.
    pub(crate) async fn take_time(&self) {
        self.world.wait(LATENCY).await;
    }

    /// Does something after its sender has given up.
    pub(crate) fn later(&self, act: impl Future<Output = ()> + Send + 'static) {
        let delay = Duration::from_millis(self.world.below(LATE));
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            act.await;
        });
    }

    /// Writes down that an object is written now.
    pub(crate) fn date(&self, path: &Path) {
        self.dates.lock().unwrap().insert(path.clone(), self.world.seconds());
    }

    async fn change(&self, path: &Path, change: Change) -> Result<PutResult> {
        let operation = if matches!(change, Change::Delete) { "delete" } else { "put" };
        let fate = self.meet(operation, path);
        self.take_time().await;
        match fate {
            Fate::Done => {
                let result = self.apply(path, change).await;
                self.take_time().await;
                result
            }
            Fate::Unanswered => {
                let _ = self.apply(path, change).await;
                self.take_time().await;
                Err(lost())
            }
            Fate::Lost => Err(lost()),
            Fate::Late => {
                let (store, path) = (self.this.upgrade().unwrap(), path.clone());
                self.later(async move {
                    let _ = store.apply(&path, change).await;
                });
                Err(lost())
            }
            Fate::Repeated => {
                let _ = self.apply(path, change.clone()).await;
                self.take_time().await;
                self.apply(path, change).await
            }
        }
    }

    async fn apply(&self, path: &Path, change: Change) -> Result<PutResult> {
        match change {
            Change::Put(payload, options) => {
                let result = self.inner.put_opts(path, payload, options).await;
                if result.is_ok() {
                    self.date(path);
                }
                result
            }
            Change::Delete => {
                self.inner.delete(path).await?;
                Ok(PutResult { e_tag: None, version: None, extensions: Default::default() })
            }
        }
    }

    async fn look(&self, operation: &str, path: &Path) -> Result<()> {
        let faulty = self.is_faulty();
        self.trace(operation, path.as_ref(), faulty);
        self.take_time().await;
        if faulty { Err(lost()) } else { Ok(()) }
    }

    fn dated(&self, mut meta: ObjectMeta) -> ObjectMeta {
        if let Some(at) = self.dates.lock().unwrap().get(&meta.location) {
            let since = *at - meta.last_modified.timestamp();
            meta.last_modified += Duration::from_secs(since.max(0).unsigned_abs());
            meta.last_modified -= Duration::from_secs((-since).max(0).unsigned_abs());
        }
        meta
    }

    /// What there is at one moment.
    fn list_at_once(
        &self,
        prefix: Option<&Path>,
        offset: Option<Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.this.upgrade().unwrap(), prefix.cloned().unwrap_or_default());
        stream::once(async move {
            store.look("list", &prefix).await?;
            let found: Vec<_> = match &offset {
                Some(offset) => {
                    store.inner.list_with_offset(Some(&prefix), offset).try_collect().await?
                }
                None => store.inner.list(Some(&prefix)).try_collect().await?,
            };
            let found: Vec<_> = found.into_iter().map(|meta| Ok(store.dated(meta))).collect();
            store.take_time().await;
            Ok::<_, Error>(stream::iter(found))
        })
        .try_flatten()
        .boxed()
    }
}

pub(crate) fn lost() -> Error {
    Error::Generic { store: "simulated", source: "no answer".into() }
}

impl fmt::Display for SimStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated store")
    }
}

#[async_trait]
impl ObjectStore for SimStore {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.change(path, Change::Put(payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.look("upload", path).await?;
        let parts = self.inner.put_multipart_opts(path, options).await?;
        let store = self.this.upgrade().unwrap();
        Ok(Box::new(SimUpload::new(path.clone(), store, parts)))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.look(if options.head { "head" } else { "get" }, path).await?;
        let mut object = self.inner.get_opts(path, options).await?;
        object.meta = self.dated(object.meta);
        self.take_time().await;
        Ok(object)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let store = self.this.upgrade().unwrap();
        let delete = move |path: Result<Path>| {
            let store = store.clone();
            async move {
                let path = path?;
                store.change(&path, Change::Delete).await.map(|_| path)
            }
        };
        paths.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_at_once(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_at_once(prefix, Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.look("folders", prefix.unwrap_or(&Path::default())).await?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
