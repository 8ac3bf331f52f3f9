//! What must be true in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::range::GrowableRangeSet;
use lode_std::verify::Verification;
use lode_std::{DatasetReader, Error, LayoutKind, Snapshot, Version};

use crate::clients::{BLOCK, dataset, record, volume};
use crate::support::pattern;
use crate::world::World;
use crate::{blobs, copies};

/// Everything that was acknowledged is there, once, and nothing that nobody tried; the history is
/// one line without a gap; all that a snapshot or a tag refers to is there.
pub(crate) async fn check(world: &Arc<World>) {
    check_volume(world).await;
    check_dataset(world).await;
    copies::check(world).await;
    for store in world.stores() {
        store.check_foreign().await;
    }
    if world.uploads {
        blobs::check(world).await;
    }
}

/// What the slots of a history hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Slot {
    Collected,
    Live,
    Record,
}

impl Slot {
    fn of<T>(found: &Result<T, Error>) -> Self {
        match found {
            Ok(_) => Self::Live,
            Err(Error::Collected { .. }) => Self::Collected,
            Err(Error::NotASnapshot { .. }) => Self::Record,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The line: from 1 on without a gap, and each live snapshot has been made on the one before it.
fn check_line(slots: &[(u64, Slot)], parents: &BTreeMap<u64, u64>) {
    let mut newest = 0;
    for ((version, slot), number) in slots.iter().zip(1_u64..) {
        assert_eq!(*version, number, "{slots:?}");
        if let Some(parent) = parents.get(version) {
            assert_eq!(*parent, newest, "the parent of {version}: {slots:?}");
        }
        if *slot != Slot::Record {
            newest = *version;
        }
    }
}

/// Nothing is damaged, and nothing is there that is not needed.
pub(crate) async fn verify(verification: Verification<'_>) {
    let mut found = Vec::new();
    let report = verification.data(true).run(|finding| found.push(finding.clone())).await;
    assert_eq!(report.unwrap().damage, 0, "{found:?}");
}

async fn check_volume(world: &Arc<World>) {
    let volume = volume(world).open(world.store()).await.unwrap();
    let mut slots = Vec::new();
    let mut snapshots = Vec::new();
    for version in volume.reader().versions().await.unwrap() {
        let found = volume.snapshot(version).await;
        slots.push((version.get(), Slot::of(&found)));
        snapshots.extend(found);
    }
    let parents = snapshots
        .iter()
        .map(|snapshot| (snapshot.version().get(), snapshot.parent().map_or(0, Version::get)));
    check_line(&slots, &parents.collect());
    let (tried, acknowledged, tags) = {
        let promises = world.promises.lock().unwrap();
        (promises.tried.clone(), promises.blocks.clone(), promises.tags.clone())
    };
    let newest = slots.iter().rfind(|(_, slot)| *slot != Slot::Record);
    assert_eq!(
        snapshots.last().map(|head| head.version().get()),
        newest.map(|(newest, _)| *newest)
    );
    assert!(!snapshots.is_empty() || acknowledged.is_empty(), "{acknowledged:?} are gone");
    for snapshot in &snapshots {
        let found = read(snapshot).await;
        assert!(found.is_subset(&tried), "{found:?}: {tried:?}");
        // What was acknowledged is in the version that was said, and in all that came after it.
        for (number, version) in &acknowledged {
            let is_in = snapshot.version().get() >= *version;
            assert_eq!(found.contains(number), is_in, "{number} of {version} in {snapshot:?}");
        }
    }
    for (name, version) in tags {
        let snapshot = volume.tagged(&name).await.unwrap();
        assert_eq!(snapshot.version().get(), version);
        read(&snapshot).await;
    }
    verify(Verification::volume(world.store(), "disk").unwrap()).await;
}

/// The numbers of the blocks that these ranges consist of.
pub(crate) fn numbers(covered: &GrowableRangeSet) -> BTreeSet<u64> {
    let ranges = covered.iter();
    ranges.flat_map(|range| range.start() / BLOCK..range.end() / BLOCK).collect()
}

/// The numbers of the blocks of a snapshot, all of which can be read.
async fn read(snapshot: &Snapshot) -> BTreeSet<u64> {
    for block in snapshot.blocks(0..snapshot.len()).collect().await.unwrap() {
        let (start, end) = (block.range.start(), block.range.end());
        let bytes = snapshot.read_at(start..end).await.unwrap();
        assert_eq!(bytes, pattern(start, BLOCK as usize));
    }
    numbers(&snapshot.coverage().await.unwrap())
}

async fn check_dataset(world: &Arc<World>) {
    let dataset = dataset(world).open(world.store()).await.unwrap();
    let snapshots: Vec<_> = dataset.snapshots().try_collect().await.unwrap();
    let (tried, acknowledged) = {
        let promises = world.promises.lock().unwrap();
        (promises.tried.clone(), promises.records.clone())
    };
    let mut found = BTreeSet::new();
    let mut slots = Vec::new();
    let reader = DatasetReader::new(world.store(), LayoutKind::Hive);
    for version in reader.versions("events").await.unwrap() {
        slots.push((version.get(), Slot::of(&dataset.snapshot(version).await)));
    }
    let parents = snapshots
        .iter()
        .map(|snapshot| (snapshot.version().get(), snapshot.parent().map_or(0, Version::get)));
    check_line(&slots, &parents.collect());
    for snapshot in &snapshots {
        let version = snapshot.version().get();
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
    verify(Verification::dataset(world.store(), "events", Some(LayoutKind::Hive)).unwrap()).await;
}
