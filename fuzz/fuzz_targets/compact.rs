//! Volume manifests and tombstones in the compact format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::manifest::compact::{decode, encode, encode_tombstone};
use lode_core::manifest::{SlotContent, VolumeManifest};
use lode_fuzz::compact::sealed;
use lode_fuzz::memory;

fuzz_target!(|object: &[u8]| {
    check(object);
    check(&sealed(object));
});

/// Not every object that is read is one that is written: a run may have been cut in two. But what
/// is written of it is the only way in which it is.
fn check(object: &[u8]) {
    let Ok(content) = memory::bounded(memory::limit(object), || decode(object)) else {
        return;
    };
    let written = write(&content);
    let again = decode(&written).expect("what was written can be read");
    assert_eq!(again, content);
    assert_eq!(write(&again), written);
}

fn write(content: &SlotContent<VolumeManifest>) -> Vec<u8> {
    match content {
        SlotContent::Live(manifest) => encode(manifest),
        SlotContent::Collected(tombstone) => encode_tombstone(tombstone),
    }
    .expect("what was read can be written")
}
