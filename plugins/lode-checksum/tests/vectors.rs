//! Known digests, and that cutting the bytes into parts makes no difference.

use lode_checksum::{Blake3, Md5, Xxh3};
use lode_core::checksum::{Algorithm, Checksum};

fn check<C: Checksum + Send + 'static>(of_nothing: &str, of_abc: &str) {
    assert_eq!(C::digest(b"").to_string(), of_nothing);
    assert_eq!(C::digest(b"abc").to_string(), of_abc);
    assert_eq!(C::digest(b"abc").as_bytes().len(), C::SIZE);

    let bytes: Vec<u8> = (0..10_000_u32).map(|i| (i * 7 % 251) as u8).collect();
    for part in [1, 63, 64, 1024, 9_999] {
        let mut hasher = Algorithm::of::<C>().begin();
        bytes.chunks(part).for_each(|part| hasher.update(part));
        assert_eq!(hasher.finish(), C::digest(&bytes), "parts of {part} bytes");
    }
}

#[test]
fn md5() {
    check::<Md5>("d41d8cd98f00b204e9800998ecf8427e", "900150983cd24fb0d6963f7d28e17f72");
}

/// The values are those of `xxhsum -H2`, version 0.8.
#[test]
fn xxh3() {
    check::<Xxh3>("99aa06d3014798d86001c324468d497f", "06b05ab6733a618578af5f94892f3950");
}

/// The values are those of the authors' `b3sum`.
#[test]
fn blake3() {
    check::<Blake3>(
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
        "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
    );
}
