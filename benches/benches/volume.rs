//! What one more block and one small read cost, as the volume grows.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lode_benches::{SAMPLE, STRIDE, Subject, runtime, scale};
use lode_std::Format;
use tokio::runtime::Runtime;

/// How many blocks the volume has already. The largest has two levels of pages.
const BLOCKS: [u64; 4] = [1_000, 100_000, 1_000_000, 10_000_000];
/// How many in JSON, which lists them all.
const IN_JSON: [u64; 3] = [1_000, 10_000, 100_000];

/// Stage and commit of one more block of 16 bytes: behind all others, and between two of them.
fn commit(c: &mut Criterion) {
    let runtime = runtime().unwrap();
    let mut group = c.benchmark_group("commit one block");
    for blocks in BLOCKS.map(scale) {
        let mut subject = runtime.block_on(Subject::large(blocks)).unwrap();
        runtime.block_on(subject.commit_one()).unwrap();
        group.bench_function(BenchmarkId::new("compact, at the end", blocks), |b| {
            b.iter(|| black_box(runtime.block_on(subject.commit_one()).unwrap()));
        });
        let mut number = 0;
        group.bench_function(BenchmarkId::new("compact, anywhere", blocks), |b| {
            b.iter(|| {
                // A multiplier prime to the number of blocks visits all of them out of order; what
                // is committed already is found to be, once there is nothing left.
                number = (number + 7_919) % blocks;
                black_box(runtime.block_on(subject.commit_between(number)).unwrap())
            });
        });
    }
    for blocks in IN_JSON.map(scale) {
        group.bench_function(BenchmarkId::new("json", blocks), |b| {
            b.iter_custom(|commits| time_commits(&runtime, Format::Json, blocks, commits));
        });
    }
    group.finish();
}

/// The time that `commits` commits take, on volumes that grow by a fiftieth at the most before a
/// new one takes their place.
#[allow(clippy::disallowed_methods, reason = "it is the time that is measured")]
fn time_commits(runtime: &Runtime, format: Format, blocks: u64, commits: u64) -> Duration {
    let mut total = Duration::ZERO;
    let mut left = commits;
    while left > 0 {
        let mut subject = runtime.block_on(Subject::new(blocks, format)).unwrap();
        let turn = left.min(blocks.div_ceil(50));
        let begin = Instant::now();
        for _ in 0..turn {
            runtime.block_on(subject.commit_one()).unwrap();
        }
        total += begin.elapsed();
        left -= turn;
    }
    total
}

/// `read_at` of 16 bytes on a snapshot that is held, with its pages.
fn read(c: &mut Criterion) {
    let runtime = runtime().unwrap();
    let mut group = c.benchmark_group("read 16 bytes");
    for blocks in BLOCKS.map(scale) {
        let subject = runtime.block_on(Subject::large(blocks)).unwrap();
        let snapshot = runtime.block_on(subject.latest()).unwrap().unwrap();
        let samples = blocks.div_ceil(SAMPLE);
        let mut sample = 0;
        group.bench_function(BenchmarkId::new("held snapshot", blocks), |b| {
            b.iter(|| {
                sample = (sample + 1) % samples;
                let offset = sample * SAMPLE * STRIDE;
                black_box(runtime.block_on(snapshot.read_at(offset..offset + 16)).unwrap())
            });
        });
    }
    group.finish();
}

fn criterion() -> Criterion {
    // Every commit leaves a manifest in memory, so the long ones are not repeated too often.
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
}

criterion_group! { name = benches; config = criterion(); targets = commit, read }
criterion_main!(benches);
