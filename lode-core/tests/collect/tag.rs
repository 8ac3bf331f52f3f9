//! The format of tags.

use lode_core::collect::Tag;
use lode_core::manifest::ManifestError;
use lode_core::manifest::compact::decode;
use lode_core::time::Timestamp;
use proptest::prelude::*;

use super::at;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn bytes_are_as_they_are_written_down() {
    let tag = Tag { nonce: 0x0102_0304_0506_0708, end: None, manifest: b"{}" };
    let bytes = tag.encode().unwrap();
    assert_eq!(hex(&bytes), "4c4f444502050807060504030201007b7d887e0853");
    assert_eq!(Tag::decode(&bytes), Ok(tag));
    let lease = Tag { end: Timestamp::new(-1, 5), ..tag };
    let bytes = lease.encode().unwrap();
    assert_eq!(hex(&bytes), "4c4f4445020508070605040302010101057b7dd1bc4b18");
    assert_eq!(Tag::decode(&bytes), Ok(lease));
}

#[test]
fn a_lease_ends_and_a_tag_does_not() {
    let tag = Tag { nonce: 1, end: None, manifest: b"" };
    assert!(!tag.has_ended(at(i64::MAX)));
    let lease = Tag { end: Some(at(100)), ..tag };
    assert!(!lease.has_ended(at(99)));
    assert!(lease.has_ended(at(100)));
}

/// Puts the right trailer under bytes that somebody made up.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let trailer = lode_core::crc32c::of(&bytes);
    bytes.extend_from_slice(&trailer.to_le_bytes());
    bytes
}

#[test]
fn what_is_no_tag_is_refused_with_its_place() {
    let wrong = |body: &[u8]| match Tag::decode(&sealed(body.to_vec())) {
        Err(ManifestError::Decode { at, field, .. }) => (at, field),
        other => panic!("{other:?}"),
    };
    assert_eq!(wrong(b"LODE\x02\x01"), (5, "kind"));
    assert_eq!(wrong(b"LODE\x02\x06"), (5, "kind"));
    assert_eq!(wrong(b"LODE\x02\x05nonce"), (6, "nonce"));
    assert_eq!(wrong(b"LODE\x02\x05nonce678"), (14, "end"));
    assert_eq!(wrong(b"LODE\x02\x05nonce678\x02"), (14, "end"));
    assert_eq!(wrong(b"LODE\x02\x05nonce678\x01\x00"), (14, "end"));
    // A second has 10^9 nanoseconds.
    assert_eq!(wrong(b"LODE\x02\x05nonce678\x01\x00\x80\x94\xeb\xdc\x03"), (14, "end"));
    // A tag is no manifest.
    let tag = Tag { nonce: 1, end: None, manifest: b"" }.encode().unwrap();
    assert!(matches!(decode(&tag), Err(ManifestError::Decode { at: 5, field: "kind", .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn tags_are_read_back(
        nonce in any::<u64>(),
        end in proptest::option::of((any::<i64>(), 0..1_000_000_000_u32)),
        manifest in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let end = end.and_then(|(seconds, nanoseconds)| Timestamp::new(seconds, nanoseconds));
        let tag = Tag { nonce, end, manifest: &manifest };
        let bytes = tag.encode().unwrap();
        prop_assert_eq!(Tag::decode(&bytes), Ok(tag));
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            prop_assert!(Tag::decode(&bytes).is_err(), "byte {} does not matter", at);
        }
    }

    #[test]
    fn hostile_bytes_do_no_harm(body in proptest::collection::vec(any::<u8>(), 0..40)) {
        let _ = Tag::decode(&body);
        let _ = Tag::decode(&sealed([b"LODE\x02\x05", body.as_slice()].concat()));
    }
}
