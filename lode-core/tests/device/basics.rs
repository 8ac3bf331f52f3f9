//! What each operation does, and says when it does not.

use lode_core::device::Field;
use lode_core::range::ByteRange;
use lode_core::time::{Clock, NoClock, Timestamp};
use lode_core::{ErrorKind, Version, Volume, VolumeError};

use crate::medium::Medium;
use crate::{Device, LENGTH, SETTINGS, Settings, mounted, range};

#[test]
fn what_is_committed_is_read_and_the_rest_is_a_gap() {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    assert_eq!((volume.head(), volume.covered()), (None, 0));
    volume.stage(100, b"world").unwrap();
    volume.stage(0, b"hello").unwrap();
    assert_eq!((volume.staged(), volume.covered()), (2, 0));
    assert_eq!(volume.commit(&[("step", "boot")], &mut [0; 128]), Ok(Version::FIRST));
    volume.stage(5, b", ").unwrap();
    assert_eq!(volume.commit(&[], &mut [0; 128]), Ok(Version::new(2).unwrap()));

    for mut volume in [volume, mounted(&medium)] {
        let mut bytes = [0; 6];
        volume.read_at(1, &mut bytes).unwrap();
        assert_eq!(&bytes, b"ello, ");
        volume.read_at(102, &mut bytes[..3]).unwrap();
        assert_eq!(&bytes[..3], b"rld");
        let gap = range(7, 100);
        assert_eq!(
            volume.read_at(6, &mut [0; 95]),
            Err(VolumeError::RangeMissing { gap }),
            "the first gap"
        );
        let gaps: Vec<ByteRange> = volume.gaps(range(0, LENGTH)).collect();
        assert_eq!(gaps, [gap, range(105, LENGTH)]);
        assert_eq!((volume.head(), volume.covered()), (Version::new(2), 12));
    }
}

#[test]
fn repeated_work_is_done_once() {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    for _ in 0..2 {
        volume.stage(10, b"abc").unwrap();
        assert_eq!(volume.staged(), 1);
    }
    volume.commit(&[], &mut [0; 128]).unwrap();
    let before = medium.objects();
    for mut volume in [volume, mounted(&medium)] {
        volume.stage(10, b"abc").unwrap();
        assert_eq!(volume.staged(), 0);
        assert_eq!(volume.commit(&[], &mut []), Ok(Version::FIRST));
        assert_eq!(medium.objects(), before);
    }
}

#[test]
fn overlaps_name_both_ranges() {
    let medium = Medium::default();
    let mut volume = mounted::<8>(&medium);
    volume.stage(10, b"abc").unwrap();
    volume.commit(&[], &mut [0; 128]).unwrap();
    volume.stage(20, b"def").unwrap();
    for (offset, bytes, existing) in [
        (10, &b"abd"[..], range(10, 13)),
        (10, b"ab", range(10, 13)),
        (9, b"zabcz", range(10, 13)),
        (12, b"c", range(10, 13)),
        (22, b"fg", range(20, 23)),
        (20, b"deg", range(20, 23)),
    ] {
        let new = ByteRange::with_length(offset, bytes.len() as u64).unwrap();
        let result = volume.stage(offset, bytes);
        assert_eq!(result, Err(VolumeError::Overlap { new, existing }));
    }
    assert_eq!(volume.staged(), 1);
    volume.discard();
    volume.stage(22, b"fg").unwrap();
    volume.commit(&[], &mut [0; 128]).unwrap();
    assert_eq!(medium.names('B').len(), 2, "what was discarded has been overwritten");
}

#[test]
fn full_tables_change_nothing_and_gaps_can_still_be_filled() {
    let medium = Medium::default();
    let mut volume = mounted::<3>(&medium);
    for offset in [0, 20, 40] {
        volume.stage(offset, b"0123456789").unwrap();
    }
    let before = medium.objects();
    let full = Err(VolumeError::Full { runs: 3 });
    assert_eq!(volume.stage(10, b"0123456789"), full, "too many blocks");
    volume.commit(&[], &mut [0; 256]).unwrap();
    assert_eq!(volume.stage(60, b"0"), full, "too many runs");
    assert_eq!(volume.stage(51, b"0"), full, "not quite a neighbour");
    assert_eq!(volume.staged(), 0);
    assert_eq!(medium.names('B').len(), before.len());
    volume.stage(30, b"0123456789").unwrap();
    volume.stage(60, b"0123456789").unwrap();
    volume.stage(50, b"0123456789").unwrap();
    volume.commit(&[], &mut [0; 256]).unwrap();
    let gaps: Vec<ByteRange> = volume.gaps(range(0, 100)).collect();
    assert_eq!(gaps, [range(10, 20), range(70, 100)]);
    mounted::<2>(&medium);
    assert_eq!(
        Device::<1>::new(medium, NoClock).mount(SETTINGS),
        Err(VolumeError::Full { runs: 1 })
    );
}

#[test]
fn a_small_scratch_buffer_says_how_much_it_needs() {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    volume.stage(10, b"abc").unwrap();
    let Err(VolumeError::ScratchTooSmall { needed }) = volume.commit(&[("a", "b")], &mut []) else {
        panic!("no room for a manifest");
    };
    for size in 0..needed {
        let result = volume.commit(&[("a", "b")], &mut vec![0; size]);
        assert_eq!(result, Err(VolumeError::ScratchTooSmall { needed }));
    }
    assert_eq!(volume.commit(&[("a", "b")], &mut vec![0; needed]), Ok(Version::FIRST));
    assert!(needed - medium.get("M0000001.LD").len() <= 4);
}

#[test]
fn what_cannot_be_is_refused() {
    let medium = Medium::default();
    let mut volume = Device::<4>::new(medium.clone(), NoClock);
    assert_eq!(volume.stage(0, b"a"), Err(VolumeError::NotMounted));
    assert_eq!(volume.commit(&[], &mut []), Err(VolumeError::NotMounted));
    assert_eq!(volume.read_at(0, &mut [0]), Err(VolumeError::NotMounted));
    assert_eq!(volume.prune(1), Err(VolumeError::NotMounted));
    for settings in [
        Settings { id: "", ..SETTINGS },
        Settings { id: "Disk", ..SETTINGS },
        Settings { id: ".disk", ..SETTINGS },
        Settings { length: 0, ..SETTINGS },
        Settings { length: 1 << 63, ..SETTINGS },
    ] {
        assert_eq!(volume.mount(settings), Err(VolumeError::Settings));
    }
    volume.mount(SETTINGS).unwrap();
    assert_eq!(volume.commit(&[], &mut []), Err(VolumeError::NothingStaged));
    let beyond = |offset| Err(VolumeError::OutOfBounds { offset, length: LENGTH });
    assert_eq!(volume.stage(0, b""), beyond(0));
    assert_eq!(volume.stage(LENGTH, b"a"), beyond(LENGTH));
    assert_eq!(volume.stage(u64::MAX, b"ab"), beyond(u64::MAX));
    assert_eq!(volume.read_at(LENGTH - 1, &mut [0; 2]), beyond(LENGTH - 1));
    volume.stage(LENGTH - 1, b"a").unwrap();
    for names in [[("b", ""), ("a", "")], [("a", ""), ("a", "")]] {
        assert_eq!(volume.commit(&names, &mut [0; 99]), Err(VolumeError::Metadata));
    }
    volume.mount(Settings { length: 1 << 20, ..SETTINGS }).unwrap();
    let too_large = VolumeError::TooLarge { most: 8192 };
    assert_eq!(volume.stage(0, &[0; 8193]), Err(too_large));
    assert_eq!(too_large.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_volume_of_other_settings_is_foreign() {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    volume.stage(0, b"a").unwrap();
    volume.commit(&[], &mut [0; 128]).unwrap();
    for (settings, expected) in [
        (Settings { id: "disk2", ..SETTINGS }, Field::Id),
        (Settings { id: "dist", ..SETTINGS }, Field::Id),
        (Settings { length: LENGTH + 1, ..SETTINGS }, Field::Length),
    ] {
        let Err(error) = volume.mount(settings) else { panic!("{settings:?}") };
        assert!(matches!(error, VolumeError::Foreign { name, field }
                if name.as_str() == "M0000001.LD" && field == expected));
        assert_eq!(error.kind(), ErrorKind::Mismatch);
        assert_eq!(volume.read_at(0, &mut [0]), Err(VolumeError::NotMounted));
    }
    // Another device may go on with the medium.
    volume.mount(Settings { device: 8, ..SETTINGS }).unwrap();
    volume.stage(1, b"b").unwrap();
    assert_eq!(volume.commit(&[], &mut [0; 128]), Ok(Version::new(2).unwrap()));
}

#[test]
fn pruning_keeps_the_last_and_what_they_hold() {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    for offset in 0..6 {
        volume.stage(offset, &[offset as u8]).unwrap();
        volume.commit(&[], &mut [0; 256]).unwrap();
    }
    volume.stage(100, b"left behind").unwrap();
    let mut volume = mounted::<4>(&medium);
    volume.stage(6, b"\x06").unwrap();
    assert_eq!(volume.prune(9), Ok(0));
    assert_eq!(volume.prune(2), Ok(4));
    assert_eq!(medium.names('M'), ["M0000005.LD", "M0000006.LD"]);
    assert_eq!(medium.names('B').len(), 7, "six blocks, and one that is staged");
    volume.commit(&[], &mut [0; 256]).unwrap();
    assert_eq!(volume.prune(0), Ok(2));
    for mut volume in [volume, mounted(&medium)] {
        let mut bytes = [0; 7];
        volume.read_at(0, &mut bytes).unwrap();
        assert_eq!(bytes, [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(volume.head(), Version::new(7));
    }
}

#[test]
fn a_clock_dates_the_snapshots() {
    struct Fixed;
    impl Clock for Fixed {
        fn now(&self) -> Option<Timestamp> {
            Timestamp::new(-5, 250)
        }
    }
    let medium = Medium::default();
    let mut volume = Volume::<_, _, 4>::new(medium.clone(), Fixed);
    volume.mount(SETTINGS).unwrap();
    volume.stage(0, b"a").unwrap();
    volume.commit(&[], &mut [0; 128]).unwrap();
    volume.mount(SETTINGS).unwrap();
    let manifest = crate::bytes::decode(&medium.get("M0000001.LD"));
    assert_eq!(manifest.created_at, Timestamp::new(-5, 250));
}
