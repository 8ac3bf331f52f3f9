//! What cannot be read now is no damage, and nothing is given up for it.

use std::sync::{Arc, Mutex};

use lode_std::repair::Repair;
use lode_std::verify::{Finding, Report, Severity, Verification};
use lode_std::{Clock, LayoutKind};
use object_store::ObjectStore;

use crate::support::flaky::{Flaky, Flaw};
use crate::world::{GRACE, Kind, Subject, World, last, version};

/// More calls than any verification makes.
const MANY: usize = 300;

fn layout(kind: Kind) -> Option<LayoutKind> {
    (kind == Kind::Flat).then_some(LayoutKind::Flat)
}

fn verification(kind: Kind, store: Arc<dyn ObjectStore>) -> Verification<'static> {
    match kind.is_volume() {
        true => Verification::volume(store, "it").unwrap(),
        false => Verification::dataset(store, "it", layout(kind)).unwrap(),
    }
}

/// Verifies all bytes: the damage, and the report.
async fn verify(
    kind: Kind,
    store: Arc<dyn ObjectStore>,
    clock: Arc<dyn Clock>,
) -> (Vec<Finding>, Report) {
    let mut damage = Vec::new();
    let found = |finding: &Finding| {
        if finding.severity() == Severity::Damage {
            damage.push(finding.clone());
        }
    };
    let unreadable = Arc::new(Mutex::new(0));
    let count = unreadable.clone();
    let verification = verification(kind, store).data(true).clock(clock);
    let verification = verification.unreadable(move |_| *count.lock().unwrap() += 1);
    let report = verification.run(found).await.unwrap();
    assert_eq!(report.unreadable, *unreadable.lock().unwrap());
    (damage, report)
}

/// Whether a repair that may give up what it likes would do anything.
async fn would_repair(kind: Kind, store: Arc<dyn ObjectStore>) -> bool {
    let repair = match kind.is_volume() {
        true => Repair::volume(store, "it").unwrap(),
        false => Repair::dataset(store, "it", layout(kind)).unwrap(),
    };
    let proposal = repair.data(true).drop_damaged(true).propose(|_| {}).await.unwrap();
    // Whatever could not be read is named.
    let refused = &proposal.plan().refused;
    let is_named = |object: &str| refused.iter().any(|refusal| refusal.object == object);
    let matters = |part| part != lode_std::verify::Part::Unknown;
    let unreadable = proposal.unreadable().iter();
    assert!(unreadable.filter(|found| matters(found.part)).all(|found| is_named(&found.object)));
    !proposal.plan().steps.is_empty()
}

#[tokio::test]
async fn what_cannot_be_read_now_is_no_damage_and_nothing_is_given_up_for_it() {
    for kind in Kind::ALL {
        let (world, subject) = World::with_snapshots(kind, 3).await;
        subject.maintenance().tag("second", version(2)).await.unwrap();
        let flaky = Flaky::over(world.scripted.store());
        for (key, bytes) in world.objects().await {
            for flaw in Flaw::ALL {
                flaky.spoil(&key, flaw);
                let name = format!("{kind:?}, {key}, {flaw:?}");
                // Without the versions there is nothing to verify.
                let tells_versions = key.contains("/manifest.") || kind == Kind::Flat;
                if flaw == Flaw::ListingFails && tells_versions {
                    continue;
                }
                let (damage, report) = verify(kind, flaky.store(), world.clock.clone()).await;
                assert!(damage.is_empty(), "{name}: {damage:#?}");
                match flaw {
                    // A hint that changes is being written.
                    Flaw::WrongEachTime if key.ends_with("/latest") => {}
                    Flaw::Fails | Flaw::WrongEachTime => {
                        assert!(report.unreadable > 0, "{name}: {report:?}");
                    }
                    Flaw::EndsEarly if bytes.len() > 1 => {
                        assert!(report.unreadable > 0, "{name}: {report:?}");
                    }
                    Flaw::Unlisted | Flaw::ListedOtherwise => {
                        assert_eq!(report.unreadable, 0, "{name}");
                    }
                    _ => {}
                }
                flaky.spoil(&key, flaw);
                if !matches!(flaw, Flaw::WrongOnce | Flaw::ListedOtherwise) {
                    assert!(!would_repair(kind, flaky.store()).await, "{name}");
                }
            }
        }
    }
}

/// What happens before any call of a verification.
#[derive(Clone, Copy, Debug)]
enum Event {
    Collect,
    Commit,
    Tag,
    Untag,
    CommitAndCollect,
}

async fn happen(event: Event, subject: Subject) {
    let maintenance = subject.maintenance();
    match event {
        Event::Collect => drop(subject.collect(&last(2)).await.unwrap()),
        Event::Commit => drop(subject.commit(6).await.unwrap()),
        Event::Tag => maintenance.tag("third", version(3)).await.unwrap(),
        Event::Untag => maintenance.untag("second").await.unwrap(),
        Event::CommitAndCollect => {
            subject.commit(6).await.unwrap();
            subject.commit(7).await.unwrap();
            maintenance.untag("second").await.unwrap();
            subject.collect(&last(2)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn beside_healthy_writers_and_collectors_nothing_is_found() {
    let events = [Event::Collect, Event::Commit, Event::Tag, Event::Untag, Event::CommitAndCollect];
    for kind in Kind::ALL {
        for event in events {
            for calls in 0..MANY {
                let (world, subject) = World::with_snapshots(kind, 5).await;
                subject.maintenance().tag("second", version(2)).await.unwrap();
                world.clock.advance(GRACE + 2);
                world.aged.interrupt(calls, happen(event, subject));
                let (damage, report) = verify(kind, world.aged.store(), world.clock.clone()).await;
                let name = format!("{kind:?}, {event:?} after {calls} calls");
                assert!(damage.is_empty(), "{name}: {damage:#?}");
                assert_eq!(report.unreadable, 0, "{name}");
                if world.aged.take_interruption() {
                    assert!(calls > 10, "{calls}");
                    break;
                }
            }
        }
    }
}
