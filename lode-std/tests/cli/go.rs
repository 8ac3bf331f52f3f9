//! Volumes that the Go implementation wrote.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Answer, contents, lode};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-v0.9")
}

fn go(command: &str, volume: &str, arguments: &[&str]) -> Answer {
    let store = fixtures();
    lode(&[&[command, store.to_str().unwrap(), volume], arguments].concat())
}

#[test]
fn they_are_read_and_nothing_is_written() {
    let before = contents(&fixtures());
    let listed = lode(&["ls", fixtures().to_str().unwrap(), "--json"]).ok().json_lines();
    assert_eq!(
        listed[0],
        json!({ "volume": "disk-image", "version": "1795380388394698092", "length": 1024, "covered": 768 })
    );
    assert_eq!(listed[1]["length"], 1_u64 << 40);
    assert_eq!(listed[1]["covered"], 2190);

    let log = go("log", "volumes/disk-image", &["--json"]).ok().json_lines();
    let steps: Vec<_> = log.iter().map(|line| line["metadata"]["step"].clone()).collect();
    assert_eq!(steps, [0, 1, 2]);
    assert_eq!(log[0]["created_at"], "2026-11-22T20:46:28.392632392Z");
    let shown = go("show", "volumes/disk-image", &["--json"]).ok().json();
    assert_eq!(shown["format"], "json");
    assert_eq!(shown["checksum"], "md5");
    assert_eq!(shown["commit_id"], json!(null));
    go("show", "volumes/plain", &[]).ok();

    let bytes = go("get", "volumes/disk-image", &["--range", "..768"]).ok().out;
    let expected: Vec<u8> = [0xaa, 0xac, 0xab].into_iter().flat_map(|byte| [byte; 256]).collect();
    assert_eq!(bytes, expected);
    go("get", "volumes/disk-image", &[]).fails(1, &["768..1024"]);
    let gaps = go("gaps", "volumes/disk-image", &["--snapshot", "1795380388393789669"]).ok();
    assert_eq!(gaps.text(), "256..512 256\n768..1024 256\n");
    let map = go("map", "volumes/plain", &[]).ok();
    assert!(map.text().contains("<0.1%: 2,190 of 1,099,511,627,776 bytes committed, 20 gaps"));
    assert_eq!(contents(&fixtures()), before);
}

#[test]
fn every_block_without_a_checksum_is_read() {
    let shown = go("show", "volumes/plain", &["--json"]).ok().json();
    let blocks = shown["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 20);
    for block in blocks {
        let range = format!("{}..{}", block["start"], block["end"]);
        let bytes = go("get", "volumes/plain", &["--range", &range]).ok().out;
        let object = fixtures().join(block["key"].as_str().unwrap());
        assert_eq!(bytes, std::fs::read(object).unwrap(), "{range}");
    }
}
