//! A volume over `lode-flash`, on a flash that is nothing: what it adds to `size-base` is both.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use cortex_m_rt::entry;
use embedded_storage::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use lode_core::Volume;
use lode_core::time::NoClock;
use lode_cortex_m::exercise::exercise;
use lode_flash::FlashStore;

/// A flash whose driver does nothing.
struct Nothing;

impl ErrorType for Nothing {
    type Error = Infallible;
}

impl ReadNorFlash for Nothing {
    const READ_SIZE: usize = 1;

    #[inline(never)]
    fn read(&mut self, _: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        black_box(bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        1 << 20
    }
}

impl NorFlash for Nothing {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    #[inline(never)]
    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        black_box((from, to));
        Ok(())
    }

    #[inline(never)]
    fn write(&mut self, _: u32, bytes: &[u8]) -> Result<(), Infallible> {
        black_box(bytes);
        Ok(())
    }
}

impl MultiwriteNorFlash for Nothing {}

#[entry]
fn main() -> ! {
    static mut VOLUME: Volume<FlashStore<Nothing, 512, 4096>, NoClock, 8> =
        Volume::new(FlashStore::new(Nothing, 0..1 << 20), NoClock);
    static mut SCRATCH: [u8; 256] = [0; 256];
    loop {
        black_box(VOLUME.store_mut().mount().is_ok());
        black_box(VOLUME.store_mut().format().is_ok());
        exercise(VOLUME, SCRATCH);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
