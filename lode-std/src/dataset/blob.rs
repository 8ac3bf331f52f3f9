//! Writing blobs as streams.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lode_core::manifest::{DataFile, Metadata};
use tokio::io::AsyncWrite;

use super::content::{Blobs, Whole};
use super::file::{StagedFile, Summary};
use super::sink::Sink;
use super::{Dataset, DatasetSnapshot, Shared, Transaction};
use crate::Error;
use crate::sync::Boxed;

/// How many bytes one call to `poll_write` takes, so that it does not work for too long.
const TURN: usize = 256 << 10;

impl Dataset<Blobs, Whole> {
    /// Begins a snapshot of one blob that is written as a stream. Costs nothing yet.
    ///
    /// # Errors
    ///
    /// If the compressor cannot begin.
    pub fn stream_write(&self) -> Result<BlobWriter, Error> {
        Ok(BlobWriter { upload: BlobUpload::begin(self.shared.clone())? })
    }
}

impl Transaction<Blobs, Whole> {
    /// Begins a blob of the snapshot that is written as a stream. Costs nothing yet.
    ///
    /// # Errors
    ///
    /// If the compressor cannot begin.
    pub fn stage_writer(&self) -> Result<StageWriter<'_>, Error> {
        let upload = BlobUpload::begin(self.shared.clone())?;
        Ok(StageWriter { upload, transaction: self })
    }
}

/// A blob that is being written. It becomes a snapshot when it is [committed](Self::commit);
/// dropping it is an abort.
#[must_use = "what is not committed is not part of the dataset"]
pub struct BlobWriter {
    upload: BlobUpload,
}

impl BlobWriter {
    /// Makes what was written durable, and a snapshot.
    ///
    /// # Errors
    ///
    /// Those of a [commit](crate::Volume::commit), or that of an earlier write. Nothing is
    /// visible then.
    pub async fn commit(self, metadata: Metadata) -> Result<DatasetSnapshot, Error> {
        let shared = self.upload.shared.clone();
        let file = self.upload.finish().await?;
        shared.commit(vec![file], metadata).await
    }

    /// Gives up what was written. Dropping does the same, but does not wait for it.
    pub async fn abort(self) {
        self.upload.abort().await;
    }
}

/// A blob of a transaction that is being written. It becomes part of it when it is
/// [finished](Self::finish); dropping it is an abort, and the transaction goes on without it.
#[must_use = "what is not finished is not part of the transaction"]
pub struct StageWriter<'a> {
    upload: BlobUpload,
    transaction: &'a Transaction<Blobs, Whole>,
}

impl StageWriter<'_> {
    /// Makes what was written durable, and part of the transaction: the file as the manifest will
    /// have it.
    ///
    /// # Errors
    ///
    /// Whatever the store reports, now or at an earlier write. The transaction goes on without it.
    pub async fn finish(self) -> Result<DataFile, Error> {
        let file = self.upload.finish().await?;
        Ok(self.transaction.add(file))
    }

    /// Gives up what was written. Dropping does the same, but does not wait for it.
    pub async fn abort(self) {
        self.upload.abort().await;
    }
}

/// Parts on their way: the sink comes back when they have arrived, or failed.
type Uploading = Boxed<(Box<Sink<Blobs>>, Result<(), Error>)>;

/// A file that is being written.
struct BlobUpload {
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

impl BlobUpload {
    fn begin(shared: Arc<Shared<Blobs, Whole>>) -> Result<Self, Error> {
        let sink = Sink::begin(shared.clone())?;
        Ok(Self { state: State::Idle(Box::new(sink)), shared })
    }

    async fn finish(mut self) -> Result<StagedFile, Error> {
        let summary = Summary { rows: 1, ..Summary::default() };
        self.settle().await?.finish(None, summary).await
    }

    async fn abort(mut self) {
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

impl AsyncWrite for BlobUpload {
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

/// Passes [`AsyncWrite`] on to the `upload` field.
macro_rules! write_upload {
    ($writer:ty) => {
        impl AsyncWrite for $writer {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bytes: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.upload).poll_write(cx, bytes)
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut self.upload).poll_flush(cx)
            }

            fn poll_shutdown(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                Pin::new(&mut self.upload).poll_shutdown(cx)
            }
        }

        impl fmt::Debug for $writer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let id = self.upload.shared.history.id();
                f.debug_struct(stringify!($writer)).field("id", &id).finish_non_exhaustive()
            }
        }
    };
}

write_upload!(BlobWriter);
write_upload!(StageWriter<'_>);
