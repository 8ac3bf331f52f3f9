//! Measuring how deep the stack gets: it is painted, used, and looked at.

use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::register::msp;

/// How much of the stack is painted.
const PAINTED: u32 = 4096;
const PAINT: u8 = 0xa5;

/// Where the stack of what is measured begins.
static BEGIN: AtomicU32 = AtomicU32::new(0);

/// How many bytes of stack `act` takes from where it says [`begin`].
#[inline(never)]
pub fn stack_of(act: impl FnOnce()) -> u32 {
    let limit = msp::read() - PAINTED;
    paint(limit);
    act();
    BEGIN.load(Ordering::Relaxed) - deepest(limit)
}

/// What the caller has on the stack does not count: its buffers, and room for what it is told.
#[inline(always)]
pub fn begin() {
    BEGIN.store(msp::read(), Ordering::Relaxed);
}

/// Paints from here down to `limit`.
#[inline(never)]
#[allow(unsafe_code, reason = "memory that nobody owns is written")]
fn paint(limit: u32) {
    // This function's own frame is left out.
    let end = msp::read() - 16;
    for address in limit..end {
        // SAFETY: it lies below the stack pointer, where nothing is in use, within the RAM, and
        // no interrupt is enabled.
        unsafe { ptr::write_volatile(address as *mut u8, PAINT) };
    }
}

/// The lowest address at or above `limit` that has been written to.
#[inline(never)]
#[allow(unsafe_code, reason = "memory that nobody owns is read")]
fn deepest(limit: u32) -> u32 {
    let mut address = limit;
    // SAFETY: as in `paint`; and what is read has been written there.
    while unsafe { ptr::read_volatile(address as *const u8) } == PAINT {
        address += 1;
    }
    address
}
