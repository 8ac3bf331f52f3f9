//! What Lode adds to doing the same by hand: JSON Lines with `serde_json` and `object_store`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use lode_benches::records::{Record, records};
use lode_benches::runtime;
use lode_jsonl::Jsonl;
use lode_std::{Dataset, Records, meta, store};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

const RECORDS: usize = 200_000;

async fn dataset() -> Dataset<Records<Jsonl<Record>>> {
    let builder = Dataset::builder("bench").codec(Jsonl::<Record>::new());
    builder.open(store::open("memory:").unwrap()).await.unwrap()
}

fn lines(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for record in records {
        serde_json::to_writer(&mut bytes, record).unwrap();
        bytes.push(b'\n');
    }
    bytes
}

/// 200,000 records of five fields.
fn write_many(c: &mut Criterion) {
    let (runtime, records) = (runtime().unwrap(), records(RECORDS));
    let mut group = c.benchmark_group("write 200,000 records");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("lode", |b| {
        b.iter_batched(
            || runtime.block_on(dataset()),
            |dataset| runtime.block_on(dataset.write(&records, meta! {})).unwrap(),
            BatchSize::PerIteration,
        );
    });
    group.bench_function("by hand", |b| {
        b.iter_batched(
            InMemory::new,
            |store| {
                let bytes = lines(&records);
                runtime.block_on(store.put(&Path::from("data"), bytes.into())).unwrap();
                store
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn read_many(c: &mut Criterion) {
    let (runtime, records) = (runtime().unwrap(), records(RECORDS));
    let dataset = runtime.block_on(dataset());
    let snapshot = runtime.block_on(dataset.write(&records, meta! {})).unwrap();
    let (store, data) = (InMemory::new(), Path::from("data"));
    runtime.block_on(store.put(&data, lines(&records).into())).unwrap();
    let mut group = c.benchmark_group("read 200,000 records");
    group.sample_size(10).throughput(Throughput::Elements(RECORDS as u64));
    group.bench_function("lode", |b| {
        b.iter(|| black_box(runtime.block_on(dataset.read(snapshot.version())).unwrap()));
    });
    group.bench_function("by hand", |b| {
        b.iter(|| {
            let object = runtime.block_on(store.get(&data)).unwrap();
            let bytes = runtime.block_on(object.bytes()).unwrap();
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            let records: Vec<Record> =
                lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
            black_box(records)
        });
    });
    group.finish();
}

/// One record, where the cost is that of the commit: against three bare puts.
fn write_one(c: &mut Criterion) {
    let (runtime, records) = (runtime().unwrap(), records(1));
    let mut group = c.benchmark_group("write 1 record");
    group.bench_function("lode", |b| {
        b.iter_batched_ref(
            || {
                let dataset = runtime.block_on(dataset());
                runtime.block_on(dataset.write(&records, meta! {})).unwrap();
                dataset
            },
            |dataset| runtime.block_on(dataset.write(&records, meta! {})).unwrap(),
            BatchSize::NumIterations(1000),
        );
    });
    group.bench_function("three puts", |b| {
        let store = InMemory::new();
        let bytes = lines(&records);
        b.iter(|| runtime.block_on(three_puts(&store, &bytes)));
    });
    group.finish();
}

async fn three_puts(store: &dyn ObjectStore, bytes: &[u8]) {
    for key in ["data", "manifest.json", "latest"] {
        store.put(&Path::from(key), bytes.to_vec().into()).await.unwrap();
    }
}

criterion_group!(benches, write_many, read_many, write_one);
criterion_main!(benches);
