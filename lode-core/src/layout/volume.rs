//! The keys of a volume.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::{DATA, TAGS, device};
use crate::Version;
use crate::checksum::Digest;
use crate::decimal::leading_number;
use crate::id::Id;
use crate::key::Key;
use crate::manifest::pages::{PageHash, PageName};
use crate::manifest::{BlockName, Format, ManifestError, VolumeManifest};
use crate::range::ByteRange;

/// The folder that all volumes lie in.
const VOLUMES: &str = "volumes";
/// The folder of the pages of large manifests.
const PAGES: &str = "pages";

/// Makes the keys of one volume, and reads them back.
///
/// ```
/// use lode_core::id::Id;
/// use lode_core::layout::VolumeLayout;
/// use lode_core::manifest::Format;
/// use lode_core::Version;
///
/// let layout = VolumeLayout::new(Id::new("disk")?);
/// let slot = layout.slot(Version::FIRST, Format::Compact);
/// assert_eq!(slot.as_str(), "volumes/disk/snapshots/0000000000000000001/manifest.lode");
/// # Ok::<(), lode_core::id::IdError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VolumeLayout {
    id: Id,
    /// `volumes/<id>`; empty on a device's medium, which holds nothing else.
    prefix: String,
    on_device: bool,
}

impl VolumeLayout {
    /// The layout of the volume `id`.
    pub fn new(id: Id) -> Self {
        let prefix = format!("{VOLUMES}/{id}");
        Self { id, prefix, on_device: false }
    }

    /// The layout of the volume `id` on the medium of the device that wrote it: manifests, blocks
    /// and the hint lie side by side, by [names](crate::store::Name) that every medium can carry.
    /// All else is not there, and has keys that no device writes.
    pub fn of_device(id: Id) -> Self {
        Self { id, prefix: String::new(), on_device: true }
    }

    /// Checks that the blocks of a manifest have names that can be there.
    ///
    /// # Errors
    ///
    /// The first block that has none, on a device; or that there are pages, which no device
    /// writes.
    pub fn check_names(&self, manifest: &VolumeManifest) -> Result<(), ManifestError> {
        let wrong = |field: String, reason: &str| {
            Err(ManifestError::Field { field, reason: reason.into() })
        };
        if !self.on_device {
            return Ok(());
        }
        let Some(table) = manifest.blocks.inline() else {
            return wrong("blocks".into(), "they are in pages, which no device writes");
        };
        match table.iter().position(|block| device::block(&block.name).is_none()) {
            None => Ok(()),
            Some(index) => wrong(
                format!("blocks[{index}].name"),
                "no device names a block so: writer 0 and a number below 2^35",
            ),
        }
    }

    /// The folder that holds one folder for each volume.
    pub fn volumes() -> Key {
        Key::assembled(VOLUMES.into())
    }

    /// The volume.
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The folder below which all of the volume's keys lie; empty on a device.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The descriptor.
    pub fn descriptor(&self) -> Key {
        self.key("volume.json")
    }

    /// The hint that names the newest version.
    pub fn hint(&self) -> Key {
        if self.on_device { device::hint() } else { self.key("latest") }
    }

    /// The folder of the slots; `None` on a device, where they lie right in the store.
    pub fn slots(&self) -> Option<Key> {
        (!self.on_device).then(|| self.key("snapshots"))
    }

    /// The folder of the blocks.
    pub fn data(&self) -> Key {
        self.key(DATA)
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
    /// block or a page, ours or the Go implementation's. Whatever else lies in their folders is
    /// somebody else's.
    pub fn is_data(&self, key: &str) -> bool {
        self.parse_block(key).is_some() || self.parse_page(key).is_some()
    }

    /// The folders that all of that lies in.
    pub fn data_folders(&self) -> Vec<Key> {
        [DATA, PAGES].into_iter().map(|folder| self.key(folder)).collect()
    }

    /// Where a repair keeps the bytes of something that it replaces: `what` names that, and `hash`
    /// is of the bytes.
    pub fn damaged(&self, what: &str, hash: u64) -> Key {
        self.key(super::damaged(what, hash))
    }

    /// The slot of `version`: the one key whose presence commits it.
    pub fn slot(&self, version: Version, format: Format) -> Key {
        let on_device = self.on_device.then(|| device::slot(version)).flatten();
        on_device
            .unwrap_or_else(|| self.key(format_args!("snapshots/{version}/{}", format.slot_name())))
    }

    /// The version whose slot in `format` this key is.
    pub fn parse_slot(&self, key: &str, format: Format) -> Option<Version> {
        if self.on_device {
            return device::parse_slot(key).filter(|_| format == Format::Compact);
        }
        let (version, name) = self.below(key, "snapshots")?.split_once('/')?;
        if name == format.slot_name() { version.parse().ok() } else { None }
    }

    /// The object that holds the bytes of a block.
    pub fn block(&self, range: ByteRange, name: &BlockName) -> Key {
        if let Some(key) = self.on_device.then(|| device::block(name)).flatten() {
            return key;
        }
        let (start, length) = (range.start(), range.length());
        match name {
            BlockName::Foreign(block) => block.key.clone(),
            BlockName::Plain => self.key(format_args!("data/{start}-{length}.bin")),
            BlockName::Written { writer, suffix: 0 } => {
                let writer = Digest::from(writer.to_be_bytes());
                self.key(format_args!("data/{start}-{length}-{writer}.bin"))
            }
            BlockName::Written { writer, suffix } => {
                let writer = Digest::from(writer.to_be_bytes());
                self.key(format_args!("data/{start}-{length}-{writer}-{suffix}.bin"))
            }
        }
    }

    /// The object of a page.
    pub fn page(&self, name: &PageName) -> Key {
        self.key(format_args!("{PAGES}/{name}.lode"))
    }

    /// The name of the page that this key is.
    pub fn parse_page(&self, key: &str) -> Option<PageName> {
        let (hash, commit) = self.below(key, PAGES)?.strip_suffix(".lode")?.split_once('-')?;
        let hash: Digest = hash.parse().ok()?;
        let hash = PageHash(hash.as_bytes().try_into().ok()?);
        let name = PageName { hash, commit: commit.parse().ok()? };
        // Only as it is printed.
        (self.page(&name).as_str() == key).then_some(name)
    }

    /// The version whose slot this key is on a device, of whatever volume.
    pub fn parse_device_slot(key: &str) -> Option<Version> {
        device::parse_slot(key)
    }

    /// The range and name of the block that this key holds, if it is named as ours or the Go
    /// implementation's are.
    pub fn parse_block(&self, key: &str) -> Option<(ByteRange, BlockName)> {
        let (offset, rest) = leading_number(self.below(key, "data")?)?;
        let (length, rest) = leading_number(rest.strip_prefix('-')?)?;
        let name = match rest.strip_suffix(".bin")? {
            "" => BlockName::Plain,
            rest => {
                let (writer, rest) = rest.strip_prefix('-')?.split_at_checked(16)?;
                let suffix = match rest {
                    "" => 0,
                    rest => match leading_number(rest.strip_prefix('-')?)? {
                        (0, _) => return None,
                        (suffix, "") => suffix,
                        _ => return None,
                    },
                };
                BlockName::Written { writer: parse_writer(writer)?, suffix }
            }
        };
        Some((ByteRange::with_length(offset, length)?, name))
    }

    /// The epoch in the name of a block or page; `None` if the name has none, as those of the Go
    /// implementation.
    pub fn epoch(&self, key: &str) -> Option<u32> {
        match self.parse_page(key) {
            Some(page) => Some(page.commit.epoch()),
            None => self.parse_block(key)?.1.epoch(),
        }
    }

    fn key(&self, rest: impl fmt::Display) -> Key {
        Key::assembled(super::below(&self.prefix, rest))
    }

    /// What of `key` follows the folder `folder` of this volume.
    fn below<'a>(&self, key: &'a str, folder: &str) -> Option<&'a str> {
        let rest = key.strip_prefix(&self.prefix)?.strip_prefix('/')?;
        rest.strip_prefix(folder)?.strip_prefix('/')
    }
}

fn parse_writer(digits: &str) -> Option<u64> {
    let digest: Digest = digits.parse().ok()?;
    let writer = digest.as_bytes().try_into().map(u64::from_be_bytes).ok()?;
    // Only as it is printed.
    (!digits.bytes().any(|digit| digit.is_ascii_uppercase())).then_some(writer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::pages::{PageNode, PageRef};
    use crate::manifest::{Block, BlockTable, Blocks, CollectionState, CommitId, Metadata};

    fn layout() -> VolumeLayout {
        VolumeLayout::new(Id::new("disk").unwrap())
    }

    #[test]
    fn slots_are_read_back() {
        let version = Version::new(42).unwrap();
        for format in [Format::Compact, Format::Json] {
            let slot = layout().slot(version, format);
            assert_eq!(layout().parse_slot(slot.as_str(), format), Some(version));
        }
        let slot = layout().slot(version, Format::Json);
        assert_eq!(layout().parse_slot(slot.as_str(), Format::Compact), None);
        for foreign in [
            "volumes/disk2/snapshots/0000000000000000042/manifest.lode",
            "volumes/disk/snapshots/42/manifest.lode",
            "volumes/disk/snapshots/0000000000000000042/manifest.lode#1",
            "volumes/disk/snapshots/0000000000000000042",
            "volumes/disk/latest",
        ] {
            assert_eq!(layout().parse_slot(foreign, Format::Compact), None, "{foreign}");
        }
    }

    #[test]
    fn on_a_device_all_lies_side_by_side() {
        let layout = VolumeLayout::of_device(Id::new("disk").unwrap());
        let version = Version::new(34).unwrap();
        let slot = layout.slot(version, Format::Compact);
        assert_eq!(slot.as_str(), "M0000012.LD");
        assert_eq!(layout.parse_slot("M0000012.LD", Format::Compact), Some(version));
        assert_eq!(layout.parse_slot("M0000012.LD", Format::Json), None);
        assert_eq!(VolumeLayout::parse_device_slot("M0000012.LD"), Some(version));
        for foreign in ["B0000012.LD", "M0000000.LD", "M0000012.TMP", "sub/M0000012.LD", "latest"] {
            assert_eq!(layout.parse_slot(foreign, Format::Compact), None, "{foreign}");
        }
        assert_eq!(layout.hint().as_str(), "H0000000.LD");
        assert_eq!((layout.slots(), layout.prefix()), (None, ""));
        assert_eq!(self::layout().slots().unwrap().as_str(), "volumes/disk/snapshots");
        let range = ByteRange::new(512, 768).unwrap();
        let name = BlockName::Written { writer: 0, suffix: 34 };
        assert_eq!(layout.block(range, &name).as_str(), "B0000012.LD");
        // What no device names has a key all the same, of an object that is not there.
        let beyond = Version::new(1 << 35).unwrap();
        assert!(layout.slot(beyond, Format::Compact).as_str().contains('/'));
        for suffix in [1 << 35, u64::MAX] {
            let name = BlockName::Written { writer: 0, suffix };
            assert!(layout.block(range, &name).as_str().contains('/'));
        }
        assert!(!layout.is_data("B0000012.LD"), "a host collects nothing on a device");
    }

    fn manifest(blocks: Blocks) -> VolumeManifest {
        VolumeManifest {
            id: Id::new("disk").unwrap(),
            version: Version::FIRST,
            parent: None,
            parent_digest: None,
            commit_id: None,
            created_at: None,
            total_length: 1000,
            checksum: None,
            metadata: Metadata::new(),
            blocks,
            state: CollectionState::FIRST,
            extra: Metadata::new(),
        }
    }

    fn with_block(name: BlockName) -> VolumeManifest {
        let range = ByteRange::new(0, 10).unwrap();
        let block = Block { range, name, digest: None };
        manifest(Blocks::Inline(BlockTable::from_sorted([block]).unwrap()))
    }

    #[test]
    fn on_a_device_blocks_have_the_names_that_it_gives_them() {
        let theirs = with_block(BlockName::Written { writer: 0, suffix: 7 });
        let ours = with_block(BlockName::Written { writer: 0xab, suffix: 0 });
        let name = PageName { hash: PageHash([0; 16]), commit: CommitId::of_handle(0, 0) };
        let range = ByteRange::new(0, 10).unwrap();
        let page = PageRef { name, range, blocks: 1, covered: 10 };
        let paged = manifest(Blocks::Paged(PageNode::from_disjoint(1, [page].into()).unwrap()));
        let on_device = VolumeLayout::of_device(Id::new("disk").unwrap());
        assert_eq!(on_device.check_names(&theirs), Ok(()));
        for (manifest, field) in [(&ours, "blocks[0].name"), (&paged, "blocks")] {
            let error = on_device.check_names(manifest).unwrap_err();
            assert!(matches!(&error, ManifestError::Field { field: found, .. } if found == field));
            assert_eq!(layout().check_names(manifest), Ok(()));
        }
    }

    #[test]
    fn tags_are_read_back_and_are_no_data() {
        let name = Id::new("before-upgrade").unwrap();
        let tag = layout().tag(&name);
        assert_eq!(tag.as_str(), "volumes/disk/tags/before-upgrade");
        assert!(tag.is_below(layout().tags().as_str()));
        assert_eq!(layout().parse_tag(tag.as_str()), Some(name));
        for foreign in ["volumes/disk/tags/A", "volumes/disk/tags/a/b", "volumes/disk/latest"] {
            assert_eq!(layout().parse_tag(foreign), None, "{foreign}");
        }
        let slot = layout().slot(Version::FIRST, Format::Compact);
        for (key, is_data) in [
            ("volumes/disk/data/0-256-00000000000000ab.bin", true),
            ("volumes/disk/data/0-256.bin", true),
            ("volumes/disk/data/0-256-00000000000000ab.bin~", false),
            ("volumes/disk/data/._0-256.bin", false),
            ("volumes/disk/data/#recycle/0-256.bin", false),
            ("volumes/disk/data/notes.bin", false),
            ("volumes/disk/data/clock-7", false),
            ("volumes/disk/data/clock-000000000000000G", false),
            ("volumes/disk/pages/ab-cd.lode", false),
            ("volumes/disk/pages/.DS_Store", false),
            ("volumes/disk2/data/0-256-00000000000000ab.bin", false),
            ("volumes/disk/volume.json", false),
            ("volumes/disk/data", false),
            (tag.as_str(), false),
            (slot.as_str(), false),
        ] {
            assert_eq!(layout().is_data(key), is_data, "{key}");
        }
    }

    #[test]
    fn what_a_repair_replaces_is_nobodys() {
        let key = layout().damaged("latest", 0x1f);
        assert_eq!(key.as_str(), "volumes/disk/damaged/latest-000000000000001f");
        assert!(!layout().is_data(key.as_str()));
        assert_eq!(layout().parse_tag(key.as_str()), None);
    }

    #[test]
    fn pages_are_read_back_and_are_data() {
        let commit = CommitId::of_handle(0xab, 3);
        let name = PageName { hash: PageHash([0x1f; 16]), commit };
        let key = layout().page(&name);
        let expected = "volumes/disk/pages/1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\
                        -00000000000000ab0000000000000003.lode";
        assert_eq!(key.as_str(), expected);
        assert_eq!(layout().parse_page(expected), Some(name));
        assert!(layout().is_data(expected));
        for foreign in [
            expected.to_uppercase().as_str(),
            &expected.replace("1f", "1F"),
            &expected.replace(".lode", ""),
            &expected.replace("disk", "disk2"),
            &expected.replace("1f1f-", "1f-"),
            &expected.replace("pages/", "data/"),
        ] {
            assert_eq!(layout().parse_page(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn blocks_are_read_back() {
        let range = ByteRange::new(512, 768).unwrap();
        for (name, file) in [
            (BlockName::Plain, "512-256.bin"),
            (BlockName::Written { writer: 0xab, suffix: 0 }, "512-256-00000000000000ab.bin"),
            (BlockName::Written { writer: 0xab, suffix: 7 }, "512-256-00000000000000ab-7.bin"),
        ] {
            let key = layout().block(range, &name);
            assert_eq!(key.name(), file);
            assert_eq!(layout().parse_block(key.as_str()), Some((range, name)));
        }
        for foreign in [
            "512.bin",
            "512-0.bin",
            "0512-256.bin",
            "+512-256.bin",
            "512-256-ab.bin",
            "512-256-00000000000000AB.bin",
            "512-256-00000000000000ab-0.bin",
            "512-256-00000000000000ab-1-1.bin",
            "512-256",
            "18446744073709551615-1.bin",
        ] {
            let key = format!("volumes/disk/data/{foreign}");
            assert_eq!(layout().parse_block(&key), None, "{foreign}");
        }
    }
}
