//! `lode write` and `lode read`.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Answer, EVENTS, Place, command, contents, lode, lode_with, noise};

const COMPRESSORS: [&str; 3] = ["noop", "gzip", "zstd"];

/// Records as they are printed: names in order.
const LINES: &str = "{\"day\":\"2026-01-01\",\"n\":1,\"region\":\"eu/west\"}\n\
                     {\"day\":\"2026-01-02\",\"n\":2,\"region\":\"us\"}\n\
                     {\"day\":\"2026-01-01\",\"n\":3,\"region\":\"us\"}\n";

const DIVIDED: [&str; 4] = ["--codec", "jsonl", "--partition-by", "day,region"];

#[test]
fn blobs_are_read_back_as_they_were() {
    for compressor in COMPRESSORS {
        let place = Place::new();
        // More than one part of an upload.
        let bytes = noise(9_000_001);
        let file = place.file("file", &bytes);
        let write = [&file, "--compress", compressor, "--meta", "epoch=3", "--meta", "by=me"];
        let said = place.events("write", &write).ok();
        let says = "wrote version 1 of datasets/events: 1 file, 1 row, ";
        assert!(said.text().starts_with(says), "{}", said.text());
        assert_eq!(place.events("read", &[]).ok().out, bytes);

        let shown = place.events("show", &["--json"]).ok().json();
        assert_eq!(shown["codec"], "raw");
        assert_eq!(shown["compressor"], compressor);
        assert_eq!(shown["metadata"], json!({ "by": "me", "epoch": 3 }));
        let key = shown["files"][0]["key"].as_str().unwrap();
        let stored = fs::metadata(place.path("store").join(key)).unwrap().len();
        assert_eq!(shown["files"][0]["size"], stored);
        assert_eq!(shown["bytes"], stored);
    }
}

#[test]
fn records_are_read_back_as_they_were() {
    for compressor in COMPRESSORS {
        let place = Place::new();
        let mut lines = String::new();
        for n in 0..30_000 {
            lines += &format!("{{\"n\":{n},\"text\":\"✓ <{}>\"}}\n", n % 7);
        }
        let file = place.file("file", lines.as_bytes());
        let write = [&file, "--codec", "jsonl", "--compress", compressor, "--json"];
        let said = place.events("write", &write).ok().json();
        assert_eq!((&said["rows"], &said["files"]), (&json!(30_000), &json!(1)));
        assert_eq!((&said["codec"], &said["compressor"]), (&json!("jsonl"), &json!(compressor)));
        assert_eq!(place.events("read", &[]).ok().text(), lines);
    }
}

#[test]
fn several_files_are_one_snapshot() {
    let place = Place::new();
    let (a, b) = (place.file("a", b"first "), place.file("b", b""));
    let c = place.file("c", b"last");
    place.events("write", &[&a, &b, &c]).ok();
    assert_eq!(place.events("read", &[]).ok().text(), "first last");
    let shown = place.events("show", &["--json"]).ok().json();
    let sizes: Vec<_> =
        shown["files"].as_array().unwrap().iter().map(|file| file["size"].clone()).collect();
    assert_eq!(sizes, [6, 0, 4]);

    // Empty lines, line ends of another system, and no end of the last line.
    let store = place.store();
    let (a, b) = (place.file("a", b"{\"n\":1}\r\n\n{\"n\":2}"), place.file("b", b"[3]\n"));
    let write = ["write", &store, "datasets/lines", &a, "-", &b, "--codec", "jsonl"];
    let said = lode_with(&write, b"\"in between\"\n").ok();
    assert!(said.text().contains(": 1 file, 4 rows, "), "{}", said.text());
    let read = lode(&["read", &store, "datasets/lines"]).ok();
    assert_eq!(read.text(), "{\"n\":1}\n{\"n\":2}\n\"in between\"\n[3]\n");
}

#[test]
fn the_standard_input_is_a_file_too() {
    let place = Place::new();
    let store = place.store();
    let bytes = noise(3_000_000);
    lode_with(&["write", &store, EVENTS], &bytes).ok();
    assert_eq!(place.events("read", &[]).ok().out, bytes);
    lode_with(&["write", &store, EVENTS, "-", "--codec", "jsonl"], LINES.as_bytes()).ok();
    assert_eq!(place.events("read", &[]).ok().text(), LINES);
    // Nothing is a blob, too, and no records are a snapshot.
    lode(&["write", &store, EVENTS]).ok();
    assert_eq!(place.events("read", &[]).ok().out, b"");
    lode(&["write", &store, EVENTS, "--codec", "jsonl"]).ok();
    assert_eq!(place.events("read", &[]).ok().out, b"");
    assert_eq!(place.events("read", &["--snapshot", "1"]).ok().out, bytes);
    place.events("write", &["-", "-"]).fails(1, &["once"]);
}

#[test]
fn partitions_are_files_and_are_read_alone() {
    for compressor in COMPRESSORS {
        let place = Place::new();
        let file = place.file("file", LINES.as_bytes());
        let write = [&[file.as_str(), "--compress", compressor], &DIVIDED[..]].concat();
        let said = place.events("write", &write).ok();
        assert!(said.text().contains(": 3 files, 3 rows, "), "{}", said.text());

        let numbers = |partition: &str| -> Vec<u64> {
            let lines = place.events("read", &["--partition", partition]).ok().json_lines();
            lines.iter().map(|line| line["n"].as_u64().unwrap()).collect()
        };
        assert_eq!(numbers("day=2026-01-01,region=eu/west"), [1]);
        assert_eq!(numbers("region=eu%2Fwest"), [1]);
        assert_eq!(numbers("region=us,day=2026-01-02"), [2]);
        assert_eq!(numbers("day=2026-01-01"), [1, 3]);
        assert_eq!(numbers("day=2026-01-03"), [] as [u64; 0]);
        let said = place.events("read", &["--partition", "zone=us"]).ok();
        assert!(said.out.is_empty() && said.err.contains("no file"), "{}", said.err);
        assert_eq!(place.events("read", &[]).ok().json_lines().len(), 3);

        // What is in the other partitions is not looked at.
        let shown = place.events("show", &["--json"]).ok().json();
        assert_eq!((&shown["layout"], &shown["partitioner"]), (&json!("hive"), &json!("hive")));
        let file = &shown["files"][0];
        assert_eq!(file["partition"], "day=2026-01-01/region=eu%2Fwest");
        fs::remove_file(place.path("store").join(file["key"].as_str().unwrap())).unwrap();
        assert_eq!(numbers("region=us"), [3, 2]);
        place.events("read", &["--partition", "region=eu/west"]).fails(1, &["is gone"]);
    }
}

#[test]
fn no_records_have_no_partitions() {
    let place = Place::new();
    let said = place.events("write", &DIVIDED).ok();
    assert!(said.text().contains(": 0 files, 0 rows, 0 bytes"), "{}", said.text());
    assert_eq!(place.events("read", &[]).ok().out, b"");
}

#[test]
fn snapshots_are_listed_logged_and_shown() {
    let place = Place::new();
    let (blob, lines) = (place.file("blob", b"12345"), place.file("lines", LINES.as_bytes()));
    place.events("write", &[&blob, "--meta", "n=1"]).ok();
    place.events("write", &[&lines, "--codec", "jsonl", "--checksum", "xxh3-128"]).ok();
    lode(&["put", &place.store(), "volumes/a", &blob]).ok();

    let said = lode(&["ls", &place.store()]).ok();
    assert_eq!(
        said.text(),
        "volumes/a        version 1  5 B  100.0%\n\
         datasets/events  version 2  3 rows  1 file  jsonl\n"
    );
    let said = lode(&["ls", &place.store(), "--json"]).ok().json_lines();
    let head = "0000000000000000002";
    let expected = json!({
        "dataset": "events", "layout": "default", "version": head, "rows": 3, "files": 1,
        "codec": "jsonl",
    });
    assert_eq!(said[1], expected);

    let said = place.events("log", &[]).ok();
    let logged: Vec<_> = said.text().lines().collect();
    assert!(logged[0].starts_with("1  20"), "{}", logged[0]);
    assert!(logged[0].ends_with("Z  1 file  1 row  5 bytes  raw  {\"n\":1}"), "{}", logged[0]);
    let reversed = place.events("log", &["--reverse", "--json"]).ok().json_lines();
    assert_eq!((&reversed[0]["version"], &reversed[0]["rows"]), (&json!(head), &json!(3)));

    let said = place.events("show", &["--snapshot", "1"]).ok();
    let digest = "  5 bytes ";
    assert!(said.text().contains("files          1 (5 bytes)"), "{}", said.text());
    assert!(said.text().contains(digest), "{}", said.text());
    let said = place.events("show", &["--files", "0"]).ok();
    assert!(said.text().contains("and 1 more file: --files 1"), "{}", said.text());
}

#[test]
fn a_flat_dataset_is_found_by_its_descriptor() {
    let place = Place::new();
    let file = place.file("file", b"flat");
    let said = place.events("write", &[&file, "--layout", "flat", "--json"]).ok().json();
    assert_eq!(said["layout"], "flat");
    assert!(place.path("store/events/0000000000000000001/manifest.json").is_file());
    for arguments in [&[][..], &["--layout", "flat"]] {
        assert_eq!(place.events("read", arguments).ok().text(), "flat");
    }
    assert_eq!(place.events("log", &[]).ok().text().lines().count(), 1);
}

#[test]
fn checksums_are_chosen_once() {
    for name in ["xxh3-128", "blake3", "md5", "crc32c"] {
        let place = Place::new();
        let file = place.file("file", &noise(1000));
        place.events("write", &[&file, "--checksum", name]).ok();
        place.events("write", &[&file]).ok();
        assert_eq!(place.events("show", &["--json"]).ok().json()["checksum"], name);
        place.events("read", &[]).ok();
        let other = if name == "md5" { "blake3" } else { "md5" };
        let failed = place.events("write", &[&file, "--checksum", other]);
        failed.fails(1, &["checksum_algorithm", "dataset.json"]);
    }
}

#[test]
fn a_file_appears_when_it_is_complete() {
    let place = Place::new();
    let bytes = noise(500_000);
    place.events("write", &[&place.file("file", &bytes), "--compress", "zstd"]).ok();
    let output = place.path("out");
    let to = ["-o", output.to_str().unwrap()];
    let said = place.events("read", &to).ok();
    assert!(said.out.is_empty() && said.err.contains("500,000 bytes of "), "{}", said.err);
    assert_eq!(fs::read(&output).unwrap(), bytes);
    let said = place.events("read", &[&to[..], &["--json"]].concat()).ok().json();
    assert_eq!((&said["written"], &said["files"]), (&json!(500_000), &json!(1)));

    let shown = place.events("show", &["--json"]).ok().json();
    let object = place.path("store").join(shown["files"][0]["key"].as_str().unwrap());
    let mut stored = fs::read(&object).unwrap();
    let middle = stored.len() / 2;
    stored[middle] ^= 1;
    fs::write(object, stored).unwrap();
    fs::remove_file(&output).unwrap();
    let failed = place.events("read", &[&to[..], &["--json"]].concat()).fails(1, &[]);
    let error: Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "corrupt");
    assert!(!output.exists());
}

#[test]
fn two_writers_at_once_both_get_a_version() {
    let place = Place::new();
    let store = place.store();
    let files = ["a", "b", "c", "d"].map(|name| place.file(name, name.as_bytes()));
    let writers =
        files.map(|file| command(&["write", &store, EVENTS, &file, "--json"]).spawn().unwrap());
    let mut versions: Vec<u64> = writers
        .into_iter()
        .map(|writer| Answer::from(writer.wait_with_output().unwrap()).ok().json())
        .map(|said| said["version"].as_str().unwrap().parse().unwrap())
        .collect();
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4]);
    let mut blobs: Vec<_> = ["1", "2", "3", "4"]
        .map(|version| place.events("read", &["--snapshot", version]).ok().text().to_string())
        .into();
    blobs.sort_unstable();
    assert_eq!(blobs, ["a", "b", "c", "d"]);
}

#[test]
fn reading_a_dataset_writes_nothing() {
    let place = Place::new();
    place.events("write", &[&place.file("file", b"x")]).ok();
    let before = contents(&place.path("store"));
    for command in ["read", "log", "show"] {
        place.events(command, &[]).ok();
    }
    lode(&["ls", &place.store()]).ok();
    assert_eq!(contents(&place.path("store")), before);
}
