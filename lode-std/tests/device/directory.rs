//! A device's medium in a directory: what is left behind, and rivals.

use std::fs;
use std::sync::Barrier;
use std::thread;

use lode_core::ErrorKind;
use lode_core::store::{ReadStore, Store};
use lode_std::device::Directory;

use crate::contract::{block, names, read_all};

#[test]
fn what_was_left_behind_is_removed_and_nothing_else() {
    let place = tempfile::tempdir().unwrap();
    let mut store = Directory::open(place.path()).unwrap();
    store.create(&block(1), &[b"kept"]).unwrap();
    let left = ["T01A2003.TMP", "B0000002.LCK"];
    let foreign = ["NOTES.TMP", "T01A2003.TXT", "photo.jpg", "B0000002.LCK.bak", "TOOLONG12.TMP"];
    for name in left.iter().chain(&foreign) {
        fs::write(place.path().join(name), "x").unwrap();
    }
    // Until then it is only ignored.
    assert_eq!(names(&mut store), ["B0000001.LD"]);
    let mut store = Directory::open(place.path()).unwrap();
    assert!(left.iter().all(|name| !place.path().join(name).exists()));
    assert!(foreign.iter().all(|name| place.path().join(name).exists()));
    assert_eq!(read_all(&mut store, &block(1)).unwrap(), b"kept");
    assert_eq!(names(&mut store), ["B0000001.LD"]);
}

#[test]
fn nothing_is_left_behind_by_what_comes_to_an_end() {
    for links in [true, false] {
        let place = tempfile::tempdir().unwrap();
        let store = Directory::open(place.path()).unwrap();
        let mut store = if links { store } else { store.without_links() };
        store.create(&block(1), &[b"one"]).unwrap();
        store.create(&block(1), &[b"other"]).unwrap_err();
        store.replace(&block(2), &[b"two"]).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    }
}

/// Where there are no links, whoever finds the name being created is told so, and changes nothing.
#[test]
fn without_links_a_name_is_claimed() {
    let place = tempfile::tempdir().unwrap();
    let mut store = Directory::open(place.path()).unwrap().without_links();
    fs::write(place.path().join("B0000001.LCK"), "").unwrap();
    let error = store.create(&block(1), &[b"one"]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert_eq!(store.read(&block(1), 0, &mut [0]).unwrap_err().kind(), ErrorKind::NotFound);
    fs::remove_file(place.path().join("B0000001.LCK")).unwrap();
    store.create(&block(1), &[b"one"]).unwrap();
}

#[test]
fn of_rivals_for_a_name_one_wins_and_all_see_its_bytes() {
    const RIVALS: usize = 4;
    const ROUNDS: u64 = 50;
    for links in [true, false] {
        let place = tempfile::tempdir().unwrap();
        let barrier = Barrier::new(RIVALS);
        // All are open before any begins: opening cleans up.
        let stores: Vec<_> = (0..RIVALS).map(|_| Directory::open(place.path()).unwrap()).collect();
        let wins = thread::scope(|scope| {
            let rivals = stores.into_iter().enumerate().map(|(number, store)| {
                let barrier = &barrier;
                let mut store = if links { store } else { store.without_links() };
                scope.spawn(move || {
                    let bytes = [number as u8; 100];
                    let mut wins = 0;
                    for round in 0..ROUNDS {
                        barrier.wait();
                        match store.create(&block(round), &[&bytes]) {
                            Ok(()) => wins += 1,
                            Err(error) => assert!(
                                matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Busy),
                                "{error}"
                            ),
                        }
                    }
                    wins
                })
            });
            let rivals: Vec<_> = rivals.collect();
            rivals.into_iter().map(|rival| rival.join().unwrap()).sum::<u64>()
        });
        assert_eq!(wins, ROUNDS);
        let mut store = Directory::open(place.path()).unwrap();
        for round in 0..ROUNDS {
            let bytes = read_all(&mut store, &block(round)).unwrap();
            assert!(bytes.len() == 100 && bytes.iter().all(|byte| *byte == bytes[0]));
        }
        assert_eq!(names(&mut store).len(), ROUNDS as usize);
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = Directory::open("/no/such/card").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/no/such/card"), "{error}");
}
