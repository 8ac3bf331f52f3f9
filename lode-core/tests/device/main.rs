//! The volume of a device, over a medium in memory that fills up, fails and loses power.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests lie outside of test functions"
)]

mod basics;
mod bytes;
mod cuts;
mod full;
mod hostile;
mod io;
mod long;
mod medium;
mod model;
mod snapshots;

use lode_core::Volume;
use lode_core::device::Settings;
use lode_core::range::ByteRange;
use lode_core::time::NoClock;

use self::medium::Medium;

const LENGTH: u64 = 4096;
const SETTINGS: Settings = Settings { id: "disk", length: LENGTH, device: 7 };

type Device<const RUNS: usize> = Volume<Medium, NoClock, RUNS>;

/// A volume on this medium, mounted.
fn mounted<const RUNS: usize>(medium: &Medium) -> Device<RUNS> {
    let mut volume = Device::new(medium.clone(), NoClock);
    volume.mount(SETTINGS).unwrap();
    volume
}

fn range(start: u64, end: u64) -> ByteRange {
    ByteRange::new(start, end).unwrap()
}

/// Numbers that look random, and are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % limit
    }
}
