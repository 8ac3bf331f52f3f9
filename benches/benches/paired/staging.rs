//! Staging into memory, against reading that memory.

use std::time::Duration;

use bytes::Bytes;
use futures::future::try_join_all;
use lode_benches::pair::{Paired, time};
use lode_benches::scale;
use lode_std::{Volume, store};

const NAME: &str = "stage 4 MiB blocks";
const BLOCK: usize = 4 << 20;

pub(crate) fn run(paired: &mut Paired) {
    if !paired.wants(NAME) {
        return;
    }
    let length = if paired.is_short() { 256 << 20 } else { 1 << 30 };
    let length = (scale(length) as usize).next_multiple_of(BLOCK);
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(threads).build().unwrap();
    let bytes: Vec<u8> =
        (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let bytes = Bytes::from(bytes);
    let stage = || {
        let builder = Volume::builder("bench", length as u64);
        let volume = runtime.block_on(builder.open(store::open("memory:").unwrap())).unwrap();
        let stages = (0..length).step_by(BLOCK).map(|at| {
            let (volume, block) = (volume.clone(), bytes.slice(at..at + BLOCK));
            runtime.spawn(async move { volume.stage_at(at as u64, block).await.unwrap() })
        });
        time(|| runtime.block_on(try_join_all(stages)).unwrap())
    };
    let read = || {
        let share = length / threads;
        time(|| {
            std::thread::scope(|scope| {
                for share in bytes.chunks(share) {
                    scope.spawn(|| std::hint::black_box(sum(share)));
                }
            });
        })
    };
    paired.compare(NAME, 15, Duration::ZERO, stage, read);
}

/// Reads all bytes, eight at a time.
fn sum(bytes: &[u8]) -> u64 {
    let (words, _) = bytes.as_chunks::<8>();
    words.iter().fold(0, |sum, word| sum ^ u64::from_ne_bytes(*word))
}
