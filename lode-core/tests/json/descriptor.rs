//! Descriptors.

use lode_core::descriptor::{VolumeDescriptor, Wanted, decode, encode};
use lode_core::id::Id;
use lode_core::manifest::{Format, ManifestError, Mismatch};

use crate::{replaced, wrong_field, wrong_json};

const TEXT: &str = r#"{
  "schema_name": "lode-volume",
  "format_version": "1.0.0",
  "volume_id": "disk-image",
  "manifest_format": "compact",
  "total_length": 1073741824,
  "checksum_algorithm": "xxh3-128",
  "grace_period_seconds": 86400
}"#;

fn descriptor() -> VolumeDescriptor {
    VolumeDescriptor {
        id: Id::new("disk-image").unwrap(),
        format: Format::Compact,
        total_length: 1 << 30,
        checksum: Some("xxh3-128".into()),
        grace_period: VolumeDescriptor::GRACE_PERIOD,
    }
}

#[test]
fn it_is_the_text_that_the_documentation_shows() {
    assert_eq!(encode(&descriptor()), Ok(TEXT.as_bytes().to_vec()));
    assert_eq!(decode(TEXT.as_bytes()), Ok(descriptor()));
    let of_go = VolumeDescriptor { format: Format::Json, checksum: None, ..descriptor() };
    let bytes = encode(&of_go).unwrap();
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains("checksum"));
    assert_eq!(decode(&bytes), Ok(of_go));
}

#[test]
fn later_versions_may_say_more() {
    let text = replaced(TEXT, "86400", "86400, \"later\": [1]");
    assert_eq!(decode(text.as_bytes()), Ok(descriptor()));
    let text = replaced(TEXT, "1.0.0", "1.7.0");
    assert_eq!(decode(text.as_bytes()), Ok(descriptor()));
    let text = replaced(TEXT, "1.0.0", "2.0.0");
    assert_eq!(decode(text.as_bytes()), Err(ManifestError::Version { found: "2.0.0".into() }));
}

#[test]
fn what_is_wrong_is_named() {
    let spoilt = |from, to| decode(replaced(TEXT, from, to).as_bytes());
    assert_eq!(wrong_field(spoilt("lode-volume", "lode-dataset")), "schema_name");
    assert_eq!(wrong_field(spoilt("disk-image", "disk/image")), "volume_id");
    assert_eq!(wrong_field(spoilt("\"compact\"", "\"xml\"")), "manifest_format");
    assert_eq!(wrong_field(spoilt("1073741824", "0")), "total_length");
    assert_eq!(wrong_field(spoilt("1073741824", "9223372036854775808")), "total_length");
    let longest = VolumeDescriptor { total_length: 1 << 63, ..descriptor() };
    assert_eq!(wrong_field(encode(&longest)), "total_length");
    let (line, column, reason) = wrong_json(spoilt("86400", "-1"));
    assert_eq!((line, column), (8, 28), "{reason}");
    let (.., reason) = wrong_json(spoilt("\"manifest_format\"", "\"format\""));
    assert!(reason.contains("missing field `manifest_format`"), "{reason}");
    for length in 0..TEXT.len() {
        assert!(decode(&TEXT.as_bytes()[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_differs_is_named() {
    let id = Id::new("disk-image").unwrap();
    let other = Id::new("disk").unwrap();
    let any =
        Wanted { id: &id, total_length: None, format: None, checksum: None, grace_period: None };
    assert_eq!(descriptor().check(&any), Ok(()));
    let same = Wanted {
        total_length: Some(1 << 30),
        format: Some(Format::Compact),
        checksum: Some("xxh3-128"),
        grace_period: Some(86400),
        ..any
    };
    assert_eq!(descriptor().check(&same), Ok(()));
    let differs = |wanted| {
        let Mismatch { field, expected, found } = descriptor().check(&wanted).unwrap_err();
        format!("{field}: {expected}, {found}")
    };
    assert_eq!(differs(Wanted { id: &other, ..same }), "volume_id: disk, disk-image");
    assert_eq!(differs(Wanted { total_length: Some(7), ..any }), "total_length: 7, 1073741824");
    assert_eq!(
        differs(Wanted { format: Some(Format::Json), ..any }),
        "manifest_format: json, compact"
    );
    assert_eq!(
        differs(Wanted { checksum: Some("md5"), ..any }),
        "checksum_algorithm: md5, xxh3-128"
    );
    assert_eq!(differs(Wanted { grace_period: Some(1), ..any }), "grace_period_seconds: 1, 86400");
    let bare = VolumeDescriptor { checksum: None, ..descriptor() };
    let Err(Mismatch { found, .. }) = bare.check(&same) else { panic!("it has no checksum") };
    assert_eq!(found, "none");
}
