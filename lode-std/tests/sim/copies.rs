//! Copies in another store, that are collected as well.

use std::sync::Arc;
use std::time::Duration;

use lode_std::replicate::{DatasetTarget, Mirror, Replication};
use lode_std::verify::Verification;
use lode_std::{DatasetReader, Error, ErrorKind, LayoutKind, Retry, Volume};
use tokio::time::timeout;

use crate::clients::{dataset, is_excused, patiently, retry, rules, volume};
use crate::history::{numbers, verify};
use crate::world::{GRACE, World};

/// Copies what there is, forever, and crashes now and then.
pub(crate) async fn copy(world: &Arc<World>) {
    loop {
        world.wait(60_000).await;
        let patience = if world.chance(300) { world.below(10_000) } else { u64::MAX >> 20 };
        let work = async {
            replicate(world).await;
            mirror(world).await;
            collect(world).await;
        };
        if timeout(Duration::from_millis(patience), work).await.is_err() {
            world.count(|counts| counts.crashes += 1);
        }
    }
}

async fn open_copy(world: &Arc<World>) -> Volume {
    patiently(|| volume(world).open(world.copy())).await
}

/// The newest snapshot of the volume, into a volume of its own.
async fn replicate(world: &Arc<World>) {
    let source = patiently(|| volume(world).open(world.store())).await;
    let Ok(Some(head)) = source.latest().await else { return };
    let Ok(covered) = head.coverage().await else { return };
    let target = open_copy(world).await;
    match Replication::new(&head, &target).batch(4).run().await {
        Ok(_) => {
            world.count(|counts| counts.copied += 1);
            world.promises.lock().unwrap().copied.extend(numbers(&covered));
        }
        Err(error) => assert!(is_excused_copy(&error), "copying: {error}"),
    }
}

/// It may have been dropped while it was on its way, there as well as here.
fn is_excused_copy(error: &Error) -> bool {
    is_excused(error) || matches!(error.kind(), ErrorKind::Collected | ErrorKind::Expired)
}

/// The history of the dataset, byte by byte.
async fn mirror(world: &Arc<World>) {
    let source = DatasetReader::new(world.store(), LayoutKind::Hive);
    // It waits for nothing: how long would be said by chance that has no seed.
    let retry = Retry { base: Duration::ZERO, cap: Duration::ZERO, ..retry() };
    let target = DatasetTarget::new(world.copy()).retry(retry).clock(world.clock());
    match Mirror::new(&source, "events", target).run().await {
        Ok(_) => world.count(|counts| counts.copied += 1),
        Err(Error::DatasetNotFound { .. }) => {}
        // Whoever collects it has put a record where the next snapshot was to be.
        Err(Error::HistoryDiverged { .. }) if world.collected_copy => {}
        Err(error) => assert!(is_excused_copy(&error), "mirroring: {error}"),
    }
}

/// The copy of the volume is collected in all worlds.
async fn collect(world: &Arc<World>) {
    let mut all = vec![open_copy(world).await.maintenance()];
    if world.collected_copy {
        all.push(patiently(|| dataset(world).open(world.copy())).await.maintenance());
    }
    for maintenance in all {
        let period = if world.chance(300) { Duration::ZERO } else { GRACE };
        if let Err(error) = maintenance.with_grace_period(period).collect(&rules()).await {
            assert!(is_excused_copy(&error), "collecting a copy: {error}");
        }
    }
}

/// All that was said to have been copied is there, and all that is there is whole.
pub(crate) async fn check(world: &Arc<World>) {
    let copied = world.promises.lock().unwrap().copied.clone();
    let target = volume(world).open(world.copy()).await.unwrap();
    if let Some(head) = target.latest().await.unwrap() {
        let found = numbers(&head.coverage().await.unwrap());
        assert!(copied.is_subset(&found), "{copied:?} were copied: {found:?}");
        verify(Verification::volume(world.copy(), "disk").unwrap()).await;
    } else {
        assert!(copied.is_empty(), "{copied:?} were copied");
    }
    // The last run may have ended between a slot and its hint.
    mirror(world).await;
    let reader = DatasetReader::new(world.copy(), LayoutKind::Hive);
    if !reader.versions("events").await.unwrap().is_empty() {
        verify(Verification::dataset(world.copy(), "events", Some(LayoutKind::Hive)).unwrap())
            .await;
    }
}
