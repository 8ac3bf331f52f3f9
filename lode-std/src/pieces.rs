//! Reading something that is fetched piece by piece, as a stream of bytes.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use lode_core::range::ByteRange;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::Error;

/// What is fetched piece by piece.
pub(crate) trait Pieces: Unpin {
    /// How many bytes it has.
    fn len(&self) -> u64;

    /// Fetches a piece of `rest`, from its first byte on: as much as one request is worth, at least
    /// a byte.
    fn fetch(&self, rest: ByteRange) -> BoxFuture<'static, Result<Bytes, Error>>;
}

/// Reads [`Pieces`] from their beginning to their end, and seeks. Holds one piece at a time.
pub(crate) struct PieceReader<P> {
    pub(crate) pieces: P,
    pub(crate) position: u64,
    /// What has been fetched from `position` on.
    fetched: Bytes,
    fetching: Option<BoxFuture<'static, Result<Bytes, Error>>>,
}

impl<P: Pieces> PieceReader<P> {
    pub(crate) fn new(pieces: P) -> Self {
        Self { pieces, position: 0, fetched: Bytes::new(), fetching: None }
    }
}

impl<P: Pieces> AsyncRead for PieceReader<P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.fetched.is_empty() && buf.remaining() > 0 {
            let mut fetching = match self.fetching.take() {
                Some(fetching) => fetching,
                None => {
                    let rest = ByteRange::new(self.position, self.pieces.len());
                    let Some(rest) = rest else { return Poll::Ready(Ok(())) };
                    self.pieces.fetch(rest)
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

impl<P: Pieces> AsyncSeek for PieceReader<P> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.pieces.len().checked_add_signed(by),
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
