//! Reading something that is fetched piece by piece, as a stream of bytes.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures::stream::{self, BoxStream, StreamExt};
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::Error;

/// What is fetched piece by piece.
pub(crate) trait Pieces: Clone + Send + Sync + Unpin + 'static {
    /// How many bytes it has.
    fn len(&self) -> u64;

    /// The first piece of `rest`: as much as one request is worth, at least a byte.
    fn first(&self, rest: ByteRange) -> impl Future<Output = Result<ByteRange, Error>> + Send;

    /// The bytes of a piece.
    fn fetch(&self, piece: ByteRange) -> impl Future<Output = Result<Bytes, Error>> + Send;
}

/// Reads [`Pieces`] from their beginning to their end, and seeks.
pub(crate) struct PieceReader<P> {
    pub(crate) pieces: P,
    pub(crate) position: u64,
    /// How many pieces are fetched ahead of the one that is read.
    ahead: usize,
    /// What has been fetched from `position` on.
    fetched: Bytes,
    /// The piece behind `fetched`, if it has come.
    next: Option<Result<Bytes, Error>>,
    /// The pieces behind `next`. It holds `ahead` of them at the most, or one if it is polled only
    /// when there is nothing to read.
    coming: Option<BoxStream<'static, Result<Bytes, Error>>>,
}

impl<P: Pieces> PieceReader<P> {
    pub(crate) fn new(pieces: P) -> Self {
        let (fetched, next, coming) = (Bytes::new(), None, None);
        Self { pieces, position: 0, ahead: 0, fetched, next, coming }
    }

    /// The same reader, from the same position on, with another number of pieces ahead.
    pub(crate) fn read_ahead(self, ahead: usize) -> Self {
        Self { ahead, position: self.position, ..Self::new(self.pieces) }
    }

    /// Takes the next piece as soon as it has come.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.next.is_none() {
            let begin = self.position.saturating_add(self.fetched.len() as u64);
            let Self { pieces, ahead, coming, .. } = self;
            let coming =
                coming.get_or_insert_with(|| stream(pieces.clone(), begin, (*ahead).max(1)));
            self.next = ready!(coming.poll_next_unpin(cx));
        }
        Poll::Ready(())
    }

    /// Forgets what has been fetched.
    fn forget(&mut self) {
        (self.fetched, self.next, self.coming) = (Bytes::new(), None, None);
    }
}

/// The pieces from `begin` on, of which up to `in_flight` are fetched at a time.
fn stream(
    pieces: impl Pieces,
    begin: u64,
    in_flight: usize,
) -> BoxStream<'static, Result<Bytes, Error>> {
    let ranges = stream::try_unfold((pieces, begin), |(pieces, at)| async move {
        let Some(rest) = ByteRange::new(at, pieces.len()) else { return Ok(None) };
        let piece = pieces.first(rest).await?;
        Ok(Some(((pieces.clone(), piece), (pieces, piece.end()))))
    });
    let fetches = ranges.map(|next: Result<_, Error>| async move {
        let (pieces, piece): (_, ByteRange) = next?;
        pieces.fetch(piece).await
    });
    fetches.buffered(in_flight).boxed()
}

impl<P: Pieces> AsyncRead for PieceReader<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.fetched.is_empty() && buf.remaining() > 0 {
            ready!(self.poll_next(cx));
            let Some(next) = self.next.take() else { return Poll::Ready(Ok(())) };
            // To read on is to try again.
            self.fetched = next.inspect_err(|_| self.forget())?;
        }
        let count = self.fetched.len().min(buf.remaining());
        buf.put_slice(&self.fetched.split_to(count));
        self.position += count as u64;
        if self.ahead > 0 {
            // What is ahead makes progress only while it is polled.
            let _ = self.poll_next(cx);
        }
        Poll::Ready(Ok(()))
    }
}

impl<P: Pieces> AsyncSeek for PieceReader<P> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.pieces.len().checked_add_signed(by),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        match target.checked_sub(self.position).map(usize::try_from) {
            Some(Ok(skipped)) if skipped <= self.fetched.len() => self.fetched.advance(skipped),
            _ => self.forget(),
        }
        self.position = target;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}

/// What every reader of pieces has. Passes [`AsyncRead`] and [`AsyncSeek`] on to the `reader` field.
macro_rules! read_pieces {
    ($reader:ty, $piece:literal) => {
        impl $reader {
            /// The same reader, which fetches up to so many
            #[doc = $piece]
            /// ahead of the one that is read, at the same time. Holds as many more of them. What is
            /// ahead makes progress whenever something is read; seeking gives it up.
            #[must_use]
            pub fn read_ahead(self, ahead: usize) -> Self {
                Self { reader: self.reader.read_ahead(ahead) }
            }
        }

        impl tokio::io::AsyncRead for $reader {
            fn poll_read(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
                buf: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::pin::Pin::new(&mut self.reader).poll_read(cx, buf)
            }
        }

        impl tokio::io::AsyncSeek for $reader {
            fn start_seek(
                mut self: std::pin::Pin<&mut Self>,
                to: std::io::SeekFrom,
            ) -> std::io::Result<()> {
                std::pin::Pin::new(&mut self.reader).start_seek(to)
            }

            fn poll_complete(
                mut self: std::pin::Pin<&mut Self>,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<std::io::Result<u64>> {
                std::pin::Pin::new(&mut self.reader).poll_complete(cx)
            }
        }
    };
}
pub(crate) use read_pieces;
