//! `lode put`.

use std::fs;

use crate::support::{DISK, Place, command, lode, noise};

#[test]
fn a_file_is_read_back_as_it_was() {
    for format in ["compact", "json"] {
        let place = Place::new();
        let bytes = noise(1_000_003);
        let file = place.file("file", &bytes);
        let meta = ["--meta", "step=boot", "--meta", "n=3", "--meta", "list=[1]"];
        let put = [&[file.as_str(), "--block", "64KiB", "--format", format], &meta[..]].concat();
        let said = place.disk("put", &put).ok();
        assert!(said.text().starts_with("wrote 1,000,003 bytes in 16 blocks and 1 commit"));
        assert_eq!(place.disk("get", &[]).ok().out, bytes);

        let shown = place.disk("show", &["--json"]).ok().json();
        assert_eq!(shown["format"], format);
        let metadata = serde_json::json!({ "step": "boot", "n": 3, "list": "[1]" });
        assert_eq!(shown["metadata"], metadata);
    }
}

#[test]
fn the_same_file_again_is_nothing_to_do() {
    let place = Place::new();
    let file = place.file("file", &noise(10_000));
    place.disk("put", &[&file, "--block", "1KiB"]).ok();
    let before = crate::support::contents(&place.path("store"));
    let said = place.disk("put", &[&file, "--block", "3KiB"]).ok();
    assert!(said.text().contains("nothing to do: all 10,000 bytes"), "{}", said.text());
    let said = place.disk("put", &[&file, "--json"]).ok().json();
    assert_eq!(said["sent"]["bytes"], 0);
    assert_eq!(said["present"], 10_000);
    assert_eq!(crate::support::contents(&place.path("store")), before);
}

#[test]
fn other_bytes_are_an_error_that_names_the_range() {
    let place = Place::new();
    let mut bytes = noise(10_000);
    place.disk("put", &[&place.file("file", &bytes), "--block", "4KiB"]).ok();
    bytes[5000] ^= 1;
    let file = place.file("file", &bytes);
    // A whole block is compared by its digest, so the block is what can be named.
    let failed = place.disk("put", &[&file]).fails(1, &["4096..8192", "differs", "error: "]);
    assert_eq!(failed.out, b"");
    let failed = place.disk("put", &[&file, "--json"]).fails(1, &[]);
    let error: serde_json::Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(error["kind"], "mismatch");
    assert_eq!(error["range"], serde_json::json!({ "start": 4096, "end": 8192 }));
    // A part of a block is compared byte by byte.
    let part = place.file("part", &bytes[4500..6000]);
    place.disk("put", &[&part, "--at", "4500"]).fails(1, &["5000..5001"]);
    let part = place.file("part", &bytes[6000..]);
    place.disk("put", &[&part, "--at", "6000"]).ok();
    assert_eq!(place.disk("log", &[]).ok().text().lines().count(), 1);
}

#[test]
fn a_part_fills_up_what_is_missing_around_what_is_there() {
    let place = Place::new();
    let bytes = noise(9000);
    let middle = place.file("middle", &bytes[4000..5000]);
    place.disk("put", &[&middle, "--at", "4000", "--length", "9000"]).ok();
    let said = place.disk("put", &[&place.file("all", &bytes), "--json"]).ok().json();
    assert_eq!(said["sent"]["bytes"], 8000);
    assert_eq!(said["sent"]["blocks"], 2);
    assert_eq!(place.disk("get", &[]).ok().out, bytes);
}

#[test]
fn two_halves_are_written_at_once() {
    let place = Place::new();
    let bytes = noise(1_000_000);
    let store = place.store();
    let writers: Vec<_> = bytes
        .chunks(500_000)
        .enumerate()
        .map(|(half, part)| {
            let file = place.file(&format!("half{half}"), part);
            let at = (half * 500_000).to_string();
            let put = ["put", &store, DISK, &file, "--at", &at, "--length", "1000000"];
            command(&[&put[..], &["--block", "1KiB", "--json"]].concat()).spawn().unwrap()
        })
        .collect();
    let mut commits = 0;
    for writer in writers {
        let said = crate::support::Answer::from(writer.wait_with_output().unwrap()).ok().json();
        assert_eq!(said["sent"]["bytes"], 500_000);
        commits += said["sent"]["commits"].as_u64().unwrap();
    }
    assert_eq!(place.disk("get", &[]).ok().out, bytes);
    let log = place.disk("log", &["--json"]).ok().json_lines();
    assert_eq!(log.len() as u64, commits);
    let versions: Vec<u64> =
        log.iter().map(|line| line["version"].as_str().unwrap().parse().unwrap()).collect();
    assert!(versions.iter().copied().eq(1..=commits), "{versions:?}");
}

#[test]
fn the_same_file_is_written_twice_at_once() {
    let place = Place::new();
    let bytes = noise(300_000);
    let file = place.file("file", &bytes);
    let store = place.store();
    let writers: Vec<_> = ["1KiB", "1500"]
        .map(|block| command(&["put", &store, DISK, &file, "--block", block]).spawn().unwrap())
        .into();
    for writer in writers {
        crate::support::Answer::from(writer.wait_with_output().unwrap()).ok();
    }
    assert_eq!(place.disk("get", &[]).ok().out, bytes);
}

#[test]
fn a_file_that_does_not_fit_creates_nothing() {
    let place = Place::new();
    let file = place.file("file", &noise(1000));
    let put = |arguments: &[&str]| place.disk("put", &[&[file.as_str()], arguments].concat());
    put(&["--length", "999"]).fails(1, &["0..1000", "999 bytes"]);
    put(&["--at", "9223372036854775807"]).fails(1, &["error: "]);
    put(&["--at", "1", "--length", "1000"]).fails(1, &["1..1001"]);
    assert!(fs::read_dir(place.path("store")).unwrap().next().is_none());

    put(&[]).ok();
    put(&["--at", "1"]).fails(1, &["1..1001", "1000 bytes"]);
    put(&["--length", "2000"]).fails(1, &["total_length", "volume.json"]);
    put(&["--format", "json"]).fails(1, &["manifest_format"]);
}

#[test]
fn what_is_no_file_is_refused() {
    let place = Place::new();
    place.disk("put", &["/no/such/file"]).fails(1, &["/no/such/file", "error: "]);
    place.disk("put", &[&place.store()]).fails(1, &["is not a file"]);
    place.disk("put", &[&place.file("empty", b"")]).fails(1, &["empty"]);
    let store = place.store();
    let file = place.file("file", b"x");
    lode(&["put", &store, "volumes/Disk", &file]).fails(1, &["not portable", "lower-case"]);
}
