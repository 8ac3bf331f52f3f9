//! Blocks: the committed pieces of a volume.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;

use super::Value;
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
    /// The digest of its bytes; Go volumes may have none. Its algorithm is found by
    /// [`VolumeManifest::checksum_of`](super::VolumeManifest::checksum_of).
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
        /// The epoch in which it was staged, in the upper half, and below it what tells blocks
        /// apart that one handle wrote to the same range; on devices the number of the block.
        suffix: u64,
    },
}

impl BlockName {
    /// The epoch in which the block was staged; `None` for a name that has none.
    pub fn epoch(&self) -> Option<u32> {
        match self {
            Self::Written { suffix, .. } => Some((suffix >> 32) as u32),
            Self::Foreign(_) | Self::Plain => None,
        }
    }
}

/// A block that was found in a JSON manifest and has a path or fields that are none of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignBlock {
    /// The path, which has been checked to lie below the volume's prefix.
    pub key: Key,
    /// Fields that this version does not know.
    pub extra: BTreeMap<String, Value>,
}
