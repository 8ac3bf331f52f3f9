//! Datasets that the Go implementation wrote.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::support::{Answer, Place, contents, lode};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-v0.9")
}

fn go(command: &str, dataset: &str, arguments: &[&str]) -> Answer {
    lode(&[&[command, fixtures().to_str().unwrap(), dataset], arguments].concat())
}

/// The oldest version.
fn first(dataset: &str) -> String {
    let log = go("log", dataset, &["--json"]).ok().json_lines();
    log[0]["version"].as_str().unwrap().to_string()
}

#[test]
fn they_are_listed() {
    let before = contents(&fixtures());
    let listed = lode(&["ls", fixtures().to_str().unwrap(), "--json"]).ok().json_lines();
    let datasets: Vec<_> = listed.iter().filter(|line| line["dataset"].is_string()).collect();
    let names: Vec<_> = datasets.iter().map(|line| line["dataset"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["blobs", "events-gzip", "events-noop", "events-zstd", "hive", "parquet", "timestamped"]
    );
    let of = |name: &str| *datasets.iter().find(|line| line["dataset"] == name).unwrap();
    let hive = json!({
        "dataset": "hive", "layout": "hive", "version": "1795380388386667570", "rows": 2,
        "files": 2, "codec": "jsonl",
    });
    assert_eq!(of("hive"), &hive);
    assert_eq!(of("parquet")["codec"], "parquet");
    assert_eq!(of("blobs")["codec"], "raw");
    assert_eq!(contents(&fixtures()), before);
}

#[test]
fn records_are_read_whatever_they_are_compressed_with() {
    for compressor in ["noop", "gzip", "zstd"] {
        let dataset = format!("datasets/events-{compressor}");
        let newest = go("read", &dataset, &[]).ok();
        assert_eq!(newest.text(), "{\"a\":1}\n{\"a\":2.5}\n{\"a\":null}\n");
        let oldest = go("read", &dataset, &["--snapshot", &first(&dataset)]).ok().json_lines();
        assert_eq!(oldest[0], json!({ "event": "signup", "id": 1 }));
        assert_eq!(oldest[1], json!({ "event": "login", "id": 2, "ünïcode": "✓ <html>&" }));
        let shown = go("show", &dataset, &["--json"]).ok().json();
        assert_eq!(shown["compressor"], compressor);
        assert_eq!(shown["commit_id"], json!(null));
    }
}

#[test]
fn blobs_and_flat_datasets_are_read() {
    let blobs = go("log", "datasets/blobs", &["--json"]).ok().json_lines();
    for (n, line) in blobs[..3].iter().enumerate() {
        let version = line["version"].as_str().unwrap();
        let read = go("read", "datasets/blobs", &["--snapshot", version]).ok();
        assert_eq!(read.text(), format!("hello world {n}\n"));
    }
    let streamed: Vec<u8> = (0..100).flat_map(|byte| [byte; 1000]).collect();
    assert_eq!(go("read", "datasets/blobs", &[]).ok().out, streamed);
    assert_eq!(go("read", "datasets/flatds", &["--layout", "flat"]).ok().text(), "flat");
    go("read", "datasets/flatds", &[]).fails(1, &["no dataset \"flatds\"", "--layout flat"]);
    go("show", "datasets/flatds", &["--layout", "flat"]).ok();
}

#[test]
fn partitions_and_times_are_read() {
    let read = |partition: &str| go("read", "datasets/hive", &["--partition", partition]).ok();
    let us = read("day=2026-01-02,region=us");
    assert_eq!(us.text(), "{\"day\":\"2026-01-02\",\"region\":\"us\",\"v\":3}\n");
    assert_eq!(read("region=eu/west").json_lines()[0]["v"], 1);
    assert_eq!(go("read", "datasets/timestamped", &[]).ok().json_lines().len(), 3);
    let shown = go("show", "datasets/timestamped", &["--json"]).ok().json();
    assert_eq!(shown["min_timestamp"], "2025-12-31T15:04:05.6789Z");
    assert_eq!(shown["max_timestamp"], "2026-01-02T03:04:05.678900001Z");
}

#[test]
fn parquet_is_read_and_its_statistics_are_shown() {
    let shown = go("show", "datasets/parquet", &["--json"]).ok().json();
    let column = &shown["files"][0]["stats"]["columns"][2];
    assert_eq!(column, &json!({ "name": "name", "min": "n1", "max": "n8", "nulls": 17 }));
    let said = go("show", "datasets/parquet", &[]).ok();
    assert!(said.text().contains("    id  0 to 49  0 nulls\n"), "{}", said.text());

    let rows = go("read", "datasets/parquet", &[]).ok().json_lines();
    assert_eq!(rows.len(), 50);
    for (n, row) in rows.iter().enumerate() {
        // One byte each, in base64; every third name is null.
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let [high, low] = [n >> 2, (n & 3) << 4].map(|at| char::from(digits[at]));
        let raw = format!("{high}{low}==");
        let name = if n % 3 == 0 { json!(null) } else { json!(format!("n{n}")) };
        let expected = json!({
            "id": n, "i32": n, "name": name, "score": n as f64 / 3.0, "f32": n as f64,
            "ok": n % 2 == 0, "raw": raw, "at": format!("2026-01-02T03:04:{:02}.6789Z", 5 + n),
        });
        assert_eq!(row, &expected);
    }
    let raw = go("read", "datasets/parquet", &["--raw"]).ok().out;
    let stored = fixtures().join("datasets/parquet/snapshots/1795380388388657657/data/data");
    assert_eq!(raw, fs::read(stored).unwrap());
}

#[test]
fn they_are_continued() {
    let place = Place::new();
    copy(&fixtures(), &place.path("store"));
    let file = place.file("file", b"{\"day\":\"2026-01-03\",\"region\":\"us\",\"v\":4}\n");
    let store = place.store();
    let write = |dataset: &str, more: &[&str]| {
        lode(&[&["write", &store, dataset, &file, "--codec", "jsonl"], more].concat())
    };
    let failed = write("datasets/hive", &[]);
    failed.fails(1, &["datasets/hive is in the hive layout", "--partition-by"]);
    let failed = write("datasets/events-noop", &["--partition-by", "day"]);
    failed.fails(1, &["in the default layout", "leave --partition-by out"]);
    write("datasets/hive", &["--partition-by", "day,region"]).ok();
    let log = lode(&["log", &store, "datasets/hive", "--json"]).ok().json_lines();
    assert_eq!(log[2]["version"], "1795380388386667571");
    let read = lode(&["read", &store, "datasets/hive", "--partition", "region=us"]).ok();
    assert_eq!(read.json_lines()[0]["v"], 4);
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in contents(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}
