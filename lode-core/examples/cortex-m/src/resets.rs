//! Resets in the midst of everything.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::SCB;
use semihosting::println;

use crate::retained::retained;

/// How many times the device is reset before it is left alone.
const RESETS: u32 = 200;

/// How much may still be done before the next reset; 0 is: all.
static LEFT: AtomicU32 = AtomicU32::new(0);

/// Counts a start, and draws when the next reset comes: after `most` ticks at the latest.
pub fn begin(most: u32) {
    let boots = retained().boots();
    println!("start");
    if boots < RESETS {
        // Knuth's multiplicative hash.
        let drawn = boots.wrapping_add(1).wrapping_mul(2_654_435_769) >> 8;
        LEFT.store(1 + drawn % most, Ordering::Relaxed);
    }
}

/// Something is being done to the medium: perhaps the last before a reset.
pub fn tick() {
    match LEFT.load(Ordering::Relaxed) {
        0 => {}
        1 => SCB::sys_reset(),
        left => LEFT.store(left - 1, Ordering::Relaxed),
    }
}
