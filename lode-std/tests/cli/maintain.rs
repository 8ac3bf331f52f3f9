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
    // A longer grace period leaves more alone, a shorter one would break what writers count on.
    let said = place.disk("gc", &["--grace", "3d", "--json"]).ok().json_lines();
    assert_eq!(said.last().unwrap()["deleted"]["objects"], 0);
    let short = place.disk("gc", &["--grace", "1h"]);
    short.fails(1, &["3600 s is shorter than the 86400 s", "ask for 86400 s"]);
    let said = place.disk("gc", &["--json"]).ok().json_lines();
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
