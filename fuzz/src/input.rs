//! How the bytes of an input are divided.

/// The first `N` bytes, which say how the rest is treated, and the rest. Where there are fewer,
/// the others are 0.
pub fn split<const N: usize>(input: &[u8]) -> ([u8; N], &[u8]) {
    let (first, rest) = input.split_at(N.min(input.len()));
    let mut head = [0; N];
    head.iter_mut().zip(first).for_each(|(to, from)| *to = *from);
    (head, rest)
}

/// Cuts `bytes` into pieces whose lengths repeat `cuts`. Some of them may be empty; the last one
/// has what is left after 10,000.
pub fn pieces<'a>(mut bytes: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts.iter().cycle().take(10_000) {
        let (piece, rest) = bytes.split_at(usize::from(*cut).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
    pieces.push(bytes);
    pieces
}
