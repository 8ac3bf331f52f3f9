//! A store that takes its time, and loses, repeats and delays requests.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use lode_core::manifest::{SlotContent, VolumeManifest, compact};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result,
};

use crate::upload::SimUpload;
use crate::world::{Mistake, World};

/// By how much a request is late at the most, in milliseconds: ten grace periods.
pub(crate) const LATE: u64 = 600_000;
/// How long a request takes at the most, in milliseconds.
const LATENCY: u64 = 200;
/// How many of a thousand writes are held up for as long as `LATE`, and then succeed.
const HELD: u64 = 4;
/// What is not ours, in all folders where it may be.
const FOREIGN: [&str; 9] = [
    "readme.md",
    "volumes/.DS_Store",
    "volumes/stray/file",
    "volumes/disk/notes.txt",
    "volumes/disk/snapshots/.DS_Store",
    "datasets/events/_SUCCESS",
    "datasets/events/partitions/.DS_Store",
    "datasets/events/partitions/parity=0/notes.txt",
    "datasets/blobs/snapshots/thumbs.db",
];

/// What becomes of a request that changes something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Done,
    /// It is applied, and the reply is lost.
    Unanswered,
    /// It is not applied.
    Lost,
    /// It is applied, at any later time, after its sender has been told that it failed.
    Late,
    /// It takes very long: so its sender was suspended, or the store was. Then it is applied.
    Held,
    /// A directory could not be synced: it is applied or not, and its sender is told of an error of
    /// the system.
    Unsynced,
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
    name: &'static str,
    inner: InMemory,
    world: Arc<World>,
    /// When objects were written, by the true time.
    dates: Mutex<HashMap<Path, i64>>,
    calm: AtomicBool,
    this: Weak<Self>,
}

impl SimStore {
    pub(crate) fn new(name: &'static str, world: Arc<World>) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            name,
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
        let fates = [Fate::Unanswered, Fate::Lost, Fate::Late, Fate::Repeated, Fate::Unsynced];
        match self.is_faulty() {
            true => fates[usize::try_from(self.world.below(5)).unwrap()],
            false if !self.calm.load(Ordering::Relaxed) && self.world.chance(HELD) => Fate::Held,
            false => Fate::Done,
        }
    }

    /// Puts down what is not ours.
    pub(crate) async fn scatter(&self) {
        for key in FOREIGN {
            self.inner.put(&Path::from(key), format!("{key} of another").into()).await.unwrap();
        }
    }

    /// It is as it was, byte for byte.
    pub(crate) async fn check_foreign(&self) {
        for key in FOREIGN {
            let found = self.inner.get(&Path::from(key)).await;
            let found = found.unwrap_or_else(|error| panic!("{key} in {}: {error}", self.name));
            let bytes = found.bytes().await.unwrap();
            assert_eq!(bytes, format!("{key} of another"), "{key} in {}", self.name);
        }
    }

    /// All keys, behind everybody's back.
    async fn keys(&self) -> Vec<Path> {
        self.inner.list(None).map_ok(|meta| meta.location).try_collect().await.unwrap()
    }

    /// Does what it must not. Whether that is all.
    async fn errs(&self, path: &Path, change: &mut Change) -> bool {
        let Some(mistake) = self.world.mistake else { return false };
        let key = path.as_ref();
        let is_slot = key.contains("/snapshots/") || key.starts_with("datasets/events/segments/");
        match (mistake, change) {
            (Mistake::ForgetsSlots, Change::Put(..)) => is_slot && self.world.chance(100),
            (Mistake::ForgetsRecords, Change::Put(bytes, _)) => {
                let bytes: Vec<u8> = bytes.iter().flatten().copied().collect();
                let found = compact::decode(&bytes);
                is_slot && matches!(found, Ok(SlotContent::<VolumeManifest>::Record(_)))
            }
            (Mistake::OverwritesSlots, Change::Put(_, options)) if is_slot => {
                options.mode = PutMode::Overwrite;
                false
            }
            (Mistake::DeletesMore, Change::Delete) if key.contains("/data/") => {
                let mut keys = self.keys().await.into_iter();
                let (folder, _) = key.split_once("/data/").unwrap();
                let other = keys.find(|other| {
                    other.as_ref().starts_with(folder)
                        && other != path
                        && other.as_ref().contains("/data/")
                });
                if let Some(other) = other {
                    self.inner.delete(&other).await.unwrap();
                }
                false
            }
            (Mistake::DeletesForeign, Change::Delete) => {
                let _ = self.inner.delete(&Path::from(FOREIGN[3])).await;
                false
            }
            (Mistake::ChangesCopies, Change::Put(bytes, _)) => {
                if self.name == "there" && key.contains("/data/") {
                    let mut changed: Vec<u8> = bytes.iter().flatten().copied().collect();
                    if let Some(byte) = changed.first_mut() {
                        *byte ^= 1;
                    }
                    *bytes = changed.into();
                }
                false
            }
            _ => false,
        }
    }

    /// Writes down that there was a request.
    fn trace(&self, operation: &str, path: &str, faulty: bool) {
        self.world.count(|counts| {
            counts.requests += 1;
            counts.faults += u64::from(faulty);
            for byte in self
                .name
                .bytes()
                .chain(operation.bytes())
                .chain(path.bytes())
                .chain([u8::from(faulty)])
            {
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
            Fate::Held => {
                self.world.wait(LATE).await;
                self.apply(path, change).await
            }
            Fate::Unsynced => {
                if self.world.chance(500) {
                    let _ = self.apply(path, change).await;
                }
                Err(unsynced())
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

    async fn apply(&self, path: &Path, mut change: Change) -> Result<PutResult> {
        if self.errs(path, &mut change).await {
            return Ok(PutResult { e_tag: None, version: None, extensions: Default::default() });
        }
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

    /// What there was at one moment, or at another one, or in between: of what has come and gone
    /// while it was listed some is shown.
    fn list_slowly(
        &self,
        prefix: Option<&Path>,
        offset: Option<Path>,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (self.this.upgrade().unwrap(), prefix.cloned().unwrap_or_default());
        stream::once(async move {
            store.look("list", &prefix).await?;
            let before = store.found(&prefix, offset.as_ref()).await?;
            store.take_time().await;
            let after = store.found(&prefix, offset.as_ref()).await?;
            let mut shown = Vec::new();
            let all: BTreeSet<_> = before.keys().chain(after.keys()).collect();
            for path in all {
                let both = before.get(path).zip(after.get(path));
                let either = before.get(path).or_else(|| after.get(path));
                let meta = match both {
                    Some((_, meta)) => Some(meta),
                    None => either.filter(|_| store.world.chance(500)),
                };
                shown.extend(meta.map(|meta| Ok(store.dated(meta.clone()))));
            }
            if store.world.mistake == Some(Mistake::HidesTags) && prefix.as_ref().ends_with("tags")
            {
                shown.clear();
            }
            store.take_time().await;
            Ok::<_, Error>(stream::iter(shown))
        })
        .try_flatten()
        .boxed()
    }

    /// What there is at one moment.
    async fn found(
        &self,
        prefix: &Path,
        offset: Option<&Path>,
    ) -> Result<BTreeMap<Path, ObjectMeta>> {
        let list = match offset {
            Some(offset) => self.inner.list_with_offset(Some(prefix), offset),
            None => self.inner.list(Some(prefix)),
        };
        list.map_ok(|meta| (meta.location.clone(), meta)).try_collect().await
    }
}

/// The disk reports what becomes of nothing it was told.
fn unsynced() -> Error {
    let source = std::io::Error::from_raw_os_error(5);
    Error::Generic { store: "simulated", source: source.into() }
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
        self.list_slowly(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.list_slowly(prefix, Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.look("folders", prefix.unwrap_or(&Path::default())).await?;
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
