//! Volume manifests, records and tombstones in the compact format.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::manifest::compact::{decode, encode, encode_record, encode_tombstone};
use lode_core::manifest::{Record, SlotContent, Span, VolumeManifest};
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
    if let SlotContent::Live(VolumeManifest { state, .. })
    | SlotContent::Record(Record { state, .. }) = content
    {
        assert!(state.floor <= state.epoch);
        let runs: Vec<_> = state.dropped.spans().collect();
        let apart = |pair: &[Span]| pair[0].last.get() + 1 < pair[1].first.get();
        assert!(runs.windows(2).all(apart) && runs.iter().all(|run| run.first <= run.last));
    }
}

fn write(content: &SlotContent<VolumeManifest>) -> Vec<u8> {
    match content {
        SlotContent::Live(manifest) => encode(manifest),
        SlotContent::Collected(tombstone) => encode_tombstone(tombstone),
        SlotContent::Record(record) => encode_record(record),
    }
    .expect("what was read can be written")
}
