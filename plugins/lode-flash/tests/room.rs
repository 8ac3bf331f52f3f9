//! A medium that is full, and one that is not ours.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod support;

use fastrand::Rng;
use lode_core::ErrorKind;
use lode_core::store::{ListStore, Name, ObjectKind, ReadStore, Store};
use lode_flash::{Error, FlashStore};
use proptest::prelude::*;
use support::Flash;

type Nor = Flash<4, 512, 6>;
type Objects = FlashStore<Nor, 96, 400>;

fn name(number: u64) -> Name {
    Name::new(ObjectKind::Block, number).unwrap()
}

fn open(flash: Nor) -> Objects {
    FlashStore::new(flash, 0..Nor::LENGTH)
}

fn fresh() -> Objects {
    let mut store = open(Nor::blank(1));
    store.format().unwrap();
    store
}

fn read(store: &mut Objects, number: u64) -> Vec<u8> {
    let mut bytes = vec![0; 500];
    let length = store.read(&name(number), 0, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

#[test]
fn a_full_medium_keeps_all_and_recovers() {
    for length in [10, 84, 85, 200, 400] {
        let mut store = fresh();
        let count = (0..).find(|number| {
            match store.create(&name(*number), &[&vec![*number as u8; length]]) {
                Ok(()) => false,
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::OutOfSpace);
                    true
                }
            }
        });
        let count = count.unwrap();
        // Three of the six pages hold objects: two are the journal, one is kept free.
        assert!(count as usize * (length + 20) > 800, "{count} of {length} bytes are few");
        for _ in 0..3 {
            let again = store.create(&name(count), &[&vec![9; length]]);
            assert_eq!(again.unwrap_err().kind(), ErrorKind::OutOfSpace);
            let mut listed = 0;
            store.list(&mut |_| listed += 1).unwrap();
            assert_eq!(listed, count);
            for number in 0..count {
                assert_eq!(read(&mut store, number), vec![number as u8; length]);
            }
            store = open(store.into_flash());
        }
        store.remove(&name(0)).unwrap();
        store.create(&name(count), &[&vec![9; length]]).unwrap();
        assert_eq!(read(&mut store, count), vec![9; length]);
    }
}

#[test]
fn the_contract_of_a_store() {
    let mut store = fresh();
    let bytes: Vec<u8> = (0..=255).collect();
    store.create(&name(1), &[&bytes[..100], &[], &bytes[100..]]).unwrap();
    assert!(
        matches!(store.create(&name(1), &[b"x"]), Err(Error::Taken(taken)) if taken == name(1))
    );
    let too_large = store.create(&name(2), &[&[0; 401]]);
    assert!(matches!(too_large, Err(Error::TooLarge { length: 401, most: 400 })));
    for offset in 0..=257 {
        for length in [0, 1, 84, 300] {
            let mut buf = vec![0; length];
            let count = store.read(&name(1), offset, &mut buf).unwrap();
            let from = (offset as usize).min(256);
            assert_eq!(buf[..count], bytes[from..(from + length).min(256)]);
        }
    }
    assert_eq!(store.read(&name(1), u64::MAX, &mut [0]).unwrap(), 0);
    store.remove(&name(1)).unwrap();
    store.remove(&name(1)).unwrap();
    assert!(matches!(store.read(&name(1), 0, &mut []), Err(Error::NotFound(_))));
    store.create(&name(1), &[]).unwrap();
    assert!(read(&mut store, 1).is_empty());
}

#[test]
fn what_is_not_ours_is_left_alone() {
    let mut random = Rng::with_seed(7);
    for fill in [0xff, 0, 1] {
        let mut flash = Nor::blank(1);
        flash.bytes.fill_with(|| if fill == 1 { random.u8(..) } else { fill });
        let before = flash.bytes.clone();
        let mut store = open(flash);
        assert!(matches!(store.create(&name(1), &[b"x"]), Err(Error::Foreign)));
        assert_eq!(store.into_flash().bytes, before);
    }
    for range in [0..512, 0..512 * 3, 1..Nor::LENGTH, 0..Nor::LENGTH + 512, 512 * 5..512 * 5] {
        let mut store: Objects = FlashStore::new(Nor::blank(1), range);
        assert!(matches!(store.format(), Err(Error::Layout)));
    }
}

/// Does everything, whatever comes of it.
fn use_all(flash: Nor) {
    let mut store = open(flash);
    let mut names = Vec::new();
    let _ = store.list(&mut |name| names.push(*name));
    names.truncate(20);
    for name in &names {
        let _ = store.read(name, 0, &mut [0; 500]);
    }
    let _ = store.create(&name(77), &[&[1; 300]]);
    let _ = store.replace(&name(77), &[&[2; 100]]);
    for name in &names {
        let _ = store.remove(name);
    }
}

proptest! {
    #[test]
    fn damage_is_no_panic(changes in prop::collection::vec((0..3072_usize, any::<u8>()), 0..40)) {
        let mut store = fresh();
        for number in 0..6 {
            store.create(&name(number), &[&[number as u8; 150]]).unwrap();
        }
        let mut flash = store.into_flash();
        for (place, byte) in changes {
            flash.bytes[place] = byte;
        }
        use_all(flash);
    }

    #[test]
    fn no_image_is_a_panic(bytes in prop::collection::vec(any::<u8>(), 3040)) {
        let mut flash = fresh().into_flash();
        flash.bytes[32..].copy_from_slice(&bytes);
        use_all(flash);
    }
}
