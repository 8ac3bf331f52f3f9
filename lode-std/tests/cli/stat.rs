//! `lode stat` and `lode diff`.

use std::fs;

use lode_std::device::Directory;
use lode_std::meta;
use serde_json::json;

use crate::medium::Medium;
use crate::support::{Place, contents, lode};

/// A volume with three snapshots of 1000 bytes each, the first of which has been collected and is
/// found by a tag; and a dataset with three, of 3, 3 and 4 records.
fn place() -> Place {
    let place = Place::new();
    for number in 0..4 {
        let file = place.file("part", &[number; 1000]);
        let at = (u64::from(number) * 2000).to_string();
        let meta = format!("part={number}");
        let put = [&file, "--at", &at, "--length", "10000", "--meta", &meta, "--meta", "disk=old"];
        place.disk("put", &put).ok();
    }
    place.disk("tag", &["first", "1"]).ok();
    place.disk("hold", &["2", "--for", "3d"]).ok();
    place.disk("gc", &["--keep", "3"]).ok();
    for (records, meta) in [("one", "n=1"), ("one", "n=1"), ("two", "n=2")] {
        let file = place.file(records, format!("{{\"day\":\"{records}\"}}\n").repeat(3).as_bytes());
        place.events("write", &[&file, "--codec", "jsonl", "--meta", meta]).ok();
    }
    place
}

#[test]
fn what_there_is_of_a_volume_is_told_and_nothing_is_written() {
    let place = place();
    let before = contents(&place.path("store"));
    let said = place.disk("stat", &[]).ok();
    let lines: Vec<_> = said.text().lines().collect();
    assert_eq!(
        lines[..11],
        [
            "volume         disk",
            "format         compact",
            "length         10,000",
            "covered        4,000 (40.0%)",
            "gaps           4 (6,000 bytes)",
            "blocks         4 (of 1000 B on average)",
            "checksum       xxh3-128",
            "snapshots      3 (2 to 4)",
            "collected      1",
            "tags           1",
            "leases         1",
        ]
    );
    let cost = "next commit    2 requests beside the block: a manifest of ";
    assert!(lines[11].starts_with(cost) && lines[11].ends_with(" bytes, the hint"), "{lines:?}");
    let said = place.disk("stat", &["--json"]).ok().json();
    assert_eq!(
        said["history"],
        json!({
            "snapshots": 3,
            "oldest": "0000000000000000002",
            "newest": "0000000000000000004",
            "collected": 1,
            "tags": 1,
            "leases": 1,
            "damaged": 0,
        })
    );
    assert_eq!((&said["covered"], &said["gaps"]), (&json!(4000), &json!(4)));
    assert_eq!((&said["block_count"], &said["next_commit"]["requests"]), (&json!(4), &json!(2)));
    let (bytes, manifest) = (&said["next_commit"]["bytes"], &said["next_commit"]["manifest_bytes"]);
    assert_eq!(bytes.as_u64().unwrap(), manifest.as_u64().unwrap() + 19);
    assert_eq!(contents(&place.path("store")), before);
}

#[test]
fn what_there_is_of_a_dataset_is_told() {
    let place = place();
    let said = place.events("stat", &[]).ok();
    let newest = "newest         version 3: 1 file, 3 rows, 42 bytes\n";
    let total = "files          3\nrows           9\nbytes          126\npartitions     0\n";
    assert!(said.text().contains(newest) && said.text().contains(total), "{}", said.text());
    assert!(said.text().contains("codec          jsonl\n"), "{}", said.text());
    assert!(said.text().ends_with(
        "snapshots      3 (1 to 3)\ncollected      0\ntags           0\nleases         0\n"
    ));
    let said = place.events("stat", &["--json"]).ok().json();
    assert_eq!((&said["rows"], &said["newest"]["rows"]), (&json!(9), &json!(3)));
    lode(&["stat", &place.store(), "datasets/none"]).fails(1, &["no dataset"]);
    lode(&["stat", &place.store(), "volumes/none"]).fails(1, &["no volume"]);
}

#[test]
fn what_is_damaged_is_counted() {
    let place = place();
    let slot = place.path("store/volumes/disk/snapshots/0000000000000000003/manifest.lode");
    fs::write(slot, "damaged").unwrap();
    fs::write(place.path("store/volumes/disk/tags/first"), "damaged").unwrap();
    let said = place.disk("stat", &[]).ok();
    assert!(
        said.text().contains("damaged        2: `lode verify` says which\n"),
        "{}",
        said.text()
    );
    assert_eq!(place.disk("stat", &["--json"]).ok().json()["history"]["snapshots"], 2);
}

#[test]
fn snapshots_of_a_volume_are_compared() {
    let place = place();
    let said = place.disk("diff", &["2", "latest"]).ok();
    assert_eq!(
        said.text(),
        "added     4000..5000 1000\nadded     6000..7000 1000\nmetadata  part: 1 -> 3\n"
    );
    let note = "version 4 has 2,000 bytes more than version 2, 0 less, and 0 in other blocks; \
                2 blocks came, 0 went\n";
    assert_eq!(said.err, note);
    let said = place.disk("diff", &["4", "3", "--json"]).ok().json();
    let range = json!({ "start": 6000, "end": 7000, "length": 1000 });
    assert_eq!(said["removed"], json!({ "bytes": 1000, "ranges": [range] }));
    assert_eq!(said["added"], json!({ "bytes": 0, "ranges": [] }));
    assert_eq!(said["metadata"], json!([{ "name": "part", "before": 3, "after": 2 }]));
    let said = place.disk("diff", &["4"]).ok();
    assert_eq!((said.text(), &*said.err), ("", "versions 4 and 4 of volumes/disk have the same\n"));
    place.disk("diff", &["1", "2"]).fails(1, &["has been collected"]);
    place.disk("diff", &["2", "9"]).fails(1, &["no snapshot 9"]);
    place.disk("diff", &[]).fails(2, &["FROM"]);
}

/// A repair takes the history back, and it goes on with other bytes.
#[test]
fn what_a_repair_has_given_up_is_seen() {
    let place = place();
    let slot = place.path("store/volumes/disk/snapshots/0000000000000000004/manifest.lode");
    let whole = fs::read(&slot).unwrap();
    fs::write(&slot, "damaged").unwrap();
    place.disk("repair", &["--yes"]).ok();
    let file = place.file("part", &[9; 1500]);
    place.disk("put", &[&file, "--at", "6000", "--block", "500"]).ok();
    fs::write(&slot, whole).unwrap();
    let said = place.disk("diff", &["4", "7"]).ok();
    let ranges: Vec<_> = said.text().lines().filter(|line| !line.starts_with("meta")).collect();
    assert_eq!(ranges, ["added     7000..7500 500", "replaced  6000..7000 1000"]);
    assert!(said.err.contains("3 blocks came, 1 went"), "{}", said.err);
}

#[test]
fn snapshots_of_a_dataset_are_compared() {
    let place = place();
    let said = place.events("diff", &["1", "2"]).ok();
    assert_eq!(said.text(), "", "the same bytes in another file");
    let note = "0 files added, 0 removed, 1 with the same content; version 1: 3 rows, 42 bytes; \
                version 2: 3 rows, 42 bytes\n";
    assert_eq!(said.err, note);
    let said = place.events("diff", &["2"]).ok();
    let lines: Vec<_> = said.text().lines().collect();
    assert!(lines[0].starts_with("added     42 bytes datasets/events/data/"), "{lines:?}");
    assert!(lines[1].starts_with("removed   42 bytes datasets/events/data/"), "{lines:?}");
    assert_eq!(lines[2..], ["metadata  n: 1 -> 2"]);

    let blob = place.file("blob", &[7; 100]);
    place.events("write", &[&blob, "--compress", "zstd"]).ok();
    let said = place.events("diff", &["3", "4"]).ok();
    assert!(
        said.text().contains("codec: jsonl -> -\ncompressor: noop -> zstd\n"),
        "{}",
        said.text()
    );
    let said = place.events("diff", &["3", "4", "--json"]).ok().json();
    assert_eq!(said["fields"][0], json!({ "name": "codec", "before": "jsonl", "after": null }));
    assert_eq!(said["metadata"], json!([{ "name": "n", "before": 2 }]));
    assert_eq!((&said["before"]["rows"], &said["after"]["rows"]), (&json!(3), &json!(1)));
}

#[test]
fn a_card_is_looked_at_as_well() {
    let place = Place::new();
    fs::create_dir(place.path("card")).unwrap();
    let mut medium = Medium::new(Directory::open(place.path("card")).unwrap(), 10_000, 5);
    medium.commit(&[(0, &[1; 1000]), (5000, &[2; 1000])], meta! { "trip" => 1 });
    medium.commit(&[(1000, &[3; 1000])], meta! { "trip" => 2 });
    let card = place.path("card").to_str().unwrap().to_string();
    let said = lode(&["stat", &card, "--layout", "device"]).ok();
    assert!(said.text().contains("snapshots      2 (5 to 6)\n"), "{}", said.text());
    assert!(said.text().ends_with("next commit    -\n"), "{}", said.text());
    let diff = ["diff", &card, "volumes/logger-7", "5", "6", "--layout", "device"];
    assert_eq!(lode(&diff).ok().text(), "added     1000..2000 1000\nmetadata  trip: 1 -> 2\n");
}

#[test]
fn what_the_go_implementation_wrote_is_told_and_compared() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/go-v0.9");
    let said = lode(&["stat", store, "volumes/disk-image"]).ok();
    assert!(said.text().contains("format         json\n"), "{}", said.text());
    assert!(said.text().contains("checksum       md5\nsnapshots      3 ("), "{}", said.text());
    let diff = ["diff", store, "volumes/disk-image", "1795380388393789669"];
    assert_eq!(lode(&diff).ok().text(), "added     256..512 256\nmetadata  step: 1 -> 2\n");
    lode(&["stat", store, "datasets/hive"]).ok();
}
