//! Pages, and what refers to them.

use alloc::vec::Vec;
use core::fmt;

use crate::checksum::Digest;
use crate::manifest::compact::{self, Prefix};
use crate::manifest::{BlockTable, CommitId, ManifestError};
use crate::range::ByteRange;

/// The hash of a page's stored bytes: the first 16 bytes of their BLAKE3.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PageHash(
    /// In the order in which they are printed.
    pub [u8; 16],
);

/// Makes the hash of a page. Hosts have the algorithm; nothing else depends on it.
pub type PageHasher = fn(&[u8]) -> PageHash;

/// What a page is called; [`crate::layout::VolumeLayout::page`] makes a key of it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct PageName {
    /// The hash of its bytes.
    pub hash: PageHash,
    /// The commit that wrote it, so that the same bytes written by another have another name: a
    /// collector may be deleting the first.
    pub commit: CommitId,
}

impl fmt::Display for PageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", Digest::from(self.hash.0), self.commit)
    }
}

/// A reference to a page: its name, and what lies below it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageRef {
    /// Its name.
    pub name: PageName,
    /// From the start of the first block to the end of the last one.
    pub range: ByteRange,
    /// How many blocks there are, at least 1.
    pub blocks: u64,
    /// How many bytes they cover.
    pub covered: u64,
}

impl PageRef {
    /// Whether there is no gap below it.
    pub const fn is_full(&self) -> bool {
        self.covered == self.range.length()
    }

    /// The page that is stored as `bytes`, if it is the one that is referred to, with so many
    /// levels of pages below it. Costs a hash of the bytes; allocates no more than a few times
    /// them.
    ///
    /// # Errors
    ///
    /// Those of [`compact::decode_page`] and [`check`](Self::check), and if it has another hash.
    pub fn open(&self, level: u8, bytes: &[u8], hash: PageHasher) -> Result<Page, ManifestError> {
        let page = compact::decode_page(bytes)?;
        if hash(bytes) != self.name.hash {
            let reason = "it is another page than the one that is referred to";
            return Err(ManifestError::Decode { at: 0, field: "hash", reason });
        }
        self.check(level, &page)?;
        Ok(page)
    }

    /// Checks that a page of this name is what is said of it. Costs O(1).
    ///
    /// # Errors
    ///
    /// The first thing that is not.
    pub fn check(&self, level: u8, page: &Page) -> Result<(), ManifestError> {
        let wrong = |field, reason| {
            let at = Prefix::SIZE;
            Err(ManifestError::Decode { at, field, reason })
        };
        if page.level() != level {
            return wrong("level", "it is not the one that lies below what refers to it");
        }
        if page.range() != Some(self.range) {
            return wrong("bounds", "they are not those of what refers to it");
        }
        if page.blocks() != self.blocks {
            return wrong("blocks", "they are not as many as what refers to it says");
        }
        if page.covered() != self.covered {
            return wrong("covered", "it is not what the reference says");
        }
        Ok(())
    }
}

/// A page that is to be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Wanted {
    /// Which one.
    pub page: PageRef,
    /// How many levels of pages lie below it: 0 for a leaf.
    pub level: u8,
}

/// A page.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums, reason = "a tree has nodes and leaves")]
pub enum Page {
    /// Blocks; never none.
    Leaf(BlockTable),
    /// References to pages.
    Node(PageNode),
}

impl Page {
    /// The most bytes that a page is stored in. Those that are written by default have a fortieth
    /// of it at the most.
    pub const MAX_SIZE: usize = 1 << 20;

    /// How many levels of pages lie below it: 0 for a leaf.
    pub const fn level(&self) -> u8 {
        match self {
            Self::Leaf(_) => 0,
            Self::Node(node) => node.level,
        }
    }

    /// From the start of the first block to the end of the last one.
    pub fn range(&self) -> Option<ByteRange> {
        match self {
            Self::Leaf(table) => ByteRange::new(table.start(), table.end()),
            Self::Node(node) => Some(node.range()),
        }
    }

    /// How many blocks there are.
    pub fn blocks(&self) -> u64 {
        match self {
            Self::Leaf(table) => table.len() as u64,
            Self::Node(node) => node.blocks,
        }
    }

    /// How many bytes they cover.
    pub fn covered(&self) -> u64 {
        match self {
            Self::Leaf(table) => table.covered(),
            Self::Node(node) => node.covered,
        }
    }

    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Leaf(table) => table.weight(),
                Self::Node(node) => size_of_val(node.children()),
            }
    }
}

/// References to pages, in order: an inner page of the tree, or its root in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct PageNode {
    /// How many levels of pages lie below it, 1 to [`MAX_LEVEL`](Self::MAX_LEVEL). It bounds what
    /// hostile pages can make a reader do.
    level: u8,
    /// At least one; sorted and disjoint.
    children: Vec<PageRef>,
    /// The hull of the children's ranges.
    range: ByteRange,
    /// The sum of the children's.
    blocks: u64,
    /// The sum of the children's.
    covered: u64,
}

impl PageNode {
    /// The greatest number of levels.
    pub const MAX_LEVEL: u8 = 32;

    /// A node over these children, if there are any. They are known to be sorted and disjoint, and
    /// what each says of itself to be possible; so no sum overflows.
    pub(crate) fn from_disjoint(level: u8, children: Vec<PageRef>) -> Option<Self> {
        let (first, last) = (children.first()?, children.last()?);
        let range = ByteRange::new(first.range.start(), last.range.end())?;
        let blocks = children.iter().map(|child| child.blocks).sum();
        let covered = children.iter().map(|child| child.covered).sum();
        Some(Self { level, children, range, blocks, covered })
    }

    /// How many levels of pages lie below it.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// The pages right below it.
    pub fn children(&self) -> &[PageRef] {
        &self.children
    }

    /// From the start of the first block to the end of the last one.
    pub const fn range(&self) -> ByteRange {
        self.range
    }

    /// How many blocks there are in all pages below.
    pub const fn blocks(&self) -> u64 {
        self.blocks
    }

    /// How many bytes they cover.
    pub const fn covered(&self) -> u64 {
        self.covered
    }

    /// The children that may have a byte in `range`. Costs O(log n).
    pub fn touched(&self, range: ByteRange) -> &[PageRef] {
        let first = self.children.partition_point(|child| child.range.end() <= range.start());
        let behind = self.children.get(first..).unwrap_or_default();
        let count = behind.partition_point(|child| child.range.start() < range.end());
        behind.get(..count).unwrap_or_default()
    }

    /// A child, as a page to be read.
    pub(super) const fn wanted(&self, child: &PageRef) -> Wanted {
        Wanted { page: *child, level: self.level - 1 }
    }
}
