//! Histories that are damaged in many ways: each is diagnosed, and repaired where that can be.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use lode_std::LayoutKind;
use lode_std::repair::{Proposal, Repair};
use lode_std::verify::{Finding, Report, Severity, Verification};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::world::{Kind, World, version};

type Objects = BTreeMap<String, Bytes>;

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

/// One way to damage a history of four snapshots, of which the second has a tag.
struct Case {
    name: &'static str,
    kinds: &'static [Kind],
    damage: fn(Kind, &mut Objects),
    /// The kinds of what is found, and a part of the name of each object, in any order.
    found: &'static [(&'static str, &'static str)],
    repaired: Repaired,
}

const VOLUMES: &[Kind] = &[Kind::Compact, Kind::Json];
const DATASETS: &[Kind] = &[Kind::Default, Kind::Flat, Kind::Hive];
/// Those whose manifests are texts, and lie nowhere else.
const MANIFESTS_ONLY: &[Kind] = &[Kind::Json, Kind::Default, Kind::Flat];
const TRUSTED: &[Kind] = &[Kind::Json, Kind::Default, Kind::Flat, Kind::Hive];

fn slot(kind: Kind, number: u64) -> String {
    kind.slot(number)
}

/// The first data object that a snapshot has added.
fn data(kind: Kind, objects: &Objects, number: u64) -> String {
    if kind.is_volume() {
        let prefix = format!("volumes/it/data/{}-10-", (number - 1) * 10);
        return objects.keys().find(|key| key.starts_with(&prefix)).unwrap().clone();
    }
    let manifest: serde_json::Value =
        serde_json::from_slice(&objects[&slot(kind, number)]).unwrap();
    manifest["files"][0]["path"].as_str().unwrap().to_string()
}

/// The key that ends so.
fn ending(objects: &Objects, end: &str) -> String {
    objects.keys().find(|key| key.ends_with(end)).unwrap().clone()
}

fn entry(objects: &Objects, number: u64) -> String {
    let end = format!("/segments/{number:019}/manifest.json");
    let is = |key: &&String| key.contains("/partitions/day=every/") && key.ends_with(&end);
    objects.keys().find(is).unwrap().clone()
}

fn cut(objects: &mut Objects, key: &str) {
    let bytes = objects[key].clone();
    objects.insert(key.to_string(), bytes.slice(..bytes.len() / 2));
}

fn extend(objects: &mut Objects, key: &str) {
    let bytes = [&objects[key][..], b"}more"].concat();
    objects.insert(key.to_string(), bytes.into());
}

fn flip(objects: &mut Objects, key: &str) {
    let mut bytes = objects[key].to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x81;
    objects.insert(key.to_string(), bytes.into());
}

fn swap(objects: &mut Objects, one: &str, other: &str) {
    let (first, second) = (objects[one].clone(), objects[other].clone());
    objects.insert(one.to_string(), second);
    objects.insert(other.to_string(), first);
}

fn replace(objects: &mut Objects, key: &str, from: &str, to: &str) {
    let text = std::str::from_utf8(&objects[key]).unwrap();
    assert!(text.contains(from), "{key}: {text}");
    let bytes = text.replace(from, to).into_bytes();
    objects.insert(key.to_string(), bytes.into());
}

fn put(objects: &mut Objects, key: &str, bytes: &'static str) {
    objects.insert(key.to_string(), bytes.into());
}

fn hint(objects: &mut Objects, text: &'static str) {
    let key = ending(objects, "/latest");
    put(objects, &key, text);
}

macro_rules! cases {
    ($($name:literal, $kinds:expr, |$kind:pat_param, $objects:ident| $damage:expr,
       [$($found:expr),*], $repaired:expr;)*) => {
        &[$(Case {
            name: $name,
            kinds: $kinds,
            damage: |$kind, $objects| { $damage; },
            found: &[$($found),*],
            repaired: $repaired,
        }),*]
    };
}

const CASES: &[Case] = cases! {
    "nothing", &Kind::ALL, |_, _o| {}, [], Head(4);
    "head missing", &Kind::ALL, |k, o| o.remove(&slot(k, 4)),
        [("hint-ahead", "latest")], Head(3);
    "head cut", &Kind::ALL, |k, o| cut(o, &slot(k, 4)),
        [("invalid", "4/manifest")], Head(3);
    "head empty", &Kind::ALL, |k, o| put(o, &slot(k, 4), ""),
        [("invalid", "4/manifest")], Head(3);
    "head extended", &Kind::ALL, |k, o| extend(o, &slot(k, 4)),
        [("invalid", "4/manifest")], Head(3);
    "head flipped", &Kind::ALL, |k, o| flip(o, &slot(k, 4)),
        [("invalid", "4/manifest")], Head(3);
    "head and its parent cut", &Kind::ALL, |k, o| { cut(o, &slot(k, 4)); cut(o, &slot(k, 3)) },
        [("invalid", "3/manifest"), ("invalid", "4/manifest")], Head(2);
    "all slots cut", &Kind::ALL, |k, o| for n in 1..=4 { cut(o, &slot(k, n)) },
        [("invalid", "1/m"), ("invalid", "2/m"), ("invalid", "3/m"), ("invalid", "4/m")], Refused;
    "head is a copy of its parent", &Kind::ALL,
        |k, o| { let copy = o[&slot(k, 3)].clone(); o.insert(slot(k, 4), copy) },
        [("mismatch", "4/manifest")], Head(3);
    "second and third swapped", &Kind::ALL, |k, o| swap(o, &slot(k, 2), &slot(k, 3)),
        [("mismatch", "2/manifest"), ("mismatch", "3/manifest")], Head(4);
    "head of another volume", &[Kind::Json],
        |k, o| replace(o, &slot(k, 4), "\"volume_id\": \"it\"", "\"volume_id\": \"no\""),
        [("invalid", "4/manifest")], Head(3);
    "second cut", &Kind::ALL, |k, o| cut(o, &slot(k, 2)), [("invalid", "2/manifest")], Head(4);
    "first missing", &Kind::ALL, |k, o| o.remove(&slot(k, 1)), [("hole", "1/manifest")], Head(4);
    "third missing", &Kind::ALL, |k, o| o.remove(&slot(k, 3)), [("hole", "3/manifest")], Head(4);
    "second and third missing", &Kind::ALL,
        |k, o| { o.remove(&slot(k, 2)); o.remove(&slot(k, 3)) }, [("hole", "2/manifest")], Head(4);
    "third changed", MANIFESTS_ONLY, |k, o| replace(o, &slot(k, 3), "\"number\": 3", "\"number\": 5"),
        [("replaced", "3/manifest")], Dropped(4);
    "spliced to the second", MANIFESTS_ONLY,
        |k, o| replace(o, &slot(k, 4), "\"parent_snapshot_id\": \"0000000000000000003\"",
            "\"parent_snapshot_id\": \"0000000000000000002\""),
        [("forked", "4/manifest")], Refused;
    "spliced to itself", MANIFESTS_ONLY,
        |k, o| replace(o, &slot(k, 4), "\"parent_snapshot_id\": \"0000000000000000003\"",
            "\"parent_snapshot_id\": \"0000000000000000004\""),
        [("forked", "4/manifest")], Refused;
    "hint missing", TRUSTED, |_, o| { let key = ending(o, "/latest"); o.remove(&key) },
        [("hint-missing", "latest")], Head(4);
    "hint missing, which nobody trusts", &[Kind::Compact],
        |_, o| { let key = ending(o, "/latest"); o.remove(&key) }, [], Head(4);
    "hint senseless", &Kind::ALL, |_, o| hint(o, "the newest"), [("hint-invalid", "latest")], Head(4);
    "hint extended", &Kind::ALL, |_, o| extend(o, &ending(o, "/latest")),
        [("hint-invalid", "latest")], Head(4);
    "hint behind", TRUSTED, |_, o| hint(o, "0000000000000000002"),
        [("hint-behind", "latest")], Head(4);
    "hint behind, which nobody trusts", &[Kind::Compact], |_, o| hint(o, "0000000000000000002"),
        [], Head(4);
    "hint ahead", &Kind::ALL, |_, o| hint(o, "0000000000000000009"),
        [("hint-ahead", "latest")], Head(4);
    "descriptor missing", &[Kind::Compact, Kind::Json, Kind::Default, Kind::Hive],
        |k, o| { let key = ending(o, if k.is_volume() { "volume.json" } else { "dataset.json" }); o.remove(&key) },
        [("missing", ".json")], Head(4);
    "descriptor cut", &Kind::ALL,
        |k, o| cut(o, &ending(o, if k.is_volume() { "volume.json" } else { "dataset.json" })),
        [("invalid", ".json")], Head(4);
    "descriptor of another length", VOLUMES,
        |_, o| replace(o, &ending(o, "volume.json"), "10000", "20000"),
        [("mismatch", "volume.json")], Head(4);
    "descriptor of another checksum", &Kind::ALL,
        |k, o| replace(o, &ending(o, if k.is_volume() { "volume.json" } else { "dataset.json" }), "xxh3-128", "blake3"),
        [("mismatch", ".json")], Head(4);
    "newest data missing", &Kind::ALL, |k, o| { let key = data(k, o, 4); o.remove(&key) },
        [("missing", "/data")], Dropped(3);
    "newest data cut", &Kind::ALL, |k, o| cut(o, &data(k, o, 4)),
        [("wrong-size", "/data")], Dropped(3);
    "newest data extended", &Kind::ALL, |k, o| extend(o, &data(k, o, 4)),
        [("wrong-size", "/data")], Dropped(3);
    "newest data flipped", &Kind::ALL, |k, o| flip(o, &data(k, o, 4)),
        [("corrupt", "/data")], Dropped(3);
    "blocks swapped", VOLUMES, |k, o| swap(o, &data(k, o, 3), &data(k, o, 4)),
        [("corrupt", "data/20-"), ("corrupt", "data/30-")], Dropped(2);
    "files swapped", &[Kind::Default, Kind::Flat], |k, o| swap(o, &data(k, o, 3), &data(k, o, 4)),
        [("corrupt", "/data"), ("corrupt", "/data")], Dropped(2);
    "first block missing", VOLUMES, |k, o| { let key = data(k, o, 1); o.remove(&key) },
        [("missing", "data/0-10-")], Refused;
    "third file missing", DATASETS, |k, o| { let key = data(k, o, 3); o.remove(&key) },
        [("missing", "/data")], Dropped(4);
    "tag cut", &Kind::ALL, |_, o| cut(o, &ending(o, "/tags/second")),
        [("invalid", "/tags/second")], Dropped(4);
    "tag flipped", &Kind::ALL, |_, o| flip(o, &ending(o, "/tags/second")),
        [("invalid", "/tags/second")], Dropped(4);
    "no tag among the tags", &Kind::ALL,
        |_, o| { let key = ending(o, "/tags/second").replace("second", ".Foreign"); put(o, &key, "x") },
        [("invalid", "/tags/.Foreign")], Dropped(4);
    "entry missing", &[Kind::Hive], |_, o| { let key = entry(o, 3); o.remove(&key) },
        [("missing", "3/manifest")], Head(4);
    "entry of another", &[Kind::Hive], |_, o| swap(o, &entry(o, 2), &entry(o, 3)),
        [("differs", "2/manifest"), ("differs", "3/manifest")], Head(4);
    "entry flipped", &[Kind::Hive], |_, o| flip(o, &entry(o, 4)),
        [("differs", "4/manifest")], Head(4);
    "something foreign", &Kind::ALL,
        |_, o| { let key = ending(o, "/latest").replace("latest", "readme.txt"); put(o, &key, "x") },
        [], Head(4);
};

/// A history of four snapshots, of which the second has a tag.
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

/// The damage that a verification finds, and its report.
async fn verify(kind: Kind, store: Arc<dyn ObjectStore>) -> (Vec<Finding>, Report) {
    let verification = match kind.is_volume() {
        true => Verification::volume(store, "it").unwrap(),
        false => Verification::dataset(store, "it", layout(kind)).unwrap(),
    };
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

struct Trial {
    case: &'static Case,
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
        let name = self.name();
        assert_eq!(damage.len(), self.case.found.len(), "{name}: {damage:#?}");
        assert_eq!(report.damage, damage.len() as u64);
        let mut rest = damage;
        for (kind, object) in self.case.found {
            let is =
                |found: &Finding| found.problem.kind() == *kind && found.object.contains(object);
            let at = rest.iter().position(is);
            let at = at.unwrap_or_else(|| panic!("{name}: no {kind} at {object}: {rest:#?}"));
            rest.remove(at);
        }
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
