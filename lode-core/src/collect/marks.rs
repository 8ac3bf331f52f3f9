//! What must not be deleted.

use core::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashSet};

use crate::key::Key;
use crate::layout::VolumeLayout;
use crate::manifest::{DatasetManifest, VolumeManifest};
use crate::time::Timestamp;

/// The keys that live manifests and tags refer to.
///
/// It holds 64 bits of each key, not the key: two keys that fall together only keep an object
/// that could have gone, until a later run, which hashes differently. About 10 bytes a key.
#[derive(Clone, Debug, Default)]
pub struct MarkSet {
    hasher: DefaultHashBuilder,
    hashes: HashSet<u64>,
}

impl MarkSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks one key.
    pub fn mark(&mut self, key: &str) {
        self.hashes.insert(self.hasher.hash_one(key));
    }

    /// Marks the blocks of a snapshot of the volume that `layout` is of.
    pub fn mark_volume(&mut self, layout: &VolumeLayout, manifest: &VolumeManifest) {
        layout.references(manifest).for_each(|found| self.mark(found.key.as_str()));
    }

    /// Marks the files of a snapshot of a dataset.
    pub fn mark_dataset(&mut self, manifest: &DatasetManifest) {
        manifest.references().for_each(|found| self.mark(found.key.as_str()));
    }

    /// Whether the key was marked; at times also one that was not, never the other way round.
    pub fn contains(&self, key: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(key))
    }

    /// Whether a data object or page can go: it is not marked, and was last modified before the
    /// time that [`CollectAction::Sweep`](super::CollectAction::Sweep) names.
    pub fn is_garbage(&self, key: &Key, modified: Timestamp, older_than: Timestamp) -> bool {
        modified < older_than && !self.contains(key.as_str())
    }

    /// How many keys are marked, but for those that fall together.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Forgets all marks.
    pub fn clear(&mut self) {
        self.hashes.clear();
    }
}
