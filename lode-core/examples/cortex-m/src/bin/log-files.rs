//! The logger on files of the host.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lode_core::time::NoClock;
use lode_cortex_m::files::Files;
use lode_cortex_m::logger::{Log, log};
use lode_cortex_m::resets;
use semihosting::{eprintln, process};

/// How many commits it makes.
const COMMITS: u64 = 1000;

#[entry]
fn main() -> ! {
    static mut LOG: Log<Files> = Log::new(Files::new(), NoClock);
    static mut SCRATCH: [u8; 8192] = [0; 8192];
    resets::begin(300);
    match log(LOG, "log", COMMITS, SCRATCH) {
        Ok(()) => process::exit(0),
        Err(error) => {
            eprintln!("{error}");
            process::exit(1)
        }
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    process::exit(101)
}
