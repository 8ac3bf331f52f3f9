//! A dataset with a long history, against one with a short one.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use lode_benches::pair::{Paired, time};
use lode_benches::ratios::target;
use lode_benches::{runtime, scale};
use lode_std::{Dataset, meta, store};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use tokio::runtime::Runtime;

const NAMES: [&str; 3] = [
    "write after 100,000 snapshots",
    "latest after 100,000 snapshots",
    "latest in a directory, after 10,000 snapshots",
];
const LONG: u64 = 100_000;
const LONG_IN_A_DIRECTORY: u64 = 10_000;
const SHORT: u64 = 10;
const TIMES: u64 = 200;

pub(crate) fn run(paired: &mut Paired) {
    if !NAMES.iter().any(|name| paired.wants(name)) {
        return;
    }
    let runtime = runtime().unwrap();
    let [write, latest, in_a_directory] = NAMES;
    let in_memory = |snapshots| runtime.block_on(history(Arc::new(InMemory::new()), snapshots));
    let (long, short) = (in_memory(scale(LONG)), in_memory(SHORT));
    paired.compare(
        latest,
        30,
        Duration::ZERO,
        || time_latest(&runtime, &long),
        || time_latest(&runtime, &short),
    );
    paired.compare(
        write,
        30,
        Duration::ZERO,
        || time_writes(&runtime, &long),
        || time_writes(&runtime, &in_memory(SHORT)),
    );
    drop((long, short));

    fs::create_dir_all(target()).unwrap();
    let dir = tempfile::tempdir_in(target()).unwrap();
    let on_disk = |name: &str, snapshots| {
        let path = dir.path().join(name);
        fs::create_dir(&path).unwrap();
        // Without syncs it is there sooner.
        let unsynced = Arc::new(LocalFileSystem::new_with_prefix(&path).unwrap());
        runtime.block_on(history(unsynced, snapshots));
        let store = store::open(path.to_str().unwrap()).unwrap();
        let dataset = runtime.block_on(Dataset::builder("bench").open(store)).unwrap();
        let found = runtime.block_on(dataset.latest()).unwrap().unwrap();
        assert_eq!(found.version().get(), snapshots);
        dataset
    };
    let (long, short) = (on_disk("long", scale(LONG_IN_A_DIRECTORY)), on_disk("short", SHORT));
    paired.compare(
        in_a_directory,
        30,
        Duration::ZERO,
        || time_latest(&runtime, &long),
        || time_latest(&runtime, &short),
    );
}

async fn history(store: Arc<dyn ObjectStore>, snapshots: u64) -> Dataset {
    let dataset = Dataset::builder("bench").open(store).await.unwrap();
    for _ in 0..snapshots {
        dataset.write_blob("blob", meta! {}).await.unwrap();
    }
    dataset
}

fn time_writes(runtime: &Runtime, dataset: &Dataset) -> Duration {
    time(|| {
        runtime.block_on(async {
            for _ in 0..TIMES {
                dataset.write_blob("blob", meta! {}).await.unwrap();
            }
        });
    })
}

fn time_latest(runtime: &Runtime, dataset: &Dataset) -> Duration {
    time(|| {
        runtime.block_on(async {
            for _ in 0..TIMES {
                dataset.latest().await.unwrap();
            }
        });
    })
}
