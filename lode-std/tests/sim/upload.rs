//! Large objects on their way in parts, to which happens what happens to other requests.

use std::sync::Arc;

use async_trait::async_trait;
use futures::FutureExt;
use object_store::path::Path;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use crate::store::{Fate, SimStore, lost};

/// An upload in parts.
#[derive(Debug)]
pub(crate) struct SimUpload {
    path: Path,
    store: Arc<SimStore>,
    /// Gone when it is complete or given up.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl SimUpload {
    pub(crate) fn new(path: Path, store: Arc<SimStore>, parts: Box<dyn MultipartUpload>) -> Self {
        Self { path, store, parts: Some(parts) }
    }
}

/// The upload is complete, or was given up, or nobody has heard of it.
fn no_such_upload(path: &Path) -> object_store::Error {
    let source = "no such upload".into();
    object_store::Error::NotFound { path: path.to_string(), source }
}

#[async_trait]
impl MultipartUpload for SimUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (store, path) = (self.store.clone(), self.path.clone());
        let fate = store.meet("part", &path);
        // Parts are numbered when they are sent: which one is first does not depend on latency.
        let sent = self.parts.as_mut().filter(|_| fate != Fate::Lost);
        let sent = sent.map(|parts| parts.put_part(data));
        async move {
            store.take_time().await;
            match (sent, fate) {
                // To send the same part again is as good as once.
                (Some(sent), Fate::Done | Fate::Repeated | Fate::Held) => sent.await,
                (Some(sent), _) => sent.await.and(Err(lost())),
                (None, Fate::Lost) => Err(lost()),
                (None, _) => Err(no_such_upload(&path)),
            }
        }
        .boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let fate = self.store.meet("complete", &self.path);
        self.store.take_time().await;
        if fate == Fate::Lost {
            return Err(lost());
        }
        let mut parts = self.parts.take().ok_or_else(|| no_such_upload(&self.path))?;
        let (store, path) = (self.store.clone(), self.path.clone());
        if fate == Fate::Late {
            self.store.later(async move {
                if parts.complete().await.is_ok() {
                    store.date(&path);
                }
            });
            return Err(lost());
        }
        let result = parts.complete().await;
        store.date(&path);
        store.take_time().await;
        match fate {
            Fate::Unanswered | Fate::Unsynced => Err(lost()),
            Fate::Repeated => Err(no_such_upload(&path)),
            _ => result,
        }
    }

    async fn abort(&mut self) -> Result<()> {
        let fate = self.store.meet("abort", &self.path);
        self.store.take_time().await;
        match self.parts.take() {
            _ if fate != Fate::Done => Err(lost()),
            Some(mut parts) => parts.abort().await,
            None => Err(no_such_upload(&self.path)),
        }
    }
}
