//! How deep the stack gets in each operation of a volume, on the least store there is.
#![no_std]
#![no_main]

use core::hint::black_box;

use cortex_m_rt::entry;
use lode_core::device::{Snapshot, VolumeError};
use lode_core::range::ByteRange;
use lode_core::store::{Name, ObjectKind, ReadStore, Store};
use lode_core::time::NoClock;
use lode_core::{Version, Volume};
use lode_cortex_m::logger::settings;
use lode_cortex_m::probe::{begin, stack_of};
use lode_cortex_m::slots::{SlotError, Slots};
use semihosting::{eprintln, println, process};

type Logged = Volume<Slots, NoClock, 8>;
type Older<'a> = Snapshot<'a, Slots, NoClock, 8>;
type Done<T = ()> = Result<T, VolumeError<SlotError>>;

/// The operations, each a function of its own: what is inlined in one counts as its own.
mod operation {
    use super::{ByteRange, Done, Logged, Older, Version, settings};

    #[inline(never)]
    pub fn mount(volume: &mut Logged) -> Done {
        volume.mount(settings("log"))
    }

    #[inline(never)]
    pub fn stage(volume: &mut Logged, offset: u64) -> Done {
        volume.stage(offset, &[7; 16])
    }

    #[inline(never)]
    pub fn commit(volume: &mut Logged, scratch: &mut [u8]) -> Done<Version> {
        volume.commit(&[("by", "probe")], scratch)
    }

    #[inline(never)]
    pub fn read_at(volume: &mut Logged, buf: &mut [u8]) -> Done {
        volume.read_at(4, buf)
    }

    #[inline(never)]
    pub fn snapshot(volume: &mut Logged) -> Done<Older<'_>> {
        volume.snapshot(Version::FIRST)
    }

    #[inline(never)]
    pub fn read_older(snapshot: &mut Older<'_>, buf: &mut [u8]) -> Done {
        snapshot.read_at(0, buf)
    }

    #[inline(never)]
    pub fn metadata(snapshot: &mut Older<'_>, scratch: &mut [u8]) -> Done {
        snapshot.metadata(scratch, &mut |_, _| ())
    }

    #[inline(never)]
    pub fn gaps(volume: &Logged, within: ByteRange) -> usize {
        volume.gaps(within).count()
    }

    #[inline(never)]
    pub fn prune(volume: &mut Logged) -> Done<u64> {
        volume.prune(1)
    }
}

#[entry]
fn main() -> ! {
    static mut VOLUME: Logged = Volume::new(Slots::new(), NoClock);
    static mut SCRATCH: [u8; 256] = [0; 256];
    let mut works = true;
    let mut measure = |what: &str, act: &mut dyn FnMut() -> bool| {
        let mut worked = false;
        println!("stack {what} {}", stack_of(|| worked = act()));
        works &= worked;
    };

    let store = VOLUME.store_mut();
    if let Some(name) = Name::new(ObjectKind::Block, 77) {
        measure("store", &mut || {
            begin();
            black_box(store.create(&name, &[b"some", b"bytes"])).is_ok()
        });
        measure("store", &mut || {
            begin();
            black_box(store.read(&name, 0, &mut [0; 4])).is_ok()
        });
        measure("store", &mut || {
            begin();
            black_box(store.remove(&name)).is_ok()
        });
    }
    let mount = |volume: &mut Logged| {
        begin();
        operation::mount(volume).is_ok()
    };
    let stage = |volume: &mut Logged, offset| {
        begin();
        operation::stage(volume, offset).is_ok()
    };
    measure("mount", &mut || mount(VOLUME));
    for (offset, loses_a_reply) in [(0, false), (16, false), (64, true)] {
        measure("stage", &mut || stage(VOLUME, offset));
        VOLUME.store_mut().loses_a_reply = loses_a_reply;
        measure("commit", &mut || {
            begin();
            operation::commit(VOLUME, SCRATCH).is_ok()
        });
    }
    measure("mount", &mut || mount(VOLUME));
    measure("stage", &mut || stage(VOLUME, 16));
    measure("read_at", &mut || {
        let mut buf = [0; 24];
        begin();
        operation::read_at(VOLUME, &mut buf).is_ok()
    });
    measure("snapshot", &mut || {
        begin();
        operation::snapshot(VOLUME).is_ok()
    });
    if let Ok(mut snapshot) = VOLUME.snapshot(Version::FIRST) {
        measure("read_older", &mut || {
            let mut buf = [0; 16];
            begin();
            operation::read_older(&mut snapshot, &mut buf).is_ok()
        });
        measure("metadata", &mut || {
            begin();
            operation::metadata(&mut snapshot, SCRATCH).is_ok()
        });
    }
    let all = ByteRange::new(0, 4096);
    measure("gaps", &mut || {
        begin();
        all.is_some_and(|all| operation::gaps(VOLUME, all) == 2)
    });
    measure("prune", &mut || {
        begin();
        operation::prune(VOLUME).is_ok()
    });
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
