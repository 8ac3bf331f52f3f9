//! A store that dates its objects by a clock that is moved by hand.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use lode_core::time::Clock;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::clock::ManualClock;

/// A store that dates its objects by a clock that is moved by hand, and lets something happen
/// before one of its calls. What was written by other means has the date that it has.
#[derive(Clone, Debug)]
pub struct Aged {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    inner: Arc<dyn ObjectStore>,
    clock: Arc<ManualClock>,
    /// When objects were written, in seconds.
    dates: Mutex<HashMap<Path, i64>>,
    interruption: Mutex<Interruption>,
}

/// What is to happen, and how many calls come before it.
#[derive(Default)]
struct Interruption {
    calls: usize,
    event: Option<BoxFuture<'static, ()>>,
}

impl fmt::Debug for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after {} calls", self.calls)
    }
}

impl Aged {
    pub fn over(inner: Arc<dyn ObjectStore>, clock: Arc<ManualClock>) -> Self {
        let (dates, interruption) = (Mutex::default(), Mutex::default());
        Self { state: Arc::new(State { inner, clock, dates, interruption }) }
    }

    pub fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.clone())
    }

    /// After so many calls, `event` happens before the next one is applied.
    pub fn interrupt(&self, calls: usize, event: impl Future<Output = ()> + Send + 'static) {
        let event = Some(event.boxed());
        *self.state.interruption.lock().unwrap() = Interruption { calls, event };
    }

    /// Whether what was to happen has not happened; it never will.
    pub fn take_interruption(&self) -> bool {
        self.state.interruption.lock().unwrap().event.take().is_some()
    }
}

impl State {
    /// Counts a call.
    async fn pass(&self) {
        let event = {
            let mut interruption = self.interruption.lock().unwrap();
            match interruption.calls.checked_sub(1) {
                Some(calls) => {
                    interruption.calls = calls;
                    None
                }
                None => interruption.event.take(),
            }
        };
        if let Some(event) = event {
            event.await;
        }
    }

    fn date(&self, path: &Path, result: &Result<PutResult>) {
        let now = self.clock.now().unwrap().seconds();
        let mut dates = self.dates.lock().unwrap();
        match result {
            Ok(_) => drop(dates.insert(path.clone(), now)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
            // It may have been applied.
            Err(_) => drop(dates.entry(path.clone()).or_insert(now)),
        }
    }

    fn dated(&self, mut meta: ObjectMeta) -> ObjectMeta {
        if let Some(at) = self.dates.lock().unwrap().get(&meta.location) {
            let since = *at - meta.last_modified.timestamp();
            meta.last_modified += std::time::Duration::from_secs(since.max(0).unsigned_abs());
            meta.last_modified -= std::time::Duration::from_secs((-since).max(0).unsigned_abs());
        }
        meta
    }
}

impl fmt::Display for Aged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on a clock of its own", self.state.inner)
    }
}

#[async_trait]
impl ObjectStore for Aged {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        self.state.pass().await;
        let result = self.state.inner.put_opts(path, payload, options).await;
        self.state.date(path, &result);
        result
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.state.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.state.pass().await;
        let mut found = self.state.inner.get_opts(path, options).await?;
        found.meta = self.state.dated(found.meta);
        Ok(found)
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let state = self.state.clone();
        let deleted = async move {
            state.pass().await;
            state.inner.delete_stream(paths)
        };
        stream::once(deleted).flatten().boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (state, prefix) = (self.state.clone(), prefix.cloned());
        let list = async move {
            state.pass().await;
            let list = state.inner.list(prefix.as_ref());
            list.map(move |meta| meta.map(|meta| state.dated(meta)))
        };
        stream::once(list).flatten().boxed()
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        let (state, prefix, offset) = (self.state.clone(), prefix.cloned(), offset.clone());
        let list = async move {
            state.pass().await;
            let list = state.inner.list_with_offset(prefix.as_ref(), &offset);
            list.map(move |meta| meta.map(|meta| state.dated(meta)))
        };
        stream::once(list).flatten().boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.state.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.state.inner.copy_opts(from, to, options).await
    }
}
