//! What several writers must have left.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use lode_std::{Version, store};
use serde_json::Value;

use crate::support::pattern;
use crate::writer::{BLOCK, Task, dataset, volume};

/// What was acknowledged: the version of each block and record.
#[derive(Debug, Default)]
pub(crate) struct Acknowledged {
    /// By the offset of the block.
    blocks: BTreeMap<u64, u64>,
    /// By writer and commit.
    records: BTreeMap<(u64, u64), u64>,
    /// How many commits were settled that had no definite outcome.
    pub(crate) unknown: u64,
}

impl Acknowledged {
    /// Takes note of what a process said.
    pub(crate) fn take(&mut self, said: &str) {
        for line in said.lines() {
            let words: Vec<_> = line.split(' ').collect();
            let number = |at: usize| words[at].parse::<u64>().unwrap();
            match words.as_slice() {
                ["acknowledged", "volume", ..] => {
                    assert_eq!(self.blocks.insert(number(3), number(2)), None);
                }
                ["acknowledged", "dataset", ..] => {
                    assert_eq!(self.records.insert((number(3), number(4)), number(2)), None);
                }
                ["unknown", _] => self.unknown += 1,
                _ => {}
            }
        }
    }
}

/// Every commit that was acknowledged is in the history, at its version, exactly once; the history
/// is one line without a gap; and every byte is there.
pub(crate) async fn check(task: &Task, acknowledged: &Acknowledged) {
    let total = task.writers * task.commits;
    assert_eq!(acknowledged.blocks.len() as u64, total);
    assert_eq!(acknowledged.records.len() as u64, total);
    check_volume(task, &acknowledged.blocks).await;
    check_dataset(task, &acknowledged.records).await;
}

async fn check_volume(task: &Task, blocks: &BTreeMap<u64, u64>) {
    let volume = volume(task).open(store::open(&task.location).unwrap()).await.unwrap();
    let snapshots: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    let parents = snapshots.iter().map(|s| (s.version(), s.parent()));
    check_line(parents, blocks.len());
    for (number, snapshot) in (1..).zip(&snapshots) {
        assert_eq!(snapshot.manifest().blocks.len(), number, "one more block in each version");
    }
    for (offset, version) in blocks {
        let snapshot = &snapshots[usize::try_from(*version).unwrap() - 1];
        assert_eq!(
            snapshot.gaps(*offset..offset + BLOCK).count().await.unwrap(),
            0,
            "{offset} in {version}"
        );
    }
    let head = snapshots.last().unwrap();
    assert!(head.is_complete());
    let bytes = head.read_at(0..head.len()).await.unwrap();
    assert_eq!(bytes, pattern(0, bytes.len()));
}

async fn check_dataset(task: &Task, records: &BTreeMap<(u64, u64), u64>) {
    let dataset = dataset(task).open(store::open(&task.location).unwrap()).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    check_line(snapshots.iter().map(|s| (s.version(), s.parent())), records.len());
    for ((writer, commit), version) in records {
        // Reading verifies that the file is there, with its bytes.
        let found: Vec<Value> = dataset.read(Version::new(*version).unwrap()).await.unwrap();
        assert_eq!(found, [Task::record(*writer, *commit)], "version {version}");
    }
    let versions: BTreeSet<_> = records.values().collect();
    assert_eq!(versions.len(), records.len(), "each in a version of its own");
}

/// 1, 2, 3, …, each the child of the one before.
fn check_line(snapshots: impl Iterator<Item = (Version, Option<Version>)>, length: usize) {
    let mut number = 0;
    for (version, parent) in snapshots {
        assert_eq!(parent.map_or(0, Version::get), number);
        number += 1;
        assert_eq!(version.get(), number);
    }
    assert_eq!(number, length as u64, "as many versions as were acknowledged");
}
