//! Manifests of datasets: what the Go implementation wrote, and what is not accepted.

use std::fs;
use std::path::{Path, PathBuf};

use lode_core::manifest::json::{decode_dataset, encode_dataset, encode_dataset_tombstone};
use lode_core::manifest::{
    DatasetManifest, ManifestDigest, ManifestError, SlotContent, Tombstone, Value,
};
use lode_core::time::ZonedTimestamp;
use lode_core::{Version, meta};

use crate::{replaced, wrong_field};

const BLOBS: &str =
    include_str!("../fixtures/go-v0.9/datasets/blobs/snapshots/1795380388377338600/manifest.json");

fn live(text: &str, prefix: &str) -> DatasetManifest {
    match decode_dataset(text.as_bytes(), prefix) {
        Ok(SlotContent::Live(manifest)) => manifest,
        other => panic!("{other:?}"),
    }
}

fn blobs(text: &str) -> Result<SlotContent<DatasetManifest>, ManifestError> {
    decode_dataset(text.as_bytes(), "datasets/blobs")
}

/// Every manifest below a folder.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(manifests(&entry.path())),
            false => found.push(entry.path()),
        }
    }
    found.sort();
    found
}

#[test]
fn every_fixture_comes_back_byte_for_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/go-v0.9");
    let datasets = manifests(&root.join("datasets")).into_iter().map(|path| {
        let id = path.strip_prefix(root.join("datasets")).unwrap().iter().next().unwrap();
        let prefix = format!("datasets/{}", id.to_str().unwrap());
        (path, prefix)
    });
    let flat = manifests(&root.join("flatds")).into_iter().map(|path| (path, "flatds".to_string()));
    let mut count = 0;
    for (path, prefix) in datasets.chain(flat) {
        let text = fs::read_to_string(&path).unwrap();
        let manifest = live(&text, &prefix);
        let again = String::from_utf8(encode_dataset(&manifest).unwrap()).unwrap();
        assert_eq!(again, text, "{}", path.display());
        assert!(manifest.extra.is_empty());
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn fields_are_read_as_they_were_written() {
    let manifest = live(BLOBS, "datasets/blobs");
    assert_eq!(manifest.id.as_str(), "blobs");
    assert_eq!(manifest.version.get(), 1_795_380_388_377_338_600);
    assert_eq!(manifest.parent.map(Version::get), Some(1_795_380_388_376_430_848));
    let list =
        vec![Value::from(1), Value::from("x"), Value::Null, Value::from(true), Value::from(1.5)];
    let nested = meta! { "a" => list };
    assert_eq!(manifest.metadata, meta! { "n" => 1, "nested" => nested, "source" => "demo" });
    let [file] = &manifest.files[..] else { panic!("{:?}", manifest.files) };
    assert_eq!(file.key.as_str(), "datasets/blobs/snapshots/1795380388377338600/data/blob");
    assert_eq!(file.size, 14);
    assert_eq!(file.digest.unwrap().to_string(), "f6e143475bb139969f3d9393611664a9");
    assert_eq!((manifest.row_count, manifest.codec), (1, None));
    assert_eq!((&*manifest.compressor, &*manifest.partitioner), ("noop", "noop"));
    assert_eq!(manifest.checksum.as_deref(), Some("md5"));
}

#[test]
fn times_keep_their_zone_and_statistics_their_types() {
    let text = include_str!(
        "../fixtures/go-v0.9/datasets/timestamped/snapshots/1795380388385173468/manifest.json"
    );
    let manifest = live(text, "datasets/timestamped");
    let ZonedTimestamp { at, offset } = manifest.max_timestamp.unwrap();
    assert_eq!((at.seconds(), at.nanoseconds(), offset), (1_767_323_045, 678_900_001, 7200));
    assert_eq!(manifest.min_timestamp.unwrap().offset, 0);

    let text = include_str!(
        "../fixtures/go-v0.9/datasets/parquet/snapshots/1795380388388657657/manifest.json"
    );
    let manifest = live(text, "datasets/parquet");
    let stats = manifest.files[0].stats.as_ref().unwrap();
    assert_eq!((stats.row_count, stats.columns.len()), (50, 8));
    let column = |name: &str| stats.columns.iter().find(|column| &*column.name == name).unwrap();
    assert_eq!(column("name").null_count, 17);
    assert_eq!(column("name").max, Some(Value::from("n8")));
    assert_eq!(column("score").max, Some(Value::from(16.333333333333332)));
    assert_eq!(column("ok").min, None);
}

#[test]
fn fields_that_are_not_known_survive() {
    let text = replaced(BLOBS, "\"n\": 1,", "\"n\": 1, \"m\": [2],");
    let text = replaced(&text, "\"size_bytes\": 14,", "\"size_bytes\": 14, \"color\": \"red\",");
    let text = replaced(&text, "\"row_count\": 1,", "\"row_count\": 1, \"later\": {\"a\": 0.5},");
    let manifest = live(&text, "datasets/blobs");
    assert_eq!(manifest.extra, meta! { "later" => meta! { "a" => 0.5 } });
    assert_eq!(manifest.files[0].extra, meta! { "color" => "red" });
    let again = String::from_utf8(encode_dataset(&manifest).unwrap()).unwrap();
    assert_eq!(live(&again, "datasets/blobs"), manifest);
    let clash = DatasetManifest { extra: meta! { "files" => 1 }, ..manifest };
    assert!(matches!(encode_dataset(&clash), Err(ManifestError::Unrepresentable { .. })));
}

#[test]
fn paths_stay_below_the_dataset() {
    let path = "datasets/blobs/snapshots/1795380388377338600/data/blob";
    for bad in [
        "../blob",
        "/etc/passwd",
        "datasets/other/data/blob",
        "datasets/blobs",
        "datasets/blobs2/data/blob",
        "datasets/blobs/../other/blob",
        "datasets/blobs//blob",
        "",
    ] {
        assert_eq!(wrong_field(blobs(&replaced(BLOBS, path, bad))), "files[0].path", "{bad}");
    }
    let file = format!("{{\"path\": \"{path}\", \"size_bytes\": 1}}, {{\n      \"path\"");
    let twice = replaced(BLOBS, "{\n      \"path\"", &file);
    assert_eq!(wrong_field(blobs(&twice)), "files[1].path");
}

#[test]
fn each_field_is_checked() {
    for (from, to, field) in [
        ("lode-manifest", "lode-volume-manifest", "schema_name"),
        ("\"dataset_id\": \"blobs\"", "\"dataset_id\": \"a/b\"", "dataset_id"),
        ("\"snapshot_id\": \"1795380388377338600\"", "\"snapshot_id\": \"7\"", "snapshot_id"),
        ("2026-11-22T20:46:28.377404879Z", "yesterday", "created_at"),
        ("1795380388376430848", "17", "parent_snapshot_id"),
        ("f6e143475bb139969f3d9393611664a9", "f6e", "files[0].checksum"),
        ("\"compressor\": \"noop\"", "\"compressor\": \"\"", "compressor"),
        ("\"partitioner\": \"noop\"", "\"partitioner\": \"\"", "partitioner"),
        ("\"row_count\": 1", "\"row_count\": 1, \"min_timestamp\": \"x\"", "min_timestamp"),
        ("\"row_count\": 1", "\"row_count\": 1, \"max_timestamp\": \"x\"", "max_timestamp"),
        ("\"row_count\": 1", "\"row_count\": 1, \"commit_id\": \"x\"", "commit_id"),
        ("\"row_count\": 1", "\"row_count\": 1, \"parent_digest\": \"x\"", "parent_digest"),
        ("\"row_count\": 1", "\"row_count\": 1, \"collected\": \"blake3:00\"", "collected"),
        ("\"row_count\": 1", "\"row_count\": 1, \"record\": \"x\"", "record"),
        ("\"row_count\": 1", "\"row_count\": 1, \"record\": \"repair\"", "files"),
        ("\"row_count\": 1", "\"row_count\": 1, \"floor\": 1", "floor"),
    ] {
        assert_eq!(wrong_field(blobs(&replaced(BLOBS, from, to))), field, "{to}");
    }
    for name in ["metadata", "files", "row_count", "compressor", "partitioner", "size_bytes"] {
        let missing = replaced(BLOBS, &format!("\"{name}\":"), &format!("\"{name}_\":"));
        match blobs(&missing) {
            Err(ManifestError::Json { reason, .. }) => assert!(reason.contains(name), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    let later = blobs(&replaced(BLOBS, "\"1.0.0\"", "\"2.0.0\""));
    assert_eq!(later, Err(ManifestError::Version { found: "2.0.0".into() }));
    for length in 0..BLOBS.len() {
        assert!(blobs(&BLOBS[..length]).is_err());
    }
}

#[test]
fn a_tombstone_is_a_manifest_without_files() {
    let manifest = live(BLOBS, "datasets/blobs");
    let tombstone = Tombstone {
        id: manifest.id,
        version: manifest.version,
        parent: manifest.parent,
        parent_digest: Some(ManifestDigest::Blake3([1; 32])),
        commit_id: None,
        digest: ManifestDigest::Blake3([2; 32]),
        total_length: None,
        created_at: manifest.created_at,
    };
    let bytes = encode_dataset_tombstone(&tombstone).unwrap();
    let decoded = decode_dataset(&bytes, "datasets/blobs");
    assert_eq!(decoded, Ok(SlotContent::Collected(tombstone.clone())));
    let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&json["files"], &json["row_count"]), (&serde_json::json!([]), &0.into()));
    assert_eq!(json["compressor"], "noop");
    let full = replaced(
        BLOBS,
        "\"row_count\": 1",
        &format!("\"row_count\": 1, \"collected\": \"{}\"", tombstone.digest),
    );
    assert_eq!(wrong_field(blobs(&full)), "files");
}
