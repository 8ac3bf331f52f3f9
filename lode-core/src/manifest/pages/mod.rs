//! Large volumes: the blocks of a snapshot in a tree of pages.
//!
//! A manifest that lists every block costs as much as the volume has blocks, at each commit. So
//! above a [few hundred](PageSizes::inline) blocks it is the root of a B+tree: it refers to pages,
//! they refer to pages, and those of the last level hold the blocks.
//!
//! ```text
//!                    manifest (root)
//!              ┌───────────┼───────────┐
//!            node        node        node        level 1: references, in order
//!          ┌───┼───┐   ┌───┼───┐   ┌───┼───┐
//!         leaf … leaf leaf … leaf leaf … leaf    level 0: blocks, in order
//! ```
//!
//! Pages never change. A commit writes new ones in place of those that it touches, a leaf and the
//! nodes above it, and all others belong to both snapshots; so a commit of one block costs a page
//! for each level. The name of a page is the hash of its bytes and the commit that wrote it: a
//! reader can tell that it got the right one, and no name is used twice.
//!
//! A reference says what lies below it: from where to where, how many blocks, how many bytes. So
//! the totals of a volume are known from its manifest alone, and a walk passes by what it need not
//! look into.
//!
//! Nothing here reads or writes. An [`Update`] adds blocks, a [`Walk`] looks them up, [`Unshared`]
//! finds the pages that only one of two trees has; all say which pages they need and are given
//! them.
//!
//! # Which page is changed, and where it is split
//!
//! A block goes where it lies; between two pages into the one before it. A page that has become
//! too large is cut into equal parts, so that what arrives in any order leaves pages half full at
//! the least. Only at the end of the volume are they cut so that all but the last are full: what
//! arrives in order fills them. There are no deletions, so nothing is ever joined.

mod blocks;
mod build;
mod page;
mod unshared;
mod update;
mod walk;

pub use self::blocks::Blocks;
pub use self::build::{NewPage, PageSizes, Paging};
pub use self::page::{Page, PageHash, PageHasher, PageName, PageNode, PageRef, Wanted};
pub use self::unshared::Unshared;
pub use self::update::{Update, UpdateError, UpdateStep, Updated};
pub use self::walk::{Visit, Walk};
