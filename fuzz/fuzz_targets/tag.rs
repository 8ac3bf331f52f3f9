//! Tags and leases.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_core::collect::Tag;
use lode_fuzz::compact::sealed;
use lode_fuzz::memory;

/// For the text of an error; reading a tag takes nothing.
const LIMIT: usize = 64;

fuzz_target!(|object: &[u8]| {
    check(object);
    check(&sealed(object));
});

fn check(object: &[u8]) {
    let Ok(tag) = memory::bounded(LIMIT, || Tag::decode(object)) else { return };
    let written = tag.encode().expect("what was read can be written");
    assert_eq!(Tag::decode(&written), Ok(tag));
}
