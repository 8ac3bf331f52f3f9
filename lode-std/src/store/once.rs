//! Two clients for one store: what may not be repeated goes through one that repeats only what
//! never reached the server.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetRange, GetResult, ListResult, MultipartUpload,
    ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result,
};

use super::failure::{Effect, Exhausted, Failure};
use crate::{Entropy, Retry, SystemEntropy};

/// The longest wait before a create is sent for the second time, and that of all later ones.
pub(super) const FIRST_WAIT: Duration = Duration::from_millis(100);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A store with a client for what may be repeated, and one for what may not.
///
/// A client that repeats a conditional request on its own finds its own object, and reports a lost
/// race that never was; and it may send the request again at a time when nobody has looked whether
/// what it refers to is still there. So these are sent once, and the commit protocol decides what
/// a missing answer means. Only where the connection was refused, so that nothing was sent, are they
/// sent again: a server that is gone for a while fails no commit.
#[derive(Debug)]
pub(super) struct Once<S> {
    /// Sends each request once.
    once: S,
    /// Repeats what can be repeated.
    patient: S,
    /// How many times what was not sent is sent again, and for how long.
    retries: usize,
    retry_timeout: Duration,
    /// Whether the bucket is known to exist.
    has_bucket: AtomicBool,
}

impl<S: ObjectStore> Once<S> {
    pub(super) fn new(once: S, patient: S, retries: usize, retry_timeout: Duration) -> Self {
        Self { once, patient, retries, retry_timeout, has_bucket: AtomicBool::new(false) }
    }

    /// Does something again as long as nothing of it reaches the server.
    #[allow(clippy::disallowed_methods, reason = "as in the client below, no promise stands on it")]
    async fn until_sent<T, F>(&self, send: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let begin = Instant::now();
        let mut sent = 0;
        loop {
            let error = match send().await {
                Err(error) if Failure::of(&error).effect == Effect::NotSent => error,
                result => return result,
            };
            let rest = self.retry_timeout.saturating_sub(begin.elapsed());
            if sent as usize >= self.retries || rest.is_zero() {
                return Err(Error::Generic { store: "network", source: Exhausted(error).into() });
            }
            sent = u32::saturating_add(sent, 1);
            tracing::debug!(%error, sent, "nothing was sent, trying again");
            tokio::time::sleep(wait(sent).min(rest)).await;
        }
    }

    /// A reply to HEAD has no body, so it cannot say that it is the bucket that is not there. The
    /// first time that something is not found the store is asked once more, in a way that it can.
    async fn explain_absence(&self, path: &Path, absent: Error) -> Error {
        let first_byte = GetOptions::new().with_range(Some(GetRange::Bounded(0..1)));
        match self.patient.get_opts(path, first_byte).await {
            Ok(_) | Err(Error::NotFound { .. }) => {
                self.has_bucket.store(true, Ordering::Relaxed);
                absent
            }
            Err(error) => error,
        }
    }
}

/// How long to wait before something is sent again. Without random bits everybody waits for the
/// longest time: slow, but right.
fn wait(attempt: u32) -> Duration {
    let retry = Retry { base: FIRST_WAIT, cap: LONGEST_WAIT, ..Retry::none() };
    retry.delay(attempt, SystemEntropy.bits().unwrap_or(u64::MAX))
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
        match options.mode {
            PutMode::Overwrite => self.patient.put_opts(path, payload, options).await,
            PutMode::Create | PutMode::Update(_) => {
                let put = || self.once.put_opts(path, payload.clone(), options.clone());
                self.until_sent(put).await
            }
        }
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.patient.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let is_head = options.head;
        match self.patient.get_opts(path, options).await {
            Err(error @ Error::NotFound { .. })
                if is_head && !self.has_bucket.load(Ordering::Relaxed) =>
            {
                Err(self.explain_absence(path, error).await)
            }
            result => result,
        }
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
        match options.mode {
            CopyMode::Overwrite => self.patient.copy_opts(from, to, options).await,
            CopyMode::Create => {
                self.until_sent(|| self.once.copy_opts(from, to, options.clone())).await
            }
        }
    }
}
