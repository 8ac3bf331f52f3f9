//! The pages in which two trees differ.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Blocks, Page, PageNode, Wanted};
use crate::manifest::ManifestError;

/// Finds the leaves that only one of two snapshots of a volume has. What both have is the same page
/// under the same name, and is not looked into, nor is anything below it.
///
/// It says which nodes it [wants](Self::wanted) and is [given](Self::take) them, until it wants
/// none; then it has the [leaves](Self::into_leaves). There are as many rounds as the trees have
/// levels, and what is wanted in one can be read at the same time. It holds the references of the
/// nodes that differ.
///
/// All levels are gone through from the top, in both trees at the same time: when a page is wanted,
/// all of its level are known that the other tree has.
#[derive(Clone, Debug)]
pub struct Unshared {
    before: Frontier,
    after: Frontier,
}

/// What is known of a tree: pages that are disjoint and have all its blocks but the shared ones, by
/// the start of their ranges.
type Frontier = BTreeMap<u64, Wanted>;

impl Unshared {
    /// Begins to compare. Blocks that lie in the manifest itself are in no page.
    pub fn new(before: &Blocks, after: &Blocks) -> Self {
        Self { before: frontier(before), after: frontier(after) }
    }

    /// The nodes that it needs next, of both trees; none if it is done.
    pub fn wanted(&mut self) -> Vec<Wanted> {
        self.leave_out_shared();
        let pages = || self.before.values().chain(self.after.values());
        match pages().map(|wanted| wanted.level).max() {
            None | Some(0) => Vec::new(),
            Some(top) => pages().filter(|wanted| wanted.level == top).copied().collect(),
        }
    }

    /// Takes a node that it wanted.
    ///
    /// # Errors
    ///
    /// If it is not what was [referred to](super::PageRef::check).
    pub fn take(&mut self, wanted: &Wanted, page: &Page) -> Result<(), ManifestError> {
        wanted.page.check(wanted.level, page)?;
        let Page::Node(node) = page else { return Ok(()) };
        let start = wanted.page.range.start();
        for frontier in [&mut self.before, &mut self.after] {
            if frontier.get(&start) == Some(wanted) {
                frontier.remove(&start);
                enter(frontier, node);
            }
        }
        Ok(())
    }

    /// The leaves that only the first has, and those that only the second has, in the order of
    /// their offsets.
    pub fn into_leaves(mut self) -> (Vec<Wanted>, Vec<Wanted>) {
        self.leave_out_shared();
        (self.before.into_values().collect(), self.after.into_values().collect())
    }

    fn leave_out_shared(&mut self) {
        let after = &mut self.after;
        self.before.retain(|start, wanted| {
            let is_shared = after.get(start) == Some(wanted);
            if is_shared {
                after.remove(start);
            }
            !is_shared
        });
    }
}

fn frontier(blocks: &Blocks) -> Frontier {
    let mut frontier = Frontier::new();
    if let Blocks::Paged(root) = blocks {
        enter(&mut frontier, root);
    }
    frontier
}

fn enter(frontier: &mut Frontier, node: &PageNode) {
    let children = node.children().iter();
    frontier.extend(children.map(|child| (child.range.start(), node.wanted(child))));
}
