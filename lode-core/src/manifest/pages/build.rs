//! Making pages.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::{Page, PageHasher, PageName, PageNode, PageRef};
use crate::manifest::{BlockTable, CommitId, ManifestError, compact};

/// How large pages become. It is the writer's choice: a reader takes what it finds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PageSizes {
    /// The most blocks in a manifest without pages.
    pub inline: usize,
    /// The most blocks in a leaf, at least 1.
    pub leaf: usize,
    /// The most references in a node, and in a manifest over pages; at least 2.
    pub node: usize,
}

/// Pages of about 10 KB, where digests have 16 bytes: with two levels of them 67 million blocks
/// have room, 33 million if they arrive in any order.
impl Default for PageSizes {
    fn default() -> Self {
        Self { inline: 512, leaf: 512, node: 256 }
    }
}

/// What a commit makes pages with.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    /// How large they become.
    pub sizes: PageSizes,
    /// The commit, which is a part of their names.
    pub commit: CommitId,
    /// Makes the other part.
    pub hash: PageHasher,
}

/// A page that has to be durable before the manifest is committed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct NewPage {
    /// Its name.
    pub name: PageName,
    /// Its stored bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub page: Arc<Page>,
}

/// Makes pages, from the leaves up.
pub(super) struct Builder<'a> {
    paging: &'a Paging,
    pub(super) pages: Vec<NewPage>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(paging: &'a Paging) -> Self {
        Self { paging, pages: Vec::new() }
    }

    /// The root of a new tree over these blocks, of which there are some.
    pub(super) fn tree(&mut self, table: BlockTable) -> Result<Option<PageNode>, ManifestError> {
        let leaves = self.leaves(table, true)?;
        self.root(1, leaves, true)
    }

    /// Leaves with these blocks.
    pub(super) fn leaves(
        &mut self,
        table: BlockTable,
        at_end: bool,
    ) -> Result<Vec<PageRef>, ManifestError> {
        let most = self.paging.sizes.leaf.max(1);
        if table.len() <= most {
            return Ok(self.write(Page::Leaf(table))?.into_iter().collect());
        }
        let mut leaves = Vec::new();
        let mut first = 0;
        for size in cuts(table.len(), most, at_end) {
            let mut leaf = BlockTable::EMPTY;
            leaf.extend(&table, first..first + size);
            first += size;
            leaves.extend(self.write(Page::Leaf(leaf))?);
        }
        Ok(leaves)
    }

    /// Nodes of this level over these pages.
    pub(super) fn nodes(
        &mut self,
        level: u8,
        children: Vec<PageRef>,
        at_end: bool,
    ) -> Result<Vec<PageRef>, ManifestError> {
        let sizes = cuts(children.len(), self.most_children(), at_end);
        let mut children = children.into_iter();
        let mut nodes = Vec::new();
        for size in sizes {
            let children = children.by_ref().take(size).collect();
            if let Some(node) = PageNode::from_disjoint(level, children) {
                nodes.extend(self.write(Page::Node(node))?);
            }
        }
        Ok(nodes)
    }

    /// The root over these pages, at this level or as far above it as they need.
    pub(super) fn root(
        &mut self,
        mut level: u8,
        mut children: Vec<PageRef>,
        at_end: bool,
    ) -> Result<Option<PageNode>, ManifestError> {
        while children.len() > self.most_children() {
            children = self.nodes(level, children, at_end)?;
            level += 1;
        }
        Ok(PageNode::from_disjoint(level, children))
    }

    fn most_children(&self) -> usize {
        self.paging.sizes.node.max(2)
    }

    fn write(&mut self, page: Page) -> Result<Option<PageRef>, ManifestError> {
        let Some(range) = page.range() else { return Ok(None) };
        let bytes = compact::encode_page(&page)?;
        let name = PageName { hash: (self.paging.hash)(&bytes), commit: self.paging.commit };
        let reference = PageRef { name, range, blocks: page.blocks(), covered: page.covered() };
        self.pages.push(NewPage { name, bytes, page: Arc::new(page) });
        Ok(Some(reference))
    }
}

/// Cuts `count` things into parts of `most` at the most: at the end of a volume all but the last
/// full, else as equal as can be.
fn cuts(count: usize, most: usize, at_end: bool) -> impl Iterator<Item = usize> {
    let parts = count.div_ceil(most);
    let mut rest = count;
    (0..parts).rev().map(move |behind| {
        let size = if at_end { rest.min(most) } else { rest.div_ceil(behind + 1) };
        rest -= size;
        size
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(count: usize, most: usize, at_end: bool) -> Vec<usize> {
        cuts(count, most, at_end).collect()
    }

    #[test]
    fn only_the_last_part_at_the_end_is_not_full() {
        assert_eq!(sizes(9, 4, true), [4, 4, 1]);
        assert_eq!(sizes(8, 4, true), [4, 4]);
        assert_eq!(sizes(0, 4, true), [0; 0]);
    }

    #[test]
    fn elsewhere_all_parts_are_about_equal() {
        assert_eq!(sizes(5, 4, false), [3, 2]);
        assert_eq!(sizes(9, 4, false), [3, 3, 3]);
        assert_eq!(sizes(10, 4, false), [4, 3, 3]);
        assert_eq!(sizes(4, 4, false), [4]);
        assert_eq!(sizes(0, 4, false), [0; 0]);
    }
}
