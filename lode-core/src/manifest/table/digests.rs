//! Digests of blocks, as many bytes each as they have.

use alloc::vec::Vec;
use core::ops::Range;

use crate::checksum::Digest;

/// The digests of a table's blocks, in order.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::manifest) enum Digests {
    /// All have this size, one after the other; it is 0 as long as there are none.
    Even { size: usize, bytes: Vec<u8> },
    /// Some block has none, or one of another size than others: manifests of the Go
    /// implementation.
    Odd(Vec<Option<Digest>>),
}

impl Default for Digests {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Digests {
    pub(super) const EMPTY: Self = Self::Even { size: 0, bytes: Vec::new() };

    /// None yet, with room for so many.
    pub(super) fn with_capacity(count: usize, like: &Self) -> Self {
        match like {
            Self::Even { size, .. } => {
                Self::Even { size: 0, bytes: Vec::with_capacity(count * size) }
            }
            Self::Odd(_) => Self::EMPTY,
        }
    }

    /// Digests of `size` bytes each, at least 1.
    pub(in crate::manifest) fn even(size: usize, bytes: Vec<u8>) -> Self {
        Self::Even { size: if bytes.is_empty() { 0 } else { size }, bytes }
    }

    pub(super) fn get(&self, place: usize) -> Option<Digest> {
        match self {
            Self::Even { size: 16, bytes } => {
                // The size of most, known to the compiler.
                bytes.as_chunks::<16>().0.get(place).copied().map(Digest::from)
            }
            Self::Even { size, bytes } => {
                let start = place * size;
                Digest::new(bytes.get(start..start + size)?)
            }
            Self::Odd(digests) => digests.get(place).copied().flatten(),
        }
    }

    pub(super) fn push(&mut self, digest: Option<Digest>) {
        if let (Self::Even { size, bytes }, Some(digest)) = (&mut *self, &digest) {
            let new = digest.as_bytes();
            if new.len() == *size || (bytes.is_empty() && !new.is_empty()) {
                *size = new.len();
                bytes.extend_from_slice(new);
                return;
            }
        }
        self.push_odd(digest);
    }

    /// Appends the digests at these places of others.
    pub(super) fn extend(&mut self, other: &Self, places: Range<usize>) {
        if let (Self::Even { size, bytes }, Self::Even { size: as_large, bytes: from }) =
            (&mut *self, other)
            && (size == as_large || bytes.is_empty())
            && let Some(new) = from.get(places.start * as_large..places.end * as_large)
            && !new.is_empty()
        {
            *size = *as_large;
            bytes.extend_from_slice(new);
            return;
        }
        places.for_each(|place| self.push(other.get(place)));
    }

    /// From here on they are kept each for itself.
    fn push_odd(&mut self, digest: Option<Digest>) {
        match self {
            Self::Even { size, bytes } => {
                let before = bytes.chunks_exact((*size).max(1)).map(Digest::new);
                *self = Self::Odd(before.chain([digest]).collect());
            }
            Self::Odd(digests) => digests.push(digest),
        }
    }

    /// The place of the first one that has another size than the first; `None` if none has.
    pub(in crate::manifest) fn first_odd(&self) -> Option<usize> {
        let Self::Odd(digests) = self else { return None };
        let size = |digest: &Option<Digest>| digest.map(|digest| digest.as_bytes().len());
        let first = digests.first().and_then(size);
        digests.iter().position(|digest| size(digest) != first)
    }

    /// About how many bytes of memory they take.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Even { bytes, .. } => bytes.len(),
            Self::Odd(digests) => size_of_val(digests.as_slice()),
        }
    }
}
