//! What goes wrong, and how it is said.

use std::fs;

use serde_json::Value;

use crate::support::{DISK, EVENTS, Place, lode, noise};

const SLOT: &str = "store/volumes/disk/snapshots/0000000000000000002/manifest.lode";

/// A volume with two snapshots.
fn volume() -> Place {
    let place = Place::new();
    let bytes = noise(2000);
    place.disk("put", &[&place.file("a", &bytes[..1000]), "--length", "2000"]).ok();
    place.disk("put", &[&place.file("b", &bytes[1000..]), "--at", "1000"]).ok();
    place
}

#[test]
fn wrong_usage_is_status_2() {
    let place = Place::new();
    let store = place.store();
    let long = format!("volumes/{}", "x".repeat(10_000));
    for (arguments, says) in [
        (vec![], "Usage"),
        (vec!["frobnicate"], "frobnicate"),
        (vec!["get", &store], "volumes/ID"),
        (vec!["get", &store, "disk"], "name a volume: volumes/ID"),
        (vec!["get", &store, "datasets/events"], "name a volume: volumes/ID"),
        (vec!["put", &store, "datasets/events", "file"], "name a volume: volumes/ID"),
        (vec!["gaps", &store, "datasets/events"], "`lode read` reads a dataset"),
        (vec!["map", &store, "datasets/events"], "this is for volumes"),
        (vec!["log", &store, "events"], "volumes/ID, datasets/ID"),
        (vec!["write", &store, DISK, "file"], "name a dataset: datasets/ID"),
        (vec!["read", &store, DISK], "`lode get` reads a volume"),
        (vec!["get", &store, "volumes/.."], "not allowed"),
        (vec!["get", &store, "volumes/a/b"], "not allowed"),
        (vec!["get", &store, &long], "255 bytes"),
        (vec!["get", &store, DISK, "--range", "5"], "A..B"),
        (vec!["get", &store, DISK, "--range", "2..1"], "ends before it begins"),
        (vec!["get", &store, DISK, "--range", "..99999999TiB"], "2^63"),
        (vec!["get", &store, DISK, "--snapshot", "0"], "a snapshot is a version"),
        (vec!["get", &store, DISK, "--sparse"], "--output"),
        (vec!["put", &store, DISK, "file", "--block", "0"], "1 byte to 1GiB"),
        (vec!["put", &store, DISK, "file", "--format", "xml"], "compact and json"),
        (vec!["put", &store, DISK, "file", "--meta", "x"], "KEY=VALUE"),
        (vec!["write", &store, EVENTS, "--codec", "xml"], "--codec"),
        (vec!["write", &store, EVENTS, "--compress", "lz4"], "--compress"),
        (vec!["write", &store, EVENTS, "--checksum", "sha1"], "xxh3-128, blake3, md5, crc32c"),
        (vec!["write", &store, EVENTS, "--layout", "round"], "default, hive and flat"),
        (vec!["write", &store, EVENTS, "--partition-by", "day"], "blobs have none"),
        (vec!["write", &store, EVENTS, "--codec", "jsonl", "--layout", "hive"], "--partition-by"),
        (vec!["write", &store, EVENTS, "--codec", "jsonl", "--partition-by", "a,a"], "twice"),
        (vec!["write", &store, EVENTS, "--codec", "jsonl", "--partition-by", ""], "empty"),
        (
            vec![
                "write",
                &store,
                EVENTS,
                "--codec",
                "jsonl",
                "--partition-by",
                "a",
                "--layout",
                "flat",
            ],
            "leave --layout out",
        ),
        (vec!["read", &store, EVENTS, "--partition", "day"], "KEY=VALUE"),
        (vec!["demo", "--tasks", "0"], "--tasks"),
    ] {
        let failed = lode(&arguments).fails(2, &[says]);
        assert_eq!(failed.out, b"", "{arguments:?}");
        let failed = lode(&[&arguments[..], &["--json"]].concat()).fails(2, &[]);
        let error: Value = serde_json::from_str(&failed.err).unwrap();
        assert_eq!(error["kind"], "usage", "{arguments:?}");
    }
}

#[test]
fn help_is_status_0() {
    for arguments in [&["--help"][..], &["--version"], &["put", "--help"], &["demo", "--help"]] {
        let said = lode(arguments).ok();
        assert!(said.text().contains("lode"), "{}", said.text());
        assert_eq!(said.err, "");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let place = Place::new();
    let file = place.file("file", b"x");
    for command in ["get", "gaps", "map", "log", "show"] {
        let failed = lode(&[command, "/no/such/store", DISK]);
        failed.fails(1, &["error: ", "/no/such/store", "create it first"]);
        place.disk(command, &[]).fails(1, &["no volume \"disk\"", "lode ls"]);
        let failed = place.disk(command, &["--json"]).fails(1, &[]);
        let error: Value = serde_json::from_str(&failed.err).unwrap();
        assert_eq!(error["kind"], "not-found");
    }
    lode(&["put", "/no/such/store", DISK, &file]).fails(1, &["/no/such/store"]);
    lode(&["ls", "ftp://host"]).fails(1, &["ftp", "is not known"]);
    assert!(fs::read_dir(place.path("store")).unwrap().next().is_none());
}

#[test]
fn nothing_committed_yet_is_said() {
    let place = volume();
    fs::remove_dir_all(place.path("store/volumes/disk/snapshots")).unwrap();
    fs::remove_file(place.path("store/volumes/disk/latest")).unwrap();
    place.disk("get", &[]).fails(1, &["nothing has been committed", "lode put"]);
    assert_eq!(place.disk("log", &[]).ok().text(), "");
    let listed = lode(&["ls", &place.store()]).ok();
    assert_eq!(listed.text(), "volumes/disk  nothing committed yet  1.9 KiB\n");
    assert_eq!(place.disk("gaps", &[]).ok().text(), "0..2000 2000\n");
    let gaps = place.disk("gaps", &["--range", "500..", "--json"]).ok().json();
    assert_eq!((&gaps["missing"], &gaps["version"]), (&Value::from(1500), &Value::Null));
    let map = place.disk("map", &[]).ok();
    assert!(map.text().starts_with("volumes/disk, nothing committed yet\n"), "{}", map.text());
    assert!(map.text().contains("0.0%: 0 of 2,000 bytes committed, 1 gap"), "{}", map.text());
}

#[test]
fn a_damaged_manifest_hides_no_other() {
    for damage in [cut as fn(Vec<u8>) -> Vec<u8>, flip] {
        let place = volume();
        let manifest = fs::read(place.path(SLOT)).unwrap();
        fs::write(place.path(SLOT), damage(manifest)).unwrap();
        for command in ["get", "gaps", "map", "show"] {
            let says = ["0000000000000000002/manifest.lode", "--snapshot"];
            place.disk(command, &[]).fails(1, &says);
        }
        let said = place.disk("log", &[]).fails(1, &["1 snapshot cannot be read"]);
        let lines: Vec<_> = said.text().lines().collect();
        assert!(lines[0].starts_with("1  20"), "{}", lines[0]);
        assert!(lines[1].starts_with("2  error: volumes/disk/"), "{}", lines[1]);
        let said = place.disk("log", &["--json"]).fails(1, &[]).json_lines();
        assert_eq!(said[1]["kind"], "corrupt");
        assert_eq!(said[1]["version"], "0000000000000000002");
        let said = lode(&["ls", &place.store()]).fails(1, &["1 volume cannot be read"]);
        assert!(said.text().starts_with("volumes/disk  error: "), "{}", said.text());

        let get = place.disk("get", &["--snapshot", "1", "--range", "..1000"]).ok();
        assert_eq!(get.out, noise(1000));
    }
}

fn cut(mut manifest: Vec<u8>) -> Vec<u8> {
    manifest.truncate(manifest.len() / 2);
    manifest
}

fn flip(mut manifest: Vec<u8>) -> Vec<u8> {
    let middle = manifest.len() / 2;
    manifest[middle] ^= 1;
    manifest
}

#[test]
fn damaged_bytes_are_not_passed_on() {
    let place = volume();
    let shown = place.disk("show", &["--json"]).ok().json();
    let key = shown["blocks"][1]["key"].as_str().unwrap();
    let object = place.path("store").join(key);
    let bytes = fs::read(&object).unwrap();

    let mut altered = bytes.clone();
    altered[10] ^= 1;
    fs::write(&object, altered).unwrap();
    place.disk("get", &[]).fails(1, &[key, "checksum"]);
    // One byte of it is read with the rest of the block, so that this is noticed.
    place.disk("get", &["--range", "1999.."]).fails(1, &[key, "checksum"]);
    fs::write(&object, &bytes[..500]).unwrap();
    place.disk("get", &[]).fails(1, &[key, "500 bytes"]);
    fs::remove_file(&object).unwrap();
    place.disk("get", &[]).fails(1, &[key, "gone"]);

    let output = place.path("out");
    place.disk("get", &["-o", output.to_str().unwrap()]).fails(1, &[key]);
    assert!(!output.exists());
    assert_eq!(place.disk("get", &["--range", "..1000"]).ok().out, noise(1000));
}

/// What a dataset is like is fixed by the first write that succeeds.
#[test]
fn a_first_write_that_fails_leaves_the_layout_open() {
    let place = Place::new();
    let file = place.file("records", b"{\"day\":1}\n");
    let write = |more: &[&str]| {
        let arguments = [&[file.as_str(), "--codec", "jsonl"], more].concat();
        place.events("write", &arguments)
    };
    write(&["--partition-by", "typo"]).fails(1, &["no value for \"typo\""]);
    write(&["--checksum", "md5", "--partition-by", "typo"]).fails(1, &["typo"]);
    let store = place.path("store");
    assert!(crate::support::contents(&store).is_empty());
    write(&[]).ok();
    assert_eq!(place.events("show", &["--json"]).ok().json()["layout"], "default");
}

/// A file of the command's own has no other kinds than a store.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_out_of_space_wherever_it_is() {
    use std::process::Stdio;

    let place = volume();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut get = crate::support::command(&["get", &place.store(), DISK, "--json"]);
    let answer = get.stdout(Stdio::from(full)).output().unwrap();
    let said: Value = serde_json::from_slice(&answer.stderr).unwrap();
    assert_eq!(said["kind"], "out-of-space", "{said}");
}

#[test]
fn secrets_of_a_location_are_not_repeated() {
    let place = Place::new();
    for location in [
        "s3://me:hush@bucket?regoin=x",
        "s3://bucket?secret_access_key=hush&access_key_id=a&endpoint=localhost:9",
        "ftp://me:hush@host?sig=hush",
    ] {
        let answer = lode(&["ls", location]).fails(1, &[]);
        assert!(!answer.err.contains("hush"), "{}", answer.err);
    }
    drop(place);
}
