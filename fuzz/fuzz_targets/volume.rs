//! Volume manifests, records and tombstones in JSON, and from there into the compact format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::compact;
use lode_core::manifest::json::{decode_volume, encode_record, encode_tombstone, encode_volume};
use lode_core::manifest::{SlotContent, VolumeManifest};
use lode_fuzz::memory;

fuzz_target!(|text: &[u8]| {
    let Ok(content) = memory::bounded(memory::limit(text), || decode_volume(text)) else {
        return;
    };
    let written = match &content {
        SlotContent::Live(manifest) => encode_volume(manifest),
        SlotContent::Collected(tombstone) => encode_tombstone(tombstone),
        SlotContent::Record(record) => encode_record(record),
    }
    .expect("what was read can be written");
    assert_eq!(decode_volume(&written).as_ref(), Ok(&content));

    if let SlotContent::Record(record) = &content {
        let object = compact::encode_record(record).expect("a record has nothing of Go's");
        assert_eq!(compact::decode(&object).as_ref(), Ok(&content));
    }
    if let SlotContent::Live(manifest) = content {
        stays_in_its_place(&manifest);
        says_what_json_says(&manifest, text);
        // What Go wrote may have what the compact format cannot say.
        if let Ok(object) = compact::encode(&manifest) {
            assert_eq!(compact::decode(&object), Ok(SlotContent::Live(manifest)));
        }
    }
});

/// Blocks are not read by a parser of any JSON.
fn says_what_json_says(manifest: &VolumeManifest, text: &[u8]) {
    let value: serde_json::Value = serde_json::from_slice(text).expect("it is JSON");
    let blocks = value["blocks"].as_array().expect("its blocks are an array");
    let said = blocks.iter().map(|block| (block["offset"].as_u64(), block["length"].as_u64()));
    let read = manifest.blocks.inline().expect("in JSON there are no pages").iter();
    let read = read.map(|block| (Some(block.range.start()), Some(block.range.length())));
    assert!(said.eq(read), "{value}");
}

fn stays_in_its_place(manifest: &VolumeManifest) {
    let layout = VolumeLayout::new(manifest.id.clone());
    for block in manifest.blocks.inline().expect("in JSON there are no pages") {
        let key = layout.block(block.range, &block.name);
        assert!(key.is_below(layout.prefix()), "{key} is not below {}", layout.prefix());
        assert!(block.range.end() <= manifest.total_length);
    }
}
