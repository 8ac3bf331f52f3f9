//! zstd files, and what is read of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lode_fuzz::transform::check;
use lode_zstd::Zstd;

fuzz_target!(|input: &[u8]| check(&Zstd::default(), input));
