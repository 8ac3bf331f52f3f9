//! The cost of each call in requests to the store. The table in the module's documentation says
//! the same.

use std::time::Duration;

use crate::world::{GRACE, Kind, World, last, version};

/// The operations of the calls since the last time.
fn operations(world: &World) -> Vec<String> {
    let calls = world.scripted.take_calls();
    calls.iter().map(|call| call.split(' ').next().unwrap().to_string()).collect()
}

#[tokio::test]
async fn tags_and_leases() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 3).await;
        let maintenance = subject.maintenance();
        world.scripted.take_calls();
        maintenance.tag("first", version(1)).await.unwrap();
        assert_eq!(operations(&world), ["get", "create", "get"]);
        let lease = maintenance.hold(version(1), Duration::from_secs(1)).await.unwrap();
        assert_eq!(operations(&world), ["put", "head", "delete", "get", "create", "get"]);
        maintenance.tags().await.unwrap();
        assert_eq!(operations(&world), ["list", "get", "get"]);
        maintenance.release(lease).await.unwrap();
        assert_eq!(operations(&world), ["delete"]);
        maintenance.untag("first").await.unwrap();
        assert_eq!(operations(&world), ["head", "delete"]);
    }
}

#[tokio::test]
async fn a_collection() {
    for kind in [Kind::Compact, Kind::Json, Kind::Default, Kind::Flat] {
        let (world, subject) = World::with_snapshots(kind, 4).await;
        subject.maintenance().tag("first", version(1)).await.unwrap();
        subject.litter().await;
        world.clock.advance(GRACE + 2);
        world.scripted.take_calls();
        let report = subject.collect(&last(3)).await.unwrap();
        assert_eq!(report.deleted.objects, 1);
        let mut expected = vec!["list", "get", "get", "get", "get"];
        expected.extend(["get", "put"]);
        expected.extend(["put", "head", "delete"]);
        expected.extend(["list", "get", "get", "get", "get"]);
        expected.extend(["list", "get"]);
        expected.extend(if kind != Kind::Flat {
            &["list", "list", "delete"][..]
        } else {
            &["list", "delete"]
        });
        assert_eq!(operations(&world), expected, "{kind:?}");
    }
}
