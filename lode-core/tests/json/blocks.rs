//! Blocks are the same however they are written, and nothing but JSON is accepted for them.

use lode_core::manifest::json::{decode_volume, encode_volume};
use serde_json::Value;

use crate::{live, replaced, wrong_json};

/// Two blocks, 0 to 256 and 512 to 768.
const TWO: &str = include_str!(
    "../fixtures/go-v0.9/volumes/disk-image/snapshots/1795380388393789669/manifest.json"
);

/// Without spaces, and sorted by their names: no field comes where Go writes it.
fn sorted(text: &str) -> String {
    serde_json::from_str::<Value>(text).unwrap().to_string()
}

#[test]
fn space_and_order_mean_nothing() {
    let expected = live(TWO);
    let close = TWO.replace([' ', '\n'], "");
    for text in [close.clone(), sorted(TWO), TWO.replace('\n', "\r\n\t")] {
        assert_eq!(live(&text), expected, "{text}");
    }
    for token in ["{", "}", "[", "]", ",", "\":"] {
        let spaced = close.replace(token, &format!(" \t{token}\r\n "));
        assert_eq!(live(&spaced.replace(" \t\":\r", "\" \t:\r")), expected, "{spaced}");
    }
}

#[test]
fn a_block_may_have_no_checksum_an_escape_or_more_fields() {
    for (from, to) in [
        (",\n      \"checksum\": \"1af3c6f5ab9068e01114c58bf6549142\"", ""),
        ("data/0-256.bin", "data/\\u0030-256.bin"),
        ("data/0-256.bin", "elsewhere/Gr\u{fc}n \\\"0\\\"]"),
        ("6549142\"", "6549142\", \"stored\": [{\"as\": \"zstd\"}]"),
        ("1af3c6f5", "1AF3C6F5"),
    ] {
        let text = replaced(TWO, from, to);
        assert_eq!(live(&text), live(&sorted(&text)), "{to}");
        let written = encode_volume(&live(&text)).unwrap();
        assert_eq!(live(core::str::from_utf8(&written).unwrap()), live(&text), "{to}");
    }
}

#[test]
fn a_block_is_not_taken_for_one_like_that_before_it() {
    let first = "data/0-256-00000000000000ab.bin";
    for (path, is_valid) in [
        ("512-256.bin", true),
        ("512-256-00000000000000ab.bin", true),
        ("512-256-00000000000000ab-7.bin", true),
        ("512-256-00000000000000ac.bin", true),
        ("512-256-00000000000000ab.bin2", true),
        ("512-256-00000000000000ab", true),
        ("0512-256-00000000000000ab.bin", true),
        ("512-2560-00000000000000ab.bin", false),
        ("5120-256-00000000000000ab.bin", false),
        ("51-256-00000000000000ab.bin", false),
        ("0-256-00000000000000ab.bin", false),
        ("../512-256-00000000000000ab.bin", false),
    ] {
        let text = replaced(TWO, "data/0-256.bin", first);
        let text = replaced(&text, "data/512-256.bin", &format!("data/{path}"));
        let (found, expected) =
            [&text, &sorted(&text)].map(|it| decode_volume(it.as_bytes())).into();
        assert_eq!(found, expected, "{path}");
        assert_eq!(found.is_ok(), is_valid, "{path}");
    }
}

#[test]
fn other_blocks_than_those_of_the_manifest_are_not_taken_for_them() {
    let expected = live(TWO);
    let decoy = r#"[{"offset": 7, "length": 1, "path": "volumes/disk-image/data/7-1.bin"}]"#;
    for step in [
        format!("\"step\": {{\"blocks\": {decoy}}}"),
        format!("\"blocks\": {decoy}"),
        "\"step\": \"\\\"blocks\\\": [\"".into(),
        "\"step\": \"blocks\"".into(),
        "\"step\\\\\": [\"blocks\", {}, \"}\"]".into(),
    ] {
        let manifest = live(&replaced(TWO, "\"step\": 1", &step));
        assert_eq!(manifest.blocks, expected.blocks, "{step}");
        assert_ne!(manifest.metadata, expected.metadata, "{step}");
    }
    let later = replaced(TWO, "\"md5\"", &format!("\"md5\", \"later\": {{\"blocks\": {decoy}}}"));
    assert_eq!(live(&later).blocks, expected.blocks);
    let twice = replaced(TWO, "\"md5\"", &format!("\"md5\", \"blocks\": {decoy}"));
    assert!(wrong_json(decode_volume(twice.as_bytes())).2.contains("duplicate field `blocks`"));
}

#[test]
fn nothing_but_json_is_accepted() {
    let end = "}\n  ],";
    for (from, to) in [
        ("\"offset\": 512", "\"offset\": 0512"),
        ("\"offset\": 512", "\"offset\": +512"),
        ("\"offset\": 512", "\"offset\": 512.0"),
        ("\"offset\": 512", "\"offset\": 512e0"),
        ("\"offset\": 512", "\"offset\": "),
        ("\"offset\": 512", "\"offset\" 512"),
        ("\"offset\": 512", "\"offset\": 18446744073709552128"),
        ("\"offset\": 512,", "\"offset\": 512"),
        ("\"offset\": 512,", "\"offset\": 512,,"),
        ("\"offset\": 512,", ""),
        ("data/512-256.bin\"", "data/512-256.bin"),
        ("data/512-256.bin", "data/512\n-256.bin"),
        ("data/512-256.bin", "data/512\\x-256.bin"),
        ("},\n    {", "}\n    {"),
        ("},\n    {", "},,\n    {"),
        ("},\n    {", "},\n    \u{a0}{"),
        ("},\n    {", "},\n    \u{c}{"),
        (end, "},\n  ],"),
        (end, "}\n  ,"),
        (end, "}\n  }],"),
        (end, "}\n  ]"),
        (end, "}\n  ]],"),
        ("\"blocks\": [", "\"blocks\": [,"),
        ("\"blocks\": [", "\"blocks\" ["),
    ] {
        let text = replaced(TWO, from, to);
        wrong_json(decode_volume(text.as_bytes()));
    }
    let mut invalid = TWO.as_bytes().to_vec();
    let at = TWO.find("512-256").unwrap();
    invalid[at] = 0xff;
    wrong_json(decode_volume(&invalid));
}
