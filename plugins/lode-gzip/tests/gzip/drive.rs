//! Runs a transform as a caller would, and holds it to its contract.

use lode_core::compress::{CompressError, Compressor, Transform};

/// What comes out of these pieces, through an output buffer of `room` bytes.
pub(crate) fn run(
    mut transform: Box<dyn Transform>,
    pieces: &[&[u8]],
    room: usize,
) -> Result<Vec<u8>, CompressError> {
    let mut out = Vec::new();
    let mut buffer = vec![0; room];
    let pieces = if pieces.is_empty() { &[&[][..]] } else { pieces };
    for (index, piece) in pieces.iter().enumerate() {
        let last = index + 1 == pieces.len();
        let mut rest = *piece;
        let mut done = false;
        while !rest.is_empty() || (last && !done) {
            let progress = transform.step(rest, &mut buffer, last)?;
            done = progress.done;
            assert!(progress.taken <= rest.len() && progress.put <= room, "{progress:?}");
            assert!(done || progress.taken + progress.put > 0, "no progress");
            out.extend_from_slice(&buffer[..progress.put]);
            rest = &rest[progress.taken..];
            assert!(!done || (last && rest.is_empty()), "done before the end of the input");
        }
    }
    let after = transform.step(&[], &mut buffer, true)?;
    assert!(after.done && after.put == 0, "{after:?}");
    assert!(transform.step(b"x", &mut buffer, true).is_err(), "there must be no input after it");
    Ok(out)
}

/// All of it in one piece.
pub(crate) fn compress(compressor: impl Compressor, bytes: &[u8]) -> Vec<u8> {
    run(compressor.compress().unwrap(), &[bytes], 64 * 1024).unwrap()
}

/// All of it in one piece.
pub(crate) fn decompress(
    compressor: impl Compressor,
    bytes: &[u8],
) -> Result<Vec<u8>, CompressError> {
    run(compressor.decompress()?, &[bytes], 64 * 1024)
}

/// Cuts `bytes` into pieces whose lengths repeat `cuts`; zeros make empty pieces.
pub(crate) fn pieces<'a>(mut bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts.iter().cycle().take(if cuts.iter().sum::<usize>() == 0 { 0 } else { 9999 }) {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*cut).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

/// Bytes that compress somewhat, and differ everywhere.
pub(crate) fn text(bytes: usize) -> Vec<u8> {
    let lines =
        (0_u64..).flat_map(|n| format!("{{\"id\":{n},\"x\":{}}}\n", n * n % 977).into_bytes());
    lines.take(bytes).collect()
}
