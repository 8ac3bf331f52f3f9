//! What a snapshot consists of, and its two formats.
//!
//! A manifest is the object in a history's slot: its presence is the commit. It lists *all*
//! blocks of its snapshot, not only the new ones, so a reader needs this one object and nothing
//! before it; of a large volume it is the root of a tree of [`pages`] that do. A collected manifest is replaced by a [`Tombstone`], which keeps its place in the
//! chain and nothing else.
//!
//! | format | module | for |
//! | --- | --- | --- |
//! | compact, 2 | [`compact`] | volumes; the only one on devices |
//! | JSON, 1.0.0 | `json` (feature `json`) | datasets, and whatever the Go implementation shares |
//!
//! Every decoder treats its input as hostile: counts are checked against the bytes that remain
//! before anything is allocated, keys must lie below the history's own prefix, and whatever is
//! wrong is reported with its place and field as a [`ManifestError`].

mod digest;
pub use self::digest::{CommitId, ManifestDigest};
#[cfg(feature = "alloc")]
pub use self::model::*;

pub mod compact;
#[cfg(feature = "json")]
pub mod json;

#[cfg(feature = "alloc")]
mod block;
#[cfg(feature = "alloc")]
mod dataset;
#[cfg(feature = "alloc")]
mod draft;
#[cfg(feature = "alloc")]
mod error;
#[cfg(feature = "alloc")]
mod format;
#[cfg(feature = "alloc")]
mod index;
#[cfg(feature = "alloc")]
mod merge;
#[cfg(feature = "alloc")]
mod metadata;
#[cfg(feature = "alloc")]
pub mod pages;
#[cfg(feature = "alloc")]
mod slot;
#[cfg(feature = "alloc")]
mod state;
#[cfg(feature = "alloc")]
mod table;
#[cfg(feature = "alloc")]
pub(crate) mod volume;

#[cfg(feature = "alloc")]
mod model {
    pub use super::block::{Block, BlockName, ForeignBlock};
    pub use super::dataset::{DataFile, DatasetDraft, DatasetManifest};
    pub use super::draft::{Onto, RebaseError, VolumeDraft};
    pub use super::error::{ManifestError, Mismatch};
    pub use super::format::Format;
    pub use super::index::index_entries;
    pub use super::merge::{Merged, Overlap};
    pub use super::metadata::{Metadata, Value};
    pub use super::pages::Blocks;
    pub use super::slot::{Expected, Purpose, Record, SlotContent, SlotManifest, Tombstone};
    pub use super::state::{CollectionState, Span, VersionSet};
    pub use super::table::{BlockTable, BlockTableError, TableBlocks};
    pub use super::volume::VolumeManifest;
}
