//! What goes wrong with datasets, and how it is said.

use std::fs;

use serde_json::{Value, json};

use crate::support::{EVENTS, Place, lode, lode_with};

#[test]
fn a_bad_line_is_named() {
    let place = Place::new();
    let good = place.file("good.jsonl", b"{\"k\":1}\n");
    for (lines, says) in [
        (&b"{\"k\":1}\n\nnope\n{\"k\":2}\n"[..], "bad.jsonl, line 3: expected"),
        (b"{\"k\":1}\n{\"k\":2", "bad.jsonl, line 2: "),
        (b"{\"k\":1} {\"k\":2}\n", "bad.jsonl, line 1: trailing characters"),
        (b"{\"k\":1}\n\"\xff\"\n", "bad.jsonl, line 2: no UTF-8 at column 2"),
    ] {
        let bad = place.file("bad.jsonl", lines);
        for divided in [&[][..], &["--partition-by", "k"]] {
            let dataset = if divided.is_empty() { EVENTS } else { "datasets/divided" };
            let store = place.store();
            let write = ["write", &store, dataset, &good, &bad, "--codec", "jsonl"];
            let write = [&write[..], divided].concat();
            assert_eq!(lode(&write).fails(1, &[says]).out, b"");
            let failed = lode(&[&write[..], &["--json"]].concat()).fails(1, &[]);
            let error: Value = serde_json::from_str(&failed.err).unwrap();
            assert_eq!(error["kind"], "invalid-input");
            // Nothing of it is visible.
            lode(&["read", &store, dataset]).fails(1, &["there is no dataset"]);
        }
    }
    let write = ["write", &place.store(), EVENTS, "--codec", "jsonl"];
    lode_with(&write, b"1\n2\nx\n").fails(1, &["the standard input, line 3: "]);
}

#[test]
fn a_record_without_its_partition_is_named() {
    let place = Place::new();
    let file = place.file("records", b"{\"day\":1}\n\n{\"day\":2}\n{\"n\":3}\n");
    let divided = ["--codec", "jsonl", "--partition-by", "day"];
    let write = [&[file.as_str()], &divided[..]].concat();
    place.events("write", &write).fails(1, &["records, line 4: ", "no value for \"day\""]);
    let file = place.file("list", b"{\"day\":[1]}\n");
    let write = [&[file.as_str()], &divided[..]].concat();
    place.events("write", &write).fails(1, &["list, line 1: "]);
}

#[test]
fn what_cannot_be_read_creates_nothing() {
    let place = Place::new();
    place.events("write", &["/no/such/file"]).fails(1, &["/no/such/file", "error: "]);
    place.events("write", &[&place.store()]).fails(1, &["is not a file"]);
    let file = place.file("file", b"x");
    lode(&["write", "/no/such/store", EVENTS, &file]).fails(1, &["create it first"]);
    lode(&["write", &place.store(), "datasets/Events", &file]).fails(1, &["lower-case"]);
    assert!(fs::read_dir(place.path("store")).unwrap().next().is_none());
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::new();
    for command in ["read", "log", "show"] {
        place.events(command, &[]).fails(1, &["no dataset \"events\"", "lode ls", "lode write"]);
        let failed = place.events(command, &["--json"]).fails(1, &[]);
        let error: Value = serde_json::from_str(&failed.err).unwrap();
        assert_eq!(error["kind"], "not-found");
    }
    place.events("write", &[&place.file("file", b"x")]).ok();
    place.events("read", &["--snapshot", "2"]).fails(1, &["no snapshot 2", "lode log"]);
    let failed = place.events("read", &["--partition", "a=b"]);
    failed.fails(1, &["not divided into partitions", "a=b"]);

    fs::remove_dir_all(place.path("store/datasets/events/snapshots")).unwrap();
    fs::remove_file(place.path("store/datasets/events/latest")).unwrap();
    place.events("read", &[]).fails(1, &["nothing has been committed", "lode write"]);
    assert_eq!(place.events("log", &[]).ok().text(), "");
    let listed = lode(&["ls", &place.store()]).ok();
    assert_eq!(listed.text(), "datasets/events  nothing committed yet\n");
}

#[test]
fn a_damaged_manifest_of_a_dataset_hides_no_other() {
    let place = Place::new();
    let file = place.file("file", b"x");
    place.events("write", &[&file]).ok();
    place.events("write", &[&file]).ok();
    let slot = "store/datasets/events/snapshots/0000000000000000002/manifest.json";
    let manifest = fs::read(place.path(slot)).unwrap();
    fs::write(place.path(slot), &manifest[..manifest.len() / 2]).unwrap();

    for command in ["read", "show"] {
        place.events(command, &[]).fails(1, &["0000000000000000002/manifest.json", "--snapshot"]);
    }
    let said = place.events("log", &["--json"]).fails(1, &["1 snapshot cannot be read"]);
    let lines = said.json_lines();
    assert_eq!((&lines[0]["rows"], &lines[1]["kind"]), (&json!(1), &json!("corrupt")));
    let said = lode(&["ls", &place.store()]).fails(1, &["1 dataset cannot be read"]);
    assert!(said.text().starts_with("datasets/events  error: "), "{}", said.text());
    assert_eq!(place.events("read", &["--snapshot", "1"]).ok().text(), "x");
}

#[test]
fn what_is_not_known_is_named() {
    for (field, value) in [("compressor", "lz4"), ("codec", "avro")] {
        let place = Place::new();
        place.events("write", &[&place.file("file", b"1\n"), "--codec", "jsonl"]).ok();
        place.rewrite(1, |manifest| manifest[field] = value.into());
        let says = [field, value, "snapshot 1 of datasets/events", "does not know"];
        place.events("read", &[]).fails(1, &says);
    }
}

#[test]
fn a_file_that_was_exchanged_is_noticed() {
    let place = Place::new();
    for compressor in ["noop", "gzip", "zstd"] {
        place.events("write", &[&place.file("file", &[7; 5000]), "--compress", compressor]).ok();
        let shown = place.events("show", &["--json"]).ok().json();
        let key = shown["files"][0]["key"].as_str().unwrap();
        let object = place.path("store").join(key);
        let stored = fs::read(&object).unwrap();

        fs::write(&object, &stored[..stored.len() - 1]).unwrap();
        place.events("read", &[]).fails(1, &[key]);
        let mut altered = stored.clone();
        *altered.last_mut().unwrap() ^= 1;
        fs::write(&object, altered).unwrap();
        place.events("read", &[]).fails(1, &[key]);
        fs::remove_file(&object).unwrap();
        place.events("read", &[]).fails(1, &[key, "gone"]);
    }
}
