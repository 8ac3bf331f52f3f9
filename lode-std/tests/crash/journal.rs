//! A store that writes down what was written and when that was durable, and rebuilds what a power
//! cut may leave.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    UploadPart,
};

/// A write that changes what a store has.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    path: Path,
    /// `None` deletes.
    bytes: Option<Bytes>,
    create: bool,
}

/// What happened, in order.
#[derive(Clone, Debug)]
enum Event {
    /// A write was sent; its number is its place among those that were.
    Begin(Write),
    /// The write of this number was reported as done, or refused.
    End { write: usize, applied: bool },
    /// Somebody is about to do this.
    Attempt(String),
    /// Somebody was told that this is done.
    Acknowledge(String),
}

/// What is left of a write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Left {
    /// All of it.
    Whole,
    /// Nothing.
    Nothing,
    /// The name, and a part of the bytes.
    Torn,
}

/// A store in memory that writes everything down. Clones write into the same journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal {
    inner: InMemory,
    events: Arc<Mutex<Vec<Event>>>,
}

/// What is there at some point.
#[derive(Debug, Default)]
pub(crate) struct Moment {
    /// What was durable, in order.
    durable: Vec<Write>,
    /// What was under way.
    under_way: Vec<Write>,
    /// What somebody was about to do.
    pub(crate) attempted: Vec<String>,
    /// What somebody was told is done.
    pub(crate) acknowledged: Vec<String>,
}

impl Journal {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub(crate) fn attempt(&self, what: &str) {
        self.note(Event::Attempt(what.to_string()));
    }

    pub(crate) fn acknowledge(&self, what: &str) {
        self.note(Event::Acknowledge(what.to_string()));
    }

    /// How many points there are at which the power may be cut.
    pub(crate) fn points(&self) -> usize {
        self.events.lock().unwrap().len() + 1
    }

    /// What is there after so many events.
    pub(crate) fn moment(&self, point: usize) -> Moment {
        let events = self.events.lock().unwrap();
        let mut moment = Moment::default();
        let (mut writes, mut open) = (Vec::new(), Vec::new());
        for event in &events[..point] {
            match event {
                Event::Begin(write) => {
                    open.push(writes.len());
                    writes.push(write.clone());
                }
                Event::End { write, applied } => {
                    open.retain(|under_way| under_way != write);
                    if *applied {
                        moment.durable.push(writes[*write].clone());
                    }
                }
                Event::Attempt(what) => moment.attempted.push(what.clone()),
                Event::Acknowledge(what) => moment.acknowledged.push(what.clone()),
            }
        }
        moment.under_way = open.iter().map(|write| writes[*write].clone()).collect();
        moment
    }

    fn note(&self, event: Event) {
        self.events.lock().unwrap().push(event);
    }

    fn begin(&self, path: &Path, bytes: Option<Bytes>, create: bool) -> usize {
        let mut events = self.events.lock().unwrap();
        events.push(Event::Begin(Write { path: path.clone(), bytes, create }));
        events.iter().filter(|event| matches!(event, Event::Begin(_))).count() - 1
    }
}

impl Moment {
    /// Every store that a power cut may leave here, if what is reported as done is durable: of
    /// what was under way any part may have been done.
    pub(crate) async fn stores(&self) -> Vec<Arc<dyn ObjectStore>> {
        assert!(self.under_way.len() < 8, "too much at once to try everything");
        let mut stores = Vec::new();
        for choice in 0..1_usize << self.under_way.len() {
            let store = InMemory::new();
            for write in &self.durable {
                apply(&store, write, Left::Whole).await;
            }
            for (number, write) in self.under_way.iter().enumerate() {
                let left = if choice >> number & 1 == 1 { Left::Whole } else { Left::Nothing };
                apply(&store, write, left).await;
            }
            stores.push(Arc::new(store) as Arc<dyn ObjectStore>);
        }
        stores
    }

    /// What a power cut may leave here of a store that does not sync: one of the writes that were
    /// reported as done is lost, or its bytes are. With the key of that write.
    pub(crate) async fn unsynced(&self) -> Vec<(Path, Left, Arc<dyn ObjectStore>)> {
        let mut stores = Vec::new();
        for (damaged, write) in self.durable.iter().enumerate() {
            for left in [Left::Nothing, Left::Torn] {
                let store = InMemory::new();
                for (number, write) in self.durable.iter().enumerate() {
                    apply(&store, write, if number == damaged { left } else { Left::Whole }).await;
                }
                stores.push((write.path.clone(), left, Arc::new(store) as Arc<dyn ObjectStore>));
            }
        }
        stores
    }
}

async fn apply(store: &InMemory, write: &Write, left: Left) {
    let bytes = match (left, &write.bytes) {
        (Left::Nothing, _) => return,
        (Left::Torn, Some(bytes)) => Some(bytes.slice(..bytes.len() / 2)),
        (_, bytes) => bytes.clone(),
    };
    match bytes {
        None => drop(store.delete(&write.path).await),
        // One that lost the race changes nothing.
        Some(bytes) => {
            let mode = if write.create { PutMode::Create } else { PutMode::Overwrite };
            let _ = store.put_opts(&write.path, bytes.into(), mode.into()).await;
        }
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a journal")
    }
}

#[async_trait]
impl ObjectStore for Journal {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let create = options.mode == PutMode::Create;
        let write = self.begin(path, Some(payload.clone().into()), create);
        // Others may get ahead here, and there.
        tokio::task::yield_now().await;
        let result = self.inner.put_opts(path, payload, options).await;
        tokio::task::yield_now().await;
        self.note(Event::End { write, applied: result.is_ok() });
        result
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.inner.put_multipart_opts(path, options).await?;
        let (journal, path) = (self.clone(), path.clone());
        Ok(Box::new(JournaledUpload { journal, path, bytes: Vec::new(), upload }))
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        tokio::task::yield_now().await;
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let journal = self.clone();
        let delete = move |path: Result<Path>| {
            let journal = journal.clone();
            async move {
                let path = path?;
                let write = journal.begin(&path, None, false);
                let result = journal.inner.delete(&path).await;
                journal.note(Event::End { write, applied: result.is_ok() });
                result.map(|()| path)
            }
        };
        paths.then(delete).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

/// An upload of which the end is written down: the parts are no objects.
#[derive(Debug)]
struct JournaledUpload {
    journal: Journal,
    path: Path,
    bytes: Vec<u8>,
    upload: Box<dyn MultipartUpload>,
}

#[async_trait]
impl MultipartUpload for JournaledUpload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.bytes.extend_from_slice(&Bytes::from(part.clone()));
        self.upload.put_part(part)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let bytes = Bytes::from(std::mem::take(&mut self.bytes));
        let write = self.journal.begin(&self.path, Some(bytes), false);
        tokio::task::yield_now().await;
        let result = self.upload.complete().await;
        self.journal.note(Event::End { write, applied: result.is_ok() });
        result
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}
