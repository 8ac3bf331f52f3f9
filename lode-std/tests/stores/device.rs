//! The device engine on the store at hand: it commits, starts anew, prunes, and a host reads.

use lode_core::device::Settings;
use lode_core::time::NoClock;
use lode_core::{ErrorKind, Volume};
use lode_std::blocking::Runtime;
use lode_std::device::Remote;
use lode_std::{VolumeReader, meta};

use crate::support::{fresh, pattern};

const SETTINGS: Settings = Settings { id: "logger-7", length: 1 << 20, device: 7 };
const COMMITS: u64 = 6;
const BLOCK: usize = 100;
/// From the beginning of a commit's two blocks to that of the next one's; there are gaps.
const STRIDE: u64 = 300;

/// A device that has just been switched on.
fn start(medium: &Remote) -> Volume<Remote, NoClock, 8> {
    let mut volume = Volume::new(medium.clone(), NoClock);
    volume.mount(SETTINGS).unwrap();
    volume
}

#[test]
fn a_device_logs_to_it_and_a_host_reads() {
    let (runtime, store) = (Runtime::new().unwrap(), fresh());
    let medium = Remote::new(runtime.clone(), store.clone());
    for number in 0..COMMITS {
        // It stops with a block that is staged and not committed, and does that work again.
        for is_last in [false, true] {
            let mut volume = start(&medium);
            assert_eq!(volume.head().map_or(0, |head| head.get()), number);
            for offset in [number * STRIDE, number * STRIDE + BLOCK as u64] {
                volume.stage(offset, &pattern(offset, BLOCK)).unwrap();
            }
            if is_last {
                volume.commit(&[("by", "logger")], &mut [0; 1024]).unwrap();
                volume.prune(3).unwrap();
            }
        }
    }

    let mut volume = start(&medium);
    let mut found = [0; 2 * BLOCK];
    for number in 0..COMMITS {
        volume.read_at(number * STRIDE, &mut found).unwrap();
        assert_eq!(found[..], pattern(number * STRIDE, 2 * BLOCK));
    }
    let missing = volume.read_at(2 * BLOCK as u64, &mut found).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::RangeMissing);
    let kept: Vec<_> = volume.snapshots().unwrap().map(|version| version.get()).collect();
    assert_eq!(kept, [COMMITS - 2, COMMITS - 1, COMMITS]);

    runtime.wait(async {
        let reader = VolumeReader::of_device(store).await.unwrap();
        let snapshot = reader.latest().await.unwrap().unwrap();
        assert_eq!(snapshot.version().get(), COMMITS);
        assert_eq!(snapshot.metadata(), &meta! { "by" => "logger" });
        for number in 0..COMMITS {
            let (start, length) = (number * STRIDE, 2 * BLOCK);
            let range = start..start + length as u64;
            assert_eq!(snapshot.read_at(range).await.unwrap(), pattern(start, length));
        }
    });
}
