//! The numbers by which the compact format tells apart what follows.

/// The first byte of a parent's digest: there is none.
pub(crate) const NO_DIGEST: u8 = 0;
/// The first byte of a parent's digest: it is a CRC-32C.
pub(crate) const CRC32C_DIGEST: u8 = 1;

/// The bit of a run's shape that says that suffixes count up.
pub(crate) const COUNTING: u8 = 4;
/// A run's blocks begin where the ones before them end.
pub(crate) const ADJACENT: u8 = 0;
/// The gaps between a run's blocks are all the same.
pub(crate) const STRIDED: u8 = 1;
/// The gaps between a run's blocks are given one by one.
pub(crate) const LISTED: u8 = 2;
/// The greatest unit of listed gaps, as a power of 2.
pub(crate) const MAX_SHIFT: u8 = 63;

/// The first byte of a metadata value: it is a text.
pub(crate) const TEXT: u8 = 6;

/// How many bytes the state of collections has where nothing was ever collected.
pub(crate) const NO_STATE: u8 = 0;
/// A record was made for a collection.
#[cfg(feature = "alloc")]
pub(crate) const COLLECTION: u8 = 1;
/// A record was made for a repair.
#[cfg(feature = "alloc")]
pub(crate) const REPAIR: u8 = 2;
