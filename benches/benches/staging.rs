//! Staging against the same puts by hand, on any store: `LODE_BENCH_STORE=s3://…`, in memory
//! without it. Rounds of both take turns, so that a store that has a bad minute has it for both.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a bench")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_benches::scale;
use lode_std::{Volume, meta, store};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

const BLOCK: u64 = 1 << 20;
const TASKS: usize = 16;
const ROUNDS: u64 = 20;
const BLOCKS_IN_ROUND: u64 = 50;

fn main() {
    // The harness of cargo passes its own arguments, none of which matter here.
    let runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(compare());
}

async fn compare() {
    let location = std::env::var("LODE_BENCH_STORE").unwrap_or("memory:".to_string());
    let store = store::open(&location).unwrap();
    let id = format!("staging-{}", std::process::id());
    let rounds = scale(ROUNDS);
    let builder = Volume::builder(&id, BLOCK * BLOCKS_IN_ROUND * (rounds + 1));
    let volume = builder.open(store.clone()).await.unwrap();
    let block: Bytes = (0..BLOCK).map(|n| (n.wrapping_mul(2_654_435_761) >> 7) as u8).collect();

    let mut ratios = Vec::new();
    let mut sums = (Duration::ZERO, Duration::ZERO);
    for round in 0..=rounds {
        let bare = put(&store, &format!("bare/{id}/{round}"), &block).await;
        let lode = stage(&volume, round, &block).await;
        // The first round is for warming up.
        if round > 0 {
            ratios.push(bare.as_secs_f64() / lode.as_secs_f64());
            sums = (sums.0 + bare, sums.1 + lode);
        }
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ratios.len() / 2).copied().unwrap_or_default();
    println!(
        "staging {} blocks of 1 MiB by {TASKS} tasks: bare puts {:?}, staged {:?}; staging reaches \
         {:.1} % of the speed of bare puts (median of {rounds} rounds), {:.1} % over all",
        rounds * BLOCKS_IN_ROUND,
        sums.0,
        sums.1,
        median * 100.0,
        sums.0.as_secs_f64() / sums.1.as_secs_f64() * 100.0
    );
}

async fn put(store: &Arc<dyn ObjectStore>, folder: &str, block: &Bytes) -> Duration {
    let begin = Instant::now();
    let puts = stream::iter(0..BLOCKS_IN_ROUND).map(|n| {
        let (store, path) = (store.clone(), Path::from(format!("{folder}/{n}.bin")));
        let block = block.clone();
        async move { tokio::spawn(async move { store.put(&path, block.into()).await }).await }
    });
    let puts: Vec<_> = puts.buffer_unordered(TASKS).try_collect().await.unwrap();
    assert!(puts.iter().all(Result::is_ok));
    begin.elapsed()
}

async fn stage(volume: &Volume, round: u64, block: &Bytes) -> Duration {
    let begin = Instant::now();
    let stages = stream::iter(0..BLOCKS_IN_ROUND).map(|n| {
        let (volume, block) = (volume.clone(), block.clone());
        let offset = (round * BLOCKS_IN_ROUND + n) * BLOCK;
        async move { tokio::spawn(async move { volume.stage_at(offset, block).await }).await }
    });
    let staged: Vec<_> = stages.buffer_unordered(TASKS).try_collect().await.unwrap();
    let elapsed = begin.elapsed();
    let staged = staged.into_iter().map(Result::unwrap);
    volume.commit(staged, meta! {}).await.unwrap();
    elapsed
}
