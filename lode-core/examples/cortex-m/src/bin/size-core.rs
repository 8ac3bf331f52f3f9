//! A volume over the least store: what it adds to `size-base` is the core.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use lode_core::Volume;
use lode_core::range::ByteRange;
use lode_core::time::NoClock;
use lode_cortex_m::logger::settings;
use lode_cortex_m::slots::Slots;

/// How many runs the volume has.
const RUNS: usize = 8;

#[entry]
fn main() -> ! {
    static mut VOLUME: Volume<Slots, NoClock, RUNS> = Volume::new(Slots::new(), NoClock);
    // Only there to be measured.
    static mut LARGER: Volume<Slots, NoClock, 24> = Volume::new(Slots::new(), NoClock);
    static mut SCRATCH: [u8; 256] = [0; 256];
    black_box(&LARGER);
    loop {
        black_box(VOLUME.mount(settings("log")).is_ok());
        black_box(VOLUME.stage(black_box(0), black_box(&SCRATCH[..16])).is_ok());
        black_box(VOLUME.commit(black_box(&[("by", "me")]), SCRATCH).is_ok());
        black_box(VOLUME.read_at(black_box(0), SCRATCH).is_ok());
        if let Some(within) = ByteRange::new(black_box(0), black_box(100)) {
            black_box(VOLUME.gaps(within).next());
        }
        black_box(VOLUME.prune(black_box(2)).is_ok());
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
