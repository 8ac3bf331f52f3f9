//! Readers and writers of the standard library.

use std::io::{self, Read, Seek, SeekFrom, Write};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite, AsyncWriteExt};

use super::Runtime;

/// A reader of Lode's as one of the standard library.
#[derive(Debug)]
pub struct BlockingReader<R> {
    reader: R,
    runtime: Runtime,
}

impl<R> BlockingReader<R> {
    pub(super) fn new(reader: R, runtime: Runtime) -> Self {
        Self { reader, runtime }
    }
}

impl<R: AsyncRead + Unpin> Read for BlockingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.runtime.wait(self.reader.read(buffer))
    }
}

impl<R: AsyncSeek + Unpin> Seek for BlockingReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.runtime.wait(self.reader.seek(to))
    }
}

/// A writer of Lode's as one of the standard library. It ends with a call of its own: `commit`, or
/// `finish`; dropping it gives up what was written.
#[derive(Debug)]
#[must_use = "what is not committed is not part of the dataset"]
pub struct BlockingWriter<W> {
    pub(super) writer: W,
    pub(super) runtime: Runtime,
}

impl<W: AsyncWrite + Unpin> Write for BlockingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.runtime.wait(self.writer.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.runtime.wait(self.writer.flush())
    }
}
