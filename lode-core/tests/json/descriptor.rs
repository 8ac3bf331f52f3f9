//! Descriptors.

use lode_core::descriptor::{
    DatasetDescriptor, GRACE_PERIOD, VolumeDescriptor, WantedDataset, WantedVolume, decode_dataset,
    decode_volume, encode_dataset, encode_volume,
};
use lode_core::id::Id;
use lode_core::layout::LayoutKind;
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
        grace_period: GRACE_PERIOD,
    }
}

#[test]
fn it_is_the_text_that_the_documentation_shows() {
    assert_eq!(encode_volume(&descriptor()), Ok(TEXT.as_bytes().to_vec()));
    assert_eq!(decode_volume(TEXT.as_bytes()), Ok(descriptor()));
    let of_go = VolumeDescriptor { format: Format::Json, checksum: None, ..descriptor() };
    let bytes = encode_volume(&of_go).unwrap();
    assert!(!String::from_utf8(bytes.clone()).unwrap().contains("checksum"));
    assert_eq!(decode_volume(&bytes), Ok(of_go));
}

#[test]
fn later_versions_may_say_more() {
    let text = replaced(TEXT, "86400", "86400, \"later\": [1]");
    assert_eq!(decode_volume(text.as_bytes()), Ok(descriptor()));
    let text = replaced(TEXT, "1.0.0", "1.7.0");
    assert_eq!(decode_volume(text.as_bytes()), Ok(descriptor()));
    let text = replaced(TEXT, "1.0.0", "2.0.0");
    assert_eq!(
        decode_volume(text.as_bytes()),
        Err(ManifestError::Version { found: "2.0.0".into() })
    );
}

#[test]
fn what_is_wrong_is_named() {
    let spoilt = |from, to| decode_volume(replaced(TEXT, from, to).as_bytes());
    assert_eq!(wrong_field(spoilt("lode-volume", "lode-dataset")), "schema_name");
    assert_eq!(wrong_field(spoilt("disk-image", "disk/image")), "volume_id");
    assert_eq!(wrong_field(spoilt("\"compact\"", "\"xml\"")), "manifest_format");
    assert_eq!(wrong_field(spoilt("1073741824", "0")), "total_length");
    assert_eq!(wrong_field(spoilt("1073741824", "9223372036854775808")), "total_length");
    let longest = VolumeDescriptor { total_length: 1 << 63, ..descriptor() };
    assert_eq!(wrong_field(encode_volume(&longest)), "total_length");
    let (line, column, reason) = wrong_json(spoilt("86400", "-1"));
    assert_eq!((line, column), (8, 28), "{reason}");
    let (.., reason) = wrong_json(spoilt("\"manifest_format\"", "\"format\""));
    assert!(reason.contains("missing field `manifest_format`"), "{reason}");
    for length in 0..TEXT.len() {
        assert!(decode_volume(&TEXT.as_bytes()[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_differs_is_named() {
    let id = Id::new("disk-image").unwrap();
    let other = Id::new("disk").unwrap();
    let any = WantedVolume {
        id: &id,
        total_length: None,
        format: None,
        checksum: None,
        grace_period: None,
    };
    assert_eq!(descriptor().check(&any), Ok(()));
    let same = WantedVolume {
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
    assert_eq!(differs(WantedVolume { id: &other, ..same }), "volume_id: disk, disk-image");
    assert_eq!(
        differs(WantedVolume { total_length: Some(7), ..any }),
        "total_length: 7, 1073741824"
    );
    assert_eq!(
        differs(WantedVolume { format: Some(Format::Json), ..any }),
        "manifest_format: json, compact"
    );
    assert_eq!(
        differs(WantedVolume { checksum: Some("md5"), ..any }),
        "checksum_algorithm: md5, xxh3-128"
    );
    assert_eq!(
        differs(WantedVolume { grace_period: Some(1), ..any }),
        "grace_period_seconds: 1, 86400"
    );
    let bare = VolumeDescriptor { checksum: None, ..descriptor() };
    let Err(Mismatch { found, .. }) = bare.check(&same) else { panic!("it has no checksum") };
    assert_eq!(found, "none");
}

#[test]
fn that_of_a_dataset_comes_back_and_is_compared() {
    for layout in LayoutKind::ALL {
        let descriptor = DatasetDescriptor {
            id: Id::new("events").unwrap(),
            layout,
            checksum: Some("blake3".into()),
            grace_period: GRACE_PERIOD,
        };
        let bytes = encode_dataset(&descriptor).unwrap();
        assert_eq!(decode_dataset(&bytes), Ok(descriptor.clone()));
        assert!(decode_volume(&bytes).is_err());
        let other = Id::new("other").unwrap();
        let same = WantedDataset { id: &descriptor.id, layout, checksum: None, grace_period: None };
        assert_eq!(descriptor.check(&same), Ok(()));
        let differs = |wanted: WantedDataset<'_>| descriptor.check(&wanted).unwrap_err().field;
        assert_eq!(differs(WantedDataset { id: &other, ..same }), "dataset_id");
        assert_eq!(differs(WantedDataset { checksum: Some("md5"), ..same }), "checksum_algorithm");
        assert_eq!(
            differs(WantedDataset { grace_period: Some(1), ..same }),
            "grace_period_seconds"
        );
        let kind = if layout == LayoutKind::Flat { LayoutKind::Hive } else { LayoutKind::Flat };
        assert_eq!(differs(WantedDataset { layout: kind, ..same }), "layout");
    }
    let text = TEXT.replace("lode-volume", "lode-dataset").replace("volume_id", "dataset_id");
    assert!(decode_dataset(text.as_bytes()).is_err(), "it has no layout");
    let text = text.replace("\"manifest_format\": \"compact\"", "\"layout\": \"round\"");
    assert_eq!(wrong_field(decode_dataset(text.as_bytes())), "layout");
}
