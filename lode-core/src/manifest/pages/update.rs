//! Adding blocks.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use hashbrown::HashMap;

use super::build::Builder;
use super::{Blocks, NewPage, Page, PageName, PageNode, PageRef, Paging, Wanted};
use crate::ErrorKind;
use crate::manifest::{Block, BlockTable, ManifestError, Overlap};

/// Adds new blocks to those of a snapshot, as [`BlockTable::merge`] does to those of a table, with
/// the same answers.
///
/// It is [stepped](Self::step) until it is done; in between it is [given](Self::take) the pages
/// that it asks for.
#[derive(Clone, Debug)]
pub struct Update<'a> {
    blocks: &'a Blocks,
    /// Sorted by their starts.
    new: Vec<Block>,
    /// What it has been given.
    pages: HashMap<PageName, Arc<Page>>,
}

/// How far an [`Update`] is.
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_enums, reason = "it is done or not")]
pub enum UpdateStep<'a> {
    /// It needs these pages, and can then be stepped again. There are as many steps as the tree
    /// has levels; what is asked for in one can be read at the same time.
    Load(Update<'a>, Vec<Wanted>),
    /// It is done.
    Done(Updated),
}

/// What an [`Update`] made.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Updated {
    /// All blocks.
    pub blocks: Blocks,
    /// How many of them are new; 0 means that everything was there already.
    pub added: usize,
    /// The pages that are new. They must be durable before a manifest that refers to them is
    /// committed.
    pub pages: Vec<NewPage>,
}

impl<'a> Update<'a> {
    /// Begins to add `new` blocks, in any order.
    pub fn new(blocks: &'a Blocks, mut new: Vec<Block>) -> Self {
        new.sort_by_key(|block| (block.range.start(), block.range.end()));
        Self { blocks, new, pages: HashMap::new() }
    }

    /// Takes a page that was asked for.
    ///
    /// # Errors
    ///
    /// If it is not what was [referred to](PageRef::check).
    pub fn take(&mut self, wanted: &Wanted, page: Arc<Page>) -> Result<(), ManifestError> {
        wanted.page.check(wanted.level, &page)?;
        self.pages.insert(wanted.page.name, page);
        Ok(())
    }

    /// Goes on with what it has. Without `paging` no blocks are put into pages.
    ///
    /// Costs, in the last step, O(n) for n blocks that are not in pages, else O(k log n) and the
    /// touched pages for k new ones.
    ///
    /// # Errors
    ///
    /// [`UpdateError::Overlap`] with the first block that is in the way of a new one.
    pub fn step(self, paging: Option<&Paging>) -> Result<UpdateStep<'a>, UpdateError> {
        match self.blocks {
            Blocks::Inline(table) => merge(table, self.new, paging).map(UpdateStep::Done),
            Blocks::Paged(root) => {
                let mut wanted = Vec::new();
                self.look_through(root, &self.new, &mut wanted);
                if wanted.is_empty() {
                    self.rebuild(root, paging)
                } else {
                    Ok(UpdateStep::Load(self, wanted))
                }
            }
        }
    }

    /// Finds the pages that `new` blocks go into and that are not there yet.
    fn look_through(&self, node: &PageNode, new: &[Block], wanted: &mut Vec<Wanted>) {
        for (_, child, part) in route(node.children(), new) {
            match self.pages.get(&child.name).map(Arc::as_ref) {
                None => wanted.push(node.wanted(child)),
                Some(Page::Node(below)) => self.look_through(below, part, wanted),
                Some(Page::Leaf(_)) => {}
            }
        }
    }

    fn rebuild(
        self,
        root: &PageNode,
        paging: Option<&Paging>,
    ) -> Result<UpdateStep<'a>, UpdateError> {
        let paging = paging.ok_or_else(|| unwritable("there are pages already"))?;
        let mut rebuild = Rebuild { given: &self.pages, builder: Builder::new(paging), added: 0 };
        let at_end = self.new.first().is_some_and(|new| new.range.start() >= root.range().end());
        let children = rebuild.children(root, &self.new, at_end)?;
        let Some(children) = children else {
            let blocks = self.blocks.clone();
            return Ok(UpdateStep::Done(Updated { blocks, added: 0, pages: Vec::new() }));
        };
        let root = rebuild.builder.root(root.level(), children, at_end)?;
        let blocks = root.map_or_else(Blocks::default, Blocks::Paged);
        let Rebuild { builder, added, .. } = rebuild;
        Ok(UpdateStep::Done(Updated { blocks, added, pages: builder.pages }))
    }
}

/// Adds blocks to a table, and puts it into pages if it has become too large.
fn merge(
    table: &BlockTable,
    new: Vec<Block>,
    paging: Option<&Paging>,
) -> Result<Updated, UpdateError> {
    let merged = table.merge(new)?;
    let (table, added) = (merged.table, merged.added);
    let mut builder = match paging {
        Some(paging) if added > 0 && table.len() > paging.sizes.inline => Builder::new(paging),
        _ => return Ok(Updated { blocks: Blocks::Inline(table), added, pages: Vec::new() }),
    };
    let root = builder.tree(table)?;
    let blocks = root.map_or_else(Blocks::default, Blocks::Paged);
    Ok(Updated { blocks, added, pages: builder.pages })
}

/// The pages that change, made anew from the bottom up.
struct Rebuild<'a> {
    given: &'a HashMap<PageName, Arc<Page>>,
    builder: Builder<'a>,
    added: usize,
}

impl Rebuild<'_> {
    /// The children that a node gets by `new` blocks, if they change. `at_end` says that all new
    /// ones lie behind all that the volume has.
    fn children(
        &mut self,
        node: &PageNode,
        new: &[Block],
        at_end: bool,
    ) -> Result<Option<Vec<PageRef>>, UpdateError> {
        let old = node.children();
        let mut children = Vec::with_capacity(old.len() + 1);
        let mut copied = 0;
        for (index, child, part) in route(old, new) {
            if let Some(instead) = self.child(child, part, at_end)? {
                children.extend_from_slice(old.get(copied..index).unwrap_or_default());
                children.extend(instead);
                copied = index + 1;
            }
        }
        if copied == 0 {
            return Ok(None);
        }
        children.extend_from_slice(old.get(copied..).unwrap_or_default());
        Ok(Some(children))
    }

    /// What takes the place of a child, if it changes.
    fn child(
        &mut self,
        child: &PageRef,
        new: &[Block],
        at_end: bool,
    ) -> Result<Option<Vec<PageRef>>, UpdateError> {
        let page = self.given.get(&child.name).map(Arc::as_ref);
        let instead = match page.ok_or_else(|| unwritable("a page was not given"))? {
            Page::Leaf(table) => {
                let merged = table.merge(new.to_vec())?;
                if merged.added == 0 {
                    return Ok(None);
                }
                self.added += merged.added;
                self.builder.leaves(merged.table, at_end)?
            }
            Page::Node(node) => match self.children(node, new, at_end)? {
                Some(children) => self.builder.nodes(node.level(), children, at_end)?,
                None => return Ok(None),
            },
        };
        Ok(Some(instead))
    }
}

/// Divides `new` blocks, which are sorted, among the pages that they go into: the place of each
/// such page, the page, and its blocks.
///
/// A block that begins within a page goes there; if it does not end there, it overlaps the last
/// block of that page. One that begins between two pages goes into the one before. But if it
/// reaches into the one behind, it goes there, and so do all others between these two: then each
/// meets what it would meet in one table, in the same order.
fn route<'a>(
    pages: &'a [PageRef],
    new: &'a [Block],
) -> impl Iterator<Item = (usize, &'a PageRef, &'a [Block])> {
    let (mut rest, mut earliest) = (new, 0);
    let parts = core::iter::from_fn(move || {
        let start = rest.first()?.range.start();
        let before = pages.partition_point(|page| page.range.start() <= start);
        let index = earliest.max(before.saturating_sub(1));
        earliest = index + 1;
        let page = pages.get(index)?;
        let count = match pages.get(index + 1) {
            None => rest.len(),
            Some(behind) => {
                let within = rest.partition_point(|block| block.range.start() < page.range.end());
                let until = rest.partition_point(|new| new.range.start() < behind.range.start());
                let between = rest.get(within..until).unwrap_or_default();
                let reaches = |block: &Block| block.range.end() > behind.range.start();
                if between.iter().any(reaches) { within } else { until }
            }
        };
        let (part, others) = rest.split_at_checked(count)?;
        rest = others;
        Some((index, page, part))
    });
    parts.filter(|(_, _, part)| !part.is_empty())
}

/// Why an [`Update`] cannot be made.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum UpdateError {
    /// A block is in the way.
    Overlap(Overlap),
    /// A page cannot be written.
    Unwritable(ManifestError),
}

impl UpdateError {
    /// What can be done about it.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Overlap(overlap) => overlap.kind(),
            Self::Unwritable(error) => error.kind(),
        }
    }
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overlap(overlap) => overlap.fmt(f),
            Self::Unwritable(error) => error.fmt(f),
        }
    }
}

impl Error for UpdateError {}

impl From<Overlap> for UpdateError {
    fn from(overlap: Overlap) -> Self {
        Self::Overlap(overlap)
    }
}

impl From<ManifestError> for UpdateError {
    fn from(error: ManifestError) -> Self {
        Self::Unwritable(error)
    }
}

fn unwritable(reason: &'static str) -> UpdateError {
    UpdateError::Unwritable(ManifestError::Unrepresentable { field: "blocks".into(), reason })
}
