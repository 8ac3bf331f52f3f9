//! What callgrind counts: `instructions NAME COUNT` does one thing so many times. What it costs
//! once is the difference of two runs by that of their counts, without all that comes before.
#![allow(missing_docs, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::hint::black_box;

use lode_benches::records::{Record, records};
use lode_benches::{SAMPLE, STRIDE, Subject, runtime};
use lode_core::manifest::compact;
use lode_core::range::{ByteRange, GrowableRangeSet};
use lode_jsonl::Jsonl;
use lode_std::{Dataset, Format, meta, store};

/// How many blocks or ranges there are.
const BLOCKS: u64 = 1000;
/// So many that their pages lie below other pages.
const MANY_BLOCKS: u64 = 100_000;

fn main() {
    let args: Vec<_> = std::env::args().skip(1).collect();
    // Cargo runs it without a count, to see that it runs.
    let [name, count, ..] = args.as_slice() else { return };
    let Ok(count) = count.parse() else { return };
    match name.as_str() {
        "commit" => commit(BLOCKS, count),
        "commit-paged" => commit(MANY_BLOCKS, count),
        "covered" => covered(count),
        "decode" => decode(count),
        "read" => read(count),
        "write" => write(count),
        _ => {}
    }
}

/// Stages and commits one more block, in memory.
fn commit(blocks: u64, count: u64) {
    let runtime = runtime().unwrap();
    let mut subject = runtime.block_on(Subject::new(blocks, Format::Compact)).unwrap();
    for _ in 0..count {
        black_box(runtime.block_on(subject.commit_one()).unwrap());
    }
}

/// Writes a record as a snapshot, in memory.
fn write(count: u64) {
    let runtime = runtime().unwrap();
    let records = records(1);
    let builder = Dataset::builder("bench").codec(Jsonl::<Record>::new());
    let store = store::open("memory:").unwrap();
    let dataset = runtime.block_on(builder.open(store)).unwrap();
    for _ in 0..count {
        black_box(runtime.block_on(dataset.write(&records, meta! {})).unwrap());
    }
}

/// Reads a few bytes of a block, in memory, on a snapshot that is held.
fn read(count: u64) {
    let runtime = runtime().unwrap();
    let subject = runtime.block_on(Subject::large(MANY_BLOCKS)).unwrap();
    let snapshot = runtime.block_on(subject.latest()).unwrap().unwrap();
    for number in 0..count {
        let offset = number % MANY_BLOCKS.div_ceil(SAMPLE) * SAMPLE * STRIDE;
        black_box(runtime.block_on(snapshot.read_at(offset..offset + 16)).unwrap());
    }
}

/// Asks whether a range is covered, all over a set.
fn covered(count: u64) {
    let range = |at: u64| ByteRange::with_length(at * STRIDE, 16).unwrap();
    let set: GrowableRangeSet = (0..BLOCKS).map(range).collect();
    for number in 0..count {
        black_box(set.covers(range(number * 7919 % BLOCKS)));
    }
}

/// Decodes a compact manifest.
fn decode(count: u64) {
    let runtime = runtime().unwrap();
    let subject = runtime.block_on(Subject::new(BLOCKS, Format::Compact)).unwrap();
    let head = runtime.block_on(subject.latest()).unwrap().unwrap();
    let bytes = compact::encode(head.manifest()).unwrap();
    for _ in 0..count {
        black_box(compact::decode(&bytes).unwrap());
    }
}
