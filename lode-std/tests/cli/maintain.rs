//! The commands that keep a store in order.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::support::{DISK, EVENTS, Place, contents, lode};

/// A volume with five snapshots and a dataset with four; of the data some are older than a day.
fn old() -> Place {
    let place = Place::new();
    for number in 0..5 {
        let file = place.file("part", &[number; 1000]);
        let at = (u64::from(number) * 1000).to_string();
        place.disk("put", &[&file, "--at", &at, "--length", "5000"]).ok();
    }
    for number in 0..4 {
        place.events("write", &[&place.file("part", &[number; 300])]).ok();
    }
    let litter = place.path("store/volumes/disk/data/9-1-00000000000000ab.bin");
    fs::write(litter, "x").unwrap();
    place
}

/// Makes all that lies below a folder of the store two days older.
fn age(place: &Place, folder: &str) {
    for (path, _) in contents(&place.path("store").join(folder)) {
        let file = fs::File::options().write(true).open(path).unwrap();
        #[allow(clippy::disallowed_methods, reason = "files are dated by the real clock")]
        let now = SystemTime::now();
        file.set_modified(now - Duration::from_secs(2 * 24 * 60 * 60)).unwrap();
    }
}

#[test]
fn a_dry_run_says_what_would_go_and_changes_nothing() {
    let place = old();
    age(&place, "");
    let before = contents(&place.path("store"));
    let said = place.disk("gc", &["--keep", "3", "--dry-run"]).ok();
    let lines: Vec<_> = said.text().lines().collect();
    assert!(lines[0].starts_with("1  drop  4 newer, ") && lines[1].starts_with("2  drop  3 newer"));
    assert_eq!(lines[2], "3  keep  --keep");
    assert_eq!(lines[3], "4  keep  the newest was made from it");
    assert_eq!(lines[4], "5  keep  the newest");
    assert_eq!(lines[5], "volumes/disk/data/9-1-00000000000000ab.bin  1 B");
    assert_eq!(lines[6], "would delete 1 object, 1 B");
    assert_eq!(lines[7], "5 objects, 4.8 KiB: in use");
    let said = place.events("gc", &["--keep", "2", "--dry-run", "--json"]).ok().json_lines();
    assert_eq!(said[0]["verdict"], "drop");
    assert_eq!(said[6]["dry_run"], true);
    assert_eq!(said[6]["deleted"], json!({ "objects": 2, "bytes": 600 }));
    let listed = said[4]["key"].as_str().unwrap();
    assert!(place.path("store").join(listed).exists());
    assert_eq!(contents(&place.path("store")), before);
}

#[test]
fn what_is_dropped_is_reported_as_collected_and_the_rest_stays() {
    let place = old();
    age(&place, "datasets");
    let said = place.events("gc", &["--keep", "2"]).ok();
    assert!(said.text().contains("would delete 2 objects, 600 B\n"), "{}", said.text());
    assert!(said.text().contains("dropped 2 snapshots\ndeleted 2 objects, 600 B\n"));
    place.events("read", &["--snapshot", "1"]).fails(1, &["has been collected"]);
    assert_eq!(place.events("read", &["--snapshot", "3"]).ok().out, [2; 300]);
    assert_eq!(place.events("read", &[]).ok().out, [3; 300]);
    // Nothing is left to do.
    let said = place.events("gc", &["--keep", "2", "--json"]).ok().json_lines();
    let last = said.last().unwrap();
    assert_eq!((&last["dropped"], &last["deleted"]["objects"]), (&json!([]), &json!(0)));
    assert_eq!(last["kept"], json!({ "objects": 2, "bytes": 600 }));
}

#[test]
fn without_rules_only_what_nothing_refers_to_goes() {
    let place = old();
    let said = place.disk("gc", &["--json"]).ok().json_lines();
    assert_eq!(said.last().unwrap()["young"]["objects"], 1, "it may be about to be committed");
    age(&place, "");
    // What is young is left to whoever has staged it, as long as one likes.
    let said = place.disk("gc", &["--grace", "3d", "--json"]).ok().json_lines();
    assert_eq!(said.last().unwrap()["deleted"]["objects"], 0);
    let said = place.disk("gc", &["--grace", "1h", "--json"]).ok().json_lines();
    assert!(said[..5].iter().all(|line| line["reason"].is_string() && line["verdict"] == "keep"));
    assert_eq!(said.last().unwrap()["deleted"], json!({ "objects": 1, "bytes": 1 }));
    assert_eq!(place.disk("get", &["--range", "0..5000"]).ok().out.len(), 5000);
}

#[test]
fn a_tag_keeps_its_snapshot_until_it_is_deleted() {
    let place = old();
    place.events("tag", &["paper", "1"]).ok();
    place.events("tag", &["paper", "2"]).fails(1, &["paper"]);
    place.events("tag", &["Paper", "2"]).fails(2, &["Paper"]);
    place.events("tag", &["other", "9"]).fails(1, &["lode log"]);
    place.events("tag", &["other", "latest"]).fails(2, &["by its version"]);
    assert_eq!(place.events("tags", &[]).ok().text(), "paper  version 1\n");
    age(&place, "datasets");
    let said = place.events("gc", &["--keep", "2", "--keep-tagged", "--dry-run"]).ok();
    assert!(said.text().starts_with("1  keep  it has a tag\n2  drop"), "{}", said.text());
    place.events("gc", &["--keep", "2"]).ok();
    let data = place.path("store/datasets/events/data");
    assert_eq!(contents(&data).len(), 3, "the tag has kept the first");
    place.events("untag", &["paper"]).ok();
    place.events("untag", &["paper"]).fails(1, &["lode tags"]);
    place.events("gc", &[]).ok();
    assert_eq!(contents(&data).len(), 2);
    assert!(place.events("tags", &[]).ok().err.contains("has no tags"));
}

#[test]
fn a_lease_is_named_and_has_an_end() {
    let place = old();
    let said = place.disk("hold", &["2", "--for", "3d"]).ok();
    let name = said.text().trim_end();
    assert!(name.starts_with("lease-") && said.err.contains("is kept until 20"), "{}", said.err);
    let tags = place.disk("tags", &["--json"]).ok().json();
    assert_eq!(tags["name"], name);
    assert!(tags["end"].as_str().unwrap().starts_with("20"));
    place.disk("untag", &[name]).ok();
    assert_eq!(place.disk("tags", &[]).ok().text(), "");
}

#[test]
fn what_cannot_be_maintained_is_refused() {
    let place = old();
    let store = place.store();
    lode(&["gc", &store, "volumes/none"]).fails(1, &["no volume"]);
    lode(&["tags", &store, "datasets/none"]).fails(1, &["no dataset"]);
    lode(&["gc", &store, DISK, "--layout", "flat"]).fails(1, &["only datasets"]);
    fs::remove_file(place.path("store/datasets/events/dataset.json")).unwrap();
    lode(&["gc", &store, EVENTS]).fails(1, &["has no descriptor", "lode write"]);
}

#[test]
fn what_is_whole_is_verified_and_nothing_is_written() {
    let place = old();
    place.events("tag", &["paper", "1"]).ok();
    let before = contents(&place.path("store"));
    let store = place.store();
    let said = lode(&["verify", &store, "--data", "--bandwidth", "1GiB"]).ok();
    let lines: Vec<_> = said.text().lines().collect();
    assert!(lines[0].starts_with("notice   volumes/disk/data/9-1-"), "{}", said.text());
    assert!(lines[0].contains("nothing refers to its 1 bytes, written 20"), "{}", said.text());
    let whole = "volumes/disk: whole; 5 snapshots, 0 collected, 0 tags; 5 objects, 4.8 KiB, \
                 4.8 KiB read; 1 object in no snapshot";
    assert_eq!(lines[1], whole);
    assert!(lines[2].starts_with("datasets/events: whole; 4 snapshots, 0 collected, 1 tag;"));
    let said = place.disk("verify", &["--json", "--snapshot", "2"]).ok().json();
    assert_eq!(said["objects"], json!({ "objects": 2, "bytes": 2000 }));
    assert_eq!(said["verified"]["objects"], 0);
    place.disk("verify", &["--snapshot", "9"]).fails(1, &["no snapshot 9"]);
    place.disk("verify", &["--bandwidth", "0"]).fails(2, &["no bytes a second"]);
    lode(&["verify", &store, "volumes/none"]).fails(1, &["no volume"]);
    lode(&["verify", &store, "datasets/none"]).fails(1, &["no dataset"]);
    place.disk("repair", &[]).ok();
    assert_eq!(contents(&place.path("store")), before);
}

#[test]
fn damage_is_shown_with_what_it_affects_and_repaired_when_told_to() {
    let place = old();
    let head = place.path("store/volumes/disk/snapshots/0000000000000000005/manifest.lode");
    let bytes = fs::read(&head).unwrap();
    fs::write(&head, &bytes[..bytes.len() - 1]).unwrap();
    let said = place.disk("verify", &[]).fails(1, &["1 finding of damage", "lode repair"]);
    let slot = "DAMAGED  volumes/disk/snapshots/0000000000000000005/manifest.lode: ";
    assert!(said.text().contains(slot) && said.text().contains("(version 5)"), "{}", said.text());

    let said = place.disk("repair", &[]).ok();
    let step = "would  put a tombstone over version 5, which cannot be read, and keep its bytes";
    assert!(said.text().contains(step) && said.err.contains("say --yes"), "{}", said.err);
    assert_eq!(fs::read(&head).unwrap(), bytes[..bytes.len() - 1]);
    let said = place.disk("repair", &["--yes"]).ok();
    assert!(said.err.contains("done; version 4 is the newest"), "{}", said.err);
    let kept = contents(&place.path("store/volumes/disk/damaged"));
    assert!(kept.values().eq([&bytes[..bytes.len() - 1]]));
    place.disk("verify", &["--data"]).ok();
    assert_eq!(place.disk("get", &["--range", "0..4000"]).ok().out.len(), 4000);
    let file = place.file("part", &[4; 1000]);
    let said = place.disk("put", &[&file, "--at", "4000", "--json"]).ok().json();
    // 6 is the record that gives up 5.
    assert_eq!(said["version"], "0000000000000000007");
    place.disk("verify", &["--data"]).ok();
}

#[test]
fn what_is_lost_is_given_up_only_if_that_is_said() {
    let place = old();
    let shown = place.events("show", &["--json"]).ok().json();
    let key = shown["files"][0]["key"].as_str().unwrap();
    fs::write(place.path("store").join(key), [9; 300]).unwrap();
    place.events("verify", &[]).ok();
    let said = place.events("verify", &["--data", "--json"]).fails(1, &["damage"]).json_lines();
    assert_eq!((&said[0]["kind"], &said[0]["object"]), (&json!("corrupt"), &json!(key)));
    assert_eq!(said[0]["snapshots"][0]["first"], "0000000000000000004");
    let refused = place.events("repair", &["--data", "--yes"]);
    assert!(refused.fails(1, &["cannot be repaired"]).text().contains("--drop-damaged"));
    place.events("repair", &["--data", "--drop-damaged", "--yes"]).ok();
    assert_eq!(place.events("read", &[]).ok().out, [2; 300]);
    place.events("verify", &["--data"]).ok();
}
