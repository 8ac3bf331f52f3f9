//! The suite that is shipped, on every store at hand; and that it notices what does not hold.

use std::sync::Arc;

use lode_std::conformance::{Carries, Conformance, Need, Outcome, Report};
use lode_std::{Error, Volume, VolumeBuilder, meta, store};
use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;

use crate::support::careless::Careless;
use crate::support::fixtures::files;
use crate::support::{STORE, fresh, number_from};

/// How many create the same object at once.
const CONTENDERS: &str = "LODE_TEST_CONTENDERS";

async fn run(store: Arc<dyn ObjectStore>) -> Report {
    let conformance = Conformance::new().contenders(number_from(CONTENDERS, 64));
    conformance.run(store).await.unwrap()
}

fn failed(report: &Report) -> Vec<&'static str> {
    let checks = report.checks().iter();
    checks.filter(|check| matches!(check.outcome, Outcome::Fails(_))).map(|c| c.name).collect()
}

#[tokio::test]
async fn the_store_at_hand_carries_concurrent_writers() {
    let store = fresh();
    let report = run(store.clone()).await;
    assert_eq!(failed(&report), [""; 0], "{report:?}");
    assert_eq!(report.carries(), Carries::ConcurrentWriters);
    use futures::TryStreamExt;
    let left: Vec<_> = store.list(None).try_collect().await.unwrap();
    assert_eq!(left, [], "it cleans up");
}

#[tokio::test]
async fn a_directory_carries_them_if_it_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let report = run(store::open(dir.path().to_str().unwrap()).unwrap()).await;
    assert_eq!((failed(&report), report.carries()), (vec![], Carries::ConcurrentWriters));
    assert_eq!(files(dir.path()).len(), 0, "it cleans up");

    let forgetful = LocalFileSystem::new_with_prefix(dir.path()).unwrap();
    let report = run(Arc::new(forgetful)).await;
    assert_eq!((failed(&report), report.carries()), (vec!["synced writes"], Carries::Nothing));
}

/// Each promise that is broken is noticed, and by no other name.
#[tokio::test]
async fn broken_promises_are_noticed() {
    let concurrent = ["create if absent", "one of many creators"];
    for (careless, expected, carries) in [
        (Careless::IgnoresConditions, &concurrent[..], Carries::SingleWriter),
        (Careless::ReadsOldBytes, &["read after write"], Carries::Nothing),
        (
            Careless::ListsLate,
            &["list after write", "list from an offset", "keys as they are"],
            Carries::Nothing,
        ),
        (Careless::ReadsOtherRanges, &["range reads"], Carries::Nothing),
    ] {
        let report = run(careless.over(InMemory::new())).await;
        assert_eq!(failed(&report), expected, "{careless:?}: {report:?}");
        assert_eq!(report.carries(), carries, "{careless:?}");
    }
}

#[tokio::test]
async fn nobody_needs_what_is_only_good_to_know() {
    let report = run(Arc::new(InMemory::new())).await;
    let needs: Vec<_> = report.checks().iter().filter(|c| c.need == Need::Nothing).collect();
    assert!(needs.iter().all(|check| matches!(check.outcome, Outcome::Holds(_))), "{needs:?}");
    assert_eq!(needs.len(), 2);
}

/// A server that overwrites what it was told to create: rclone's, say.
#[tokio::test]
#[ignore = "needs a server that ignores conditions: `cargo xtask stores test`"]
async fn a_server_that_ignores_conditions_is_refused() {
    let store = store::open(&std::env::var(STORE).unwrap()).unwrap();
    let report = run(store.clone()).await;
    let failed = failed(&report);
    assert!(failed.starts_with(&["create if absent", "one of many creators"]), "{report:?}");
    assert_ne!(report.carries(), Carries::ConcurrentWriters);
    let commit = async |builder: VolumeBuilder| {
        let volume = builder.open(store.clone()).await?;
        let block = volume.stage_at(0, "block").await?;
        volume.commit([block], meta! {}).await
    };
    // A new volume's first commit creates it, and one that is there is refused when it is opened.
    for _ in 0..2 {
        let error = commit(Volume::builder("disk", 1000)).await.unwrap_err();
        assert!(matches!(error, Error::ConditionalWritesIgnored { .. }), "{error}");
    }
    assert!(Volume::existing("disk").latest(store.clone()).await.unwrap().is_none());
    commit(Volume::builder("disk", 1000).single_writer()).await.unwrap();
    let error = Volume::existing("disk").open(store.clone()).await.unwrap_err();
    assert!(matches!(error, Error::ConditionalWritesIgnored { .. }), "{error}");
}
