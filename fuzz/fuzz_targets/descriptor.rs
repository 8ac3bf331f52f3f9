//! Descriptors of volumes and datasets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::descriptor::{decode_dataset, decode_volume, encode_dataset, encode_volume};
use lode_fuzz::memory;

fuzz_target!(|text: &[u8]| {
    let limit = memory::limit(text);
    if let Ok(descriptor) = memory::bounded(limit, || decode_volume(text)) {
        let written = encode_volume(&descriptor).expect("what was read can be written");
        assert_eq!(decode_volume(&written), Ok(descriptor));
    }
    if let Ok(descriptor) = memory::bounded(limit, || decode_dataset(text)) {
        let written = encode_dataset(&descriptor).expect("what was read can be written");
        assert_eq!(decode_dataset(&written), Ok(descriptor));
    }
});
