//! Datasets to test with.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::{
    Dataset, DatasetBuilder, DatasetSnapshot, Error, Partitioned, Records, Retry, Version, Whole,
};
use object_store::ObjectStore;
use serde_json::Value;

/// A dataset of JSON values.
pub(crate) type Events<D = Whole> = Dataset<Records<Jsonl<Value>>, D>;

pub(crate) fn events(id: &str) -> DatasetBuilder<Records<Jsonl<Value>>> {
    Dataset::builder(id).codec(Jsonl::new())
}

/// One that is divided by `day` and `region`.
pub(crate) fn hive(id: &str) -> DatasetBuilder<Records<Jsonl<Value>>, Partitioned<Hive>> {
    events(id).partition_by(Hive::by(["day", "region"]).unwrap())
}

pub(crate) async fn open_events(store: Arc<dyn ObjectStore>) -> Events {
    events("events").open(store).await.unwrap()
}

/// Retries without waiting.
pub(crate) fn patient(conflicts: u32) -> Retry {
    Retry { conflicts, base: Duration::ZERO, ..Retry::none() }
}

pub(crate) fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// What the snapshots are, oldest first.
pub(crate) fn numbers(snapshots: &[DatasetSnapshot]) -> Vec<u64> {
    snapshots.iter().map(|snapshot| snapshot.version().get()).collect()
}

/// The records of a snapshot, which are the same read at once and as a stream.
pub(crate) async fn read_both<D>(dataset: &Events<D>, version: Version) -> Result<Vec<Value>, Error>
where
    D: lode_std::Division<Value>,
{
    let at_once = dataset.read(version).await?;
    let streamed: Vec<_> = dataset.read_stream(version).await?.try_collect().await?;
    assert_eq!(at_once, streamed);
    Ok(at_once)
}
