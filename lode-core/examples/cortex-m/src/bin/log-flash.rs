//! The logger on a NOR flash. When a volume is full it is taken from the device, an image of the
//! flash, and a new one is begun.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lode_core::VolumeError;
use lode_core::time::NoClock;
use lode_cortex_m::logger::{Log, log};
use lode_cortex_m::nor::Nor;
use lode_cortex_m::resets;
use lode_cortex_m::retained::{FLASH, retained};
use lode_flash::FlashStore;
use semihosting::fs::{self, File};
use semihosting::io::Write;
use semihosting::{eprintln, process};

/// The volumes, one after the other.
const VOLUMES: [(&str, &core::ffi::CStr); 10] = [
    ("log-0", c"log-0.nor"),
    ("log-1", c"log-1.nor"),
    ("log-2", c"log-2.nor"),
    ("log-3", c"log-3.nor"),
    ("log-4", c"log-4.nor"),
    ("log-5", c"log-5.nor"),
    ("log-6", c"log-6.nor"),
    ("log-7", c"log-7.nor"),
    ("log-8", c"log-8.nor"),
    ("log-9", c"log-9.nor"),
];
/// How many commits it makes to each.
const COMMITS: u64 = 100;

type Flash = FlashStore<Nor, 512, 4096>;

#[entry]
fn main() -> ! {
    static mut LOG: Log<Flash> = Log::new(FlashStore::new(Nor, 0..FLASH as u32), NoClock);
    static mut SCRATCH: [u8; 4096] = [0; 4096];
    resets::begin(60_000);
    while let Some((id, image)) = VOLUMES.get(retained().volume() as usize) {
        if let Err(error) = fill(LOG, id, SCRATCH) {
            eprintln!("{id}: {error}");
            process::exit(1);
        }
        if !export(image) {
            eprintln!("{id}: the image could not be written");
            process::exit(1);
        }
        retained().next_volume();
    }
    process::exit(0)
}

/// Writes the volume to its end. What is still there of the one before has been taken.
fn fill(
    volume: &mut Log<Flash>,
    id: &'static str,
    scratch: &mut [u8],
) -> Result<(), VolumeError<lode_flash::Error<lode_cortex_m::nor::OutOfRange>>> {
    if let Err(lode_flash::Error::Foreign) = volume.store_mut().mount() {
        volume.store_mut().format().map_err(VolumeError::Store)?;
    }
    match log(volume, id, COMMITS, scratch) {
        Err(VolumeError::Foreign { .. }) => {
            volume.store_mut().format().map_err(VolumeError::Store)?;
            log(volume, id, COMMITS, scratch)
        }
        done => done,
    }
}

/// Gives an image of the flash to the host.
fn export(path: &core::ffi::CStr) -> bool {
    let write = || -> semihosting::io::Result<()> {
        let mut file = File::create(c"DRAFT.TMP")?;
        let mut chunk = [0; 256];
        for bytes in retained().flash().chunks(chunk.len()) {
            for (byte, stored) in chunk.iter_mut().zip(bytes) {
                *byte = stored.load(core::sync::atomic::Ordering::Relaxed);
            }
            file.write_all(chunk.get(..bytes.len()).unwrap_or_default())?;
        }
        drop(file);
        fs::rename(c"DRAFT.TMP", path)
    };
    write().is_ok()
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    process::exit(101)
}
