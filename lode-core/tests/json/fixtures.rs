//! Manifests as version 0.9 of the Go implementation wrote them.

use lode_core::Version;
use lode_core::checksum::Digest;
use lode_core::manifest::json::encode_volume;
use lode_core::manifest::{Block, BlockName, VolumeManifest};
use lode_core::meta;
use lode_core::range::ByteRange;
use lode_core::time::Timestamp;

use crate::{GO, live};

const SECOND: &str = include_str!(
    "../fixtures/go-v0.9/volumes/disk-image/snapshots/1795380388393789669/manifest.json"
);
const THIRD: &str = include_str!(
    "../fixtures/go-v0.9/volumes/disk-image/snapshots/1795380388394698092/manifest.json"
);
const PLAIN: &str =
    include_str!("../fixtures/go-v0.9/volumes/plain/snapshots/1795380388399569914/manifest.json");

fn block(offset: u64, length: u64, digest: Option<&str>) -> Block {
    Block {
        range: ByteRange::with_length(offset, length).unwrap(),
        name: BlockName::Plain,
        digest: digest.map(|digest| digest.parse::<Digest>().unwrap()),
    }
}

fn check(text: &str, version: u64, parent: Option<u64>, nanoseconds: u32) -> VolumeManifest {
    let manifest = live(text);
    assert_eq!(manifest.version, Version::new(version).unwrap());
    assert_eq!(manifest.parent, parent.map(|parent| Version::new(parent).unwrap()));
    assert_eq!(manifest.created_at, Timestamp::new(1_795_380_388, nanoseconds));
    assert_eq!((manifest.commit_id, manifest.parent_digest), (None, None));
    assert!(manifest.extra.is_empty());
    let again = encode_volume(&manifest).unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), text);
    manifest
}

#[test]
fn a_history_with_checksums() {
    const VERSIONS: [u64; 3] =
        [1_795_380_388_392_631_951, 1_795_380_388_393_789_669, 1_795_380_388_394_698_092];
    let blocks = [
        block(0, 256, Some("1af3c6f5ab9068e01114c58bf6549142")),
        block(256, 256, Some("e7397432968abd744350a2af75cc603d")),
        block(512, 256, Some("6fee337f60809cf03c1b4b7a8ad57eae")),
    ];
    let [first, second, third] = &blocks;
    let steps = [
        check(GO, VERSIONS[0], None, 392_632_392),
        check(SECOND, VERSIONS[1], Some(VERSIONS[0]), 393_789_909),
        check(THIRD, VERSIONS[2], Some(VERSIONS[1]), 394_698_443),
    ];
    let expected: [&[&Block]; 3] = [&[first], &[first, third], &[first, second, third]];
    for ((step, manifest), expected) in (0..).zip(&steps).zip(expected) {
        assert_eq!(manifest.id.as_str(), "disk-image");
        assert_eq!(manifest.total_length, 1024);
        assert_eq!(manifest.checksum.as_deref(), Some("md5"));
        assert_eq!(manifest.metadata, meta! { "step" => step });
        assert!(manifest.blocks.inline().unwrap().iter().eq(expected.iter().copied().cloned()));
    }
}

#[test]
fn a_volume_without_checksums() {
    let manifest = check(PLAIN, 1_795_380_388_399_569_914, None, 399_570_344);
    assert_eq!(manifest.id.as_str(), "plain");
    assert_eq!(manifest.total_length, 1 << 40);
    assert_eq!(manifest.checksum, None);
    assert_eq!(manifest.metadata, meta! {});
    let expected = (0..20).map(|at| block(at << 35, 119 - at, None));
    assert!(manifest.blocks.inline().unwrap().iter().eq(expected));
}

/// A later version may write more than we know: it is kept, in the block that it belongs to.
#[test]
fn unknown_fields_survive() {
    let text = GO
        .replace(
            "\"checksum_algorithm\": \"md5\"",
            "\"checksum_algorithm\": \"md5\",\n  \"later\": {\n    \"a\": [\n      1.5\n    ]\n  }",
        )
        .replace("6549142\"", "6549142\",\n      \"stored\": \"zstd\"");
    let manifest = live(&text);
    assert_eq!(manifest.extra.keys().collect::<Vec<_>>(), ["later"]);
    let blocks = manifest.blocks.inline().unwrap().to_vec();
    let [block] = &blocks[..] else { panic!("one block") };
    let BlockName::Foreign(foreign) = &block.name else { panic!("{block:?}") };
    assert_eq!(foreign.key.as_str(), "volumes/disk-image/data/0-256.bin");
    assert_eq!(foreign.extra, meta! { "stored" => "zstd" });
    assert_eq!(String::from_utf8(encode_volume(&manifest).unwrap()).unwrap(), text);
}

/// Whoever reorders the fields or writes them without spaces means the same.
#[test]
fn the_order_of_fields_means_nothing() {
    let value: serde_json::Value = serde_json::from_str(GO).unwrap();
    let sorted = serde_json::to_string(&value).unwrap();
    assert_eq!(live(&sorted), live(GO));
}
