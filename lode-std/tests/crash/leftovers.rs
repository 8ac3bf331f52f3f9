//! What must be true of whatever a crash leaves.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::{
    Dataset, DatasetBuilder, Error, Partitioned, Records, Retry, Version, Volume, VolumeBuilder,
    meta,
};
use object_store::ObjectStore;
use serde_json::{Value, json};

use crate::support::pattern;

/// The size of a block.
pub(crate) const BLOCK: u64 = 16;

pub(crate) fn volume() -> VolumeBuilder {
    Volume::builder("disk", 1 << 40).retry(patient())
}

/// Divided, so that a commit writes index entries as well.
pub(crate) type Events = Dataset<Records<Jsonl<Value>>, Partitioned<Hive>>;

pub(crate) fn dataset() -> DatasetBuilder<Records<Jsonl<Value>>, Partitioned<Hive>> {
    let builder = Dataset::builder("events").codec(Jsonl::new()).retry(patient());
    builder.partition_by(Hive::by(["parity"]).unwrap())
}

fn patient() -> Retry {
    Retry { base: std::time::Duration::ZERO, ..Retry::conflicts(1000) }
}

/// The record of this number.
pub(crate) fn record(number: u64) -> Value {
    json!({ "number": number, "parity": number % 2 })
}

/// Commits the block of this number.
pub(crate) async fn commit_block(volume: &Volume, number: u64) -> Result<(), Error> {
    let offset = number * BLOCK;
    let block = volume.stage_at(offset, pattern(offset, BLOCK as usize)).await?;
    volume.commit([block], meta! { "number" => number }).await.map(drop)
}

/// Commits the record of this number.
pub(crate) async fn write_record(dataset: &Events, number: u64) -> Result<(), Error> {
    dataset.write(&[record(number)], meta! {}).await.map(drop)
}

/// The numbers of the blocks and records that somebody was told of, or was about to commit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) blocks: BTreeSet<u64>,
    pub(crate) records: BTreeSet<u64>,
}

impl Numbers {
    /// Reads `block N` or `record N`.
    pub(crate) fn note(&mut self, what: &str) {
        let (kind, number) = what.split_once(' ').unwrap();
        let numbers = if kind == "block" { &mut self.blocks } else { &mut self.records };
        numbers.insert(number.parse().unwrap());
    }

    pub(crate) fn of(texts: &[String]) -> Self {
        let mut numbers = Self::default();
        texts.iter().for_each(|text| numbers.note(text));
        numbers
    }
}

/// Everything acknowledged is there, nothing is there that nobody attempted, each once; the
/// history is one line; every byte is what it was; and it goes on.
pub(crate) async fn check(
    store: Arc<dyn ObjectStore>,
    acknowledged: &Numbers,
    attempted: &Numbers,
    goes_on_with: u64,
) {
    let volume = volume().open(store.clone()).await.unwrap();
    let found = blocks(&volume).await;
    assert!(acknowledged.blocks.is_subset(&found), "{acknowledged:?}, but {found:?}");
    assert!(found.is_subset(&attempted.blocks), "{found:?}, but {attempted:?}");
    let dataset = dataset().open(store.clone()).await.unwrap();
    let found = records(&dataset).await;
    assert!(acknowledged.records.is_subset(&found), "{acknowledged:?}, but {found:?}");
    assert!(found.is_subset(&attempted.records), "{found:?}, but {attempted:?}");

    commit_block(&volume, goes_on_with).await.unwrap();
    write_record(&dataset, goes_on_with).await.unwrap();
    assert!(blocks(&volume).await.contains(&goes_on_with));
    assert!(records(&dataset).await.contains(&goes_on_with));
}

async fn blocks(volume: &Volume) -> BTreeSet<u64> {
    let snapshots: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    check_line(snapshots.iter().map(|s| (s.version(), s.parent())));
    let Some(head) = snapshots.last() else { return BTreeSet::new() };
    assert_eq!(volume.latest().await.unwrap().unwrap().version(), head.version());
    let mut found = BTreeSet::new();
    for block in head.blocks(0..head.len()).collect().await.unwrap() {
        let range = block.range;
        assert_eq!((range.start() % BLOCK, range.length()), (0, BLOCK));
        let bytes = head.read_at(range.start()..range.end()).await.unwrap();
        assert_eq!(bytes, pattern(range.start(), BLOCK as usize));
        found.insert(range.start() / BLOCK);
    }
    for (number, snapshot) in (1..).zip(&snapshots) {
        assert_eq!(snapshot.manifest().blocks.len(), number, "one more block in each version");
    }
    found
}

async fn records(dataset: &Events) -> BTreeSet<u64> {
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    check_line(snapshots.iter().map(|s| (s.version(), s.parent())));
    let mut found = BTreeSet::new();
    for snapshot in &snapshots {
        let records = dataset.read(snapshot.version()).await.unwrap();
        let [only] = &records[..] else { panic!("{records:?}") };
        let number = only["number"].as_u64().unwrap();
        assert_eq!(*only, record(number));
        assert!(found.insert(number), "record {number} is in two versions");
    }
    found
}

/// 1, 2, 3, …, each the child of the one before.
fn check_line(snapshots: impl Iterator<Item = (Version, Option<Version>)>) {
    for ((version, parent), number) in snapshots.zip(1_u64..) {
        assert_eq!((version.get(), parent.map_or(0, Version::get)), (number, number - 1));
    }
}
