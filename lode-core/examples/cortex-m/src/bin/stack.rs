//! How deep the stack gets in each operation of a volume, on the least store there is.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lode_core::Volume;
use lode_core::range::ByteRange;
use lode_core::store::{Name, ObjectKind, ReadStore, Store};
use lode_core::time::NoClock;
use lode_cortex_m::logger::settings;
use lode_cortex_m::probe::stack_of;
use lode_cortex_m::slots::Slots;
use semihosting::{eprintln, println, process};

#[entry]
fn main() -> ! {
    static mut VOLUME: Volume<Slots, NoClock, 8> = Volume::new(Slots::new(), NoClock);
    static mut SCRATCH: [u8; 256] = [0; 256];
    let mut works = true;
    let mut measure = |what: &str, act: &mut dyn FnMut() -> bool| {
        let mut worked = false;
        println!("stack {what} {}", stack_of(|| worked = act()));
        works &= worked;
    };

    let store = VOLUME.store_mut();
    if let Some(name) = Name::new(ObjectKind::Block, 77) {
        measure("store", &mut || store.create(&name, &[b"some", b"bytes"]).is_ok());
        measure("store", &mut || store.read(&name, 0, &mut [0; 4]).is_ok());
        measure("store", &mut || store.remove(&name).is_ok());
    }
    measure("mount", &mut || VOLUME.mount(settings("log")).is_ok());
    for offset in [0, 16, 64] {
        measure("stage", &mut || VOLUME.stage(offset, &[7; 16]).is_ok());
        measure("commit", &mut || VOLUME.commit(&[("by", "probe")], SCRATCH).is_ok());
    }
    measure("mount", &mut || VOLUME.mount(settings("log")).is_ok());
    measure("stage", &mut || VOLUME.stage(16, &[7; 16]).is_ok());
    measure("read_at", &mut || VOLUME.read_at(4, &mut [0; 24]).is_ok());
    let all = ByteRange::new(0, 4096);
    measure("gaps", &mut || all.is_some_and(|all| VOLUME.gaps(all).count() == 2));
    measure("prune", &mut || VOLUME.prune(1).is_ok());
    if !works {
        eprintln!("an operation failed");
    }
    process::exit(i32::from(!works))
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    process::exit(101)
}
