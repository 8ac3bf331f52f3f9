//! The power is cut after every call, with any part of what was under way done or not.

use std::sync::Arc;

use futures::future::{join, join_all};
use lode_std::{Error, ErrorKind};

use crate::journal::{Journal, Left};
use crate::leftovers::{Numbers, check, commit_block, dataset, volume, write_record};

/// Which number is committed after a crash.
const NEXT: u64 = 1_000;

/// Three writers, each with a handle of its own, commit to a volume and to a dataset.
async fn work(journal: &Arc<Journal>) {
    let writers = (0..3_u64).map(|writer| {
        let journal = journal.clone();
        async move {
            let blocks = async {
                let volume = volume().open(journal.clone()).await.unwrap();
                for number in (writer..6).step_by(3) {
                    let what = format!("block {number}");
                    journal.attempt(&what);
                    commit_block(&volume, number).await.unwrap();
                    journal.acknowledge(&what);
                }
            };
            let records = async {
                let dataset = dataset().open(journal.clone()).await.unwrap();
                for number in (writer..6).step_by(3) {
                    let what = format!("record {number}");
                    journal.attempt(&what);
                    write_record(&dataset, number).await.unwrap();
                    journal.acknowledge(&what);
                }
            };
            join(blocks, records).await;
        }
    });
    join_all(writers).await;
}

#[tokio::test]
async fn after_every_call_all_that_was_acknowledged_is_there() {
    let journal = Journal::new();
    work(&journal).await;
    let mut states = 0;
    for point in 0..journal.points() {
        let moment = journal.moment(point);
        let (acknowledged, attempted) =
            (Numbers::of(&moment.acknowledged), Numbers::of(&moment.attempted));
        for store in moment.stores().await {
            check(store, &acknowledged, &attempted, NEXT).await;
            states += 1;
        }
    }
    println!("{} points, {states} states after a power cut, each as promised", journal.points());
    assert!(states > journal.points());
}

/// Without syncs promises are lost; but what is damaged is reported, with its key, and no wrong
/// byte is ever returned.
#[tokio::test]
async fn what_was_never_synced_is_reported() {
    let journal = Journal::new();
    work(&journal).await;
    let (mut states, mut reported) = (0, 0);
    for (path, left, store) in journal.moment(journal.points() - 1).unsynced().await {
        states += 1;
        let problems = problems(store).await;
        for problem in &problems {
            let said = problem.to_string();
            assert!(said.contains(path.as_ref()) || is_absence(problem), "{path}: {said}");
        }
        let is_hint = path.as_ref().ends_with("/latest");
        let is_entry = path.as_ref().contains("/partitions/") && path.as_ref().ends_with(".json");
        // Hints and index entries are not believed; a part of a descriptor is none.
        if left == Left::Torn && !is_hint && !is_entry {
            assert!(!problems.is_empty(), "{path} was torn, and nobody noticed");
        }
        reported += usize::from(!problems.is_empty());
    }
    println!("{states} states without syncs, {reported} of them reported, no wrong byte");
}

/// That a version is missing is said of the version, and not of its key.
fn is_absence(problem: &Error) -> bool {
    matches!(problem.kind(), ErrorKind::NotFound | ErrorKind::Forked)
}

/// Reads everything, and collects what is the matter.
async fn problems(store: Arc<dyn object_store::ObjectStore>) -> Vec<Error> {
    use futures::StreamExt;

    let mut problems = Vec::new();
    match volume().open(store.clone()).await {
        Err(error) => problems.push(error),
        Ok(volume) => {
            let snapshots: Vec<_> = volume.snapshots().collect().await;
            for snapshot in snapshots {
                let Ok(snapshot) = snapshot.map_err(|error| problems.push(error)) else { continue };
                for block in snapshot.blocks(0..snapshot.len()).collect().await.unwrap() {
                    let (start, end) = (block.range.start(), block.range.end());
                    match snapshot.read_at(start..end).await {
                        Ok(bytes) => assert_eq!(bytes, crate::support::pattern(start, 16)),
                        Err(error) => problems.push(error),
                    }
                }
            }
            if let Err(error) = volume.latest().await {
                problems.push(error);
            }
        }
    }
    match dataset().open(store).await {
        Err(error) => problems.push(error),
        Ok(dataset) => {
            let snapshots: Vec<_> = dataset.snapshots().collect().await;
            for snapshot in snapshots {
                let Ok(snapshot) = snapshot.map_err(|error| problems.push(error)) else { continue };
                if let Err(error) = dataset.read(snapshot.version()).await {
                    problems.push(error);
                }
            }
        }
    }
    problems
}
