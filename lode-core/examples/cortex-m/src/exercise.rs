//! All that a volume can do, so that all of it is linked.

use core::hint::black_box;

use lode_core::Volume;
use lode_core::range::ByteRange;
use lode_core::store::Store;
use lode_core::time::NoClock;

use crate::logger::settings;

/// Calls each operation once, with arguments that the compiler does not know.
pub fn exercise<S: Store, const RUNS: usize>(
    volume: &mut Volume<S, NoClock, RUNS>,
    scratch: &mut [u8; 256],
) {
    black_box(volume.mount(settings("log")).is_ok());
    black_box(volume.stage(black_box(0), black_box(&scratch[..16])).is_ok());
    black_box(volume.commit(black_box(&[("by", "me")]), scratch).is_ok());
    black_box(volume.read_at(black_box(0), scratch).is_ok());
    if let Some(within) = ByteRange::new(black_box(0), black_box(100)) {
        black_box(volume.gaps(within).next());
    }
    black_box(volume.prune(black_box(2)).is_ok());
}
