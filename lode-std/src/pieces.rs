//! Reading something that is fetched piece by piece, as a stream of bytes.

use std::collections::VecDeque;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures::FutureExt;
use futures::future::{BoxFuture, MaybeDone, maybe_done};
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::Error;

/// What is fetched piece by piece.
pub(crate) trait Pieces: Unpin {
    /// How many bytes it has.
    fn len(&self) -> u64;

    /// What to fetch next, from the first byte of `rest` on: as much as one request is worth.
    fn piece(&self, rest: ByteRange) -> ByteRange;

    /// Fetches a piece: all its bytes, or an error.
    fn fetch(&self, piece: ByteRange) -> BoxFuture<'static, Result<Bytes, Error>>;
}

/// Reads [`Pieces`] from their beginning to their end, and seeks.
pub(crate) struct PieceReader<P> {
    pub(crate) pieces: P,
    pub(crate) position: u64,
    /// What has been fetched from `position` on.
    fetched: Bytes,
    /// The pieces behind `fetched` that are on their way, in order.
    fetching: VecDeque<MaybeDone<BoxFuture<'static, Result<Bytes, Error>>>>,
    /// Where the piece begins that comes behind `fetching`.
    next: u64,
    /// How many pieces are on their way at the same time, at least one.
    window: usize,
}

impl<P: Pieces> PieceReader<P> {
    /// One piece at a time is fetched and held.
    pub(crate) fn new(pieces: P) -> Self {
        let (fetched, fetching) = (Bytes::new(), VecDeque::new());
        Self { pieces, position: 0, fetched, fetching, next: 0, window: 1 }
    }

    /// Fetches so many pieces at the same time.
    pub(crate) fn with_window(self, window: usize) -> Self {
        Self { window: window.max(1), ..self }
    }

    fn fill_window(&mut self) {
        while self.fetching.len() < self.window {
            let Some(rest) = ByteRange::new(self.next, self.pieces.len()) else { return };
            let piece = self.pieces.piece(rest);
            self.fetching.push_back(maybe_done(self.pieces.fetch(piece)));
            self.next = piece.end();
        }
    }

    /// The next piece, if it is there; `None` at the end.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        self.fill_window();
        // All of them, for what is not polled does not get anywhere.
        for fetching in &mut self.fetching {
            let _ = fetching.poll_unpin(cx);
        }
        let Some(first) = self.fetching.front_mut() else { return Poll::Ready(None) };
        let Some(fetched) = Pin::new(first).take_output() else { return Poll::Pending };
        self.fetching.pop_front();
        Poll::Ready(Some(fetched))
    }

    /// Goes on from another position, about which nothing is known.
    fn restart(&mut self, position: u64) {
        self.fetched = Bytes::new();
        self.fetching.clear();
        (self.position, self.next) = (position, position);
    }
}

impl<P: Pieces> AsyncRead for PieceReader<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.fetched.is_empty() && buf.remaining() > 0 {
            match ready!(self.poll_next(cx)) {
                Some(Ok(fetched)) => self.fetched = fetched,
                Some(Err(error)) => {
                    let position = self.position;
                    self.restart(position);
                    return Poll::Ready(Err(error.into()));
                }
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.fetched.len().min(buf.remaining());
        buf.put_slice(&self.fetched.split_to(count));
        self.position += count as u64;
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
            Some(Ok(ahead)) if ahead <= self.fetched.len() => {
                self.fetched.advance(ahead);
                self.position = target;
            }
            _ => self.restart(target),
        }
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}

/// Passes [`AsyncRead`] and [`AsyncSeek`] on to the `reader` field.
macro_rules! read_pieces {
    ($reader:ty) => {
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
