//! Single columns of single row groups, by the asynchronous reader.

#![allow(clippy::unwrap_used, reason = "helpers of tests lie outside of test functions")]

use std::io::{Cursor, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures::TryStreamExt;
use lode_core::codec::Codec;
use lode_parquet::Parquet;
use lode_parquet::arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use lode_parquet::parquet::arrow::{ParquetRecordBatchStreamBuilder, ProjectionMask};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

/// A file in memory that counts the bytes which are read.
struct Counting {
    file: Cursor<Vec<u8>>,
    read: Arc<AtomicUsize>,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.file).poll_read(cx, buf);
        self.read.fetch_add(buf.filled().len() - before, Ordering::Relaxed);
        polled
    }
}

impl AsyncSeek for Counting {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> std::io::Result<()> {
        Pin::new(&mut self.file).start_seek(position)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<u64>> {
        Pin::new(&mut self.file).poll_complete(cx)
    }
}

fn file() -> Vec<u8> {
    let ids = Int64Array::from_iter_values(0..100_000);
    let names = StringArray::from_iter_values((0..100_000).map(|id| format!("name {}", id * 7919)));
    let columns = [("id", Arc::new(ids) as ArrayRef), ("name", Arc::new(names) as ArrayRef)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut file = Vec::new();
    let codec = Parquet::batches().row_group_rows(10_000);
    codec.encode([&batch].into_iter(), &mut file).unwrap();
    file
}

#[test]
fn one_column_of_one_row_group_is_a_small_part_of_the_file() {
    let (file, read) = (file(), Arc::new(AtomicUsize::new(0)));
    let size = file.len();
    let reader = Counting { file: Cursor::new(file), read: Arc::clone(&read) };
    let work = async {
        let builder = ParquetRecordBatchStreamBuilder::new(reader).await?;
        let ids = ProjectionMask::columns(builder.parquet_schema(), ["id"]);
        let stream = builder.with_row_groups(vec![3]).with_projection(ids).build()?;
        stream.try_collect::<Vec<_>>().await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let batches = runtime.block_on(work).unwrap();

    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 10_000);
    let first = batches.first().unwrap().column(0).to_data();
    assert_eq!(Int64Array::from(first).value(0), 30_000);
    let read = read.load(Ordering::Relaxed);
    assert!(read * 10 < size, "{read} of {size} bytes were read");
}
