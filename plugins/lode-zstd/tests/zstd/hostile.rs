//! Damaged, hostile and endless files.

use lode_core::compress::{CompressError, Compressor};
use lode_zstd::{MAX_WINDOW_LOG, Zstd};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::drive::{compress, decompress, pieces, run, text};

fn corrupt(file: &[u8]) -> String {
    match decompress(Zstd::default(), file) {
        Err(CompressError::Corrupt { compressor: "zstd", reason }) => reason,
        other => panic!("{other:?}"),
    }
}

/// A file whose header gives a window instead of a length, as streams do.
fn streamed(bytes: &[u8]) -> Vec<u8> {
    run(Zstd::default().compress().unwrap(), &[bytes, &[]], 64 * 1024).unwrap()
}

#[test]
fn every_truncation_is_found() {
    let bytes = text(3000);
    for file in [compress(Zstd::default(), &bytes), streamed(&bytes)] {
        for end in 0..file.len() {
            for cut in [1, 10_000] {
                let zstd = Zstd::default().decompress().unwrap();
                assert_eq!(
                    run(zstd, &pieces(&file[..end], &[cut]), 100),
                    Err(CompressError::Truncated { compressor: "zstd" }),
                    "{end} bytes"
                );
            }
        }
    }
}

/// The content may stay right: a bit of the header is unused, a larger window makes no difference,
/// and a match may be copied from another place that has the same bytes.
#[test]
fn no_flipped_bit_gives_other_content() {
    let bytes = text(2000);
    for file in [compress(Zstd::default(), &bytes), streamed(&bytes)] {
        for bit in 0..file.len() * 8 {
            let mut file = file.clone();
            file[bit / 8] ^= 1 << (bit % 8);
            match decompress(Zstd::default(), &file) {
                Ok(content) => assert_eq!(content, bytes, "bit {bit}"),
                Err(error) => assert!(
                    matches!(
                        error,
                        CompressError::Corrupt { .. } | CompressError::Truncated { .. }
                    ),
                    "bit {bit}: {error}"
                ),
            }
        }
    }
}

#[test]
fn wrong_checksums_are_named() {
    let mut file = compress(Zstd::default(), b"some text");
    let last = file.len() - 1;
    file[last] ^= 1;
    assert_eq!(corrupt(&file), "Restored data doesn't match checksum");
}

#[test]
fn garbage_after_the_end_is_found() {
    let file = compress(Zstd::default(), b"some text");
    for garbage in [&b"garbage"[..], &[0; 512], &[0x28, 0xb5, 0x2f, 0xfe]] {
        let file = [&file, garbage].concat();
        assert_eq!(corrupt(&file), "Unknown frame descriptor");
        let zstd = Zstd::default().decompress().unwrap();
        assert!(run(zstd, &pieces(&file, &[1]), 1).is_err());
    }
}

#[test]
fn errors_stay() {
    let mut zstd = Zstd::default().decompress().unwrap();
    let mut buffer = [0; 64];
    let error = zstd.step(b"no zstd at all", &mut buffer, false).unwrap_err();
    let file = compress(Zstd::default(), b"some text");
    assert_eq!(zstd.step(&file, &mut buffer, true), Err(error));

    let (begun, rest) = file.split_at(5);
    let mut zstd = Zstd::default().decompress().unwrap();
    zstd.step(begun, &mut buffer, true).unwrap();
    let error = Err(CompressError::Truncated { compressor: "zstd" });
    assert_eq!(zstd.step(&[], &mut buffer, true), error);
    assert_eq!(zstd.step(rest, &mut buffer, true), error);
}

/// A frame with this window and one stored block of three bytes.
fn frame(window_log: u32) -> Vec<u8> {
    let window = u8::try_from((window_log - 10) << 3).unwrap();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0, window][..], &[(3 << 3) | 1, 0, 0], b"abc"].concat()
}

#[test]
fn a_window_over_the_limit_is_refused() {
    for window_log in 10..=MAX_WINDOW_LOG {
        assert_eq!(decompress(Zstd::default(), &frame(window_log)).unwrap(), b"abc");
    }
    for window_log in MAX_WINDOW_LOG + 1..=41 {
        assert_eq!(
            corrupt(&frame(window_log)),
            "Frame requires too much memory for decoding",
            "2^{window_log}"
        );
    }
}

/// Other writers put what is theirs into frames that are to be skipped.
#[test]
fn skippable_frames_are_skipped() {
    let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 4, 0, 0, 0][..], b"mine"].concat();
    let file = compress(Zstd::default(), b"some text");
    let file = [&skippable[..], &file, &skippable].concat();
    assert_eq!(decompress(Zstd::default(), &file).unwrap(), b"some text");
}

/// 1 GiB of zeros: only what the caller has room for comes out.
#[test]
fn a_bomb_can_be_stopped_anywhere() {
    let frame = compress(Zstd::default(), &vec![0; 64 << 20]);
    let bomb = frame.repeat(16);
    assert!(bomb.len() < 100_000);
    for stop in [1, 1000, 1 << 20, 80 << 20] {
        let mut zstd = Zstd::default().decompress().unwrap();
        let (mut rest, mut put) = (&bomb[..], 0);
        let mut buffer = vec![1; 100_000];
        while put < stop {
            let room = buffer.len().min(stop - put);
            let progress = zstd.step(rest, &mut buffer[..room], true).unwrap();
            assert!(buffer[..progress.put].iter().all(|byte| *byte == 0));
            put += progress.put;
            rest = &rest[progress.taken..];
        }
        assert_eq!(put, stop);
        assert!(bomb.len() - rest.len() <= stop / 10_000 + 200, "not much more is read than used");
    }
}

/// Frames without content cost their bytes and nothing else.
#[test]
fn many_empty_frames_end() {
    let file = compress(Zstd::default(), b"").repeat(10_000);
    assert_eq!(decompress(Zstd::default(), &file).unwrap(), b"");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn garbage_never_panics(bytes in vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let mut file = if header { streamed(b"abc")[..6].to_vec() } else { Vec::new() };
        file.extend(bytes);
        let result = decompress(Zstd::default(), &file);
        prop_assert!(header || result.is_err());
    }

    #[test]
    fn damage_gives_no_other_content(
        bytes in vec(any::<u8>(), 1..200),
        damage in vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
    ) {
        let mut file = compress(Zstd::default(), &bytes);
        for (at, byte) in damage {
            // The header has the flag that says whether there is a checksum at all.
            let at = 6 + at.index(file.len() - 6);
            file[at] ^= byte;
        }
        if let Ok(content) = decompress(Zstd::default(), &file) {
            prop_assert_eq!(content, bytes);
        }
    }
}
