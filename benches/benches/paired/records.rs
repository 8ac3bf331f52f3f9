//! JSON Lines with `serde_json` and `object_store`.

use std::time::Duration;

use lode_benches::pair::{Paired, time};
use lode_benches::records::{Record, records};
use lode_benches::{runtime, scale};
use lode_jsonl::Jsonl;
use lode_std::{Dataset, Records, meta, store};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode};
use tokio::runtime::Runtime;

const RECORDS: u64 = 200_000;
const WRITES: usize = 1000;

pub(crate) fn run(paired: &mut Paired) {
    let runtime = runtime().unwrap();
    many(paired, &runtime);
    one(paired, &runtime);
}

fn many(paired: &mut Paired, runtime: &Runtime) {
    let records = records(scale(RECORDS) as usize);
    paired.compare(
        "write 200,000 records",
        15,
        Duration::ZERO,
        || {
            let dataset = runtime.block_on(dataset());
            time(|| runtime.block_on(dataset.write(&records, meta! {})).unwrap())
        },
        || {
            let (store, data) = (InMemory::new(), Path::from("data"));
            time(|| runtime.block_on(store.put(&data, lines(&records).into())).unwrap())
        },
    );
    let dataset = runtime.block_on(dataset());
    let snapshot = runtime.block_on(dataset.write(&records, meta! {})).unwrap();
    let (store, data) = (InMemory::new(), Path::from("data"));
    runtime.block_on(store.put(&data, lines(&records).into())).unwrap();
    paired.compare(
        "read 200,000 records",
        15,
        Duration::ZERO,
        || time(|| runtime.block_on(dataset.read(snapshot.version())).unwrap()),
        || time(|| read_by_hand(runtime, &store, &data)),
    );
}

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

fn read_by_hand(runtime: &Runtime, store: &InMemory, data: &Path) -> Vec<Record> {
    let object = runtime.block_on(store.get(data)).unwrap();
    let bytes = runtime.block_on(object.bytes()).unwrap();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// One record, where the cost is that of the commit.
fn one(paired: &mut Paired, runtime: &Runtime) {
    let records = records(1);
    let bytes = lines(&records);
    let allowance = Duration::from_micros(3) * WRITES as u32;
    paired.compare(
        "write 1 record",
        30,
        allowance,
        || {
            let dataset = runtime.block_on(dataset());
            runtime.block_on(dataset.write(&records, meta! {})).unwrap();
            time(|| {
                runtime.block_on(async {
                    for _ in 0..WRITES {
                        dataset.write(&records, meta! {}).await.unwrap();
                    }
                });
            })
        },
        || {
            let store = InMemory::new();
            time(|| {
                runtime.block_on(async {
                    for write in 0..WRITES {
                        three_puts(&store, write, &bytes).await;
                    }
                });
            })
        },
    );
}

/// Keys and sizes as those of a dataset.
async fn three_puts(store: &dyn ObjectStore, write: usize, bytes: &[u8]) {
    const MANIFEST: [u8; 900] = [b' '; 900];
    let data = Path::from(format!("datasets/bench/data/{write:032}/data"));
    store.put_opts(&data, bytes.to_vec().into(), PutMode::Create.into()).await.unwrap();
    let slot = Path::from(format!("datasets/bench/snapshots/{write:019}/manifest.json"));
    store.put_opts(&slot, MANIFEST.to_vec().into(), PutMode::Create.into()).await.unwrap();
    let hint = Path::from("datasets/bench/latest");
    store.put(&hint, write.to_string().into()).await.unwrap();
}
