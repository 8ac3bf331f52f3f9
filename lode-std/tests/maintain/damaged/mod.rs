//! Histories that are damaged in many ways: each is diagnosed, and repaired where that can be.

mod go;
mod spoil;
mod table;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use lode_std::LayoutKind;
use lode_std::repair::{Proposal, Repair};
use lode_std::verify::{Finding, Report, Severity, Verification};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use self::spoil::Objects;
use self::table::{CASES, data, page};
use crate::world::{Kind, World, version};

/// What becomes of a damaged history.
#[derive(Clone, Copy, Debug)]
enum Repaired {
    /// This snapshot is the newest again.
    Head(u64),
    /// The same, if what is damaged may be given up; else it is refused.
    Dropped(u64),
    /// It is refused in any case, and nothing is written.
    Refused,
}
use Repaired::{Dropped, Head, Refused};

/// One way to damage a history, of these kinds.
struct Case<K: 'static> {
    name: &'static str,
    kinds: &'static [K],
    damage: fn(K, &mut Objects),
    /// The kinds of what is found, and a part of the name of each object, in any order.
    found: &'static [(&'static str, &'static str)],
    repaired: Repaired,
}

/// A table of cases, one for every few lines.
macro_rules! cases {
    ($($name:literal, $kinds:expr, |$kind:pat_param, $objects:ident| $damage:expr,
       [$($found:expr),*], $repaired:expr;)*) => {
        &[$($crate::damaged::Case {
            name: $name,
            kinds: $kinds,
            damage: |$kind, $objects| { $damage; },
            found: &[$($found),*],
            repaired: $repaired,
        }),*]
    };
}
use cases;

/// A history of four snapshots, of which the second has a tag: what the table's cases damage.
async fn whole(kind: Kind) -> Objects {
    let (world, subject) = World::with_snapshots(kind, 4).await;
    subject.maintenance().tag("second", version(2)).await.unwrap();
    world.objects().await
}

async fn store_of(kind: Kind, objects: &Objects) -> (World, Arc<dyn ObjectStore>) {
    let world = World::new(kind);
    let store = world.scripted.store();
    for (key, bytes) in objects {
        store.put(&Path::parse(key).unwrap(), bytes.clone().into()).await.unwrap();
    }
    (world, store)
}

fn layout(kind: Kind) -> Option<LayoutKind> {
    (kind == Kind::Flat).then_some(LayoutKind::Flat)
}

async fn verify(kind: Kind, store: Arc<dyn ObjectStore>) -> (Vec<Finding>, Report) {
    damage_of(match kind.is_volume() {
        true => Verification::volume(store, "it").unwrap(),
        false => Verification::dataset(store, "it", layout(kind)).unwrap(),
    })
    .await
}

/// The damage that a verification finds, and its report.
async fn damage_of(verification: Verification<'_>) -> (Vec<Finding>, Report) {
    let mut damage = Vec::new();
    let found = |finding: &Finding| {
        if finding.severity() == Severity::Damage {
            damage.push(finding.clone());
        }
    };
    let report = verification.data(true).run(found).await.unwrap();
    (damage, report)
}

async fn propose(kind: Kind, store: Arc<dyn ObjectStore>, drop_damaged: bool) -> Proposal {
    let repair = match kind.is_volume() {
        true => Repair::volume(store, "it").unwrap(),
        false => Repair::dataset(store, "it", layout(kind)).unwrap(),
    };
    let grace = std::time::Duration::from_secs(crate::world::GRACE.unsigned_abs());
    let repair = repair.data(true).drop_damaged(drop_damaged).grace_period(grace);
    repair.propose(|_| {}).await.unwrap()
}

#[tokio::test]
async fn each_damage_is_diagnosed_and_repaired_where_it_can_be() {
    let mut wholes = BTreeMap::new();
    for kind in Kind::ALL {
        wholes.insert(kind.slot(1), whole(kind).await);
    }
    let mut failed = Vec::new();
    for case in CASES {
        for &kind in case.kinds {
            let mut objects = wholes[&kind.slot(1)].clone();
            (case.damage)(kind, &mut objects);
            let (world, store) = store_of(kind, &objects).await;
            let trial = Trial { case, kind, world, store, objects };
            let name = trial.name();
            if AssertUnwindSafe(trial.run()).catch_unwind().await.is_err() {
                failed.push(name);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Checks that this has been found, and nothing else: the kind, and a part of the object's name.
fn check_found(name: &str, damage: Vec<Finding>, expected: &[(&str, &str)]) {
    assert_eq!(damage.len(), expected.len(), "{name}: {damage:#?}");
    let mut rest = damage;
    for (kind, object) in expected {
        let is = |found: &Finding| found.problem.kind() == *kind && found.object.contains(object);
        let at = rest.iter().position(is);
        let at = at.unwrap_or_else(|| panic!("{name}: no {kind} at {object}: {rest:#?}"));
        rest.remove(at);
    }
}

struct Trial {
    case: &'static Case<Kind>,
    kind: Kind,
    world: World,
    store: Arc<dyn ObjectStore>,
    objects: Objects,
}

impl Trial {
    fn name(&self) -> String {
        format!("{}, {:?}", self.case.name, self.kind)
    }

    async fn run(self) {
        self.diagnose().await;
        match self.case.repaired {
            Head(head) => self.repair(false, head).await,
            Dropped(head) => {
                self.is_refused(false).await;
                self.repair(true, head).await;
            }
            Refused => {
                self.is_refused(false).await;
                self.is_refused(true).await;
            }
        }
    }

    async fn diagnose(&self) {
        let (damage, report) = verify(self.kind, self.store.clone()).await;
        assert_eq!(report.damage, damage.len() as u64);
        check_found(&self.name(), damage, self.case.found);
    }

    async fn is_refused(&self, drop_damaged: bool) {
        let proposal = propose(self.kind, self.store.clone(), drop_damaged).await;
        let (name, plan) = (self.name(), proposal.plan());
        assert!(!plan.refused.is_empty() && plan.steps.is_empty(), "{name}: {plan:#?}");
        assert_eq!(self.world.objects().await, self.objects, "{name}");
    }

    /// Repairs it, then verifies, reads and commits again.
    async fn repair(&self, drop_damaged: bool, head: u64) {
        let name = self.name();
        let proposal = propose(self.kind, self.store.clone(), drop_damaged).await;
        let plan = proposal.plan();
        assert!(plan.refused.is_empty(), "{name}: {plan:#?}");
        assert_eq!(plan.head, Some(version(head)), "{name}");
        assert_eq!(self.world.objects().await, self.objects, "{name}: it has only been proposed");
        proposal.carry_out().await.unwrap();

        let (mut damage, _) = verify(self.kind, self.store.clone()).await;
        // What only a tag needs is lost with it.
        damage.retain(|finding| finding.affected.tags.is_empty());
        assert!(damage.is_empty(), "{name}: {damage:#?}");
        let subject = self.world.open().await;
        assert_eq!(subject.live().await.last(), Some(&head), "{name}");
        subject.read(head).await.unwrap();
        let next = subject.commit(head + 1).await.unwrap();
        assert!(next > version(head), "{name}");
        let (damage, _) = verify(self.kind, self.store.clone()).await;
        assert!(damage.iter().all(|finding| !finding.affected.tags.is_empty()), "{damage:#?}");
    }
}

/// What a finding says is affected: which snapshots, which tags, which bytes.
#[tokio::test]
async fn what_is_affected_is_said() {
    let mut objects = whole(Kind::Compact).await;
    let lost = data(Kind::Compact, &objects, 2);
    objects.remove(&lost);
    let (_world, store) = store_of(Kind::Compact, &objects).await;
    let (damage, _) = verify(Kind::Compact, store).await;
    let affected = &damage[0].affected;
    assert_eq!(affected.snapshots.len(), 1);
    assert_eq!((affected.snapshots[0].first, affected.snapshots[0].last), (version(2), version(4)));
    assert_eq!(affected.tags[0].as_str(), "second");
    assert_eq!(affected.range.map(|range| (range.start(), range.end())), Some((10, 20)));
}

/// Snapshots share pages: all of them that need one are named, and the blocks that are found by it.
#[tokio::test]
async fn all_that_need_a_page_are_affected() {
    let mut objects = whole(Kind::Paged).await;
    let lost = page(&objects, 2, true);
    objects.remove(&lost);
    let (_world, store) = store_of(Kind::Paged, &objects).await;
    let (damage, _) = verify(Kind::Paged, store).await;
    assert_eq!(damage.len(), 1, "{damage:#?}");
    let affected = &damage[0].affected;
    assert_eq!(affected.snapshots.len(), 1);
    assert_eq!((affected.snapshots[0].first, affected.snapshots[0].last), (version(2), version(4)));
    assert_eq!(affected.tags.len(), 1);
    assert_eq!(affected.range.map(|range| (range.start(), range.end())), Some((0, 10)));
}
