//! Keys, ids and layouts. An input has numbers, then lines: an id, the name of a tag, a partition,
//! the name of a file, and a key that somebody else made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::Version;
use lode_core::id::Id;
use lode_core::key::{self, Key};
use lode_core::layout::{DatasetLayout, LayoutKind, VolumeLayout};
use lode_core::manifest::{BlockName, Format};
use lode_core::partition::Partition;
use lode_core::range::ByteRange;
use lode_fuzz::input::split;

fuzz_target!(|input: &[u8]| {
    let (numbers, text) = split::<40>(input);
    let (numbers, _) = numbers.as_chunks::<8>();
    let [version, offset, length, writer, suffix] =
        [0, 1, 2, 3, 4].map(|at| u64::from_le_bytes(numbers[at]));
    let text = String::from_utf8_lossy(text);
    let mut lines = text.splitn(5, '\n');
    let [id, tag, partition, name, foreign] = [(); 5].map(|()| lines.next().unwrap_or_default());

    names(id);
    names(foreign);
    let Ok(id) = Id::existing(id) else { return };
    let version = Version::new(version).unwrap_or(Version::LAST);

    let layout = VolumeLayout::new(id.clone());
    let block = BlockName::Written { writer, suffix };
    let range = ByteRange::with_length(offset, length);
    volume(&layout, version, range.map(|range| (range, block)), tag);
    foreign_in_volume(&layout, foreign);

    for kind in LayoutKind::ALL {
        let layout = DatasetLayout::new(id.clone(), kind);
        dataset(&layout, version, tag);
        let token = (u128::from(writer) << 64) | u128::from(suffix);
        if let (Ok(partition), Ok(())) = (Partition::new(partition), key::check_segment(name)) {
            files(&layout, version, token, &partition, name);
        }
        foreign_in_dataset(&layout, foreign);
    }
});

/// Whatever passes is harmless.
fn names(text: &str) {
    assert_eq!(Key::new(text).map(drop), key::check(text));
    if key::check(text).is_ok() {
        assert!(text.split('/').all(|segment| key::check_segment(segment).is_ok()));
        assert!(!text.starts_with('/') && !format!("/{text}/").contains("/../"));
    }
    if let Ok(id) = Id::new(text) {
        assert_eq!(Id::existing(text), Ok(id));
        assert_eq!(text.to_lowercase(), text);
    }
}

fn volume(
    layout: &VolumeLayout,
    version: Version,
    block: Option<(ByteRange, BlockName)>,
    tag: &str,
) {
    for format in [Format::Compact, Format::Json] {
        let slot = layout.slot(version, format);
        assert_eq!(layout.parse_slot(slot.as_str(), format), Some(version));
        assert!(slot.is_below(layout.prefix()) && !layout.is_data(slot.as_str()));
    }
    if let Some((range, name)) = block {
        for name in [BlockName::Plain, name] {
            let key = layout.block(range, &name);
            assert!(key.is_below(layout.data().as_str()) && layout.is_data(key.as_str()));
            assert_eq!(layout.epoch(key.as_str()), name.epoch());
            assert_eq!(layout.parse_block(key.as_str()), Some((range, name)));
        }
    }
    if let Ok(tag) = Id::new(tag) {
        let key = layout.tag(&tag);
        assert!(key.is_below(layout.tags().as_str()) && !layout.is_data(key.as_str()));
        assert_eq!(layout.parse_tag(key.as_str()), Some(tag));
    }
}

/// What is taken for a key of the volume is the very key that it makes.
fn foreign_in_volume(layout: &VolumeLayout, key: &str) {
    for format in [Format::Compact, Format::Json] {
        if let Some(version) = layout.parse_slot(key, format) {
            assert_eq!(layout.slot(version, format).as_str(), key);
        }
    }
    if let Some((range, name)) = layout.parse_block(key) {
        assert_eq!(layout.block(range, &name).as_str(), key);
    }
    if let Some(tag) = layout.parse_tag(key) {
        assert_eq!(layout.tag(&tag).as_str(), key);
    }
    if layout.is_data(key) {
        assert!(key.starts_with(&format!("{}/", layout.prefix())));
    }
}

fn dataset(layout: &DatasetLayout, version: Version, tag: &str) {
    let slot = layout.slot(version);
    assert_eq!(layout.parse_slot(slot.as_str()), Some(version));
    assert!(slot.is_below(layout.slots().as_str()) && slot.is_below(layout.prefix()));
    assert!(!layout.is_data(slot.as_str()));
    if let Ok(tag) = Id::new(tag) {
        let key = layout.tag(&tag);
        assert!(key.is_below(layout.tags().as_str()) && !layout.is_data(key.as_str()));
        assert_eq!(layout.parse_tag(key.as_str()), Some(tag));
        assert_eq!(layout.parse_slot(key.as_str()), None);
    }
}

fn files(layout: &DatasetLayout, version: Version, token: u128, partition: &Partition, name: &str) {
    let file = layout.file(token, None, name).expect("it is short");
    let is_ours = DatasetLayout::is_file_name(name);
    assert_eq!(layout.epoch(file.as_str()), Some((token >> 32) as u32));
    assert!(file.is_below(layout.prefix()));
    assert_eq!(layout.is_data(file.as_str()), is_ours);
    if let Ok(file) = layout.file(token, Some(partition), name) {
        assert!(file.is_below(layout.partitions().as_str()));
        assert_eq!(layout.partition_of(&file).as_ref(), Some(partition));
        assert_eq!(layout.epoch(file.as_str()), Some((token >> 32) as u32));
        let is_hive = layout.kind() == LayoutKind::Hive;
        assert_eq!(layout.is_data(file.as_str()), is_hive && is_ours);
        assert_eq!(layout.parse_partition_entry(file.as_str()), None);
    }
    if let Ok(entry) = layout.partition_entry(partition, version) {
        assert!(!layout.is_data(entry.as_str()));
        let parsed = layout.parse_partition_entry(entry.as_str());
        assert_eq!(parsed, Some((partition.clone(), version)));
    }
}

/// What is taken for a key of the dataset is the very key that it makes.
fn foreign_in_dataset(layout: &DatasetLayout, key: &str) {
    if let Some(version) = layout.parse_slot(key) {
        assert_eq!(layout.slot(version).as_str(), key);
    }
    if let Some(tag) = layout.parse_tag(key) {
        assert_eq!(layout.tag(&tag).as_str(), key);
    }
    if layout.is_data(key) {
        assert!(key.starts_with(&format!("{}/", layout.prefix())));
        assert_eq!((layout.parse_slot(key), layout.parse_tag(key)), (None, None));
    }
    if let (Some((partition, version)), Ok(key)) =
        (layout.parse_partition_entry(key), Key::new(key))
    {
        assert_eq!(layout.partition_entry(&partition, version), Ok(key));
    }
}
