//! Media with any bit flipped, any object cut short, gone or exchanged: an error, or the right
//! bytes.

use lode_core::time::NoClock;
use lode_core::{ErrorKind, Version, crc32c};

use crate::medium::{Fault, Medium};
use crate::{Device, LENGTH, SETTINGS, mounted, range};

/// Three snapshots, pruned to two, and something left behind.
fn small() -> Medium {
    let medium = Medium::default();
    let mut volume = mounted::<4>(&medium);
    for (offset, bytes) in [(0, &b"abcd"[..]), (4, b"efgh"), (100, b"0123456789")] {
        volume.stage(offset, bytes).unwrap();
        volume.stage(offset + 10, bytes).unwrap();
        volume.commit(&[("step", "boot")], &mut [0; 256]).unwrap();
    }
    volume.prune(2).unwrap();
    volume.stage(40, b"left behind").unwrap();
    medium
}

/// Uses the volume for whatever it can do, and returns what it says is at 0..8, if anything.
fn use_it(medium: &Medium) -> Result<Option<[u8; 8]>, ErrorKind> {
    let mut volume = Device::<4>::new(medium.clone(), NoClock);
    volume.mount(SETTINGS).map_err(|error| error.kind())?;
    let mut bytes = [0; 8];
    let read = volume.read_at(0, &mut bytes).map_err(|error| error.kind());
    assert!(volume.gaps(range(0, LENGTH)).count() <= 5);
    let _ = volume.stage(200, b"new");
    let _ = volume.stage(0, b"abcd");
    let _ = volume.commit(&[], &mut [0; 512]);
    let _ = volume.prune(1);
    match read {
        Ok(()) => Ok(Some(bytes)),
        Err(ErrorKind::RangeMissing) => Ok(None),
        Err(kind) => Err(kind),
    }
}

fn check(medium: &Medium, what: &str) {
    match use_it(medium) {
        Ok(bytes) => assert_eq!(bytes, Some(*b"abcdefgh"), "{what}"),
        Err(kind) => {
            assert!(matches!(kind, ErrorKind::Corrupt | ErrorKind::Mismatch), "{what}: {kind:?}")
        }
    }
}

#[test]
fn any_bit() {
    let sound = small();
    check(&sound, "untouched");
    for (name, bytes) in sound.objects() {
        for bit in 0..bytes.len() * 8 {
            let medium = sound.copy();
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            medium.put(&name, Some(flipped.clone()));
            check(&medium, &format!("bit {bit} of {name}"));
            if name.starts_with('M') {
                // With the trailer it would need, the rest is reached as well.
                let medium = sound.copy();
                let body = flipped.len() - 4;
                let trailer = crc32c::of(&flipped[..body]).to_le_bytes();
                flipped[body..].copy_from_slice(&trailer);
                medium.put(&name, Some(flipped));
                let _ = use_it(&medium);
            }
        }
    }
}

#[test]
fn any_length() {
    let sound = small();
    for (name, bytes) in sound.objects() {
        for length in 0..bytes.len() {
            let medium = sound.copy();
            medium.put(&name, Some(bytes[..length].to_vec()));
            check(&medium, &format!("{length} bytes of {name}"));
        }
    }
}

#[test]
fn any_object_gone_or_exchanged() {
    let sound = small();
    let objects = sound.objects();
    for name in objects.keys() {
        let medium = sound.copy();
        medium.put(name, None);
        check(&medium, &format!("without {name}"));
        for other in objects.values() {
            let medium = sound.copy();
            medium.put(name, Some(other.clone()));
            check(&medium, &format!("another {name}"));
        }
    }
    // Both hints gone, after a prune: no telling where the history goes on, but no new one either.
    let medium = sound.copy();
    medium.put("H0000000.LD", None);
    medium.put("H0000001.LD", Some(b"M0000009.LD".to_vec()));
    assert_eq!(use_it(&medium), Err(ErrorKind::Corrupt));
}

/// What goes while it is read is damaged, and no reason to believe in an older head, or in none.
#[test]
fn a_manifest_that_goes_while_it_is_read() {
    let sound = small();
    sound.plan(usize::MAX, Fault::Gone);
    mounted::<4>(&sound);
    // Behind the hint and the manifest's first piece.
    for call in 2..sound.calls() {
        let medium = sound.copy();
        let mut volume = Device::<4>::new(medium.clone(), NoClock);
        medium.plan(call, Fault::Gone);
        match volume.mount(SETTINGS) {
            Ok(()) => assert_eq!(volume.head().map(Version::get), Some(3), "call {call}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "call {call}: {error}"),
        }
    }
}

/// Whole and sound, but not what was there when the volume was mounted: another snapshot of the
/// same version.
#[test]
fn a_head_that_is_exchanged_under_a_mounted_volume() {
    let one = |bytes: &[u8]| {
        let medium = Medium::default();
        let mut volume = mounted::<4>(&medium);
        volume.stage(0, bytes).unwrap();
        volume.commit(&[], &mut [0; 256]).unwrap();
        (medium, volume)
    };
    let (medium, mut volume) = one(b"abcd");
    let (other, _) = one(b"efgh");
    for (name, bytes) in other.objects() {
        medium.put(&name, Some(bytes));
    }
    let read = volume.read_at(0, &mut [0; 4]).unwrap_err();
    let staged = volume.stage(0, b"abcd").unwrap_err();
    volume.stage(100, b"more").unwrap();
    let committed = volume.commit(&[], &mut [0; 256]).unwrap_err();
    for error in [read, staged, committed] {
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    }
    assert_eq!(medium.names('M'), ["M0000001.LD"], "nothing is built on it");
}
