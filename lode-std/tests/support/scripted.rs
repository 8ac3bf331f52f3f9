//! A store in memory that writes down every call, and does to it what a script says.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What happens to a put whose key matches.
#[derive(Clone, Copy, Debug)]
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

/// A store in memory with a call log and a script of faults.
#[derive(Debug, Default)]
pub struct Scripted {
    inner: InMemory,
    calls: Mutex<Vec<String>>,
    script: Mutex<VecDeque<Rule>>,
}

impl Scripted {
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    pub fn store(self: &Arc<Self>) -> Arc<dyn ObjectStore> {
        self.clone()
    }

    /// The next put whose key contains `key` suffers `fault`.
    pub fn fault(&self, key: &'static str, fault: Fault) {
        self.script.lock().unwrap().push_back((key, fault));
    }

    /// The calls since the last time, as `operation key`, without the folders above.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.calls.lock().unwrap())
    }

    /// Replaces an object's bytes behind everybody's back.
    pub async fn tamper(&self, key: &str, bytes: impl Into<Bytes>) {
        let payload = PutPayload::from(bytes.into());
        self.inner.put_opts(&Path::from(key), payload, PutOptions::default()).await.unwrap();
    }

    fn log(&self, operation: &str, path: &Path) {
        self.calls.lock().unwrap().push(format!("{operation} {path}"));
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
            Some(Fault::Denied) => Err(Error::PermissionDenied {
                path: path.to_string(),
                source: "you may only read".into(),
            }),
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.log("multipart", path);
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        self.log(if options.head { "head" } else { "get" }, path);
        self.inner.get_opts(path, options).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
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
