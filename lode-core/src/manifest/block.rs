//! Blocks: the committed pieces of a volume.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::ops::Range;

use super::Value;
use crate::ErrorKind;
use crate::checksum::Digest;
use crate::key::Key;
use crate::range::ByteRange;

/// A committed piece of a volume: a byte range, and the object that holds its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The bytes of the volume that it covers.
    pub range: ByteRange,
    /// How the object is called.
    pub name: BlockName,
    /// The digest of its bytes by the manifest's algorithm; Go volumes may have none.
    pub digest: Option<Digest>,
}

impl Block {
    /// Whether both hold the same bytes in the same place, as far as can be told without reading
    /// them: equal range and digest, or the very same object.
    pub fn is_same_content(&self, other: &Self) -> bool {
        let same_bytes = match (self.digest, other.digest) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.name == other.name,
        };
        self.range == other.range && same_bytes
    }
}

/// How a block's object is called; [`crate::layout::VolumeLayout::block`] makes a key of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum BlockName {
    /// By a path that is none of ours: kept as it was found.
    Foreign(Box<ForeignBlock>),
    /// `<offset>-<length>`, as the Go implementation names them.
    Plain,
    /// `<offset>-<length>-<writer>`, and for a `suffix` above 0 another `-<suffix>`.
    Written {
        /// The random bits of the handle that wrote it, so that handles never meet; on devices 0.
        writer: u64,
        /// Tells blocks apart that one handle wrote to the same range; on devices the number of
        /// the block.
        suffix: u64,
    },
}

/// A block that was found in a JSON manifest and has a path or fields that are none of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignBlock {
    /// The path, which has been checked to lie below the volume's prefix.
    pub key: Key,
    /// Fields that this version does not know.
    pub extra: BTreeMap<String, Value>,
}

/// The blocks of a snapshot, in the order of their offsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockTable {
    /// Sorted by offset and disjoint.
    blocks: Vec<Block>,
    /// The sum of the lengths in `blocks`.
    covered: u64,
}

impl BlockTable {
    /// No blocks.
    pub const EMPTY: Self = Self { blocks: Vec::new(), covered: 0 };

    /// A table of blocks that are in order already. Costs O(n).
    ///
    /// # Errors
    ///
    /// The place of the first block that does not begin at or behind the end of the one before.
    pub fn from_sorted(blocks: Vec<Block>) -> Result<Self, BlockTableError> {
        let pairs = blocks.iter().zip(blocks.iter().skip(1));
        let disordered =
            pairs.enumerate().find(|(_, (this, next))| next.range.start() < this.range.end());
        if let Some((at, (_, next))) = disordered {
            return Err(BlockTableError { index: at + 1, range: next.range });
        }
        Ok(Self::from_disjoint(blocks))
    }

    /// A table of blocks that are known to be in order and disjoint.
    pub(super) fn from_disjoint(blocks: Vec<Block>) -> Self {
        let covered = blocks.iter().map(|block| block.range.length()).sum();
        Self { blocks, covered }
    }

    /// All blocks.
    pub fn as_slice(&self) -> &[Block] {
        &self.blocks
    }

    /// All blocks, in order.
    pub fn into_vec(self) -> Vec<Block> {
        self.blocks
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many bytes they cover.
    pub fn covered(&self) -> u64 {
        self.covered
    }

    /// The start of the first block, 0 if there is none.
    pub fn start(&self) -> u64 {
        self.blocks.first().map_or(0, |block| block.range.start())
    }

    /// The end of the last block, 0 if there is none.
    pub fn end(&self) -> u64 {
        self.blocks.last().map_or(0, |block| block.range.end())
    }

    /// The blocks that have a byte in `range`. Costs O(log n).
    pub fn touched(&self, range: ByteRange) -> &[Block] {
        self.blocks.get(self.places(range)).unwrap_or_default()
    }

    /// The places of the blocks that have a byte in `range`. Costs O(log n).
    pub fn places(&self, range: ByteRange) -> Range<usize> {
        let first = self.blocks.partition_point(|block| block.range.end() <= range.start());
        let behind = self.blocks.get(first..).unwrap_or_default();
        first..first + behind.partition_point(|block| block.range.start() < range.end())
    }

    /// Their ranges, in order; adjacent ones are not joined.
    pub fn ranges(&self) -> impl DoubleEndedIterator<Item = ByteRange> + Clone {
        self.blocks.iter().map(|block| block.range)
    }
}

/// Blocks are not in order, or overlap.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BlockTableError {
    /// The place of the block that begins before the one before it ends.
    pub index: usize,
    /// Its range.
    pub range: ByteRange,
}

impl BlockTableError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for BlockTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { index, range } = self;
        write!(f, "block {index} at {range} begins before the block before it ends")
    }
}

impl Error for BlockTableError {}
