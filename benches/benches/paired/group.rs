//! 64 tasks that commit through one queue, against 64 that each have a handle of their own, on a
//! store that takes 50 ms for a put. The time is simulated, so the ratio is that of the protocol
//! and the same on every machine.
#![allow(clippy::disallowed_methods, reason = "it is the simulated time that is measured")]

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use lode_benches::pair::Paired;
use lode_std::{GroupCommitter, Retry, Volume, meta};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::throttle::{ThrottleConfig, ThrottledStore};
use tokio::runtime::Builder;
use tokio::time::Instant;

const NAME: &str = "group commit";
const WRITERS: u64 = 64;
const COMMITS: u64 = 10;

pub(crate) fn run(paired: &mut Paired) {
    if !paired.wants(NAME) {
        return;
    }
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let ours = runtime.block_on(together());
    let peer = runtime.block_on(separately());
    let said = format!("{ours:.0} commits a second against {peer:.1}");
    paired.note(NAME, ours / peer, &said);
}

fn store() -> Arc<dyn ObjectStore> {
    let wait = Duration::from_millis(50);
    let latency = ThrottleConfig { wait_put_per_call: wait, ..ThrottleConfig::default() };
    Arc::new(ThrottledStore::new(InMemory::new(), latency))
}

async fn open(store: Arc<dyn ObjectStore>) -> Volume {
    let builder = Volume::builder("bench", 1 << 20).retry(Retry::conflicts(10_000));
    builder.open(store).await.unwrap()
}

/// Commits a second.
async fn together() -> f64 {
    let committer = open(store()).await.committer();
    let begin = Instant::now();
    join_all((0..WRITERS).map(|writer| commit(committer.clone(), writer))).await;
    (WRITERS * COMMITS) as f64 / begin.elapsed().as_secs_f64()
}

async fn commit(committer: GroupCommitter, writer: u64) {
    for number in 0..COMMITS {
        let offset = (number * WRITERS + writer) * 16;
        let block = committer.volume().stage_at(offset, vec![7; 16]).await.unwrap();
        committer.commit([block], meta! {}).await.unwrap();
    }
}

/// The same of handles that race each other, whose one commit each is enough to see it.
async fn separately() -> f64 {
    let store = store();
    let volumes = (0..WRITERS).map(|_| async { Ok::<_, ()>(open(store.clone()).await) });
    let volumes = try_join_all(volumes).await.unwrap();
    let begin = Instant::now();
    join_all((0..).zip(&volumes).map(|(writer, volume)| async move {
        let block = volume.stage_at(writer * 16, vec![7; 16]).await.unwrap();
        volume.commit([block], meta! {}).await.unwrap();
    }))
    .await;
    WRITERS as f64 / begin.elapsed().as_secs_f64()
}
