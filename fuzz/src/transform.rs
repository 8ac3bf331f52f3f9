//! Compressors, held to their contract.

use lode_core::compress::{CompressError, Compressor, Transform};

use crate::input::{pieces, split};

/// The most bytes that are taken out of one input: it may be a bomb.
const MOST: usize = 128 << 10;

/// Takes `input` for a file, or for the content of one. Which of them, how it is cut, and how much
/// room there is for what comes out, is said by the first bytes.
pub fn check(compressor: &impl Compressor, input: &[u8]) {
    let ([kind, room, cuts @ ..], bytes) = split::<5>(input);
    let (pieces, room) = (pieces(bytes, &cuts), usize::from(room) * 16 + 1);
    match kind % 4 {
        0 => write(compressor, bytes, &pieces, room),
        _ => read(compressor, bytes, &pieces, room),
    }
}

/// Reads it as a file, at once and in pieces.
fn read(compressor: &impl Compressor, file: &[u8], pieces: &[&[u8]], room: usize) {
    let begin = || compressor.decompress().expect("there is memory");
    let (whole, ended) = run(begin(), &[file], 4 << 10);
    let (cut, cut_ended) = run(begin(), pieces, room);
    let common = whole.len().min(cut.len());
    assert_eq!(whole[..common], cut[..common], "what comes out depends on how it is cut");
    match (&ended, &cut_ended) {
        (Ok(true), Ok(true)) => assert_eq!(whole, cut),
        (Ok(true), _) | (_, Ok(true)) => panic!("{ended:?}, but in pieces {cut_ended:?}"),
        // A bomb may be given up before or after a place where it is damaged.
        _ => {}
    }
}

/// Writes it, and reads it back.
fn write(compressor: &impl Compressor, content: &[u8], pieces: &[&[u8]], room: usize) {
    let begin = compressor.compress().expect("there is memory");
    let (file, ended) = run(begin, pieces, room);
    assert_eq!(ended, Ok(true));
    let begin = compressor.decompress().expect("there is memory");
    assert_eq!(run(begin, &[&file], room), (content.to_vec(), Ok(true)));
}

/// What comes out of these pieces through `room` bytes, and whether that is all.
fn run(
    mut transform: Box<dyn Transform>,
    pieces: &[&[u8]],
    room: usize,
) -> (Vec<u8>, Result<bool, CompressError>) {
    let mut out = Vec::new();
    let mut buffer = vec![0; room];
    for (index, piece) in pieces.iter().enumerate() {
        let last = index + 1 == pieces.len();
        let (mut rest, mut done) = (*piece, false);
        while !rest.is_empty() || (last && !done) {
            let progress = match transform.step(rest, &mut buffer, last) {
                Ok(progress) => progress,
                Err(error) => return (out, Err(error)),
            };
            done = progress.done;
            assert!(progress.taken <= rest.len() && progress.put <= room, "{progress:?}");
            assert!(done || progress.taken + progress.put > 0, "there is no progress");
            assert!(!done || last, "it is done before the end of the input");
            out.extend_from_slice(&buffer[..progress.put]);
            rest = &rest[progress.taken..];
            if out.len() > MOST {
                return (out, Ok(false));
            }
        }
    }
    (out, Ok(true))
}
