//! The least firmware, with the least store: what a volume is measured against.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use lode_core::store::{Name, ObjectKind, ReadStore, Store};
use lode_cortex_m::slots::Slots;

#[entry]
fn main() -> ! {
    static mut STORE: Slots = Slots::new();
    static mut SCRATCH: [u8; 256] = [0; 256];
    loop {
        let Some(name) = Name::new(black_box(ObjectKind::Block), black_box(7)) else { continue };
        black_box(STORE.create(&name, &[black_box(SCRATCH)]).is_ok());
        black_box(STORE.replace(&name, &[black_box(SCRATCH)]).is_ok());
        black_box(STORE.read(&name, black_box(0), SCRATCH).is_ok());
        black_box(STORE.remove(&name).is_ok());
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
