//! Histories that the Go implementation wrote, damaged.

use std::sync::Arc;

use lode_std::repair::Repair;
use lode_std::verify::Verification;
use lode_std::{Dataset, DatasetReader, LayoutKind, Volume, meta};
use object_store::ObjectStore;

use super::spoil::{Objects, cut, extend, flip, put, replace, swap};
use super::{Case, Dropped, Head, Refused, cases, check_found, damage_of};
use crate::support::fixtures::{files, fixtures};
use crate::support::scripted::Scripted;

/// A history of theirs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Theirs {
    /// A volume of three snapshots.
    Volume,
    /// A dataset of four.
    Dataset,
}
use Theirs::{Dataset as Blobs, Volume as Disk};

impl Theirs {
    const fn id(self) -> &'static str {
        match self {
            Disk => "disk-image",
            Blobs => "blobs",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Disk => "volumes/disk-image/",
            Blobs => "datasets/blobs/",
        }
    }

    /// How many snapshots it has.
    const fn len(self) -> usize {
        match self {
            Disk => 3,
            Blobs => 4,
        }
    }

    /// As it was written.
    fn whole(self) -> Objects {
        let root = fixtures();
        let mut objects = Objects::new();
        for (path, bytes) in files(&root.join(self.folder())) {
            let key = path.strip_prefix(&root).unwrap().to_str().unwrap().to_string();
            objects.insert(key, bytes.into());
        }
        objects
    }

    fn verification(self, store: Arc<dyn ObjectStore>) -> Verification<'static> {
        match self {
            Disk => Verification::volume(store, self.id()).unwrap(),
            Blobs => Verification::dataset(store, self.id(), None).unwrap(),
        }
    }

    fn repair(self, store: Arc<dyn ObjectStore>) -> Repair {
        match self {
            Disk => Repair::volume(store, self.id()).unwrap(),
            Blobs => Repair::dataset(store, self.id(), None).unwrap(),
        }
    }

    /// Reads all that is left, whose newest is `head`, and commits to it.
    async fn go_on(self, store: Arc<dyn ObjectStore>, head: &str) {
        match self {
            Disk => {
                let volume = Volume::existing(self.id()).open(store).await.unwrap();
                let latest = volume.latest().await.unwrap().unwrap();
                assert_eq!(latest.version().to_string(), head);
                for range in latest.coverage().await.unwrap().iter() {
                    latest.read_verified(range.into()).await.unwrap();
                }
                let block = volume.stage_at(1000, "ours").await.unwrap();
                volume.commit([block], meta! {}).await.unwrap();
            }
            Blobs => {
                let reader = DatasetReader::new(store.clone(), LayoutKind::Default);
                let latest = reader.latest(self.id()).await.unwrap().unwrap();
                assert_eq!(latest.version().to_string(), head);
                let dataset = Dataset::builder(self.id()).open(store).await.unwrap();
                assert_eq!(dataset.read(latest.version()).await.unwrap().len(), 1);
                dataset.write_blob("ours", meta! {}).await.unwrap();
            }
        }
    }
}

/// The keys of the slots, oldest first.
fn slots(objects: &Objects) -> Vec<String> {
    objects.keys().filter(|key| key.ends_with("/manifest.json")).cloned().collect()
}

/// A slot, counted from the newest.
fn slot(objects: &Objects, back: usize) -> String {
    let slots = slots(objects);
    slots[slots.len() - 1 - back].clone()
}

/// The version of a slot.
fn version(slot: &str) -> &str {
    slot.rsplit('/').nth(1).unwrap()
}

/// The keys of all data that a snapshot refers to, counted from the newest.
fn all_data(theirs: Theirs, objects: &Objects, back: usize) -> Vec<String> {
    let manifest: serde_json::Value =
        serde_json::from_slice(&objects[&slot(objects, back)]).unwrap();
    let list = match theirs {
        Disk => &manifest["blocks"],
        Blobs => &manifest["files"],
    };
    let path = |entry: &serde_json::Value| entry["path"].as_str().unwrap().to_string();
    list.as_array().unwrap().iter().map(path).collect()
}

/// The data that a snapshot has added, counted from the newest.
fn data(theirs: Theirs, objects: &Objects, back: usize) -> String {
    let before = match back + 1 < theirs.len() {
        true => all_data(theirs, objects, back + 1),
        false => Vec::new(),
    };
    let mut all = all_data(theirs, objects, back).into_iter();
    all.find(|key| !before.contains(key)).unwrap()
}

fn hint(theirs: Theirs) -> String {
    format!("{}latest", theirs.folder())
}

const BOTH: &[Theirs] = &[Disk, Blobs];

/// What is repaired is how many snapshots are lost at the end.
const CASES: &[Case<Theirs>] = cases! {
    "nothing", BOTH, |_, _o| {}, [], Head(0);
    "head cut, as it is when the power fails", BOTH, |_, o| cut(o, &slot(o, 0)),
        [("invalid", "/manifest.json")], Head(1);
    "head empty", BOTH, |_, o| put(o, &slot(o, 0), ""), [("invalid", "/manifest.json")], Head(1);
    "head missing", BOTH, |_, o| o.remove(&slot(o, 0)), [("hint-ahead", "latest")], Head(1);
    "two cut", BOTH, |_, o| (0..2).for_each(|back| cut(o, &slot(o, back))),
        [("invalid", "/manifest.json"), ("invalid", "/manifest.json")], Head(2);
    "the head's parent missing", BOTH, |_, o| o.remove(&slot(o, 1)),
        [("parent-missing", "/manifest.json")], Head(0);
    "two swapped", BOTH, |_, o| swap(o, &slot(o, 1), &slot(o, 2)),
        [("mismatch", "/manifest.json"), ("mismatch", "/manifest.json")], Head(0);
    "forked by two writers", BOTH,
        |_, o| {
            let (head, [one, two]) = (slot(o, 0), [1, 2].map(|back| slot(o, back)));
            replace(o, &head, version(&one), version(&two))
        },
        [("forked", "/manifest.json")], Refused;
    "hint missing", BOTH, |theirs, o| o.remove(&hint(theirs)),
        [("hint-missing", "latest")], Head(0);
    "hint behind", BOTH,
        |theirs, o| { let behind = slot(o, 1); o.insert(hint(theirs), version(&behind).to_string().into()) },
        [("hint-behind", "latest")], Head(0);
    "hint cut", BOTH, |theirs, o| cut(o, &hint(theirs)), [("hint-invalid", "latest")], Head(0);
    "hint empty", BOTH, |theirs, o| put(o, &hint(theirs), ""),
        [("hint-invalid", "latest")], Head(0);
    "newest data missing", BOTH, |theirs, o| o.remove(&data(theirs, o, 0)),
        [("missing", "/data/")], Dropped(1);
    "newest data cut", BOTH, |theirs, o| cut(o, &data(theirs, o, 0)),
        [("wrong-size", "/data/")], Dropped(1);
    "newest data extended", BOTH, |theirs, o| extend(o, &data(theirs, o, 0)),
        [("wrong-size", "/data/")], Dropped(1);
    "newest data flipped", BOTH, |theirs, o| flip(o, &data(theirs, o, 0)),
        [("corrupt", "/data/")], Dropped(1);
    "blocks swapped", &[Disk], |theirs, o| swap(o, &data(theirs, o, 0), &data(theirs, o, 1)),
        [("corrupt", "/data/"), ("corrupt", "/data/")], Dropped(2);
    "first data missing", &[Disk], |theirs, o| o.remove(&data(theirs, o, 2)),
        [("missing", "/data/")], Refused;
};

#[tokio::test]
async fn each_damage_to_what_go_wrote_is_diagnosed_and_repaired_where_it_can_be() {
    for case in CASES {
        for &theirs in case.kinds {
            let mut objects = theirs.whole();
            let slots = slots(&objects);
            assert_eq!(slots.len(), theirs.len());
            (case.damage)(theirs, &mut objects);
            run(case, theirs, &slots, &objects).await;
        }
    }
}

async fn run(case: &Case<Theirs>, theirs: Theirs, slots: &[String], objects: &Objects) {
    let name = format!("{}, {theirs:?}", case.name);
    let scripted = Scripted::new();
    for (key, bytes) in objects {
        scripted.tamper(key, bytes.clone()).await;
    }
    let (damage, _) = damage_of(theirs.verification(scripted.store())).await;
    check_found(&name, damage, case.found);
    let propose = |drop_damaged| {
        let repair = theirs.repair(scripted.store()).data(true).drop_damaged(drop_damaged);
        async move { repair.propose(|_| {}).await.unwrap() }
    };
    let (lost, may_drop) = match case.repaired {
        Head(lost) => (lost, false),
        Dropped(lost) => {
            assert!(!propose(false).await.plan().refused.is_empty(), "{name}");
            (lost, true)
        }
        Refused => {
            assert!(!propose(true).await.plan().refused.is_empty(), "{name}");
            return;
        }
    };
    let proposal = propose(may_drop).await;
    assert!(proposal.plan().refused.is_empty(), "{name}: {:#?}", proposal.plan());
    proposal.carry_out().await.unwrap();
    let (damage, _) = damage_of(theirs.verification(scripted.store())).await;
    assert!(damage.is_empty(), "{name}: {damage:#?}");
    let head = &slots[slots.len() - 1 - usize::try_from(lost).unwrap()];
    theirs.go_on(scripted.store(), version(head)).await;
}
