//! Memory that a reset leaves alone: where a real device has its flash.

use core::ptr;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// How many bytes of flash there are.
pub const FLASH: usize = 28 << 10;

/// The upper half of the RAM. It is 0 after power-on.
#[repr(C)]
pub struct Retained {
    boots: AtomicU32,
    volume: AtomicU32,
    flash: [AtomicU8; FLASH],
}

/// The only one.
#[allow(unsafe_code, reason = "a place in memory that is not linked has no other way to it")]
pub fn retained() -> &'static Retained {
    // SAFETY: `memory.x` leaves the RAM from here on to us, it is aligned, all of it is atomic, and
    // any bits are values of it.
    unsafe { &*ptr::with_exposed_provenance::<Retained>(0x2000_8000) }
}

impl Retained {
    /// Counts a start, and says how many there were before.
    pub fn boots(&self) -> u32 {
        let boots = self.boots.load(Ordering::Relaxed);
        self.boots.store(boots.wrapping_add(1), Ordering::Relaxed);
        boots
    }

    /// Which volume is being written.
    pub fn volume(&self) -> u32 {
        self.volume.load(Ordering::Relaxed)
    }

    /// Goes on to the next.
    pub fn next_volume(&self) {
        self.volume.store(self.volume().wrapping_add(1), Ordering::Relaxed);
    }

    /// The bytes of the flash.
    pub fn flash(&self) -> &[AtomicU8] {
        &self.flash
    }
}
