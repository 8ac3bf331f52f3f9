//! The logger itself, whatever it logs to.

use lode_core::device::Settings;
use lode_core::store::Store;
use lode_core::time::NoClock;
use lode_core::{Volume, VolumeError};
use semihosting::println;

/// How many runs the logger's volumes can have.
pub const RUNS: usize = 24;
/// How many bytes a sample has.
const SAMPLE: usize = 16;
/// How many samples it takes in an hour, one behind the other.
const SAMPLES: u64 = 100;
/// How many bytes of the volume belong to an hour: more than it takes, so that there are gaps.
const HOUR: u64 = 4096;
/// After how many commits it removes old manifests.
const PRUNE_EVERY: u64 = 8;

/// The volume that the logger writes.
pub type Log<S> = Volume<S, NoClock, RUNS>;

/// What a volume is called, and what it takes.
pub fn settings(id: &'static str) -> Settings {
    Settings { id, length: 16 * HOUR, device: 0x10de_c0de }
}

/// Mounts the volume and goes on where it stands, until `count` samples are committed.
///
/// # Errors
///
/// Whatever the volume fails with.
pub fn log<S: Store>(
    volume: &mut Log<S>,
    id: &'static str,
    count: u64,
    scratch: &mut [u8],
) -> Result<(), VolumeError<S::Error>> {
    volume.mount(settings(id))?;
    for number in volume.covered() / SAMPLE as u64..count {
        let offset = number / SAMPLES * HOUR + number % SAMPLES * SAMPLE as u64;
        volume.stage(offset, &sample(offset))?;
        let version = volume.commit(&[("by", "logger")], scratch)?;
        println!("acknowledged {id} {} {offset} {SAMPLE}", version.get());
        if number % PRUNE_EVERY == 0 {
            volume.prune(2)?;
        }
    }
    Ok(())
}

/// What is measured at an offset: it differs from place to place, so that a mix-up shows.
fn sample(offset: u64) -> [u8; SAMPLE] {
    core::array::from_fn(|index| {
        let place = offset.wrapping_add(index as u64);
        (place.wrapping_mul(2_654_435_761) >> 7) as u8
    })
}
