//! Older snapshots, and the metadata of any.

use lode_core::device::Field;
use lode_core::manifest::{Value, compact};
use lode_core::range::ByteRange;
use lode_core::time::NoClock;
use lode_core::{ErrorKind, Version, VolumeError};

use crate::bytes::decode;
use crate::medium::Medium;
use crate::{Device, LENGTH, SETTINGS, mounted, range};

const METADATA: [&[(&str, &str)]; 4] =
    [&[], &[("step", "one")], &[("a", ""), ("longest", "of them"), ("z", "é")], &[("step", "4")]];

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

/// A volume with a snapshot for each of `METADATA`, each with two more blocks of ten bytes: at
/// 100 times its version, and 20 behind.
fn history(medium: &Medium) -> Device<12> {
    let mut volume = mounted(medium);
    for (index, metadata) in METADATA.into_iter().enumerate() {
        let number = index as u64 + 1;
        for offset in [number * 100, number * 100 + 20] {
            volume.stage(offset, &[number as u8; 10]).unwrap();
        }
        assert_eq!(volume.commit(metadata, &mut [0; 1024]), Ok(version(number)));
    }
    volume
}

fn versions(volume: &mut Device<12>) -> Vec<u64> {
    volume.snapshots().unwrap().map(Version::get).collect()
}

#[test]
fn those_that_are_kept_are_listed() {
    let medium = Medium::default();
    assert_eq!(versions(&mut mounted(&medium)), [0; 0]);
    let mut volume = history(&medium);
    assert_eq!(versions(&mut volume), [1, 2, 3, 4]);
    volume.prune(2).unwrap();
    for mut volume in [volume, mounted(&medium)] {
        assert_eq!(versions(&mut volume), [3, 4]);
        for gone in [1, 2, 5, 1 << 40] {
            let error = volume.snapshot(version(gone)).unwrap_err();
            assert_eq!(error, VolumeError::VersionMissing { version: version(gone) });
            assert_eq!(error.kind(), ErrorKind::NotFound);
        }
    }
    let mut volume = mounted(&medium);
    volume.prune(1).unwrap();
    assert_eq!(versions(&mut volume), [4]);
}

#[test]
fn an_older_one_is_as_it_was() {
    let medium = Medium::default();
    let mut volume = history(&medium);
    // What is staged and committed later does not show.
    volume.stage(110, b"0123456789").unwrap();
    for number in 1..=4 {
        let mut snapshot = volume.snapshot(version(number)).unwrap();
        assert_eq!((snapshot.version(), snapshot.covered()), (version(number), number * 20));
        let mut found = Vec::new();
        snapshot.gaps(range(0, LENGTH), &mut |gap| found.push(gap)).unwrap();
        let mut expected = vec![range(0, 100)];
        for block in 1..=number {
            let end = if block == number { LENGTH } else { block * 100 + 100 };
            expected.extend([range(block * 100 + 10, block * 100 + 20)]);
            expected.push(range(block * 100 + 30, end));
        }
        assert_eq!(found, expected);
        for (within, gaps) in [
            (range(100, 110), vec![]),
            (range(105, 112), vec![range(110, 112)]),
            (range(112, 125), vec![range(112, 120)]),
            (range(112, 115), vec![range(112, 115)]),
            (range(0, 1), vec![range(0, 1)]),
        ] {
            let mut found = Vec::new();
            snapshot.gaps(within, &mut |gap| found.push(gap)).unwrap();
            assert_eq!(found, gaps, "{within}");
        }

        let mut bytes = [0; 10];
        for block in 1..=4 {
            let read = snapshot.read_at(block * 100 + 22, &mut bytes[..8]);
            match block <= number {
                true => assert_eq!((read, &bytes[..8]), (Ok(()), &[block as u8; 8][..])),
                false => {
                    let gap = range(block * 100 + 22, block * 100 + 30);
                    assert_eq!(read, Err(VolumeError::RangeMissing { gap }));
                }
            }
        }
        let missing = |start, end| Err(VolumeError::RangeMissing { gap: range(start, end) });
        assert_eq!(snapshot.read_at(105, &mut bytes), missing(110, 115));
        assert_eq!(snapshot.read_at(95, &mut bytes), missing(95, 100));
        assert_eq!(snapshot.read_at(105, &mut [0; 20]), missing(110, 120), "the first gap");
        assert_eq!(snapshot.read_at(LENGTH, &mut []), Ok(()));
        let beyond = VolumeError::OutOfBounds { offset: LENGTH, length: LENGTH };
        assert_eq!(snapshot.read_at(LENGTH, &mut bytes), Err(beyond));
    }
    assert_eq!(volume.staged(), 1, "looking back changes nothing");
    assert_eq!(volume.commit(&[], &mut [0; 1024]), Ok(version(5)));
    assert_eq!(mounted::<12>(&medium).covered(), 90);
}

#[test]
fn metadata_is_read_pair_by_pair() {
    let mut volume = history(&Medium::default());
    assert_eq!(volume.latest().unwrap().unwrap().version(), version(4));
    for (index, expected) in METADATA.into_iter().enumerate() {
        let mut snapshot = volume.snapshot(version(index as u64 + 1)).unwrap();
        let longest = expected.iter().map(|(name, value)| name.len() + value.len()).max();
        let needed = longest.unwrap_or(0);
        for size in 0..needed + 2 {
            let (mut found, mut scratch) = (Vec::new(), vec![0; size]);
            let read = snapshot.metadata(&mut scratch, &mut |name, value| {
                found.push((name.to_string(), value.to_string()));
            });
            let fits = |(name, value): &&(&str, &str)| name.len() + value.len() <= size;
            let fitting: Vec<_> = expected.iter().filter(fits).copied().collect();
            let found: Vec<_> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(found, fitting, "{size} bytes");
            match size < needed {
                true => assert_eq!(read, Err(VolumeError::ScratchTooSmall { needed })),
                false => assert_eq!(read, Ok(())),
            }
        }
    }
}

#[test]
fn what_is_not_mounted_has_none() {
    let mut volume = Device::<4>::new(Medium::default(), NoClock);
    assert_eq!(volume.snapshots().err(), Some(VolumeError::NotMounted));
    assert_eq!(volume.snapshot(version(1)).err(), Some(VolumeError::NotMounted));
    assert_eq!(volume.latest().err(), Some(VolumeError::NotMounted));
    volume.mount(SETTINGS).unwrap();
    assert!(volume.latest().unwrap().is_none());
    let missing = VolumeError::VersionMissing { version: version(1) };
    assert_eq!(volume.snapshot(version(1)).err(), Some(missing));
}

#[test]
fn a_damaged_manifest_is_found_out() {
    let medium = Medium::default();
    let mut volume = history(&medium);
    let sound = medium.get("M0000003.LD");
    let within = ByteRange::new(0, LENGTH).unwrap();
    for at in 0..sound.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        medium.put("M0000003.LD", Some(bytes.clone()));
        let error = volume.snapshot(version(3)).unwrap_err();
        let is_named = |error: &VolumeError<_>| {
            matches!(error, VolumeError::Corrupt { name } | VolumeError::Foreign { name, .. }
                if name.as_str() == "M0000003.LD")
        };
        assert!(is_named(&error), "byte {at}: {error}");

        // Damaged after it was opened.
        medium.put("M0000003.LD", Some(sound.clone()));
        let mut snapshot = volume.snapshot(version(3)).unwrap();
        medium.put("M0000003.LD", Some(bytes.clone()));
        assert!(is_named(&snapshot.gaps(within, &mut |_| ()).unwrap_err()), "byte {at}");
        assert!(is_named(&snapshot.metadata(&mut [0; 64], &mut |_, _| ()).unwrap_err()));
    }
}

/// A host writes values of any type; a device says so.
#[test]
fn a_value_that_is_no_text_is_foreign() {
    let medium = Medium::default();
    let mut volume = history(&medium);
    let mut manifest = decode(&medium.get("M0000002.LD"));
    manifest.metadata.insert("count".to_string(), Value::Integer(7));
    medium.put("M0000002.LD", Some(compact::encode(&manifest).unwrap()));
    let mut snapshot = volume.snapshot(version(2)).unwrap();
    let error = snapshot.metadata(&mut [0; 64], &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, VolumeError::Foreign { field: Field::Metadata, .. }), "{error}");
}
