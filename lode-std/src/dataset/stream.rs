//! Writing a blob, or records, as a stream: bounded memory whatever the size.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{Stream, StreamExt, pin_mut};
use lode_core::checksum::Hasher;
use lode_core::codec::{FileStats, StreamEncoder, StreamingCodec};
use lode_core::key::Key;
use lode_core::manifest::{DataFile, Metadata};
use object_store::WriteMultipart;
use tokio::io::AsyncWrite;

use super::content::{Blobs, Content, Division, Records, Whole};
use super::file::{StagedFile, Summary};
use super::transform::Compression;
use super::{Dataset, DatasetSnapshot, Shared};
use crate::Error;
use crate::history::StagedObject;

/// The size of a part of a large file. S3 allows 10,000 parts, so files of 78 GiB.
const PART: usize = 8 << 20;
/// How many parts are on their way at the same time.
const PARTS_IN_FLIGHT: usize = 3;
/// How many bytes one call to `poll_write` takes, so that it does not work for too long.
const TURN: usize = 256 << 10;

impl Dataset<Blobs, Whole> {
    /// Begins a snapshot of one blob that is written as a stream. Costs nothing yet.
    ///
    /// # Errors
    ///
    /// If the compressor cannot begin.
    pub fn stream_write(&self) -> Result<BlobWriter, Error> {
        let sink = Sink::begin(self.shared.clone())?;
        Ok(BlobWriter { state: State::Idle(Box::new(sink)), shared: self.shared.clone() })
    }
}

impl<C: StreamingCodec + 'static> Dataset<Records<C>, Whole>
where
    C::Record: Sync,
{
    /// Writes records as a new snapshot of one file, while they come: in bounded memory however
    /// many there are.
    ///
    /// Costs one create of a small file, or a multipart upload of a large one, one create of the
    /// manifest and one write of the hint.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if a record does not fit; the stream's own errors as they come; else
    /// those of a [commit](crate::Volume::commit). Nothing is visible then.
    #[tracing::instrument(name = "lode.write", skip_all, fields(id = %self.id()), err)]
    pub async fn stream_write_records(
        &self,
        records: impl Stream<Item = Result<C::Record, Error>> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let mut sink = Sink::begin(self.shared.clone())?;
        match self.encode_stream(&mut sink, records).await {
            Ok((stats, summary)) => {
                let file = sink.finish(stats, summary).await?;
                self.shared.commit(vec![file], metadata).await
            }
            Err(error) => {
                sink.abort().await;
                Err(error)
            }
        }
    }

    async fn encode_stream(
        &self,
        sink: &mut Sink<Records<C>>,
        records: impl Stream<Item = Result<C::Record, Error>> + Send,
    ) -> Result<(Option<FileStats>, Summary), Error> {
        let codec = self.shared.content.0.name();
        let failed = |source| Error::Encode { codec, source };
        let mut encoder = self.shared.content.0.encoder();
        let (mut bytes, mut summary) = (Vec::new(), Summary::default());
        pin_mut!(records);
        while let Some(record) = records.next().await {
            let record = record?;
            encoder.push(&record, &mut bytes).map_err(failed)?;
            if let Some(time) = &self.shared.time {
                summary.note(time(&record));
            }
            if bytes.len() >= TURN {
                sink.push(&bytes)?;
                bytes.clear();
                sink.upload_full_parts().await?;
            }
        }
        let encoded = encoder.finish(&mut bytes).map_err(failed)?;
        sink.push(&bytes)?;
        sink.upload_full_parts().await?;
        summary.rows = encoded.rows;
        Ok((encoded.stats, summary))
    }
}

/// Parts on their way: the sink comes back when they have arrived, or failed.
type Uploading = BoxFuture<'static, (Box<Sink<Blobs>>, Result<(), Error>)>;

/// A blob that is being written. It becomes a snapshot when it is [committed](Self::commit);
/// dropping it is an abort.
#[must_use = "what is not committed is not part of the dataset"]
pub struct BlobWriter {
    state: State,
    shared: Arc<Shared<Blobs, Whole>>,
}

enum State {
    /// Bytes can be taken.
    Idle(Box<Sink<Blobs>>),
    /// Parts are on their way.
    Uploading(Uploading),
    /// An upload has failed.
    Failed,
}

impl BlobWriter {
    /// Makes what was written durable, and a snapshot.
    ///
    /// # Errors
    ///
    /// Those of a [commit](crate::Volume::commit), or that of an earlier write. Nothing is
    /// visible then.
    pub async fn commit(mut self, metadata: Metadata) -> Result<DatasetSnapshot, Error> {
        let sink = self.settle().await?;
        let summary = Summary { rows: 1, ..Summary::default() };
        let file = sink.finish(None, summary).await?;
        self.shared.commit(vec![file], metadata).await
    }

    /// Gives up what was written. Dropping does the same, but does not wait for it.
    pub async fn abort(mut self) {
        if let Ok(sink) = self.settle().await {
            sink.abort().await;
        }
    }

    /// Waits for what is on its way.
    async fn settle(&mut self) -> Result<Box<Sink<Blobs>>, Error> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(sink) => Ok(sink),
            State::Uploading(uploading) => match uploading.await {
                (sink, Ok(())) => Ok(sink),
                (sink, Err(error)) => {
                    sink.abort().await;
                    Err(error)
                }
            },
            State::Failed => Err(Error::WriteFailed { id: self.shared.history.id().clone() }),
        }
    }

    /// Waits until bytes can be taken.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Idle(_) => Poll::Ready(Ok(())),
            State::Uploading(uploading) => {
                let (sink, result) = ready!(uploading.as_mut().poll(cx));
                self.state = State::Idle(sink);
                Poll::Ready(result.map_err(|error| self.fail(error)))
            }
            State::Failed => {
                let id = self.shared.history.id().clone();
                Poll::Ready(Err(Error::WriteFailed { id }.into()))
            }
        }
    }

    fn fail(&mut self, error: Error) -> io::Error {
        // Dropping what was there aborts its upload.
        self.state = State::Failed;
        error.into()
    }
}

impl AsyncWrite for BlobWriter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_idle(cx))?;
        let taken = bytes.get(..TURN).unwrap_or(bytes);
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Idle(mut sink) => {
                if let Err(error) = sink.push(taken) {
                    return Poll::Ready(Err(self.fail(error)));
                }
                self.state = match sink.has_full_part() {
                    false => State::Idle(sink),
                    true => State::Uploading(Box::pin(async move {
                        let result = sink.upload_full_parts().await;
                        (sink, result)
                    })),
                };
            }
            other => self.state = other,
        }
        Poll::Ready(Ok(taken.len()))
    }

    /// Waits for the parts that are on their way. The rest becomes durable with the commit.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_idle(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl fmt::Debug for BlobWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobWriter").field("id", &self.shared.history.id()).finish_non_exhaustive()
    }
}

/// A file on its way: compressed, its checksum taken, and sent part by part once it is too large
/// for one.
struct Sink<C: Content> {
    shared: Arc<Shared<C, Whole>>,
    key: Key,
    compression: Option<Compression>,
    stored: Stored,
    /// Present once there was a full part.
    upload: Option<WriteMultipart>,
    at: Option<lode_core::time::Timestamp>,
}

impl<C: Content> Sink<C>
where
    Whole: Division<C::Item>,
{
    fn begin(shared: Arc<Shared<C, Whole>>) -> Result<Self, Error> {
        let key = shared.new_file(None)?;
        let compression = Compression::begin(shared.compressor.as_deref(), &key)?;
        let (hasher, at) = (shared.begin_checksum(), shared.writer.now());
        let stored = Stored { hasher, pending: BytesMut::new(), size: 0 };
        Ok(Self { shared, key, compression, stored, upload: None, at })
    }

    /// Takes bytes, without sending any.
    fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.compression {
            Some(compression) => compression.push(bytes, |bytes| self.stored.take(bytes)),
            None => {
                self.stored.take(bytes);
                Ok(())
            }
        }
    }

    fn has_full_part(&self) -> bool {
        self.stored.pending.len() >= PART
    }

    async fn upload_full_parts(&mut self) -> Result<(), Error> {
        while self.has_full_part() {
            let part = self.stored.pending.split_to(PART).freeze();
            self.upload_part(part).await?;
        }
        Ok(())
    }

    async fn upload_part(&mut self, part: Bytes) -> Result<(), Error> {
        let upload = match &mut self.upload {
            Some(upload) => upload,
            None => {
                let upload = self.shared.history.objects.multipart(&self.key).await?;
                self.upload.insert(WriteMultipart::new_with_chunk_size(upload, PART))
            }
        };
        let ready = upload.wait_for_capacity(PARTS_IN_FLIGHT).await;
        ready.map_err(|source| Error::store("write", &self.key, source))?;
        upload.put(part);
        Ok(())
    }

    /// Sends the rest.
    async fn finish(
        mut self,
        stats: Option<FileStats>,
        summary: Summary,
    ) -> Result<StagedFile, Error> {
        if let Some(compression) = self.compression.take() {
            compression.finish(|bytes| self.stored.take(bytes))?;
        }
        self.upload_full_parts().await?;
        let rest = self.stored.pending.split().freeze();
        let key = self.key.clone();
        let (key, at) = match self.upload.take() {
            Some(mut upload) => {
                upload.put(rest);
                let finished = upload.finish().await;
                finished.map_err(|source| Error::store("write", &key, source))?;
                (key, self.at)
            }
            None => self.shared.put_bytes(key, None, &rest).await?,
        };
        let (size, digest) = (self.stored.size, self.stored.hasher.take().map(Hasher::finish));
        let file = DataFile { key: key.clone(), size, digest, stats, extra: Metadata::new() };
        Ok(StagedFile { file, object: StagedObject { key, at }, summary })
    }

    async fn abort(mut self) {
        if let Some(upload) = self.upload.take()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(key = %self.key, %error, "an abandoned upload was left behind");
        }
    }
}

/// Gives the parts of an abandoned upload back, as far as there is a runtime to do it.
impl<C: Content> Drop for Sink<C> {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(%error, "an abandoned upload was left behind");
                }
            });
        }
    }
}

/// The bytes of a file, as they are stored.
struct Stored {
    hasher: Option<Box<dyn Hasher>>,
    /// What has not been sent, less than a part unless one is about to be.
    pending: BytesMut,
    /// How many there are, sent or not.
    size: u64,
}

impl Stored {
    fn take(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.pending.extend_from_slice(bytes);
        self.size += bytes.len() as u64;
    }
}
