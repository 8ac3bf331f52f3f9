//! A block as a device knows it.

use crate::range::ByteRange;

/// A piece of the volume, and the object that holds its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub(super) start: u64,
    /// The number in the object's name.
    pub(super) number: u64,
    /// At least 1.
    pub(super) length: u32,
    /// Of the bytes.
    pub(super) crc: u32,
}

impl Block {
    /// No block: what an unused place of a table holds.
    pub(super) const NONE: Self = Self { start: 0, number: 0, length: 0, crc: 0 };

    pub(super) const fn end(&self) -> u64 {
        // No block ends behind its volume, which ends below 2^63.
        self.start.wrapping_add(self.length as u64)
    }

    pub(super) fn overlaps(&self, range: ByteRange) -> bool {
        self.start < range.end() && range.start() < self.end()
    }

    pub(super) const fn range(&self) -> Option<ByteRange> {
        ByteRange::new(self.start, self.end())
    }
}
