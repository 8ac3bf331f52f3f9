//! A checksum algorithm as a value, for hosts.

use alloc::boxed::Box;
use core::fmt;

use super::{Checksum, Digest};

/// A checksum algorithm that is chosen at run time, by the name in a manifest.
///
/// ```
/// use lode_core::checksum::Algorithm;
/// use lode_core::crc32c::Crc32c;
///
/// let crc32c = Algorithm::of::<Crc32c>();
/// assert_eq!(crc32c.name(), "crc32c");
/// assert_eq!(crc32c.digest(b"123456789").to_string(), "e3069283");
/// ```
#[derive(Clone, Copy)]
pub struct Algorithm {
    name: &'static str,
    size: usize,
    digest: fn(&[u8]) -> Digest,
    begin: fn() -> Box<dyn Hasher>,
}

impl Algorithm {
    /// The algorithm that `C` implements.
    pub fn of<C: Checksum + Send + 'static>() -> Self {
        Self { name: C::NAME, size: C::SIZE, digest: C::digest, begin: || Box::new(C::begin()) }
    }

    /// The name that manifests record.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many bytes a digest has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The digest of `bytes`.
    pub fn digest(&self, bytes: &[u8]) -> Digest {
        (self.digest)(bytes)
    }

    /// A state for bytes that arrive in parts.
    pub fn begin(&self) -> Box<dyn Hasher> {
        (self.begin)()
    }
}

/// Two are equal when they have the same name: the name is what manifests know.
impl PartialEq for Algorithm {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Algorithm {}

impl fmt::Debug for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Algorithm").field(&self.name).finish()
    }
}

/// The running state of an [`Algorithm`].
pub trait Hasher: Send {
    /// Takes the next bytes.
    fn update(&mut self, bytes: &[u8]);

    /// The digest of all bytes taken.
    fn finish(self: Box<Self>) -> Digest;
}

impl<C: Checksum + Send> Hasher for C {
    fn update(&mut self, bytes: &[u8]) {
        Checksum::update(self, bytes);
    }

    fn finish(self: Box<Self>) -> Digest {
        Checksum::finish(*self)
    }
}
