//! A collector with a short grace period beside writers and readers, in a directory or on a server,
//! and in real time: nothing that was acknowledged is lost, no lease is broken, and in the end
//! exactly what is kept remains. `LODE_GC_SECONDS` makes it longer, `LODE_GC_GRACE` the grace period.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use lode_std::maintain::{Maintenance, Tally};
use lode_std::verify::Verification;
use lode_std::{Blobs, Dataset, Error, Retry, Version, Volume, Whole, meta};
use object_store::ObjectStore;

use crate::support::{fresh_location, number_from, pattern};
use crate::world::last;

const WRITERS: u64 = 4;
const READERS: u64 = 2;
/// Of an object, in bytes.
const SIZE: u64 = 100;
/// How long it may take until the last data are old enough to be deleted.
const PATIENCE: Duration = Duration::from_secs(120);

fn seconds() -> u64 {
    number_from("LODE_GC_SECONDS", 4)
}

/// What is staged must be committed within a quarter of it, also on a busy machine.
fn grace() -> Duration {
    Duration::from_secs(number_from("LODE_GC_GRACE", 4))
}

/// A new store; the directory is kept as long as it is needed.
fn store() -> (tempfile::TempDir, Arc<dyn ObjectStore>) {
    let dir = tempfile::tempdir().unwrap();
    let location = fresh_location().unwrap_or_else(|| dir.path().to_str().unwrap().to_string());
    (dir, lode_std::store::open(&location).unwrap())
}

fn retry() -> Retry {
    Retry { base: Duration::from_millis(1), ..Retry::conflicts(10_000) }
}

/// Tells everybody when to stop.
#[derive(Clone, Default)]
struct Bell(Arc<AtomicBool>);

impl Bell {
    async fn ring_in_time(&self) {
        tokio::time::sleep(Duration::from_secs(seconds())).await;
        self.0.store(true, Ordering::Relaxed);
    }

    fn has_rung(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_volume_under_load_keeps_what_was_acknowledged() {
    let (_dir, store) = store();
    let open = async || {
        let builder = Volume::builder("it", 1 << 40).retry(retry());
        builder.grace_period(grace()).open(store.clone()).await.unwrap()
    };
    let bell = Bell::default();
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let (volume, bell) = (open().await, bell.clone());
        writers.push(async move {
            let mut acknowledged = Vec::new();
            for round in 0.. {
                if bell.has_rung() {
                    break;
                }
                let offset = (round * WRITERS + number) * SIZE;
                let block = volume.stage_at(offset, pattern(offset, 100)).await.unwrap();
                match volume.commit([block], meta! {}).await {
                    Ok(snapshot) => acknowledged.push((offset, snapshot.version())),
                    // The machine was too busy; it is staged again.
                    Err(Error::StageExpired { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            acknowledged
        });
    }
    let readers = (0..READERS).map(|_| async {
        let volume = open().await;
        while !bell.has_rung() {
            let Some(snapshot) = volume.latest().await.unwrap() else { continue };
            for range in snapshot.coverage().await.unwrap().iter().take(3) {
                let end = range.end().min(range.start() + 20 * SIZE);
                let bytes = snapshot.read_at(range.start()..end).await.unwrap();
                assert_eq!(bytes, pattern(range.start(), bytes.len()));
            }
        }
    });
    let collector = async { collect(&open().await.maintenance(), &bell).await };
    let (acknowledged, _, (), ()) =
        tokio::join!(join_all(writers), join_all(readers), collector, bell.ring_in_time());

    let volume = open().await;
    let head = volume.latest().await.unwrap().unwrap();
    let acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    assert!(!acknowledged.is_empty());
    for (offset, version) in acknowledged {
        assert!(version <= head.version());
        let bytes = head.read_at(offset..offset + SIZE).await.unwrap();
        assert_eq!(bytes, pattern(offset, 100), "{version}");
    }
    let kept = collect_the_rest(&volume.maintenance()).await;
    // And pages, if there are many blocks.
    assert!(kept.objects >= head.manifest().blocks.len() as u64);
    verify(Verification::volume(store.clone(), "it").unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dataset_under_load_keeps_what_is_held() {
    let (_dir, store) = store();
    let open = async || {
        let builder = Dataset::builder("it").retry(retry());
        builder.grace_period(grace()).open(store.clone()).await.unwrap()
    };
    let bell = Bell::default();
    let writers = (0..WRITERS).map(|number| {
        let (open, bell) = (&open, &bell);
        async move {
            let dataset = open().await;
            let mut acknowledged = Vec::new();
            for round in 0.. {
                if bell.has_rung() {
                    break;
                }
                let seed = (round * WRITERS + number) * SIZE;
                let meta = meta! { "seed" => seed };
                match dataset.write_blob(pattern(seed, 100), meta).await {
                    Ok(snapshot) => acknowledged.push(snapshot.version()),
                    Err(Error::StageExpired { .. }) => {}
                    Err(error) => panic!("{error}"),
                }
            }
            acknowledged
        }
    });
    let readers = (0..READERS).map(|_| async {
        let dataset = open().await;
        let mut read = 0;
        while !bell.has_rung() {
            let Some(snapshot) = dataset.latest().await.unwrap() else { continue };
            read += u64::from(read_held(&dataset, snapshot.version()).await);
        }
        assert!(read > 0, "nothing could be read");
    });
    let collector = async { collect(&open().await.maintenance(), &bell).await };
    let (acknowledged, _, (), ()) =
        tokio::join!(join_all(writers), join_all(readers), collector, bell.ring_in_time());

    let dataset = open().await;
    let mut acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    acknowledged.sort_unstable();
    // One logical commit, one version; the collector frees none.
    for version in &acknowledged {
        match dataset.snapshot(*version).await {
            Ok(_) | Err(Error::Collected { .. }) => {}
            Err(error) => panic!("{version}: {error}"),
        }
    }
    let tried = acknowledged.len();
    acknowledged.dedup();
    assert_eq!(acknowledged.len(), tried, "each in a version of its own");
    let head = dataset.latest().await.unwrap().unwrap().version();
    assert_eq!(acknowledged.last(), Some(&head));
    let kept = collect_the_rest(&dataset.maintenance()).await;
    assert_eq!(kept.objects, acknowledged.len().min(3) as u64);
    for version in acknowledged.iter().rev().take(3) {
        dataset.read(*version).await.unwrap();
    }
    verify(Verification::dataset(store.clone(), "it", None).unwrap()).await;
}

/// Takes a lease on a snapshot, if it is still there; then it must stay.
async fn read_held(dataset: &Dataset<Blobs, Whole>, version: Version) -> bool {
    let maintenance = dataset.maintenance();
    let lease = match maintenance.hold(version, Duration::from_secs(10)).await {
        Ok(lease) => lease,
        Err(Error::Collected { .. }) => return false,
        Err(error) => panic!("{error}"),
    };
    // The snapshot itself may be dropped; the lease holds what it consists of.
    let snapshot = dataset.tagged(lease.name.as_str()).await.unwrap();
    let blobs = dataset.read_snapshot(&snapshot).await.unwrap();
    assert_eq!(blobs[0].len() as u64, SIZE);
    maintenance.release(lease).await.unwrap();
    true
}

/// Collects until the bell rings.
async fn collect(maintenance: &Maintenance, bell: &Bell) {
    while !bell.has_rung() {
        maintenance.collect(&last(3)).await.unwrap();
    }
}

/// Collects until all that is not kept is old enough, and gone.
async fn collect_the_rest(maintenance: &Maintenance) -> Tally {
    let begun = Instant::now();
    loop {
        let report = maintenance.collect(&last(3)).await.unwrap();
        if report.young.objects == 0 && report.left.objects == 0 {
            return report.kept;
        }
        assert!(begun.elapsed() < PATIENCE, "{report:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Nothing is damaged, and nothing lies there that is not needed.
async fn verify(verification: Verification<'_>) {
    let mut found = Vec::new();
    let each = |finding: &lode_std::verify::Finding| found.push(finding.clone());
    let report = verification.data(true).run(each).await.unwrap();
    assert_eq!((report.damage, report.orphans.objects), (0, 0), "{found:?}");
}
