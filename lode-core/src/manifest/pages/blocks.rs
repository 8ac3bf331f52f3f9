//! The blocks of a snapshot, wherever they are.

use super::PageNode;
use crate::manifest::BlockTable;

/// The blocks of a snapshot: in the manifest itself, or in pages below it.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "they are in one place or the other")]
pub enum Blocks {
    /// In the manifest.
    Inline(BlockTable),
    /// In pages; the manifest is the root of their tree.
    Paged(PageNode),
}

impl Blocks {
    /// The blocks, if they are all in the manifest.
    pub fn inline(&self) -> Option<&BlockTable> {
        match self {
            Self::Inline(table) => Some(table),
            Self::Paged(_) => None,
        }
    }

    /// How many blocks there are; as many as can be counted, if there are more.
    pub fn len(&self) -> usize {
        match self {
            Self::Inline(table) => table.len(),
            Self::Paged(root) => usize::try_from(root.blocks()).unwrap_or(usize::MAX),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes they cover.
    pub fn covered(&self) -> u64 {
        match self {
            Self::Inline(table) => table.covered(),
            Self::Paged(root) => root.covered(),
        }
    }

    /// The end of the last block, 0 if there is none.
    pub fn end(&self) -> u64 {
        match self {
            Self::Inline(table) => table.end(),
            Self::Paged(root) => root.range().end(),
        }
    }
}

impl Default for Blocks {
    fn default() -> Self {
        Self::Inline(BlockTable::default())
    }
}

impl From<BlockTable> for Blocks {
    fn from(table: BlockTable) -> Self {
        Self::Inline(table)
    }
}
