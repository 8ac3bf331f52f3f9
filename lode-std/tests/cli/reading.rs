//! The commands that read.

use std::fs;
use std::io::Read;

use serde_json::json;

use crate::support::{DISK, Place, command, contents, lode, noise};

/// A volume of 10,000 bytes that has 1000..3000 and 5000..9000, in two commits.
fn sparse() -> (Place, Vec<u8>) {
    let place = Place::new();
    let bytes = noise(10_000);
    for (start, end) in [(1000, 3000), (5000, 9000)] {
        let file = place.file("part", &bytes[start..end]);
        let at = start.to_string();
        let meta = format!("at={at}");
        let put = [&file, "--at", &at, "--length", "10000", "--block", "1000", "--meta", &meta];
        place.disk("put", &put).ok();
    }
    (place, bytes)
}

#[test]
fn a_gap_is_an_error_that_names_it() {
    let (place, bytes) = sparse();
    let failed = place.disk("get", &[]).fails(1, &["0..1000", "--sparse"]);
    assert_eq!(failed.out, b"");
    place.disk("get", &["--range", "2500..6000"]).fails(1, &["3000..5000"]);
    let failed = place.disk("get", &["--range", "2500..6000", "--json"]).fails(1, &[]);
    let error: serde_json::Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "range-missing");
    assert_eq!(error["range"], json!({ "start": 3000, "end": 5000 }));

    let output = place.path("out");
    let output = output.to_str().unwrap();
    place.disk("get", &["-o", output]).fails(1, &["0..1000"]);
    assert!(!place.path("out").exists());
    place.disk("get", &["--range", "5000..9000", "-o", output]).ok();
    place.disk("get", &["--range", "5000..9000", "-o", "/dev/null"]).ok();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
    place.disk("get", &["--sparse", "-o", "/dev/null"]).fails(1, &["no regular file"]);
    assert_eq!(fs::read(output).unwrap(), bytes[5000..9000]);
    assert_eq!(fs::read_dir(place.path("")).unwrap().count(), 3, "store, part, out");
}

#[test]
fn ranges_are_exact() {
    let (place, bytes) = sparse();
    let get = |range: &str| place.disk("get", &["--range", range]);
    for (range, start, end) in [
        ("1000..3000", 1000, 3000),
        ("1500..1501", 1500, 1501),
        ("1999..2001", 1999, 2001),
        ("5KiB..6KiB", 5120, 6144),
        ("6kB..7kB", 6000, 7000),
        ("4..4", 4, 4),
        ("10000..", 10_000, 10_000),
    ] {
        assert_eq!(get(range).ok().out, bytes[start..end], "{range}");
    }
    get("..10").fails(1, &["0..10"]);
    get("8999..").fails(1, &["9000..10000"]);
    get("9000..10001").fails(1, &["9000..10001", "10000 bytes"]);
    get("20000..").fails(1, &["10000 bytes"]);
}

#[test]
fn an_earlier_snapshot_stays_as_it_was() {
    let (place, _) = sparse();
    for version in ["1", "0000000000000000001"] {
        let get = place.disk("get", &["--snapshot", version, "--range", "5000..9000"]);
        get.fails(1, &["5000..9000", "in version 1:"]);
    }
    place.disk("get", &["--snapshot", "latest", "--range", "5000..9000"]).ok();
    place.disk("get", &["--snapshot", "3"]).fails(1, &["no snapshot", "lode log"]);
}

#[test]
fn a_sparse_file_has_zeros_in_its_holes() {
    let (place, bytes) = sparse();
    let output = place.path("out");
    let said = place.disk("get", &["--sparse", "--json", "-o", output.to_str().unwrap()]).ok();
    assert_eq!(said.json()["written"], 6000);
    assert_eq!(said.json()["length"], 10_000);
    let mut expected = vec![0; 10_000];
    for range in [1000..3000, 5000..9000] {
        expected[range.clone()].copy_from_slice(&bytes[range]);
    }
    assert_eq!(fs::read(&output).unwrap(), expected);

    let get = ["--sparse", "--range", "2500..5500", "-o", output.to_str().unwrap()];
    place.disk("get", &get).ok();
    assert_eq!(fs::read(&output).unwrap(), expected[2500..5500]);
}

#[test]
fn gaps_are_listed() {
    let (place, _) = sparse();
    let said = place.disk("gaps", &[]).ok();
    assert_eq!(said.text(), "0..1000 1000\n3000..5000 2000\n9000..10000 1000\n");
    assert!(said.err.contains("3 gaps, 4,000 of 10,000 bytes"), "{}", said.err);
    let said = place.disk("gaps", &["--range", "2000..4000"]).ok();
    assert_eq!(said.text(), "3000..4000 1000\n");
    let said = place.disk("gaps", &["--snapshot", "1", "--range", "2kB..", "--json"]).ok().json();
    assert_eq!(said["gaps"], json!([{ "start": 3000, "end": 10_000, "length": 7000 }]));
    assert_eq!(said["missing"], 7000);
}

#[test]
fn coverage_is_drawn() {
    let (place, _) = sparse();
    let svg = place.path("map.svg");
    let said = place.disk("map", &["--svg", svg.to_str().unwrap()]).ok();
    assert!(said.text().contains("60.0%: 6,000 of 10,000 bytes committed, 3 gaps"));
    let bar = said.text().lines().nth(1).unwrap().trim_start().trim_start_matches("0 B ");
    assert!(bar.starts_with('·') && bar.contains('█') && bar.ends_with('·'), "{bar}");
    let svg = fs::read_to_string(svg).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("x=\"100.000\"") && svg.ends_with("</svg>\n"));
    let said = place.disk("map", &["--json"]).ok().json();
    assert_eq!(said["ranges"][1], json!({ "start": 5000, "end": 9000, "length": 4000 }));
}

#[test]
fn snapshots_are_logged_and_shown() {
    let (place, _) = sparse();
    let said = place.disk("log", &[]).ok();
    let lines: Vec<_> = said.text().lines().collect();
    assert!(lines[0].starts_with("1  20") && lines[0].ends_with("(20.0%)  {\"at\":1000}"));
    assert!(lines[1].starts_with("2  20") && lines[1].contains("  6 blocks  6,000 of 10,000"));
    let reversed = place.disk("log", &["--reverse", "--json"]).ok().json_lines();
    assert_eq!(reversed[0]["version"], "0000000000000000002");
    assert_eq!(reversed[1]["metadata"], json!({ "at": 1000 }));

    let said = place.disk("show", &["--blocks", "2"]).ok();
    assert!(said.text().contains("and 4 more blocks"), "{}", said.text());
    let shown = place.disk("show", &["--json"]).ok().json();
    assert_eq!(shown["parent"], "0000000000000000001");
    assert_eq!(shown["checksum"], "xxh3-128");
    assert_eq!(shown["blocks"].as_array().unwrap().len(), 6);
    let key = shown["blocks"][0]["key"].as_str().unwrap();
    assert_eq!(fs::metadata(place.path("store").join(key)).unwrap().len(), 1000);
}

#[test]
fn volumes_are_listed() {
    let (place, _) = sparse();
    let file = place.file("file", b"x");
    lode(&["put", &place.store(), "volumes/a", &file]).ok();
    let said = lode(&["ls", &place.store()]).ok();
    assert_eq!(
        said.text(),
        "volumes/a     version 1  1 B  100.0%\nvolumes/disk  version 2  9.7 KiB  60.0%\n"
    );
    let said = lode(&["ls", &place.store(), "--json"]).ok().json_lines();
    assert_eq!(said[1]["covered"], 6000);
    let place = Place::new();
    assert!(
        lode(&["ls", &place.store()]).ok().err.contains("there are no volumes and no datasets")
    );
}

#[test]
fn reading_writes_nothing() {
    let (place, _) = sparse();
    let before = contents(&place.path("store"));
    for command in ["gaps", "map", "log", "show"] {
        place.disk(command, &[]).ok();
    }
    place.disk("get", &["--range", "1000..3000"]).ok();
    assert_eq!(contents(&place.path("store")), before);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let place = Place::new();
    place.disk("put", &[&place.file("file", &noise(4 << 20)), "--block", "64KiB"]).ok();
    let mut reader = command(&["get", &place.store(), DISK]).spawn().unwrap();
    let mut first = [0; 10];
    reader.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
