//! The checksum algorithms that a handle knows.

use lode_checksum::{Blake3, Md5, Xxh3};
use lode_core::checksum::Algorithm;
use lode_core::crc32c::Crc32c;
use lode_core::key::Key;
use lode_core::manifest::Format;

use crate::Error;

/// The checksum algorithms that a handle knows by name: those that come with Lode, and any that
/// are [added](Self::with).
#[derive(Clone, Debug)]
pub struct Checksums {
    known: Vec<Algorithm>,
}

impl Checksums {
    /// What a new dataset, or volume in the compact format, uses unless it is told otherwise:
    /// `xxh3-128`.
    pub fn standard() -> Algorithm {
        Algorithm::of::<Xxh3>()
    }

    /// What a new volume uses unless it is told otherwise: in JSON `md5`, the only algorithm that
    /// the Go implementation comes with, for that is whom a volume is in JSON for.
    pub fn standard_of(format: Format) -> Algorithm {
        match format {
            Format::Json => Algorithm::of::<Md5>(),
            _ => Self::standard(),
        }
    }

    /// Adds an algorithm, in place of one with the same name.
    #[must_use]
    pub fn with(mut self, algorithm: Algorithm) -> Self {
        self.known.retain(|known| known != &algorithm);
        self.known.push(algorithm);
        self
    }

    /// The algorithm of this name.
    pub fn find(&self, name: &str) -> Option<Algorithm> {
        self.known.iter().copied().find(|known| known.name() == name)
    }

    /// The algorithm that `key` names, if it names one.
    pub(crate) fn named(
        &self,
        name: Option<&str>,
        key: impl FnOnce() -> Key,
    ) -> Result<Option<Algorithm>, Error> {
        let Some(name) = name else { return Ok(None) };
        let unknown = || Error::UnknownChecksum { name: name.to_string(), key: key() };
        self.find(name).ok_or_else(unknown).map(Some)
    }

    /// The names of all of them.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.known.iter().map(Algorithm::name)
    }
}

/// `xxh3-128`, `blake3`, `md5` and `crc32c`.
impl Default for Checksums {
    fn default() -> Self {
        let known = vec![
            Self::standard(),
            Algorithm::of::<Blake3>(),
            Algorithm::of::<Md5>(),
            Algorithm::of::<Crc32c>(),
        ];
        Self { known }
    }
}
