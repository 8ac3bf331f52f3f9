//! What goes in comes out.

use lode_core::compress::{CompressError, Compressor, Progress};
use lode_zstd::Zstd;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::drive::{compress, decompress, pieces, run, text};

#[test]
fn names() {
    let zstd = Zstd::default();
    assert_eq!((zstd.name(), zstd.extension()), ("zstd", "zst"));
}

#[test]
fn levels_are_those_of_the_format() {
    for level in 1..=Zstd::MAX_LEVEL {
        assert_eq!(Zstd::with_level(level).unwrap().level(), level);
    }
    for level in [0, Zstd::MAX_LEVEL + 1, u8::MAX] {
        assert!(matches!(Zstd::with_level(level), Err(CompressError::Failed { .. })), "{level}");
    }
}

/// The same records as the Go implementation wrote them with and without compression.
#[test]
fn what_go_wrote_is_read() {
    for (compressed, plain) in [
        (
            &include_bytes!("../fixtures/events-1.jsonl.zst")[..],
            &include_bytes!("../fixtures/events-1.jsonl")[..],
        ),
        (
            &include_bytes!("../fixtures/events-2.jsonl.zst")[..],
            &include_bytes!("../fixtures/events-2.jsonl")[..],
        ),
    ] {
        assert_eq!(decompress(Zstd::default(), compressed).unwrap(), plain);
        for room in [1, 2, 7] {
            let one_by_one = pieces(compressed, &[1]);
            let zstd = Zstd::default().decompress().unwrap();
            assert_eq!(run(zstd, &one_by_one, room).unwrap(), plain);
        }
    }
}

#[test]
fn every_level_round_trips() {
    let bytes = text(300_000);
    let mut sizes = Vec::new();
    for level in 1..=Zstd::MAX_LEVEL {
        let compressed = compress(Zstd::with_level(level).unwrap(), &bytes);
        assert_eq!(decompress(Zstd::default(), &compressed).unwrap(), bytes, "level {level}");
        sizes.push(compressed.len());
    }
    assert!(sizes.first() > sizes.last(), "levels matter: {sizes:?}");
}

#[test]
fn nothing_is_a_file_too() {
    let compressed = compress(Zstd::default(), b"");
    assert!(!compressed.is_empty());
    assert_eq!(decompress(Zstd::default(), &compressed).unwrap(), b"");
}

/// Other writers append: the contents follow each other.
#[test]
fn frames_follow_each_other() {
    let mut file = Vec::new();
    for part in [&b"one "[..], b"", b"two"] {
        file.extend(compress(Zstd::default(), part));
    }
    assert_eq!(decompress(Zstd::default(), &file).unwrap(), b"one two");
    let one_by_one = pieces(&file, &[1]);
    let zstd = Zstd::default().decompress().unwrap();
    assert_eq!(run(zstd, &one_by_one, 1).unwrap(), b"one two");
}

#[test]
fn equal_files_are_equal_bytes() {
    let bytes = text(50_000);
    let file = compress(Zstd::default(), &bytes);
    assert_eq!(file, compress(Zstd::default(), &bytes));
    // The content checksum is announced, and so is the length.
    assert_eq!(file[..4], [0x28, 0xb5, 0x2f, 0xfd]);
    assert_eq!(file[4] & 0b0000_0100, 0b100);
    assert_eq!(u16::from_le_bytes([file[5], file[6]]), 50_000 - 256);
}

/// A caller may ask again and again before it has more input.
#[test]
fn waiting_is_harmless() {
    let bytes = text(1000);
    let file = compress(Zstd::default(), &bytes);
    let mut zstd = Zstd::default().decompress().unwrap();
    let (mut out, mut buffer) = (Vec::new(), [0; 64]);
    for byte in &file {
        let taken = zstd.step(&[*byte], &mut buffer, false).unwrap();
        out.extend_from_slice(&buffer[..taken.put]);
        assert_eq!(taken.taken, 1);
        for _ in 0..100 {
            assert!(!zstd.step(&[], &mut [], false).unwrap().done);
            let more = zstd.step(&[], &mut buffer, false).unwrap();
            out.extend_from_slice(&buffer[..more.put]);
        }
    }
    assert!(zstd.step(&[], &mut buffer, true).unwrap().done);
    assert_eq!(out, bytes);
}

/// The library counts how often it is called in vain.
#[test]
fn no_room_is_harmless() {
    let file = compress(Zstd::default(), b"some text");
    let mut zstd = Zstd::default().decompress().unwrap();
    for _ in 0..100 {
        assert_eq!(zstd.step(&file, &mut [], true), Ok(Progress::default()));
    }
    let mut buffer = [0; 64];
    let progress = zstd.step(&file, &mut buffer, true).unwrap();
    assert!(progress.done);
    assert_eq!(&buffer[..progress.put], b"some text");
}

/// Once the last input was announced, it stays the last.
#[test]
fn one_file_is_one_frame() {
    let bytes = text(1000);
    let mut zstd = Zstd::default().compress().unwrap();
    let (mut file, mut buffer) = (Vec::new(), [0; 1]);
    let mut progress = zstd.step(&bytes, &mut buffer, true).unwrap();
    assert_eq!(progress.taken, bytes.len());
    while !progress.done {
        file.extend_from_slice(&buffer[..progress.put]);
        progress = zstd.step(&[], &mut buffer, false).unwrap();
    }
    file.extend_from_slice(&buffer[..progress.put]);
    assert_eq!(file, compress(Zstd::default(), &bytes));
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
        level in 1..=12_u8,
        cuts in vec(0..700_usize, 1..6),
        rooms in (1..50_usize, 1..50_usize),
    ) {
        let zstd = Zstd::with_level(level).unwrap();
        let file = run(zstd.compress().unwrap(), &pieces(&bytes, &cuts), rooms.0).unwrap();
        let back = run(zstd.decompress().unwrap(), &pieces(&file, &cuts), rooms.1).unwrap();
        prop_assert_eq!(&back, &bytes);
        let back = run(zstd.decompress().unwrap(), &pieces(&file, &[1]), 1).unwrap();
        prop_assert_eq!(back, bytes);
    }
}
