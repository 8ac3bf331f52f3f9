//! What must not be deleted.

use core::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};

use crate::key::Key;

/// The keys that live manifests and tags refer to, and how many of them lie in each folder.
///
/// It holds 64 bits of each key, not the key: two keys that fall together only keep an object
/// that could have gone, until a later run, which hashes differently. About 10 bytes a key, and 16
/// for each folder.
#[derive(Clone, Debug, Default)]
pub struct MarkSet {
    hasher: DefaultHashBuilder,
    hashes: HashSet<u64>,
    /// By the hash of its folder, as a store that folds case would see it: how many keys are
    /// marked in it, and how many of them were listed.
    folders: HashMap<u64, Count>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    marked: u32,
    seen: u32,
}

impl MarkSet {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks one key.
    pub fn mark(&mut self, key: &str) {
        if self.hashes.insert(self.hasher.hash_one(key)) {
            self.folders.entry(self.folder(key)).or_default().marked += 1;
        }
    }

    /// Whether the key was marked; at times also one that was not, never the other way round.
    pub fn contains(&self, key: &str) -> bool {
        self.hashes.contains(&self.hasher.hash_one(key))
    }

    /// Forgets which keys were seen: a listing begins.
    pub fn begin_listing(&mut self) {
        self.folders.values_mut().for_each(|count| count.seen = 0);
    }

    /// Takes note that a key was listed, and says whether it is marked. To be called once for each
    /// key of a listing.
    pub fn see(&mut self, key: &Key) -> bool {
        let is_marked = self.contains(key.as_str());
        if is_marked && let Some(count) = self.folders.get_mut(&self.folder(key.as_str())) {
            count.seen += 1;
        }
        is_marked
    }

    /// Whether all marked keys of this key's folder were [seen](Self::see). If not, they are listed
    /// under other names (a store that folds case), or the list is not whole: then what is not
    /// marked in that folder may be what is marked, and must stay.
    pub fn knows_folder(&self, key: &Key) -> bool {
        let count = self.folders.get(&self.folder(key.as_str()));
        count.is_none_or(|count| count.seen >= count.marked)
    }

    /// How many keys are marked, but for those that fall together.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The folder of a key, as the coarsest file system would tell it from others: without case, and
    /// without what Unicode normalisation may change.
    fn folder(&self, key: &str) -> u64 {
        let folder = key.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut hasher = self.hasher.build_hasher();
        for byte in folder.bytes().filter(u8::is_ascii) {
            hasher.write_u8(byte.to_ascii_lowercase());
        }
        hasher.finish()
    }
}
