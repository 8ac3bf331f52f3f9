//! Looking blocks up.

use alloc::vec::Vec;

use super::{Page, PageNode, Wanted};
use crate::manifest::ManifestError;
use crate::range::ByteRange;

/// Visits the pages that may have blocks in a range, in the order of offsets.
///
/// It says which page comes next and is [given](Self::take) it; of a leaf its taker then has the
/// blocks. It holds the references to what is still to come: a node for each level, at the most.
#[derive(Clone, Debug)]
pub struct Walk {
    within: ByteRange,
    /// What is still to come, the last first.
    rest: Vec<Wanted>,
    passes_full: bool,
}

/// What a [`Walk`] comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Visit {
    /// Blocks without gaps, in pages that were not looked into.
    Covered(ByteRange),
    /// A page, which has to be [taken](Walk::take) next.
    Page(Wanted),
}

impl Walk {
    /// Visits all pages that may have blocks in `within`.
    pub fn blocks(root: &PageNode, within: ByteRange) -> Self {
        let mut walk = Self { within, rest: Vec::new(), passes_full: false };
        walk.enter(root);
        walk
    }

    /// Visits only the pages that have gaps: for who asks what is covered, and not by which
    /// blocks.
    pub fn coverage(root: &PageNode, within: ByteRange) -> Self {
        let mut walk = Self { within, rest: Vec::new(), passes_full: true };
        walk.enter(root);
        walk
    }

    /// What comes next, if anything does.
    #[allow(clippy::should_implement_trait, reason = "what it yields must be given back to it")]
    pub fn next(&mut self) -> Option<Visit> {
        let wanted = self.rest.pop()?;
        let range = wanted.page.range;
        let is_passed = self.passes_full && wanted.page.is_full();
        Some(if is_passed { Visit::Covered(range) } else { Visit::Page(wanted) })
    }

    /// The pages that will be visited next, as far as they are known by now: for who reads ahead.
    pub fn ahead(&self) -> impl Iterator<Item = &Wanted> {
        self.rest.iter().rev().filter(|wanted| !self.passes_full || !wanted.page.is_full())
    }

    /// Takes a page that was visited.
    ///
    /// # Errors
    ///
    /// If it is not what was [referred to](super::PageRef::check).
    pub fn take(&mut self, wanted: &Wanted, page: &Page) -> Result<(), ManifestError> {
        wanted.page.check(wanted.level, page)?;
        if let Page::Node(node) = page {
            self.enter(node);
        }
        Ok(())
    }

    fn enter(&mut self, node: &PageNode) {
        let touched = node.touched(self.within);
        self.rest.extend(touched.iter().rev().map(|child| node.wanted(child)));
    }
}
