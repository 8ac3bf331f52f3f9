//! How much a reader puts up with.

/// How much memory and patience a reader has for compressed files: a bomb ends in an error.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// How many times as many bytes as a file has may come out of it, above the first 16 MiB.
    pub ratio: u64,
    /// How many bytes may come out of one file.
    pub total: u64,
}

impl Limits {
    /// Below this many bytes no ratio is too great: small files of equal lines are no bombs.
    const FLOOR: u64 = 16 << 20;

    /// How many bytes may come out of a file of `size` bytes.
    pub(super) fn of_file(&self, size: u64) -> u64 {
        size.saturating_mul(self.ratio).max(Self::FLOOR).min(self.total)
    }
}

/// A thousandfold, and 4 GiB.
impl Default for Limits {
    fn default() -> Self {
        Self { ratio: 1000, total: 4 << 30 }
    }
}
