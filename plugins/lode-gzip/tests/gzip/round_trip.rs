//! What goes in comes out.

use lode_core::compress::{CompressError, Compressor};
use lode_gzip::Gzip;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::drive::{compress, decompress, pieces, run, text};

#[test]
fn names() {
    let gzip = Gzip::default();
    assert_eq!((gzip.name(), gzip.extension()), ("gzip", "gz"));
}

#[test]
fn levels_are_those_of_the_format() {
    for level in 0..=Gzip::MAX_LEVEL {
        assert_eq!(Gzip::with_level(level).unwrap().level(), level);
    }
    for level in [Gzip::MAX_LEVEL + 1, u8::MAX] {
        assert!(matches!(Gzip::with_level(level), Err(CompressError::Failed { .. })), "{level}");
    }
}

/// The same records as the Go implementation wrote them with and without compression.
#[test]
fn what_go_wrote_is_read() {
    for (compressed, plain) in [
        (
            &include_bytes!("../fixtures/events-1.jsonl.gz")[..],
            &include_bytes!("../fixtures/events-1.jsonl")[..],
        ),
        (
            &include_bytes!("../fixtures/events-2.jsonl.gz")[..],
            &include_bytes!("../fixtures/events-2.jsonl")[..],
        ),
    ] {
        assert_eq!(decompress(Gzip::default(), compressed).unwrap(), plain);
        for room in [1, 2, 7] {
            let one_by_one = pieces(compressed, &[1]);
            let gzip = Gzip::default().decompress().unwrap();
            assert_eq!(run(gzip, &one_by_one, room).unwrap(), plain);
        }
    }
}

#[test]
fn every_level_round_trips() {
    let bytes = text(300_000);
    let mut sizes = Vec::new();
    for level in 0..=Gzip::MAX_LEVEL {
        let compressed = compress(Gzip::with_level(level).unwrap(), &bytes);
        assert_eq!(decompress(Gzip::default(), &compressed).unwrap(), bytes, "level {level}");
        sizes.push(compressed.len());
    }
    assert!(sizes.first() > sizes.last(), "levels matter: {sizes:?}");
}

#[test]
fn nothing_is_a_file_too() {
    let compressed = compress(Gzip::default(), b"");
    assert!(!compressed.is_empty());
    assert_eq!(decompress(Gzip::default(), &compressed).unwrap(), b"");
}

/// Other writers append: the contents follow each other.
#[test]
fn members_follow_each_other() {
    let mut file = Vec::new();
    for part in [&b"one "[..], b"", b"two"] {
        file.extend(compress(Gzip::default(), part));
    }
    assert_eq!(decompress(Gzip::default(), &file).unwrap(), b"one two");
    let one_by_one = pieces(&file, &[1]);
    let gzip = Gzip::default().decompress().unwrap();
    assert_eq!(run(gzip, &one_by_one, 1).unwrap(), b"one two");
}

#[test]
fn equal_files_are_equal_bytes() {
    let bytes = text(50_000);
    let file = compress(Gzip::default(), &bytes);
    assert_eq!(file, compress(Gzip::default(), &bytes));
    // No time, no name, and a system that is unknown.
    assert_eq!(file[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
    let slowly = run(Gzip::default().compress().unwrap(), &[&bytes], 1).unwrap();
    assert_eq!(slowly, file);
}

/// A caller may ask again and again before it has more input.
#[test]
fn waiting_is_harmless() {
    let bytes = text(1000);
    let file = compress(Gzip::default(), &bytes);
    let mut gzip = Gzip::default().decompress().unwrap();
    let (mut out, mut buffer) = (Vec::new(), [0; 64]);
    for byte in &file {
        let taken = gzip.step(&[*byte], &mut buffer, false).unwrap();
        out.extend_from_slice(&buffer[..taken.put]);
        assert_eq!(taken.taken, 1);
        for _ in 0..100 {
            assert!(!gzip.step(&[], &mut [], false).unwrap().done);
            let more = gzip.step(&[], &mut buffer, false).unwrap();
            out.extend_from_slice(&buffer[..more.put]);
        }
    }
    assert!(gzip.step(&[], &mut buffer, true).unwrap().done);
    assert_eq!(out, bytes);
}

/// Runs of one byte and noise, so that both matches and literals occur.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let run = (any::<u8>(), 1..2000_usize).prop_map(|(byte, length)| vec![byte; length]);
    let noise = vec(any::<u8>(), 0..300);
    vec(prop_oneof![run, noise], 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn cuts_make_no_difference(
        bytes in content(),
        level in 0..=9_u8,
        cuts in vec(0..700_usize, 1..6),
        rooms in (1..50_usize, 1..50_usize),
    ) {
        let gzip = Gzip::with_level(level).unwrap();
        let file = run(gzip.compress().unwrap(), &pieces(&bytes, &cuts), rooms.0).unwrap();
        let back = run(gzip.decompress().unwrap(), &pieces(&file, &cuts), rooms.1).unwrap();
        prop_assert_eq!(&back, &bytes);
        let back = run(gzip.decompress().unwrap(), &pieces(&file, &[1]), 1).unwrap();
        prop_assert_eq!(back, bytes);
    }
}
