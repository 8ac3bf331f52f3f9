//! What Lode adds to writing and reading parquet by hand: the same batches, the same properties.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lode_benches::records::records;
use lode_benches::runtime;
use lode_parquet::arrow_array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use lode_parquet::parquet::arrow::ArrowWriter;
use lode_parquet::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use lode_parquet::parquet::basic::Compression;
use lode_parquet::parquet::file::properties::WriterProperties;
use lode_parquet::{Batches, Parquet};
use lode_std::{Dataset, Records, meta, store};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use object_store::path::Path;

const RECORDS: usize = 200_000;

/// The records of the other benches, in columns.
fn batch() -> RecordBatch {
    let records = records(RECORDS);
    let columns: [(&str, ArrayRef); 5] = [
        ("id", Arc::new(Int64Array::from_iter_values(records.iter().map(|r| r.id as i64)))),
        ("kind", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.kind)))),
        ("user", Arc::new(StringArray::from_iter_values(records.iter().map(|r| &r.user)))),
        ("value", Arc::new(Float64Array::from_iter_values(records.iter().map(|r| r.value)))),
        ("ok", Arc::new(BooleanArray::from_iter(records.iter().map(|r| Some(r.ok))))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

async fn dataset() -> Dataset<Records<Parquet<Batches>>> {
    let builder = Dataset::builder("bench").codec(Parquet::batches());
    builder.open(store::open("memory:").unwrap()).await.unwrap()
}

fn file(batch: &RecordBatch) -> Vec<u8> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    file
}

fn write(c: &mut Criterion) {
    let (runtime, batch, data) = (runtime().unwrap(), batch(), Path::from("data"));
    let mut group = c.benchmark_group("write 200,000 rows");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("lode", |b| {
        b.iter_batched(
            || runtime.block_on(dataset()),
            |dataset| runtime.block_on(dataset.write([&batch], meta! {})).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("by hand", |b| {
        b.iter_batched(
            InMemory::new,
            |store| {
                runtime.block_on(store.put(&data, file(&batch).into())).unwrap();
                store
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn read(c: &mut Criterion) {
    let (runtime, batch) = (runtime().unwrap(), batch());
    let dataset = runtime.block_on(dataset());
    let snapshot = runtime.block_on(dataset.write([&batch], meta! {})).unwrap();
    let (store, data) = (InMemory::new(), Path::from("data"));
    runtime.block_on(store.put(&data, file(&batch).into())).unwrap();
    let mut group = c.benchmark_group("read 200,000 rows");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("lode", |b| {
        b.iter(|| black_box(runtime.block_on(dataset.read(snapshot.version())).unwrap()));
    });
    group.bench_function("by hand", |b| {
        b.iter(|| {
            let object = runtime.block_on(store.get(&data)).unwrap();
            let bytes = runtime.block_on(object.bytes()).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
            let reader = reader.with_batch_size(8192).build().unwrap();
            black_box(reader.collect::<Result<Vec<_>, _>>().unwrap())
        });
    });
    group.finish();
}

criterion_group!(benches, write, read);
criterion_main!(benches);
