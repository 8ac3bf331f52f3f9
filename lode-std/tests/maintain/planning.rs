//! What is to be dropped, and why.

use std::time::Duration;

use lode_std::maintain::{Reason, Retention, Verdict};

use crate::world::{Kind, World, last, numbers, version};

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 5).await;
        let maintenance = subject.maintenance();
        maintenance.tag("first", version(1)).await.unwrap();
        let before = world.objects().await;
        world.scripted.take_calls();
        let rules = Retention { tagged: true, ..last(2) };
        let plan = maintenance.plan(&rules).await.unwrap();
        assert_eq!(numbers(plan.drops()), [2, 3]);
        let calls = world.scripted.take_calls();
        let reads = |call: &String| call.starts_with("get ") || call.starts_with("list ");
        assert!(calls.iter().all(reads), "{calls:?}");
        assert_eq!(world.objects().await, before);
    }
}

#[tokio::test]
async fn the_rules_keep_what_they_say() {
    let (world, subject) = World::with_snapshots(Kind::Default, 6).await;
    let maintenance = subject.maintenance();
    maintenance.tag("second", version(2)).await.unwrap();
    let _lease = maintenance.hold(version(3), Duration::from_secs(10)).await.unwrap();
    // Snapshot n was made 7 − n seconds ago.
    for (rules, drops) in [
        (Retention::ALL, &[][..]),
        (last(0), &[1, 2, 3, 4]),
        (last(3), &[1, 2, 3]),
        (Retention { within: Some(3), ..Retention::ALL }, &[1, 2, 3]),
        (Retention { within: Some(5), last: Some(1), tagged: false }, &[1]),
        (Retention { tagged: true, ..Retention::ALL }, &[1, 4]),
        (Retention { tagged: true, ..last(3) }, &[1]),
    ] {
        let plan = maintenance.plan(&rules).await.unwrap();
        assert_eq!(numbers(plan.drops()), drops, "{rules:?}");
    }
    world.clock.advance(20);
    let plan = maintenance.plan(&Retention { tagged: true, ..last(3) }).await.unwrap();
    let reasons: Vec<_> = plan.verdicts().iter().map(|(_, verdict)| *verdict).collect();
    assert_eq!(
        reasons,
        [
            Verdict::Drop { newer: 5, age: Some(26) },
            Verdict::Keep(Reason::Tagged),
            // The lease has ended.
            Verdict::Drop { newer: 3, age: Some(24) },
            Verdict::Keep(Reason::Last),
            Verdict::Keep(Reason::Predecessor),
            Verdict::Keep(Reason::Head),
        ]
    );
}

#[tokio::test]
async fn nothing_is_there_to_collect() {
    for kind in Kind::ALL {
        let world = World::new(kind);
        let subject = world.open().await;
        let before = world.objects().await;
        let report = subject.collect(&last(0)).await.unwrap();
        assert!(report.plan.verdicts().is_empty() && report.buried.is_empty());
        assert_eq!(report.deleted.objects, 0);
        assert_eq!(world.objects().await, before);
    }
}
