//! Bytes that somebody made to do harm: with a right checksum, and anything inside.

use lode_core::manifest::compact::{decode, encode, encode_record, encode_tombstone};
use lode_core::manifest::{ManifestError, SlotContent};
use proptest::prelude::*;

use crate::forge::{seal, varint};
use crate::{block, manifest};

/// The parts of a manifest with one block of a byte; each test spoils one.
struct Parts {
    id: Vec<u8>,
    version: u64,
    parent: Vec<u8>,
    parent_digest: Vec<u8>,
    commit_id: Vec<u8>,
    created_at: Vec<u8>,
    total_length: u64,
    state: Vec<u8>,
    checksum: Vec<u8>,
    digest_size: u8,
    metadata: Vec<u8>,
    writers: Vec<u64>,
    blocks: u64,
    covered: u64,
    /// Each with its digests.
    runs: Vec<Vec<u8>>,
    run_count: Option<u64>,
}

/// A run of one block: gap, length, count, writer, suffix, shape; then what follows.
fn run(head: [u64; 5], shape: u8, rest: &[u8]) -> Vec<u8> {
    let head: Vec<u8> = head.into_iter().flat_map(varint).collect();
    [head, vec![shape], rest.to_vec()].concat()
}

const GOOD: [u64; 5] = [0, 1, 1, 0, 0];

impl Parts {
    fn new() -> Self {
        Self {
            id: b"\x04disk".to_vec(),
            version: 1,
            parent: vec![0],
            parent_digest: vec![0],
            commit_id: vec![0],
            created_at: vec![0],
            total_length: 65536,
            state: vec![],
            checksum: b"\x06crc32c".to_vec(),
            digest_size: 4,
            metadata: vec![0],
            writers: vec![7],
            blocks: 1,
            covered: 1,
            runs: vec![run(GOOD, 0, &[9; 4])],
            run_count: None,
        }
    }

    fn head(&self) -> Vec<u8> {
        let version = varint(self.version);
        let length = varint(self.total_length);
        [&self.id, &version, &self.parent, &self.parent_digest, &self.commit_id, &self.created_at]
            .into_iter()
            .chain([&length])
            .flatten()
            .copied()
            .collect()
    }

    /// Its state, with the length before it.
    fn state(&self) -> Vec<u8> {
        [varint(self.state.len() as u64), self.state.clone()].concat()
    }

    fn bytes(&self) -> Vec<u8> {
        let writers: Vec<u8> = self.writers.iter().flat_map(|w| w.to_le_bytes()).collect();
        let mut body = [self.head(), self.state()].concat();
        body.extend(&self.checksum);
        body.push(self.digest_size);
        body.extend(varint(self.metadata.len() as u64));
        body.extend(&self.metadata);
        body.extend(varint(writers.len() as u64));
        body.extend(writers);
        let runs = self.run_count.unwrap_or(self.runs.len() as u64);
        body.extend([self.blocks, self.covered, runs].into_iter().flat_map(varint));
        body.extend(self.runs.concat());
        seal(1, &body)
    }
}

fn spoilt(spoil: impl FnOnce(&mut Parts)) -> Result<(), ManifestError> {
    let mut parts = Parts::new();
    spoil(&mut parts);
    decode(&parts.bytes()).map(|_| ())
}

/// Decoding fails at a part of the format, and says which, and where.
#[track_caller]
fn fails(expected: &str, spoil: impl FnOnce(&mut Parts)) {
    match spoilt(spoil) {
        Err(ManifestError::Decode { field, at, .. }) => {
            assert_eq!(field, expected);
            assert!(at >= 6, "{field} at {at}: it lies behind the prefix");
        }
        other => panic!("{expected}: {other:?}"),
    }
}

/// Decoding fails at the content of a field.
#[track_caller]
fn is_invalid(expected: &str, spoil: impl FnOnce(&mut Parts)) {
    match spoilt(spoil) {
        Err(ManifestError::Field { field, .. }) => assert_eq!(field, expected),
        other => panic!("{expected}: {other:?}"),
    }
}

#[test]
fn unspoilt_it_is_fine() {
    assert_eq!(spoilt(|_| {}), Ok(()));
    let same = manifest(vec![block(0, 1, (7, 0), &[9; 4])]);
    assert_eq!(encode(&same), Ok(Parts::new().bytes()), "the parts are those of the format");
}

#[test]
fn the_head_is_checked() {
    fails("volume_id", |parts| parts.id = b"\x02..".to_vec());
    fails("volume_id", |parts| parts.id = b"\x03a/b".to_vec());
    fails("volume_id", |parts| parts.id = b"\x02\xff\xff".to_vec());
    fails("volume_id", |parts| parts.id = varint(1 << 60));
    fails("version", |parts| parts.version = 0);
    fails("version", |parts| parts.version = 1 << 63);
    fails("parent", |parts| parts.parent = vec![1, 0]);
    fails("parent", |parts| parts.parent = vec![2]);
    fails("parent_digest", |parts| parts.parent_digest = vec![3]);
    fails("parent_digest", |parts| parts.parent_digest = [vec![1], varint(1 << 32)].concat());
    fails("commit_id", |parts| parts.commit_id = vec![2]);
    fails("created_at", |parts| parts.created_at = [vec![1, 0], varint(1_000_000_000)].concat());
    fails("total_length", |parts| parts.total_length = 0);
    fails("total_length", |parts| parts.total_length = 1 << 63);
    is_invalid("blocks[0].length", |parts| {
        (parts.total_length, parts.covered) = (1, 2);
        parts.runs = vec![run([0, 2, 1, 0, 0], 0, &[9; 4])];
    });
}

#[test]
fn the_summary_is_checked() {
    fails("checksum", |parts| parts.checksum = varint(1 << 60));
    fails("checksum", |parts| parts.checksum = vec![1, 0xff]);
    for size in [0, 3, 33, 255] {
        fails("digest_size", |parts| parts.digest_size = size);
    }
    fails("writers", |parts| parts.writers = vec![8, 7]);
    fails("writers", |parts| parts.writers = vec![7, 7]);
    // What the counts say must fit into the bytes that are left.
    for count in [3, 1 << 60, 1 << 62, (1 << 62) + 1, u64::MAX / 4, u64::MAX] {
        fails("blocks", |parts| parts.blocks = count);
    }
    fails("blocks", |parts| parts.blocks = 0);
    fails("blocks", |parts| parts.blocks = 2);
    for covered in [0, 2, u64::MAX] {
        fails("covered", |parts| parts.covered = covered);
    }
    for runs in [2, 1 << 60, u64::MAX] {
        fails("run", |parts| parts.run_count = Some(runs));
    }
    fails("end", |parts| {
        parts.runs.push(vec![0]);
        parts.run_count = Some(1);
    });
}

#[test]
fn runs_are_checked() {
    let one = |field, head, shape, rest: &[u8]| {
        fails(field, |parts| parts.runs = vec![run(head, shape, rest)]);
    };
    let digest = &[9; 4];
    one("run", [0, 0, 1, 0, 0], 0, digest);
    one("run", [0, 1, 0, 0, 0], 0, digest);
    one("run count", [0, 1, 2, 0, 0], 0, digest);
    one("run count", [0, 1, 1 << 60, 0, 0], 0, digest);
    one("run count", [0, 1, (1 << 62) + 1, 0, 0], 0, digest);
    one("run count", [0, 1, u64::MAX, 0, 0], 0, digest);
    one("run writer", [0, 1, 1, 1, 0], 0, digest);
    one("run writer", [0, 1, 1, u64::MAX, 0], 0, digest);
    one("run", [u64::MAX, 1, 1, 0, 0], 0, digest);
    one("run", [1, u64::MAX, 1, 0, 0], 0, digest);
    for shape in [3, 7, 8, 255] {
        one("run shape", GOOD, shape, digest);
    }
    one("run stride", GOOD, 1, &[&[0], digest.as_slice()].concat());
    one("run shift", GOOD, 2, &[&[64], digest.as_slice()].concat());
    one("run count", GOOD, 4, &[]);
    one("covered", [0, u64::MAX, 1, 0, 0], 0, digest);
}

#[test]
fn an_empty_run_is_called_that() {
    for head in [[0, 0, 1, 0, 0], [0, 1, 0, 0, 0]] {
        let result = spoilt(|parts| parts.runs = vec![run(head, 0, &[9; 4])]);
        let Err(ManifestError::Decode { reason, .. }) = result else { panic!("{result:?}") };
        assert_eq!(reason, "its length or count is 0");
    }
}

#[test]
fn runs_cannot_overflow() {
    let two = |field, head, shape, rest: &[u8]| {
        fails(field, |parts| {
            (parts.blocks, parts.covered) = (2, 2);
            parts.runs = vec![run(head, shape, rest)];
        });
    };
    let pair = [0, 1, 2, 0, 0];
    let stride = [varint(u64::MAX), vec![9; 8]].concat();
    two("run", pair, 1, &stride);
    two("run", [0, 1, 2, 0, u64::MAX], 4, &[9; 8]);
    two("run", [0, 1 << 63, 2, 0, 0], 0, &[9; 8]);
    let shifted = |gap| [vec![63], vec![9; 4], varint(gap), vec![9; 4]].concat();
    two("run", pair, 2, &shifted(2));
    // In units of 2^63 bytes the next block begins behind the volume, but in the numbers' range.
    is_invalid("blocks[1].length", |parts| {
        (parts.blocks, parts.covered) = (2, 2);
        parts.runs = vec![run(pair, 2, &shifted(1))];
    });
    two("run gap", pair, 2, &[vec![0], vec![9; 4], vec![0x80; 4]].concat());
}

/// More runs than needed are not how it is written, but they mean the same.
#[test]
fn runs_may_be_cut_differently() {
    let split = |parts: &mut Parts| {
        (parts.blocks, parts.covered) = (2, 2);
        parts.runs = vec![run(GOOD, 0, &[9; 4]), run(GOOD, 0, &[9; 4])];
    };
    assert_eq!(spoilt(split), Ok(()));
}

/// The bytes of a state: epoch, floor, no time, and runs of versions.
fn state(epoch: u64, floor: u64, runs: &[[u64; 2]]) -> Vec<u8> {
    let mut bytes = [varint(epoch), varint(floor), vec![0], varint(runs.len() as u64)].concat();
    bytes.extend(runs.iter().flatten().copied().flat_map(varint));
    bytes
}

#[test]
fn the_state_is_checked() {
    let good = |bytes| assert_eq!(spoilt(|parts| parts.state = bytes), Ok(()));
    good(vec![]);
    good(state(1, 0, &[]));
    good(state(u32::MAX.into(), u32::MAX.into(), &[[1, 0], [2, 7], [2, 0]]));
    good(state(0, 0, &[[1, (1 << 63) - 2]]));
    good([&[0, 0, 1, 2][..], &varint(999_999_999), &[0]].concat());
    for bad in [
        // It says what no bytes say.
        state(0, 0, &[]),
        // The floor is above the epoch, or a number is too large.
        state(3, 4, &[]),
        state(1 << 32, 0, &[]),
        state(1, 1 << 32, &[]),
        // Version 0; and the second run touches, or begins in, the first one.
        state(1, 0, &[[0, 0]]),
        state(1, 0, &[[1, 3], [1, 0]]),
        state(1, 0, &[[1, 3], [0, 0]]),
        // They go beyond the last version, or the last number.
        state(1, 0, &[[1, (1 << 63) - 1]]),
        state(1, 0, &[[1 << 63, 0]]),
        state(1, 0, &[[u64::MAX, 0]]),
        state(1, 0, &[[1, u64::MAX]]),
        state(1, 0, &[[1, 5], [u64::MAX, 0]]),
        // Cut short, too long, or with more runs than there are bytes.
        vec![1],
        vec![1, 0, 0],
        [state(1, 0, &[]), vec![0]].concat(),
        [&[1, 0, 0][..], &varint(1 << 60)].concat(),
        [&[1, 0, 0][..], &varint(u64::MAX)].concat(),
        // A time with a second of nanoseconds, and an option that is neither.
        [&[1, 0, 1, 2][..], &varint(1_000_000_000), &[0]].concat(),
        vec![1, 0, 2, 0],
    ] {
        fails("state", |parts| parts.state = bad);
    }
}

#[test]
fn records_are_checked() {
    let parts = Parts::new();
    let record = |rest: &[u8]| decode(&seal(6, &[&parts.head(), rest].concat()));
    for purpose in [1, 2] {
        assert!(matches!(record(&[0, purpose]), Ok(SlotContent::Record(_))));
        let state = state(5, 4, &[[1, 0]]);
        let state = [varint(state.len() as u64), state, vec![purpose]].concat();
        assert!(matches!(record(&state), Ok(SlotContent::Record(_))));
    }
    for (rest, expected) in [
        (&[][..], "state"),
        (&[0], "purpose"),
        (&[0, 0], "purpose"),
        (&[0, 3], "purpose"),
        (&[0, 1, 0], "end"),
        (&[1, 0, 1], "state"),
        (&[9, 1], "state"),
    ] {
        let found = record(rest);
        assert!(
            matches!(&found, Err(ManifestError::Decode { field, .. }) if *field == expected),
            "{rest:?}: {found:?}"
        );
    }
}

#[test]
fn metadata_is_checked() {
    let one = |value: &[u8]| [b"\x01\x01a", value].concat();
    let text = |bytes: &[u8]| one(&[&[6], bytes].concat());
    fails("metadata", |parts| parts.metadata = varint(1 << 60));
    fails("metadata", |parts| parts.metadata = vec![0, 0]);
    fails("metadata", |parts| parts.metadata = vec![]);
    fails("metadata name", |parts| parts.metadata = b"\x02\x01b\0\x01a\0".to_vec());
    fails("metadata name", |parts| parts.metadata = b"\x02\x01a\0\x01a\0".to_vec());
    fails("metadata name", |parts| parts.metadata = b"\x01\x01\xff\0".to_vec());
    for value in [&[9][..], &[3], &[5, 0, 0], &[7, 2, 0], &[3, 0xff]] {
        fails("metadata value", |parts| parts.metadata = one(value));
    }
    fails("metadata value", |parts| parts.metadata = one(&[vec![7], varint(1 << 60)].concat()));
    fails("metadata", |parts| parts.metadata = one(&[vec![8], varint(1 << 60)].concat()));
    fails("metadata value", |parts| parts.metadata = text(&varint(1 << 60)));
    fails("metadata value", |parts| parts.metadata = text(&[1, 0xff]));
    for number in [f64::NAN, f64::INFINITY] {
        let float = [vec![5], number.to_le_bytes().to_vec()].concat();
        is_invalid("metadata.a", |parts| parts.metadata = one(&float));
    }
}

/// A manifest over pages: level, number of references, and one of them.
fn paged(level: u8, count: u64, numbers: [u64; 4]) -> Result<(), ManifestError> {
    let parts = Parts::new();
    let reference = numbers.into_iter().flat_map(varint).chain([0xaa; 32]);
    let mut body =
        [parts.head(), parts.state(), parts.checksum.clone(), vec![1, 0, level]].concat();
    body.extend(varint(count).into_iter().chain(reference));
    decode(&seal(3, &body)).map(|_| ())
}

#[test]
fn manifests_over_pages_are_checked() {
    let good = [8, 16, 2, 10];
    assert_eq!(paged(1, 1, good), Ok(()));
    let field = |result: Result<(), ManifestError>| match result {
        Err(ManifestError::Decode { field, at, .. }) if at >= 6 => field.to_string(),
        Err(ManifestError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    for level in [0, 33, 255] {
        assert_eq!(field(paged(level, 1, good)), "level");
    }
    for count in [0, 2, u64::MAX] {
        assert_eq!(field(paged(1, count, good)), "children");
    }
    assert_eq!(field(paged(1, 1, [8, 0, 2, 10])), "page bounds");
    assert_eq!(field(paged(1, 1, [8, 16, 11, 10])), "page totals");
    assert_eq!(field(paged(1, 1, [65536, 16, 2, 10])), "blocks[1].length");
}

#[test]
fn the_place_of_wrong_metadata_lies_in_it() {
    let mut parts = Parts::new();
    parts.metadata = vec![0, 0];
    let begins = 6 + parts.head().len() + parts.state().len() + parts.checksum.len() + 2;
    let Err(ManifestError::Decode { at, .. }) = decode(&parts.bytes()) else { panic!("a surplus") };
    assert!((begins..=begins + 2).contains(&at), "{at}, and it begins at {begins}");
}

#[test]
fn metadata_cannot_be_nested_without_end() {
    let lists = |depth: usize| [b"\x01\x01a".to_vec(), b"\x07\x01".repeat(depth), vec![0]].concat();
    assert_eq!(spoilt(|parts| parts.metadata = lists(99)), Ok(()));
    fails("metadata value", |parts| parts.metadata = lists(100));
    fails("metadata value", |parts| parts.metadata = lists(100_000));
    let maps = [b"\x01\x01a".to_vec(), b"\x08\x01\x01a".repeat(100_000), vec![0]].concat();
    fails("metadata value", |parts| parts.metadata = maps);
}

#[test]
fn the_prefix_is_checked() {
    let body = Parts::new().head();
    for kind in [0, 7, 255] {
        let expected = ManifestError::Decode {
            at: 5,
            field: "kind",
            reason: "an object of this kind is not known",
        };
        assert_eq!(decode(&seal(kind, &body)), Err(expected));
    }
    for (kind, is) in [(4, "it is a page, not a manifest"), (5, "it is a tag, not a manifest")] {
        let expected = ManifestError::Decode { at: 5, field: "kind", reason: is };
        assert_eq!(decode(&seal(kind, &body)), Err(expected));
    }
    let mut bytes = Parts::new().bytes();
    bytes[4] = 3;
    assert_eq!(decode(&bytes), Err(ManifestError::Version { found: "3".into() }));
    bytes[0] = b'l';
    assert!(matches!(decode(&bytes), Err(ManifestError::Decode { field: "magic", at: 0, .. })));
    assert!(matches!(decode(b"LODE\x02"), Err(ManifestError::Decode { field: "prefix", .. })));
    let mut damaged = Parts::new().bytes();
    damaged[20] ^= 1;
    assert!(matches!(decode(&damaged), Err(ManifestError::Trailer { .. })));
    assert!(matches!(decode(&seal(2, &body)), Err(ManifestError::Decode { field: "digest", .. })));
    let digest = [body.as_slice(), &[2]].concat();
    assert!(matches!(
        decode(&seal(2, &digest)),
        Err(ManifestError::Decode { field: "digest", .. })
    ));
    let longer = [body.as_slice(), &[0, 1, 1]].concat();
    assert!(matches!(decode(&seal(2, &longer)), Err(ManifestError::Decode { field: "end", .. })));
}

/// What is decoded can be encoded again, and then means the same.
fn check(bytes: &[u8]) {
    let Ok(content) = decode(bytes) else { return };
    let again = match &content {
        SlotContent::Live(manifest) => encode(manifest),
        SlotContent::Collected(tombstone) => encode_tombstone(tombstone),
        SlotContent::Record(record) => encode_record(record),
    };
    assert_eq!(decode(&again.expect("what can be read can be written")), Ok(content));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(2000)
    })]

    #[test]
    fn any_bytes_are_survived(kind in 1..7_u8, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&body);
        check(&seal(kind, &body));
        check(&seal(kind, &[Parts::new().head(), body.clone()].concat()));
        let mut parts = Parts::new();
        parts.state = body;
        check(&parts.bytes());
        check(&seal(6, &[parts.head(), parts.state(), vec![1]].concat()));
    }

    #[test]
    fn spoilt_bytes_with_a_right_trailer_are_survived(
        which in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let vectors = crate::vectors::vectors();
        let (_, bytes) = vectors.iter().nth(which.index(vectors.len())).unwrap();
        let mut body = bytes[6..bytes.len() - 4].to_vec();
        for (at, byte) in edits {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        check(&seal(bytes[5], &body));
    }
}
