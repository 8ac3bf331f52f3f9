//! What calls cost in requests, counted where they pass.

use lode_jsonl::Jsonl;
use lode_std::{Dataset, DatasetReader, LayoutKind, Volume, meta, store};
use serde_json::{Value, json};

use crate::proxy::{Plan, Proxy};
use crate::support::fresh_location;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a server: `cargo xtask stores test`"]
async fn a_call_costs_what_the_documentation_says() {
    let direct = fresh_location().unwrap();
    let proxy = Proxy::start(&direct, Plan::calm()).await;
    let store = store::open(&proxy.location(&direct)).unwrap();
    let count = |what: &str, expected: usize| {
        let requests = proxy.take_requests();
        assert_eq!(requests.len(), expected, "{what}: {requests:#?}");
        println!("{what}: {expected}");
    };

    let volume = Volume::builder("disk", 1000).open(store.clone()).await.unwrap();
    count("open a new volume", 2);
    let block = volume.stage_at(0, "block").await.unwrap();
    proxy.take_requests();
    volume.commit([block], meta! {}).await.unwrap();
    count("the first commit to a new volume", 4);
    let block = volume.stage_at(10, "block").await.unwrap();
    volume.commit([block], meta! {}).await.unwrap();
    count("stage one block and commit it, warm", 3);
    Volume::existing("disk").latest(store.clone()).await.unwrap().unwrap();
    count("the latest snapshot of a volume that is not open", 3);
    let reader = Volume::existing("disk").open_read_only(store.clone()).await.unwrap();
    count("open a volume for reading", 1);
    let snapshot = reader.latest().await.unwrap().unwrap();
    count("the latest snapshot of a volume, cold", 3);
    snapshot.read_at(0..5).await.unwrap();
    count("read one block", 1);
    reader.latest().await.unwrap().unwrap();
    count("the latest snapshot, warm", 1);

    let builder = || Dataset::builder("events").codec(Jsonl::<Value>::new());
    let dataset = builder().open(store.clone()).await.unwrap();
    count("open a new dataset", 4);
    dataset.write(&[json!(1)], meta! {}).await.unwrap();
    // Go may have written a history that has no descriptor, so a list finds the head.
    count("the first write to a new dataset", 7);
    let snapshot = dataset.write(&[json!(2)], meta! {}).await.unwrap();
    count("write a record, warm", 3);
    dataset.read(snapshot.version()).await.unwrap();
    count("read a snapshot of one file", 1);
    let reader = DatasetReader::new(store, LayoutKind::Default);
    reader.latest("events").await.unwrap().unwrap();
    count("the latest snapshot of a dataset, cold", 3);
}
