//! Reading a snapshot as a stream of bytes.

use std::fmt;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use super::Snapshot;
use crate::Error;

/// The most bytes that are fetched at once. A larger block is read in parts, which are not
/// verified.
const LARGEST_FETCH: u64 = 16 << 20;

/// Reads a snapshot from its beginning to its end, and seeks.
///
/// One block at a time is fetched and held. A gap is an error whose inner error is
/// [`Error::RangeMissing`]; seek past it to go on.
pub struct SnapshotReader {
    snapshot: Snapshot,
    position: u64,
    /// What has been fetched from `position` on.
    fetched: Bytes,
    fetching: Option<BoxFuture<'static, Result<Bytes, Error>>>,
}

impl SnapshotReader {
    pub(super) fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, position: 0, fetched: Bytes::new(), fetching: None }
    }

    /// What to fetch next: the rest of the block at `position`, or a byte of the gap there.
    fn next_fetch(&self) -> Option<ByteRange> {
        let rest = ByteRange::new(self.position, self.snapshot.len())?;
        let first = ByteRange::with_length(rest.start(), 1)?;
        let block = self.snapshot.manifest().blocks.touched(first).first();
        let end = block.map_or(first.end(), |block| block.range.end());
        ByteRange::new(rest.start(), end.min(rest.start().saturating_add(LARGEST_FETCH)))
    }
}

impl AsyncRead for SnapshotReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.fetched.is_empty() && buf.remaining() > 0 {
            let mut fetching = match self.fetching.take() {
                Some(fetching) => fetching,
                None => {
                    let Some(range) = self.next_fetch() else { return Poll::Ready(Ok(())) };
                    let snapshot = self.snapshot.clone();
                    Box::pin(async move { snapshot.read_at(range.into()).await })
                }
            };
            match fetching.as_mut().poll(cx) {
                Poll::Ready(fetched) => self.fetched = fetched?,
                Poll::Pending => {
                    self.fetching = Some(fetching);
                    return Poll::Pending;
                }
            }
        }
        let count = self.fetched.len().min(buf.remaining());
        buf.put_slice(&self.fetched.split_to(count));
        self.position += count as u64;
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for SnapshotReader {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.snapshot.len().checked_add_signed(by),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        match target.checked_sub(self.position).map(usize::try_from) {
            Some(Ok(ahead)) if ahead <= self.fetched.len() => self.fetched.advance(ahead),
            _ => self.fetched = Bytes::new(),
        }
        self.fetching = None;
        self.position = target;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}

impl fmt::Debug for SnapshotReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotReader")
            .field("snapshot", &self.snapshot.version())
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
