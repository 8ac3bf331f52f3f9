//! The table of damages.

use lode_core::manifest::pages::Page;
use lode_core::manifest::{SlotContent, compact};

use super::spoil::{Objects, cut, extend, flip, put, replace, swap};
use super::{Case, Dropped, Head, Refused, cases};
use crate::world::Kind;

const VOLUMES: &[Kind] = &[Kind::Compact, Kind::Paged, Kind::Json];
const PAGED: &[Kind] = &[Kind::Paged];
const DATASETS: &[Kind] = &[Kind::Default, Kind::Flat, Kind::Hive];
/// Those whose manifests are texts, and lie nowhere else.
const MANIFESTS_ONLY: &[Kind] = &[Kind::Json, Kind::Default, Kind::Flat];
const TRUSTED: &[Kind] = &[Kind::Json, Kind::Default, Kind::Flat, Kind::Hive];

fn slot(kind: Kind, number: u64) -> String {
    kind.slot(number)
}

/// The first data object that a snapshot has added.
pub(super) fn data(kind: Kind, objects: &Objects, number: u64) -> String {
    if kind.is_volume() {
        let prefix = format!("volumes/it/data/{}-10-", (number - 1) * 10);
        return objects.keys().find(|key| key.starts_with(&prefix)).unwrap().clone();
    }
    let manifest: serde_json::Value =
        serde_json::from_slice(&objects[&slot(kind, number)]).unwrap();
    manifest["files"][0]["path"].as_str().unwrap().to_string()
}

/// The first leaf, or page above the leaves, that a snapshot of a volume with pages has added.
pub(super) fn page(objects: &Objects, number: u64, is_leaf: bool) -> String {
    let SlotContent::Live(manifest) =
        compact::decode(&objects[&slot(Kind::Paged, number)]).unwrap()
    else {
        panic!("snapshot {number} has not been collected");
    };
    let end = format!("-{}.lode", manifest.commit_id.unwrap());
    let is = |key: &str| key.contains("/pages/") && key.ends_with(&end);
    let pages = objects.iter().filter(|(key, _)| is(key));
    let pages = pages.map(|(key, bytes)| (compact::decode_page(bytes).unwrap(), key));
    let found = pages.filter(|(page, _)| matches!(page, Page::Leaf(_)) == is_leaf);
    found.min_by_key(|(page, _)| page.range().unwrap().start()).unwrap().1.clone()
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

fn hint(objects: &mut Objects, text: &'static str) {
    let key = ending(objects, "/latest");
    put(objects, &key, text);
}

pub(super) const CASES: &[Case<Kind>] = cases! {
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
        |k, o| replace(o, &ending(o, if k.is_volume() { "volume.json" } else { "dataset.json" }),
            if k == Kind::Json { "md5" } else { "xxh3-128" }, "blake3"),
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
    "newest leaf missing", PAGED, |_, o| { let key = page(o, 4, true); o.remove(&key) },
        [("missing", "/pages/")], Dropped(3);
    "newest leaf cut", PAGED, |_, o| cut(o, &page(o, 4, true)),
        [("invalid", "/pages/")], Dropped(3);
    "newest leaf empty", PAGED, |_, o| { let key = page(o, 4, true); put(o, &key, "") },
        [("invalid", "/pages/")], Dropped(3);
    "newest leaf extended", PAGED, |_, o| extend(o, &page(o, 4, true)),
        [("invalid", "/pages/")], Dropped(3);
    "newest leaf flipped", PAGED, |_, o| flip(o, &page(o, 4, true)),
        [("invalid", "/pages/")], Dropped(3);
    "leaf that is a block", PAGED,
        |k, o| { let block = o[&data(k, o, 4)].clone(); o.insert(page(o, 4, true), block) },
        [("invalid", "/pages/")], Dropped(3);
    "leaves swapped", PAGED, |_, o| swap(o, &page(o, 3, true), &page(o, 4, true)),
        [("invalid", "/pages/"), ("invalid", "/pages/")], Dropped(2);
    "leaf and the page above it swapped", PAGED,
        |_, o| swap(o, &page(o, 4, true), &page(o, 4, false)),
        [("invalid", "/pages/")], Dropped(3);
    "newest page above the leaves missing", PAGED,
        |_, o| { let key = page(o, 4, false); o.remove(&key) },
        [("missing", "/pages/")], Dropped(3);
    "newest page above the leaves flipped", PAGED, |_, o| flip(o, &page(o, 4, false)),
        [("invalid", "/pages/")], Dropped(3);
    "leaf of all but the first missing", PAGED,
        |_, o| { let key = page(o, 2, true); o.remove(&key) },
        [("missing", "/pages/")], Dropped(1);
    "page above the leaves of the newest two cut", PAGED, |_, o| cut(o, &page(o, 3, false)),
        [("invalid", "/pages/")], Dropped(2);
    "tag cut", &Kind::ALL, |_, o| cut(o, &ending(o, "/tags/second")),
        [("invalid", "/tags/second")], Dropped(4);
    "tag flipped", &Kind::ALL, |_, o| flip(o, &ending(o, "/tags/second")),
        [("invalid", "/tags/second")], Dropped(4);
    "no tag among the tags", &Kind::ALL,
        |_, o| { let key = ending(o, "/tags/second").replace("second", ".Foreign"); put(o, &key, "x") },
        [], Head(4);
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
