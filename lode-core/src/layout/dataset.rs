//! The keys of a dataset.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use super::{DATA, TAGS};
use crate::Version;
use crate::checksum::Digest;
use crate::id::Id;
use crate::key::{Key, KeyError, check_segment};
use crate::manifest::Mismatch;
use crate::partition::Partition;

/// The folder that all datasets lie in, but those of the flat layout.
const DATASETS: &str = "datasets";
/// The folder of what lies in partitions.
const PARTITIONS: &str = "partitions";
/// The name of the object in a slot.
const MANIFEST: &str = "manifest.json";

/// How the keys of a dataset are arranged.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum LayoutKind {
    /// `datasets/<id>/snapshots/<version>/manifest.json`.
    #[default]
    Default,
    /// `<id>/<version>/manifest.json`. Such datasets cannot be listed.
    Flat,
    /// `datasets/<id>/segments/<version>/manifest.json`, and the data in folders by partition.
    Hive,
}

impl LayoutKind {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Default, Self::Flat, Self::Hive];

    /// Its name in descriptors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Flat => "flat",
            Self::Hive => "hive",
        }
    }

    /// The folder of the slots, in that of the dataset; empty in the flat layout.
    pub const fn slot_folder(self) -> &'static str {
        match self {
            Self::Default => "snapshots",
            Self::Flat => "",
            Self::Hive => "segments",
        }
    }
}

impl fmt::Display for LayoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for LayoutKind {
    type Err = Mismatch;

    fn from_str(name: &str) -> Result<Self, Mismatch> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| Mismatch {
            field: "layout",
            expected: "default, flat or hive".to_string(),
            found: name.to_string(),
        })
    }
}

/// Makes the keys of one dataset, and reads them back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatasetLayout {
    id: Id,
    kind: LayoutKind,
    /// `datasets/<id>`, or flat `<id>`.
    prefix: String,
}

impl DatasetLayout {
    /// The layout of the dataset `id`.
    pub fn new(id: Id, kind: LayoutKind) -> Self {
        let prefix = match kind {
            LayoutKind::Flat => id.to_string(),
            LayoutKind::Default | LayoutKind::Hive => format!("{DATASETS}/{id}"),
        };
        Self { id, kind, prefix }
    }

    /// The folder that holds one folder for each dataset.
    pub fn datasets() -> Key {
        Key::assembled(DATASETS.into())
    }

    /// The dataset.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// How its keys are arranged.
    pub fn kind(&self) -> LayoutKind {
        self.kind
    }

    /// The folder below which all of the dataset's keys lie.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The same folder, as a key.
    pub fn folder(&self) -> Key {
        Key::assembled(self.prefix.clone())
    }

    /// The descriptor.
    pub fn descriptor(&self) -> Key {
        self.key("dataset.json")
    }

    /// The hint that names the newest version.
    pub fn hint(&self) -> Key {
        self.key("latest")
    }

    /// The folder of the slots. In the flat layout there is other data in it.
    pub fn slots(&self) -> Key {
        match self.kind.slot_folder() {
            "" => self.folder(),
            folder => self.key(folder),
        }
    }

    /// The folder of the tags.
    pub fn tags(&self) -> Key {
        self.key(TAGS)
    }

    /// The tag of this name.
    pub fn tag(&self, name: &Id) -> Key {
        self.key(format_args!("{TAGS}/{name}"))
    }

    /// The name of the tag that this key is.
    pub fn parse_tag(&self, key: &str) -> Option<Id> {
        Id::new(self.below(key, TAGS)?).ok()
    }

    /// Whether a collector may delete this object where nothing refers to it: it has the name of a
    /// data file, also of one of the Go implementation, which lie beside the slot of their
    /// snapshot. Whatever else lies in their folders is somebody else's.
    pub fn is_data(&self, key: &str) -> bool {
        let is_in_data = |rest: &str| {
            rest.strip_prefix(DATA)
                .and_then(|rest| rest.strip_prefix('/'))
                .is_some_and(Self::is_file_name)
        };
        if self.kind == LayoutKind::Hive
            && let Some((_, rest)) = self.split_partition(key)
        {
            let is_written = |folder: &str| is_token(folder) || folder.parse::<Version>().is_ok();
            return rest
                .split_once('/')
                .is_some_and(|(folder, rest)| is_written(folder) && is_in_data(rest));
        }
        if let Some(rest) = self.below(key, DATA) {
            let is_file = |(token, name)| is_token(token) && Self::is_file_name(name);
            return rest.split_once('/').is_some_and(is_file);
        }
        self.split_slot(key).is_some_and(|(_, rest)| is_in_data(rest))
    }

    /// Whether a data file is called so: `data` or `blob`, with extensions.
    pub fn is_file_name(name: &str) -> bool {
        let rest = ["data", "blob"].into_iter().find_map(|stem| name.strip_prefix(stem));
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let is_extension =
            |extension: &str| !extension.is_empty() && extension.bytes().all(is_plain);
        rest.is_some_and(|rest| {
            rest.is_empty()
                || rest.strip_prefix('.').is_some_and(|rest| rest.split('.').all(is_extension))
        })
    }

    /// The folders that all of that lies in, none within another.
    pub fn data_folders(&self) -> Vec<Key> {
        match self.kind {
            LayoutKind::Default => vec![self.key(DATA), self.slots()],
            LayoutKind::Flat => vec![self.folder()],
            LayoutKind::Hive => vec![self.key(DATA), self.slots(), self.partitions()],
        }
    }

    /// The folder of the partitions, in the hive layout.
    pub fn partitions(&self) -> Key {
        self.key(PARTITIONS)
    }

    /// Where a repair keeps the bytes of something that it replaces: `what` names that, and `hash`
    /// is of the bytes.
    pub fn damaged(&self, what: &str, hash: u64) -> Key {
        self.key(super::damaged(what, hash))
    }

    /// The slot of `version`: the one key whose presence commits it.
    pub fn slot(&self, version: Version) -> Key {
        match self.kind.slot_folder() {
            "" => self.key(format_args!("{version}/{MANIFEST}")),
            folder => self.key(format_args!("{folder}/{version}/{MANIFEST}")),
        }
    }

    /// The version whose slot this key is.
    pub fn parse_slot(&self, key: &str) -> Option<Version> {
        let (version, name) = self.split_slot(key)?;
        if name == MANIFEST { Some(version) } else { None }
    }

    /// The version in whose folder among the slots this key lies, and the rest of the key.
    fn split_slot<'a>(&self, key: &'a str) -> Option<(Version, &'a str)> {
        let rest = key.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        let rest = match self.kind.slot_folder() {
            "" => rest,
            folder => rest.strip_prefix(folder)?.strip_prefix('/')?,
        };
        let (version, rest) = rest.split_once('/')?;
        Some((version.parse().ok()?, rest))
    }

    /// A data file: `token` is the random name of what is being written, with the epoch in the third
    /// of its four words; `name` is that of the file.
    ///
    /// # Errors
    ///
    /// If the partition makes the key too long, or the name cannot be a segment of one.
    pub fn file(
        &self,
        token: u128,
        partition: Option<&Partition>,
        name: &str,
    ) -> Result<Key, KeyError> {
        check_segment(name)?;
        let token = Digest::from(token.to_be_bytes());
        let Some(partition) = partition else {
            // It cannot be too long, and all else has been checked.
            return Ok(self.key(format_args!("{DATA}/{token}/{name}")));
        };
        let rest = format_args!("{PARTITIONS}/{partition}/segments/{token}/data/{name}");
        Key::new(super::below(&self.prefix, rest))
    }

    /// The entry in a partition's index that says that `version` has files in it.
    ///
    /// # Errors
    ///
    /// If the partition makes the key too long.
    pub fn partition_entry(
        &self,
        partition: &Partition,
        version: Version,
    ) -> Result<Key, KeyError> {
        let prefix = &self.prefix;
        Key::new(format!("{prefix}/partitions/{partition}/segments/{version}/{MANIFEST}"))
    }

    /// The partition and version of an entry in a partition's index.
    pub fn parse_partition_entry(&self, key: &str) -> Option<(Partition, Version)> {
        let (partition, rest) = self.split_partition(key)?;
        let (version, name) = rest.split_once('/')?;
        if name != MANIFEST {
            return None;
        }
        Some((partition, version.parse().ok()?))
    }

    /// The partition that a data file lies in.
    pub fn partition_of(&self, key: &Key) -> Option<Partition> {
        self.split_partition(key.as_str()).map(|(partition, _)| partition)
    }

    /// The epoch in the name of a data file; `None` if the name has none, as those of the Go
    /// implementation.
    pub fn epoch(&self, key: &str) -> Option<u32> {
        let in_partition = self.split_partition(key).map(|(_, rest)| rest);
        let (token, _) = in_partition.or_else(|| self.below(key, DATA))?.split_once('/')?;
        let token: Digest = token.parse().ok()?;
        let token = u128::from_be_bytes(token.as_bytes().try_into().ok()?);
        Some((token >> 32) as u32)
    }

    fn split_partition<'a>(&self, key: &'a str) -> Option<(Partition, &'a str)> {
        let rest = self.below(key, PARTITIONS)?;
        // The last one: a partition may have a folder of that name.
        let (partition, rest) = rest.rsplit_once("/segments/")?;
        Some((Partition::new(partition).ok()?, rest))
    }

    fn key(&self, rest: impl fmt::Display) -> Key {
        Key::assembled(super::below(&self.prefix, rest))
    }

    /// What of `key` follows the folder `folder` of this dataset.
    fn below<'a>(&self, key: &'a str, folder: &str) -> Option<&'a str> {
        let rest = key.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        rest.strip_prefix(folder)?.strip_prefix('/')
    }
}

/// Whether a folder has the random name of what was written there.
fn is_token(folder: &str) -> bool {
    super::is_lower_hex(folder, 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(kind: LayoutKind) -> DatasetLayout {
        DatasetLayout::new(Id::new("events").unwrap(), kind)
    }

    #[test]
    fn names_are_read_back() {
        for kind in LayoutKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(layout(kind).kind(), kind);
        }
        assert_eq!("nested".parse::<LayoutKind>().unwrap_err().field, "layout");
    }

    #[test]
    fn slots_are_read_back() {
        let version = Version::new(7).unwrap();
        for (kind, slot) in [
            (LayoutKind::Default, "datasets/events/snapshots/0000000000000000007/manifest.json"),
            (LayoutKind::Flat, "events/0000000000000000007/manifest.json"),
            (LayoutKind::Hive, "datasets/events/segments/0000000000000000007/manifest.json"),
        ] {
            let layout = layout(kind);
            assert_eq!(layout.slot(version).as_str(), slot);
            assert_eq!(layout.parse_slot(slot), Some(version));
            assert!(layout.slot(version).is_below(layout.slots().as_str()));
            let data = layout.file(1, None, "data").unwrap();
            assert_eq!(layout.parse_slot(data.as_str()), None);
            assert!(data.is_below(layout.prefix()));
        }
    }

    #[test]
    fn tags_are_read_back_and_only_files_are_data() {
        let name = Id::new("paper.v2").unwrap();
        let partition = Partition::new("day=2026-01-01").unwrap();
        for kind in LayoutKind::ALL {
            let layout = layout(kind);
            let tag = layout.tag(&name);
            assert!(tag.is_below(layout.tags().as_str()));
            assert_eq!(layout.parse_tag(tag.as_str()), Some(name.clone()));
            assert_eq!(layout.parse_tag(layout.hint().as_str()), None);
            let slot = layout.slot(Version::FIRST);
            for key in [&tag, &slot, &layout.hint(), &layout.descriptor()] {
                assert!(!layout.is_data(key.as_str()), "{key}");
            }
            for name in ["data", "blob", "data.gz", "data.jsonl.gz", "blob.zst"] {
                assert!(layout.is_data(layout.file(1, None, name).unwrap().as_str()));
            }
            let file = layout.file(1, Some(&partition), "data").unwrap();
            assert_eq!(layout.is_data(file.as_str()), kind == LayoutKind::Hive);
            let folders = layout.data_folders();
            let is_listed = |key: &Key| folders.iter().any(|f| key.is_below(f.as_str()));
            assert_eq!(is_listed(&file), kind != LayoutKind::Default);
            let theirs = slot.as_str().replace(MANIFEST, "data/blob");
            assert!(layout.is_data(&theirs) && is_listed(&Key::new(&theirs).unwrap()), "{theirs}");
            assert!(!layout.is_data(&slot.as_str().replace(MANIFEST, "index/blob")));
            let entry = layout.partition_entry(&partition, Version::FIRST).unwrap();
            assert!(!layout.is_data(entry.as_str()));
            for strange in
                [".DS_Store", "data~", "._data", "notes.txt", "data/more", "data.", "data..gz"]
            {
                for key in
                    [&file, &layout.file(1, None, "data").unwrap(), &Key::new(&theirs).unwrap()]
                {
                    let (folder, _) = key.as_str().rsplit_once('/').unwrap();
                    assert!(!layout.is_data(&format!("{folder}/{strange}")), "{folder}/{strange}");
                }
            }
            for strange in ["data/1", "data/data", "data/notes/data", "data/#recycle/data"] {
                assert!(!layout.is_data(&format!("{}/{strange}", layout.prefix())), "{strange}");
            }
        }
        let other = DatasetLayout::new(Id::new("event").unwrap(), LayoutKind::Default);
        assert!(
            !other.is_data(layout(LayoutKind::Default).file(1, None, "data").unwrap().as_str())
        );
    }

    #[test]
    fn partitions_are_read_back() {
        let layout = layout(LayoutKind::Hive);
        let partition = Partition::new("day=2026-01-01/region=eu%2Fwest").unwrap();
        let version = Version::new(7).unwrap();
        let entry = layout.partition_entry(&partition, version).unwrap();
        let parsed = layout.parse_partition_entry(entry.as_str());
        assert_eq!(parsed, Some((partition.clone(), version)));
        let file = layout.file(1, Some(&partition), "data.gz").unwrap();
        assert_eq!(layout.partition_of(&file), Some(partition));
        assert_eq!(layout.parse_partition_entry(file.as_str()), None);
        let odd = Partition::new("a/segments/b").unwrap();
        let entry = layout.partition_entry(&odd, version).unwrap();
        assert_eq!(layout.parse_partition_entry(entry.as_str()), Some((odd, version)));
        let long = Partition::new("a/".repeat(500) + "b").unwrap();
        assert!(layout.file(1, Some(&long), "data").is_err());
        for name in ["", "..", "a/b", "a\\b"] {
            assert!(layout.file(1, None, name).is_err(), "{name}");
        }
    }
}
