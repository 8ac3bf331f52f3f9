//! Pages in memory, and a shell that fetches them.

use std::collections::BTreeMap;
use std::sync::Arc;

use lode_core::checksum::Digest;
use lode_core::manifest::pages::{
    Blocks, Page, PageHash, PageName, PageSizes, Paging, Unshared, Update, UpdateError, UpdateStep,
    Updated, Visit, Walk, Wanted,
};
use lode_core::manifest::{Block, BlockName, CommitId, ManifestError};
use lode_core::range::{ByteRange, GrowableRangeSet};

/// FNV-1a: the crate has no hash of its own, and needs none.
pub(crate) fn hash(bytes: &[u8]) -> PageHash {
    let start = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    let prime = 0x0000_0000_0100_0000_0000_0000_0000_013b_u128;
    let hash =
        bytes.iter().fold(start, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(prime));
    PageHash(hash.to_be_bytes())
}

pub(crate) fn sizes(inline: usize, leaf: usize, node: usize) -> PageSizes {
    PageSizes { inline, leaf, node }
}

/// A block whose bytes are all `content`.
pub(crate) fn block(start: u64, length: u64, content: u8) -> Block {
    Block {
        range: ByteRange::with_length(start, length).unwrap(),
        name: BlockName::Written { writer: 7, suffix: u64::from(content) },
        digest: Some(Digest::from([content; 4])),
    }
}

/// Where pages are kept.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) stored: BTreeMap<[u8; 32], Vec<u8>>,
    commits: u64,
}

impl Pages {
    pub(crate) fn key(name: &PageName) -> [u8; 32] {
        let bytes = [name.hash.0, name.commit.0].concat();
        bytes.try_into().unwrap()
    }

    pub(crate) fn load(&self, wanted: &Wanted) -> Result<Arc<Page>, ManifestError> {
        let bytes = &self.stored[&Self::key(&wanted.page.name)];
        wanted.page.open(wanted.level, bytes, hash).map(Arc::new)
    }

    /// Adds blocks as one commit, and keeps the pages that this makes.
    pub(crate) fn update(
        &mut self,
        blocks: &Blocks,
        new: Vec<Block>,
        sizes: PageSizes,
    ) -> Result<Updated, UpdateError> {
        self.commits += 1;
        let paging = Paging { sizes, commit: CommitId::of_handle(1, self.commits), hash };
        let mut update = Update::new(blocks, new);
        loop {
            match update.step(Some(&paging))? {
                UpdateStep::Done(updated) => {
                    for page in &updated.pages {
                        let before = self.stored.insert(Self::key(&page.name), page.bytes.clone());
                        assert_eq!(before, None, "no name is used twice");
                    }
                    return Ok(updated);
                }
                UpdateStep::Load(next, wanted) => {
                    update = next;
                    for wanted in wanted {
                        update.take(&wanted, self.load(&wanted).unwrap()).unwrap();
                    }
                }
            }
        }
    }

    /// The blocks that touch a range, and how many pages were read for that.
    pub(crate) fn touched(
        &self,
        blocks: &Blocks,
        within: ByteRange,
    ) -> Result<(Vec<Block>, usize), ManifestError> {
        let root = match blocks {
            Blocks::Inline(table) => return Ok((table.touched(within).collect(), 0)),
            Blocks::Paged(root) => root,
        };
        let (mut found, mut read) = (Vec::new(), 0);
        let mut walk = Walk::blocks(root, within);
        while let Some(visit) = walk.next() {
            let Visit::Page(wanted) = visit else { panic!("{visit:?}") };
            let page = self.load(&wanted)?;
            walk.take(&wanted, &page)?;
            read += 1;
            if let Page::Leaf(table) = &*page {
                found.extend(table.touched(within));
            }
        }
        Ok((found, read))
    }

    /// What is covered within a range, cut to it.
    pub(crate) fn coverage(&self, blocks: &Blocks, within: ByteRange) -> GrowableRangeSet {
        let cut = |range: ByteRange| range.intersection(within);
        let root = match blocks {
            Blocks::Inline(table) => return table.ranges().filter_map(cut).collect(),
            Blocks::Paged(root) => root,
        };
        let mut covered = GrowableRangeSet::new();
        let mut walk = Walk::coverage(root, within);
        while let Some(visit) = walk.next() {
            match visit {
                Visit::Covered(range) => covered.extend(cut(range)),
                Visit::Page(wanted) => {
                    assert!(!wanted.page.is_full(), "it has gaps, else there is no need for it");
                    let page = self.load(&wanted).unwrap();
                    walk.take(&wanted, &page).unwrap();
                    if let Page::Leaf(table) = &*page {
                        covered.extend(table.ranges().filter_map(cut));
                    }
                }
                _ => panic!("{visit:?}"),
            }
        }
        covered
    }

    /// Every page of a tree: its level and how many blocks or references it has.
    pub(crate) fn all(&self, blocks: &Blocks) -> Vec<(u8, usize)> {
        let Blocks::Paged(root) = blocks else { return Vec::new() };
        let mut walk = Walk::blocks(root, ByteRange::new(0, u64::MAX).unwrap());
        let mut all = Vec::new();
        while let Some(Visit::Page(wanted)) = walk.next() {
            let page = self.load(&wanted).unwrap();
            walk.take(&wanted, &page).unwrap();
            let size = match &*page {
                Page::Leaf(table) => table.len(),
                Page::Node(node) => node.children().len(),
            };
            all.push((page.level(), size));
        }
        all
    }
}

impl Pages {
    /// The blocks in the leaves that only one of two trees has, and which pages were read to find
    /// them.
    pub(crate) fn unshared(
        &self,
        before: &Blocks,
        after: &Blocks,
    ) -> ([Vec<Block>; 2], Vec<PageName>) {
        let mut unshared = Unshared::new(before, after);
        let mut read = Vec::new();
        loop {
            let wanted = unshared.wanted();
            if wanted.is_empty() {
                break;
            }
            for wanted in wanted {
                unshared.take(&wanted, &self.load(&wanted).unwrap()).unwrap();
                read.push(wanted.page.name);
            }
        }
        let blocks = |leaves: Vec<Wanted>| {
            let tables = leaves.iter().map(|wanted| match &*self.load(wanted).unwrap() {
                Page::Leaf(table) => table.to_vec(),
                Page::Node(_) => panic!("{wanted:?} is no leaf"),
            });
            tables.collect::<Vec<_>>().concat()
        };
        let (before, after) = unshared.into_leaves();
        ([blocks(before), blocks(after)], read)
    }
}
