//! Damaged, hostile and endless files.

use lode_core::compress::{CompressError, Compressor};
use lode_gzip::Gzip;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::drive::{compress, decompress, pieces, run, text};

fn corrupt(file: &[u8]) -> String {
    match decompress(Gzip::default(), file) {
        Err(CompressError::Corrupt { compressor: "gzip", reason }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_truncation_is_found() {
    let file = compress(Gzip::default(), &text(3000));
    for end in 0..file.len() {
        for cut in [1, 10_000] {
            let gzip = Gzip::default().decompress().unwrap();
            assert_eq!(
                run(gzip, &pieces(&file[..end], &[cut]), 100),
                Err(CompressError::Truncated { compressor: "gzip" }),
                "{end} bytes"
            );
        }
    }
}

/// The content may stay right: the time in the header has no checksum, and a match may be copied
/// from another place that has the same bytes.
#[test]
fn no_flipped_bit_gives_other_content() {
    let bytes = text(2000);
    let file = compress(Gzip::default(), &bytes);
    for bit in 0..file.len() * 8 {
        let mut file = file.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        match decompress(Gzip::default(), &file) {
            Ok(content) => assert_eq!(content, bytes, "bit {bit}"),
            Err(error) => assert!(
                matches!(error, CompressError::Corrupt { .. } | CompressError::Truncated { .. }),
                "bit {bit}: {error}"
            ),
        }
    }
}

#[test]
fn wrong_checksums_are_named() {
    let file = compress(Gzip::default(), b"some text");
    let mut crc = file.clone();
    crc[file.len() - 8] ^= 1;
    assert_eq!(corrupt(&crc), "incorrect data check");
    let mut length = file.clone();
    length[file.len() - 4] ^= 1;
    assert_eq!(corrupt(&length), "incorrect length check");
}

#[test]
fn garbage_after_the_end_is_found() {
    let file = compress(Gzip::default(), b"some text");
    for garbage in [&b"garbage"[..], &[0; 512], &[0x1f, 0x8c, 8]] {
        let file = [&file, garbage].concat();
        assert_eq!(corrupt(&file), "incorrect header check");
        let gzip = Gzip::default().decompress().unwrap();
        assert!(run(gzip, &pieces(&file, &[1]), 1).is_err());
    }
}

#[test]
fn errors_stay() {
    let mut gzip = Gzip::default().decompress().unwrap();
    let mut buffer = [0; 64];
    let error = gzip.step(b"no gzip at all", &mut buffer, false).unwrap_err();
    let file = compress(Gzip::default(), b"some text");
    assert_eq!(gzip.step(&file, &mut buffer, true), Err(error));
}

/// 1 GiB of zeros, in 64 members: only what the caller has room for comes out.
#[test]
fn a_bomb_can_be_stopped_anywhere() {
    let member = compress(Gzip::with_level(9).unwrap(), &vec![0; 16 << 20]);
    let bomb = member.repeat(64);
    assert!(bomb.len() < 2 << 20);
    for stop in [1, 1000, 1 << 20, 20 << 20] {
        let mut gzip = Gzip::default().decompress().unwrap();
        let (mut rest, mut put) = (&bomb[..], 0);
        let mut buffer = vec![1; 10_000];
        while put < stop {
            let room = buffer.len().min(stop - put);
            let progress = gzip.step(rest, &mut buffer[..room], true).unwrap();
            assert!(buffer[..progress.put].iter().all(|byte| *byte == 0));
            put += progress.put;
            rest = &rest[progress.taken..];
        }
        assert_eq!(put, stop);
        assert!(bomb.len() - rest.len() <= stop / 500 + 200, "not much more is read than is used");
    }
}

/// Members without content cost their 20 bytes each and nothing else.
#[test]
fn many_empty_members_end() {
    let file = compress(Gzip::default(), b"").repeat(10_000);
    assert_eq!(decompress(Gzip::default(), &file).unwrap(), b"");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn garbage_is_an_error(bytes in vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let mut file = if header { compress(Gzip::default(), b"")[..10].to_vec() } else { Vec::new() };
        file.extend(bytes);
        prop_assert!(decompress(Gzip::default(), &file).is_err());
    }

    #[test]
    fn damage_gives_no_other_content(
        bytes in vec(any::<u8>(), 1..200),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut file = compress(Gzip::default(), &bytes);
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        if let Ok(content) = decompress(Gzip::default(), &file) {
            prop_assert_eq!(content, bytes);
        }
    }
}
