//! Dataset manifests, records and tombstones in JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::manifest::SlotContent;
use lode_core::manifest::json::{
    decode_dataset, encode_dataset, encode_dataset_record, encode_dataset_tombstone,
};
use lode_fuzz::memory;

/// The folders that the seeds are of: of all datasets but the flat ones, and of a flat one.
const PREFIXES: [&str; 2] = ["datasets", "flatds"];

fuzz_target!(|text: &[u8]| PREFIXES.into_iter().for_each(|prefix| check(text, prefix)));

fn check(text: &[u8], prefix: &str) {
    let limit = memory::limit(text);
    let Ok(content) = memory::bounded(limit, || decode_dataset(text, prefix)) else { return };
    let written = match &content {
        SlotContent::Live(manifest) => encode_dataset(manifest),
        SlotContent::Collected(tombstone) => encode_dataset_tombstone(tombstone),
        SlotContent::Record(record) => encode_dataset_record(record),
    }
    .expect("what was read can be written");
    assert_eq!(decode_dataset(&written, prefix).as_ref(), Ok(&content));

    if let SlotContent::Live(manifest) = content {
        for file in manifest.files {
            assert!(file.key.is_below(prefix), "{} is not below {prefix}", file.key);
        }
    }
}
