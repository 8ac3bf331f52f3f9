//! A volume over the least store: what it adds to `size-base` is the core.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use lode_core::Volume;
use lode_core::time::NoClock;
use lode_cortex_m::exercise::exercise;
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
        exercise(VOLUME, SCRATCH);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
