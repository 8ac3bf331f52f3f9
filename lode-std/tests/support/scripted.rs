//! A store that writes down every call, and does to it what a script says.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, UploadPart,
};
use tokio::sync::Notify;

use super::{fresh, memory};

/// What happens to a put whose key matches.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It is applied, and the reply is lost.
    AppliedButFailed,
    /// It is applied, and a client below repeats it, so that it finds itself.
    AppliedTwice,
    /// Its condition is ignored: it overwrites.
    Overwrites,
    /// It is not applied, and no reply comes.
    NotApplied,
    /// The store refuses it.
    Denied,
}

/// One rule of a script: the next put whose key contains the text suffers this.
type Rule = (&'static str, Fault);

/// An empty store with a call log and a script of faults.
#[derive(Debug)]
pub struct Scripted {
    inner: Arc<dyn ObjectStore>,
    calls: Arc<Mutex<Vec<String>>>,
    script: Mutex<VecDeque<Rule>>,
    /// The next look at, or read of, a key that contains the text fails.
    get_fails: Mutex<Option<&'static str>>,
    /// How many more writes and deletes are let through, if they are counted.
    writes_left: Mutex<Option<usize>>,
    /// The next put whose key contains the text waits here.
    gates: Mutex<Vec<(&'static str, Arc<Gate>)>>,
}

/// Where a put waits.
#[derive(Debug, Default)]
pub struct Gate {
    reached: Notify,
    opened: Notify,
}

impl Gate {
    /// Returns once the put is there.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets it pass.
    pub fn open(&self) {
        self.opened.notify_one();
    }
}

impl Scripted {
    pub fn new() -> Arc<Self> {
        Self::over(fresh())
    }

    /// One in memory, wherever the tests run: for what is tried at every byte or at every point
    /// of a sequence, and says nothing of a server.
    pub fn in_memory() -> Arc<Self> {
        Self::over(memory())
    }

    fn over(inner: Arc<dyn ObjectStore>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            calls: Arc::default(),
            script: Mutex::default(),
            get_fails: Mutex::default(),
            writes_left: Mutex::default(),
            gates: Mutex::default(),
        })
    }

    pub fn store(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        self.clone()
    }

    /// The next put whose key contains `key` suffers `fault`.
    pub fn fault(&self, key: &'static str, fault: Fault) {
        self.script.lock().unwrap().push_back((key, fault));
    }

    /// The next look at, or read of, a key that contains `key` fails.
    pub fn fail_next_get(&self, key: &'static str) {
        *self.get_fails.lock().unwrap() = Some(key);
    }

    /// Lets this many writes and deletes through, and refuses all that follow; `None` lets all
    /// through again.
    pub fn allow_writes(&self, count: Option<usize>) {
        *self.writes_left.lock().unwrap() = count;
    }

    /// Holds the next put whose key contains `key`, before it is applied.
    pub fn hold(&self, key: &'static str) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        self.gates.lock().unwrap().push((key, gate.clone()));
        gate
    }

    /// The calls since the last time, as `operation key`, without the folders above.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// All keys, in order, and their bytes, behind everybody's back.
    pub async fn objects(&self) -> Vec<(String, Bytes)> {
        let list: Vec<ObjectMeta> = self.inner.list(None).try_collect().await.unwrap();
        let mut found = Vec::new();
        for meta in list {
            let object = self.inner.get(&meta.location).await.unwrap();
            found.push((meta.location.to_string(), object.bytes().await.unwrap()));
        }
        found.sort();
        found
    }

    /// Replaces an object's bytes behind everybody's back.
    pub async fn tamper(&self, key: &str, bytes: impl Into<Bytes>) {
        let payload = PutPayload::from(bytes.into());
        self.inner
            .put_opts(&Path::parse(key).unwrap(), payload, PutOptions::default())
            .await
            .unwrap();
    }

    /// Deletes an object behind everybody's back.
    pub async fn remove(&self, key: &str) {
        self.inner.delete(&Path::parse(key).unwrap()).await.unwrap();
    }

    fn log(&self, operation: &str, path: &Path) {
        self.calls.lock().unwrap().push(format!("{operation} {path}"));
    }

    async fn pass_gates(&self, path: &Path) {
        let gate = {
            let mut gates = self.gates.lock().unwrap();
            let at = gates.iter().position(|(key, _)| path.as_ref().contains(key));
            at.map(|at| gates.remove(at).1)
        };
        if let Some(gate) = gate {
            gate.reached.notify_one();
            gate.opened.notified().await;
        }
    }

    /// Counts a write: whether it is refused.
    fn refuses_write(&self) -> bool {
        match &mut *self.writes_left.lock().unwrap() {
            None => false,
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
        }
    }

    fn next_fault(&self, path: &Path) -> Option<Fault> {
        let mut script = self.script.lock().unwrap();
        let at = script.iter().position(|(key, _)| path.as_ref().contains(key))?;
        script.remove(at).map(|(_, fault)| fault)
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scripted store")
    }
}

/// An upload in parts that is completed, and the reply is lost.
#[derive(Debug)]
struct Unacknowledged(Box<dyn MultipartUpload>);

#[async_trait]
impl MultipartUpload for Unacknowledged {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.0.put_part(part)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.0.complete().await?;
        Err(lost())
    }

    async fn abort(&mut self) -> Result<()> {
        self.0.abort().await
    }
}

fn denied(path: &Path) -> Error {
    Error::PermissionDenied { path: path.to_string(), source: "you may only read".into() }
}

fn lost() -> Error {
    Error::Generic { store: "scripted", source: "the connection was reset".into() }
}

#[async_trait]
impl ObjectStore for Scripted {
    async fn put_opts(
        &self,
        path: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> Result<PutResult> {
        let operation = if options.mode == PutMode::Create { "create" } else { "put" };
        self.log(operation, path);
        self.pass_gates(path).await;
        if self.refuses_write() {
            return Err(denied(path));
        }
        let put = |options: PutOptions| self.inner.put_opts(path, payload.clone(), options);
        match self.next_fault(path) {
            None => put(options).await,
            Some(Fault::AppliedButFailed) => {
                let _ = put(options).await;
                Err(lost())
            }
            Some(Fault::AppliedTwice) => {
                let _ = put(options.clone()).await;
                put(options).await
            }
            Some(Fault::Overwrites) => put(PutOptions::default()).await,
            Some(Fault::NotApplied) => Err(lost()),
            Some(Fault::Denied) => Err(denied(path)),
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.log("multipart", path);
        if self.refuses_write() {
            return Err(denied(path));
        }
        let upload = self.inner.put_multipart_opts(path, options).await?;
        Ok(match self.next_fault(path) {
            Some(Fault::AppliedButFailed) => Box::new(Unacknowledged(upload)),
            _ => upload,
        })
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.log(if options.head { "head" } else { "get" }, path);
        let fails = self.get_fails.lock().unwrap().take_if(|key| path.as_ref().contains(*key));
        if fails.is_some() {
            return Err(lost());
        }
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match self.refuses_write() {
            true => paths.map(|path| path.and_then(|path| Err(denied(&path)))).boxed(),
            false => {
                let calls = self.calls.clone();
                let log = move |path: &Path| calls.lock().unwrap().push(format!("delete {path}"));
                self.inner.delete_stream(paths.inspect_ok(log).boxed())
            }
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.log("list", prefix.unwrap_or(&Path::default()));
        self.inner.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.log("list", prefix.unwrap_or(&Path::default()));
        self.inner.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.log("list", prefix.unwrap_or(&Path::default()));
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.log("copy", to);
        self.inner.copy_opts(from, to, options).await
    }
}
