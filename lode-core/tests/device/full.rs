//! A medium that is full, at any call and for good.

use lode_core::{ErrorKind, VolumeError};

use crate::medium::{Failure, Fault, Medium};
use crate::{Device, mounted};

#[test]
fn full_at_any_call_changes_nothing() {
    for call in 0.. {
        let medium = Medium::default();
        let mut volume = mounted::<4>(&medium);
        volume.stage(0, b"first").unwrap();
        volume.commit(&[], &mut [0; 128]).unwrap();
        medium.plan(call, Fault::Full);
        let result = volume.stage(10, b"second").and_then(|()| volume.commit(&[], &mut [0; 128]));
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::OutOfSpace, "call {call}");
        }
        let happened = medium.power_up();
        for mut volume in [volume, mounted(&medium)] {
            let mut bytes = [0; 5];
            volume.read_at(0, &mut bytes).unwrap();
            assert_eq!(&bytes, b"first");
            volume.stage(10, b"second").unwrap();
            volume.commit(&[], &mut [0; 128]).unwrap();
        }
        assert_eq!(mounted::<4>(&medium).head().unwrap().get(), 2);
        if !happened {
            return assert!(call > 2);
        }
    }
}

#[test]
fn pruning_makes_room() {
    for capacity in 300..900 {
        let medium = Medium::default();
        medium.limit(Some(capacity));
        let mut volume = mounted::<4>(&medium);
        let mut offset = 0;
        let full = loop {
            match commit(&mut volume, offset) {
                Ok(()) => offset += 1,
                Err(error) => break error,
            }
        };
        assert_eq!(full, VolumeError::MediumFull, "capacity {capacity}");
        let head = volume.head();
        if head.is_some_and(|head| head.get() > 1) {
            assert_eq!(volume.prune(1), Ok(head.unwrap().get() - 1), "capacity {capacity}");
            commit(&mut volume, offset).unwrap();
        }
        assert_eq!(mounted::<4>(&medium).head(), volume.head());
    }
}

fn commit(volume: &mut Device<4>, offset: u64) -> Result<(), VolumeError<Failure>> {
    volume.stage(offset, &[offset as u8])?;
    volume.commit(&[], &mut [0; 1024]).map(drop)
}
