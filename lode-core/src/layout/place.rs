//! What an object is, by its key; and what a manifest refers to.

use alloc::vec::Vec;

use super::foreign::is_foreign;
use super::{DAMAGED, DatasetLayout, LayoutKind, VolumeLayout};
use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
use crate::key::Key;
use crate::manifest::{Block, DatasetManifest, Format};
use crate::range::ByteRange;

/// What the Go implementation leaves beside its hint.
const LOCK: &str = "latest.lock";

/// What an object is to its volume or dataset, by its key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Place {
    /// What a collector may delete if nothing refers to it.
    Data,
    /// The descriptor.
    Descriptor,
    /// The entry of this version in the index of a partition.
    Entry(Version),
    /// What an operating system or another program is known to leave anywhere.
    Foreign,
    /// The hint.
    Hint,
    /// A copy that a repair has kept of something damaged.
    Kept,
    /// What the Go implementation leaves behind, and nobody needs.
    Lock,
    /// The slot of this version.
    Slot(Version),
    /// The tag of this name.
    Tag(Id),
    /// Nothing that the layout knows.
    Unknown,
}

/// An object that a manifest refers to.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs, reason = "what manifests say")]
pub struct Reference {
    /// Where it lies.
    pub key: Key,
    /// How many bytes it has.
    pub size: u64,
    /// The digest of its bytes, by the manifest's algorithm.
    pub digest: Option<Digest>,
    /// The bytes of the volume that it holds, or that are found by it.
    pub range: Option<ByteRange>,
}

impl VolumeLayout {
    /// What an object is, in a volume whose manifests have this format.
    pub fn place(&self, key: &str, format: Format) -> Place {
        if let Some(version) = self.parse_slot(key, format) {
            return Place::Slot(version);
        }
        match self.parse_tag(key) {
            Some(name) => Place::Tag(name),
            None if self.is_data(key) => Place::Data,
            None if key == self.descriptor().as_str() => Place::Descriptor,
            None if key == self.hint().as_str() => Place::Hint,
            None => beside(self.prefix(), key),
        }
    }

    /// The object that a block of the volume lies in.
    pub fn reference(&self, block: &Block) -> Reference {
        Reference {
            key: self.block(block.range, &block.name),
            size: block.range.length(),
            digest: block.digest,
            range: Some(block.range),
        }
    }
}

impl DatasetLayout {
    /// What an object is.
    pub fn place(&self, key: &str) -> Place {
        if let Some(version) = self.parse_slot(key) {
            return Place::Slot(version);
        }
        let entry = match self.kind() {
            LayoutKind::Hive => self.parse_partition_entry(key),
            LayoutKind::Default | LayoutKind::Flat => None,
        };
        match (entry, self.parse_tag(key)) {
            (Some((_, version)), _) => Place::Entry(version),
            (None, Some(name)) => Place::Tag(name),
            (None, None) if self.is_data(key) => Place::Data,
            (None, None) if key == self.descriptor().as_str() => Place::Descriptor,
            (None, None) if key == self.hint().as_str() => Place::Hint,
            (None, None) => beside(self.prefix(), key),
        }
    }
}

impl DatasetManifest {
    /// All objects that the snapshot consists of, apart from its manifest.
    pub fn references(&self) -> impl Iterator<Item = Reference> + '_ {
        self.files.iter().map(|file| Reference {
            key: file.key.clone(),
            size: file.size,
            digest: file.digest,
            range: None,
        })
    }
}

/// What lies in the folder of a volume or dataset, and is no part of it.
fn beside(prefix: &str, key: &str) -> Place {
    let rest = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('/')).unwrap_or(key);
    match rest.split('/').collect::<Vec<_>>().as_slice() {
        _ if is_foreign(rest) => Place::Foreign,
        [LOCK] => Place::Lock,
        [DAMAGED, _] => Place::Kept,
        _ => Place::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    /// What lies in a folder besides slots and data.
    fn known(below: impl Fn(&str) -> String) -> [(String, Place); 14] {
        [
            (below(".DS_Store"), Place::Foreign),
            (below("tags/desktop.ini"), Place::Foreign),
            (below("tags/#recycle/kept"), Place::Foreign),
            (below("data/lost+found/1"), Place::Foreign),
            (below("damaged/._latest"), Place::Foreign),
            (below("data/notes.txt"), Place::Unknown),
            (below("tags/kept"), Place::Tag(Id::new("kept").unwrap())),
            (below("latest"), Place::Hint),
            (below("latest.lock"), Place::Lock),
            (below("latest.lock/more"), Place::Unknown),
            (below("damaged/latest-000000000000001f"), Place::Kept),
            (below("damaged/a/b"), Place::Unknown),
            (below("damaged"), Place::Unknown),
            ("elsewhere/latest".into(), Place::Unknown),
        ]
    }

    #[test]
    fn each_object_of_a_volume_has_one() {
        let layout = VolumeLayout::new(Id::new("disk").unwrap());
        let version = Version::new(7).unwrap();
        let below = |rest: &str| format!("volumes/disk/{rest}");
        let places = [
            (below("snapshots/0000000000000000007/manifest.lode"), Place::Slot(version)),
            (below("snapshots/0000000000000000007/manifest.json"), Place::Unknown),
            (below("volume.json"), Place::Descriptor),
            (below("data/512-256.bin"), Place::Data),
            (below("data"), Place::Unknown),
        ];
        for (key, place) in places.into_iter().chain(known(below)) {
            assert_eq!(layout.place(&key, Format::Compact), place, "{key}");
        }
    }

    #[test]
    fn each_object_of_a_dataset_has_one() {
        let version = Version::new(7).unwrap();
        let layout = |kind| DatasetLayout::new(Id::new("events").unwrap(), kind);
        let below = |rest: &str| format!("datasets/events/{rest}");
        let slot = "snapshots/0000000000000000007/manifest.json";
        let entry = "partitions/day=1/segments/0000000000000000007/manifest.json";
        let places = [
            (below(slot), Place::Slot(version), Place::Unknown),
            (below(entry), Place::Unknown, Place::Entry(version)),
            (below("dataset.json"), Place::Descriptor, Place::Descriptor),
            (below("data/1"), Place::Unknown, Place::Unknown),
            (below("data"), Place::Unknown, Place::Unknown),
        ];
        for (key, default, hive) in places {
            assert_eq!(layout(LayoutKind::Default).place(&key), default, "{key}");
            assert_eq!(layout(LayoutKind::Hive).place(&key), hive, "{key}");
        }
        for kind in LayoutKind::ALL {
            let layout = layout(kind);
            let below = |rest: &str| format!("{}/{rest}", layout.prefix());
            for (key, place) in known(below) {
                assert_eq!(layout.place(&key), place, "{key}");
            }
            let file = layout.file(1, None, "data").unwrap();
            assert_eq!(layout.place(file.as_str()), Place::Data, "{file}");
        }
    }
}
