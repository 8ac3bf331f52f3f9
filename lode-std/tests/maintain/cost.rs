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
        assert_eq!(operations(&world), ["get", "create", "get"]);
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
        // Of a flat dataset the data are in one folder, else beside what is not listed.
        let data = if kind == Kind::Flat { &["list"][..] } else { &["list", "list"] };
        // A look at the next slot, the plan; another look, what stays, the tags, the survey.
        let mut expected = vec!["get", "get", "get", "get", "get"];
        // The hint, where the Go implementation believes it.
        expected.extend((kind != Kind::Compact).then_some("get"));
        expected.extend(["get", "get", "get", "get", "list", "get"]);
        expected.extend(data);
        // The record, the tags again, the sweep, and the tombstone.
        expected.extend(["create", "list", "get"]);
        expected.extend(data);
        expected.extend(["delete", "get", "put"]);
        assert_eq!(operations(&world), expected, "{kind:?}");
    }
}
