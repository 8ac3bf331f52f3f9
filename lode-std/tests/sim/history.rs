//! What must be true in the end.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::TryStreamExt;
use lode_std::{Snapshot, Version};

use crate::blobs;
use crate::clients::{BLOCK, dataset, record, volume};
use crate::support::pattern;
use crate::world::World;

/// Everything that was acknowledged is there, once, and nothing that nobody tried; the history is
/// one line without a gap; all that a snapshot or a tag refers to is there.
pub(crate) async fn check(world: &Arc<World>) {
    check_volume(world).await;
    check_dataset(world).await;
    if world.uploads {
        blobs::check(world).await;
    }
}

async fn check_volume(world: &Arc<World>) {
    let volume = volume(world).open(world.store()).await.unwrap();
    let versions = volume.reader().versions().await.unwrap();
    let mut numbered = versions.iter().zip(1_u64..);
    assert!(numbered.all(|(version, number)| version.get() == number), "{versions:?}");
    let snapshots: Vec<_> = volume.snapshots().try_collect().await.unwrap();
    for snapshot in &snapshots {
        let version = snapshot.version().get();
        assert_eq!(snapshot.parent().map_or(0, Version::get), version - 1);
        assert_eq!(snapshot.manifest().blocks.len() as u64, version, "one more in each version");
        numbers(snapshot).await;
    }
    let (tried, acknowledged, tags) = {
        let promises = world.promises.lock().unwrap();
        (promises.tried.clone(), promises.blocks.clone(), promises.tags.clone())
    };
    let Some(head) = snapshots.last() else { return assert!(acknowledged.is_empty()) };
    assert_eq!(Some(&head.version()), versions.last());
    let found = numbers(head).await;
    assert!(
        acknowledged.keys().all(|number| found.contains(number)),
        "{acknowledged:?}: {found:?}"
    );
    assert!(found.is_subset(&tried), "{found:?}: {tried:?}");
    let mut taken: Vec<_> = acknowledged.values().collect();
    taken.sort_unstable();
    assert!(taken.windows(2).all(|pair| pair[0] < pair[1]), "each in a version of its own");
    for (name, version) in tags {
        let snapshot = volume.tagged(&name).await.unwrap();
        assert_eq!(snapshot.version().get(), version);
        numbers(&snapshot).await;
    }
}

/// The numbers of the blocks of a snapshot, all of which can be read.
async fn numbers(snapshot: &Snapshot) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for block in snapshot.blocks(0..snapshot.len()).collect().await.unwrap() {
        let (start, end) = (block.range.start(), block.range.end());
        let bytes = snapshot.read_at(start..end).await.unwrap();
        assert_eq!(bytes, pattern(start, BLOCK as usize));
        found.insert(start / BLOCK);
    }
    found
}

async fn check_dataset(world: &Arc<World>) {
    let dataset = dataset(world).open(world.store()).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    let (tried, acknowledged) = {
        let promises = world.promises.lock().unwrap();
        (promises.tried.clone(), promises.records.clone())
    };
    let mut found = BTreeSet::new();
    for snapshot in &snapshots {
        let version = snapshot.version().get();
        assert_eq!(snapshot.parent().map_or(0, Version::get), version - 1);
        let records = dataset.read(snapshot.version()).await.unwrap();
        let [only] = &records[..] else { panic!("{records:?}") };
        let number = only["number"].as_u64().unwrap();
        assert_eq!(*only, record(number));
        assert!(tried.contains(&number), "nobody tried {number}");
        assert!(found.insert(number), "{number} is in two versions");
        if let Some(told) = acknowledged.get(&number) {
            assert_eq!(*told, version, "{number} was said to be in another version");
        }
    }
    let newest = snapshots.last().map_or(0, |snapshot| snapshot.version().get());
    let mut taken: Vec<_> = acknowledged.values().copied().collect();
    taken.sort_unstable();
    assert!(taken.windows(2).all(|pair| pair[0] < pair[1]), "each in a version of its own");
    assert!(taken.iter().all(|version| *version <= newest), "{taken:?}, but {newest}");
    // Of those that are live, each acknowledged one is what it was said to be.
    for (number, version) in acknowledged {
        let live = snapshots.iter().any(|snapshot| snapshot.version().get() == version);
        assert!(!live || found.contains(&number), "{number} is not in version {version}");
    }
}
