//! A collection that ends at any of its writes, and is run again.

use crate::world::{GRACE, Kind, Subject, World, last, version};

/// Six snapshots, a tag and litter, all of it old.
async fn old_world(kind: Kind) -> (World, Subject) {
    let (world, subject) = World::with_snapshots(kind, 6).await;
    subject.maintenance().tag("first", version(1)).await.unwrap();
    subject.litter().await;
    world.clock.advance(GRACE + 2);
    (world, subject)
}

#[tokio::test]
async fn every_crash_is_made_good_by_the_next_run() {
    for kind in Kind::ALL {
        let (world, subject) = old_world(kind).await;
        subject.collect(&last(2)).await.unwrap();
        let rest = world.data().await.len();

        for writes in 0.. {
            let (world, subject) = old_world(kind).await;
            world.scripted.allow_writes(Some(writes));
            let result = subject.collect(&last(2)).await;
            world.scripted.allow_writes(None);
            // What the run was to keep is there, wherever it ended.
            let reader = world.open().await;
            for number in [5, 6] {
                reader.read(number).await.unwrap();
            }
            reader.read_tagged("first").await.unwrap();

            // A handle that knows nothing finishes it.
            world.clock.advance(GRACE + 2);
            reader.collect(&last(2)).await.unwrap();
            assert_eq!(world.data().await.len(), rest, "{kind:?}, {writes} writes");
            world.check([5, 6]).await;
            reader.read_tagged("first").await.unwrap();
            if result.is_ok_and(|report| report.left.objects == 0) {
                // The record, a delete, and four tombstones, at the least.
                assert!(writes >= 6, "{writes}");
                break;
            }
        }
    }
}
