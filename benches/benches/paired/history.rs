//! A dataset with a long history, against one with a short one.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use lode_benches::pair::{Paired, time};
use lode_benches::{runtime, scale};
use lode_std::{Dataset, meta};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore};
use tokio::runtime::Runtime;

const NAMES: [&str; 2] = ["write after 100,000 snapshots", "latest after 100,000 snapshots"];
const LONG: u64 = 100_000;
const SHORT: u64 = 10;
const WRITES: u64 = 200;

pub(crate) fn run(paired: &mut Paired) {
    if !NAMES.iter().any(|name| paired.wants(name)) {
        return;
    }
    let runtime = runtime().unwrap();
    let [write, latest] = NAMES;
    let (dataset, store) = runtime.block_on(history(scale(LONG)));
    paired.compare(
        write,
        30,
        Duration::ZERO,
        || time_writes(&runtime, &dataset),
        || {
            let (short, _) = runtime.block_on(history(SHORT));
            time_writes(&runtime, &short)
        },
    );
    let head = runtime.block_on(dataset.latest()).unwrap().unwrap().version();
    let folder = Path::from("datasets/bench/snapshots");
    let slot = Path::from(format!("datasets/bench/snapshots/{head}/manifest.json"));
    paired.compare(
        latest,
        15,
        Duration::ZERO,
        || time(|| runtime.block_on(dataset.latest()).unwrap()),
        // The store in memory does its work as soon as it is asked.
        || {
            time(|| {
                let list = store.list_with_offset(Some(&folder), &slot);
                runtime.block_on(list.try_collect::<Vec<ObjectMeta>>()).unwrap()
            })
        },
    );
}

async fn history(snapshots: u64) -> (Dataset, Arc<dyn ObjectStore>) {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let dataset = Dataset::builder("bench").open(store.clone()).await.unwrap();
    for _ in 0..snapshots {
        dataset.write_blob("blob", meta! {}).await.unwrap();
    }
    (dataset, store)
}

fn time_writes(runtime: &Runtime, dataset: &Dataset) -> Duration {
    time(|| {
        runtime.block_on(async {
            for _ in 0..WRITES {
                dataset.write_blob("blob", meta! {}).await.unwrap();
            }
        });
    })
}
