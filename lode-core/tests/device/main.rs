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
