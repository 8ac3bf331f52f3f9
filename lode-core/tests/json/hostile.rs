//! Text that is no manifest, or one that would lead a reader astray.

use lode_core::manifest::ManifestError;
use lode_core::manifest::json::decode_volume;

use crate::{GO, live, replaced, wrong_field, wrong_json};

const SECOND: &str = include_str!(
    "../fixtures/go-v0.9/volumes/disk-image/snapshots/1795380388393789669/manifest.json"
);

fn decode(text: &str) -> Result<(), ManifestError> {
    decode_volume(text.as_bytes()).map(|_| ())
}

#[test]
fn a_missing_field_is_named() {
    let required = [
        "schema_name",
        "format_version",
        "volume_id",
        "snapshot_id",
        "metadata",
        "total_length",
        "blocks",
        "offset",
        "length",
        "path",
    ];
    for field in required {
        let text = replaced(GO, &format!("\"{field}\":"), "\"other\":");
        let (line, _, reason) = wrong_json(decode(&text));
        assert!(reason.contains(&format!("missing field `{field}`")), "{reason}");
        assert!(line >= 17, "it is missing at the end of what it belongs to: {line}");
    }
}

#[test]
fn a_wrong_type_is_placed() {
    for (from, to, line, column) in [
        ("\"offset\": 0", "\"offset\": -1", 13, 18),
        ("\"offset\": 0", "\"offset\": 0.5", 13, 19),
        ("\"offset\": 0", "\"offset\": \"0\"", 13, 19),
        ("\"length\": 256", "\"length\": 18446744073709551616", 14, 36),
        ("\"total_length\": 1024", "\"total_length\": null", 10, 22),
        ("\"md5\"", "7", 19, 25),
        ("\"md5\"", "\"md5\", \"epoch\": 4294967296", 0, 0),
        ("\"md5\"", "\"md5\", \"floor\": -1", 0, 0),
        ("\"md5\"", "\"md5\", \"dropped\": 1", 0, 0),
    ] {
        let (found_line, found_column, reason) = wrong_json(decode(&replaced(GO, from, to)));
        // What is read after all else has no place.
        if line > 0 {
            assert_eq!((found_line, found_column), (line, column), "{to}: {reason}");
        }
        assert!(reason.contains("invalid") || reason.contains("number"), "{to}: {reason}");
    }
    let twice = replaced(GO, "\"offset\": 0", "\"offset\": 0, \"offset\": 0");
    assert!(wrong_json(decode(&twice)).2.contains("duplicate field `offset`"));
    let (line, column, _) = wrong_json(decode(""));
    assert_eq!((line, column), (1, 0));
    wrong_json(decode(&format!("{GO}x")));
    wrong_json(decode(&replaced(GO, "\"step\": 0", &format!("\"step\": {}", "[".repeat(100_000)))));
}

#[test]
fn a_wrong_value_is_named() {
    for (field, from, to) in [
        ("schema_name", "lode-volume-manifest", "lode-manifest"),
        ("volume_id", "\"volume_id\": \"disk-image\"", "\"volume_id\": \"..\""),
        ("snapshot_id", "1795380388392631951", "7"),
        ("snapshot_id", "1795380388392631951", "9223372036854775808"),
        ("snapshot_id", "1795380388392631951", "0000000000000000000"),
        ("created_at", "2026-11-22T20:46:28.392632392Z", "yesterday"),
        ("total_length", "\"total_length\": 1024", "\"total_length\": 0"),
        ("total_length", "\"total_length\": 1024", "\"total_length\": 9223372036854775808"),
        ("blocks[0].length", "\"total_length\": 1024", "\"total_length\": 255"),
        ("blocks[0].length", "\"length\": 256", "\"length\": 0"),
        ("blocks[0].length", "\"length\": 256", "\"length\": 18446744073709551615, \"x\": 0"),
        (
            "blocks[0].checksum",
            "1af3c6f5ab9068e01114c58bf6549142",
            "1af3c6f5ab9068e01114c58bf654914",
        ),
        (
            "blocks[0].checksum",
            "1af3c6f5ab9068e01114c58bf6549142",
            "xaf3c6f5ab9068e01114c58bf6549142",
        ),
        ("blocks[0].checksum", "1af3c6f5ab9068e01114c58bf6549142", ""),
        ("parent_snapshot_id", "\"md5\"", "\"md5\", \"parent_snapshot_id\": \"\""),
        ("commit_id", "\"md5\"", "\"md5\", \"commit_id\": \"00\""),
        ("parent_digest", "\"md5\"", "\"md5\", \"parent_digest\": \"md5:00\""),
        ("collected", "\"md5\"", "\"md5\", \"collected\": \"yes\""),
        ("record", "\"md5\"", "\"md5\", \"record\": \"yes\""),
        ("floor", "\"md5\"", "\"md5\", \"epoch\": 1, \"floor\": 2"),
        ("epoch_opened_at", "\"md5\"", "\"md5\", \"epoch_opened_at\": \"yesterday\""),
        ("dropped[0]", "\"md5\"", "\"md5\", \"dropped\": [{\"first\": 0, \"last\": 1}]"),
        ("dropped[0]", "\"md5\"", "\"md5\", \"dropped\": [{\"first\": 2, \"last\": 1}]"),
        (
            "dropped[0]",
            "\"md5\"",
            "\"md5\", \"dropped\": [{\"first\": 1, \"last\": 9223372036854775808}]",
        ),
        (
            "dropped[1]",
            "\"md5\"",
            "\"md5\", \"dropped\": [{\"first\": 1, \"last\": 1}, {\"first\": 2, \"last\": 2}]",
        ),
    ] {
        let text = replaced(GO, from, to);
        if field == "blocks[0].length" && to.contains("18446744073709551615") {
            // From 1 on, that many bytes end behind the last number.
            let text = replaced(&text, "\"offset\": 0", "\"offset\": 1");
            assert_eq!(wrong_field(decode(&text)), field, "{to}");
            continue;
        }
        assert_eq!(wrong_field(decode(&text)), field, "{to}");
    }
}

#[test]
fn metadata_that_is_nested_too_deep_is_named() {
    let nested = format!("\"step\": {}0{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(wrong_field(decode(&replaced(GO, "\"step\": 0", &nested))), "metadata.step");
    let nested = format!("\"step\": {}0{}", "[".repeat(99), "]".repeat(99));
    assert_eq!(decode(&replaced(GO, "\"step\": 0", &nested)), Ok(()));
}

#[test]
fn blocks_are_in_order_and_disjoint() {
    let second = "\"offset\": 512,\n      \"length\": 256,\n      \"path\": \"volumes/disk-image/data/512-256.bin\"";
    for offset in [0, 255] {
        let other = format!(
            "\"offset\": {offset}, \"length\": 256, \"path\": \"volumes/disk-image/data/{offset}-256.bin\""
        );
        let text = replaced(SECOND, second, &other);
        assert_eq!(wrong_field(decode(&text)), "blocks[1].offset");
    }
}

#[test]
fn no_path_leads_out_of_the_volume() {
    const PATH: &str = "volumes/disk-image/data/0-256.bin";
    for path in [
        "../x",
        "/volumes/disk-image/data/0-256.bin",
        "/etc/passwd",
        "",
        "volumes/disk-image",
        "volumes/disk-image/",
        "volumes/disk-image/../other/data/0-256.bin",
        "volumes/disk-image/./data/0-256.bin",
        "volumes/disk-image//data/0-256.bin",
        "volumes/disk-image2/data/0-256.bin",
        "volumes/other/data/0-256.bin",
        "volumes/disk-image/data\\\\0-256.bin",
        "volumes/disk-image/data/\\u00000-256.bin",
        "datasets/disk-image/data/0-256.bin",
        // Below the volume, but the name says another place than the manifest.
        "volumes/disk-image/data/0-255.bin",
        "volumes/disk-image/data/256-256.bin",
        "volumes/disk-image/data/1-256-00000000000000ab.bin",
    ] {
        assert_eq!(wrong_field(decode(&replaced(GO, PATH, path))), "blocks[0].path", "{path}");
    }
    for path in ["volumes/disk-image/elsewhere/x", "volumes/disk-image/data/0-256.bin.zst"] {
        let manifest = live(&replaced(GO, PATH, path));
        let blocks = manifest.blocks.inline().unwrap().to_vec();
        let [block] = &blocks[..] else { panic!("one block") };
        let layout = lode_core::layout::VolumeLayout::new(manifest.id.clone());
        assert_eq!(layout.block(block.range, &block.name).as_str(), path);
    }
}

#[test]
fn the_major_version_decides() {
    let version = |version: &str| decode(&replaced(GO, "1.0.0", version));
    assert_eq!(version("1.1.0"), Ok(()));
    for found in ["2.0.0", "0.9.0", "10.0.0", "", "v1"] {
        assert_eq!(version(found), Err(ManifestError::Version { found: found.into() }));
    }
}

#[test]
fn what_is_cut_short_is_never_accepted() {
    for length in 0..GO.len() {
        let (line, ..) = wrong_json(decode(&GO[..length]));
        assert!(line <= 20);
    }
}

#[test]
fn flipped_bits_are_survived() {
    for at in 0..GO.len() * 8 {
        let mut bytes = GO.as_bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        let _ = decode_volume(&bytes);
    }
}
