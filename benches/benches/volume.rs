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
    let mut bench = |what: &str, blocks: u64, make: &dyn Fn() -> Subject, commit: Commit| {
        let mut volume =
            Growing { runtime: &runtime, blocks, make, commit, volumes: Vec::new(), left: 0 };
        group.bench_function(BenchmarkId::new(what, blocks), |b| {
            b.iter_custom(|commits| volume.time(commits));
        });
    };
    for blocks in BLOCKS.map(scale) {
        let make = || runtime.block_on(Subject::large(blocks)).unwrap();
        bench("compact, at the end", blocks, &make, at_end);
        bench("compact, anywhere", blocks, &make, anywhere);
    }
    for blocks in IN_JSON.map(scale) {
        let make = || runtime.block_on(Subject::new(blocks, Format::Json)).unwrap();
        bench("json", blocks, &make, at_end);
    }
    group.finish();
}

/// Commits one more block to a volume, the `number`th since it was made with so many.
type Commit = fn(&Runtime, &mut Subject, number: u64, blocks: u64);

fn at_end(runtime: &Runtime, subject: &mut Subject, _: u64, _: u64) {
    black_box(runtime.block_on(subject.commit_one()).unwrap());
}

/// A multiplier prime to the number of blocks visits all of them out of order.
fn anywhere(runtime: &Runtime, subject: &mut Subject, number: u64, blocks: u64) {
    let place = (number + 1) * 7_919 % blocks;
    black_box(runtime.block_on(subject.commit_between(place)).unwrap());
}

/// A volume of so many blocks, and a fiftieth more at the most: then a new one takes its place, or a
/// bench of a small one would soon be one of a large one, or of one without a gap. Those before are
/// kept: what a store in memory is given is new memory then, whatever the size of the volume.
struct Growing<'a> {
    runtime: &'a Runtime,
    blocks: u64,
    make: &'a dyn Fn() -> Subject,
    commit: Commit,
    volumes: Vec<Subject>,
    /// How many commits the last of them may have yet.
    left: u64,
}

impl Growing<'_> {
    /// The time that so many commits take.
    #[allow(clippy::disallowed_methods, reason = "it is the time that is measured")]
    fn time(&mut self, commits: u64) -> Duration {
        let most = self.blocks.div_ceil(50);
        let (mut total, mut left) = (Duration::ZERO, commits);
        while left > 0 {
            if self.left == 0 {
                let mut subject = (self.make)();
                // The first commit finds the head.
                self.runtime.block_on(subject.commit_one()).unwrap();
                self.volumes.push(subject);
                self.left = most;
            }
            let subject = self.volumes.last_mut().unwrap();
            let turn = left.min(self.left);
            let first = most - self.left;
            let begin = Instant::now();
            for number in first..first + turn {
                (self.commit)(self.runtime, subject, number, self.blocks);
            }
            total += begin.elapsed();
            left -= turn;
            self.left -= turn;
        }
        total
    }
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
