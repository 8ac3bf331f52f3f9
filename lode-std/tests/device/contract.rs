//! What every store of a device promises, by one body for all of them.

use lode_core::ErrorKind;
use lode_core::store::{Error, ListStore, Name, ObjectKind};
use lode_std::device::{Directory, Memory, Remote};

pub(crate) fn block(number: u64) -> Name {
    Name::new(ObjectKind::Block, number).unwrap()
}

/// All of an object, read a few bytes at a time.
pub(crate) fn read_all<S: ListStore>(store: &mut S, name: &Name) -> Result<Vec<u8>, ErrorKind> {
    let mut found = Vec::new();
    loop {
        let mut buf = [0; 3];
        let count = store.read(name, found.len() as u64, &mut buf).map_err(|e| e.kind())?;
        found.extend_from_slice(&buf[..count]);
        if count < buf.len() {
            return Ok(found);
        }
    }
}

pub(crate) fn names<S: ListStore>(store: &mut S) -> Vec<String> {
    let mut found = Vec::new();
    store.list(&mut |name| found.push(name.to_string())).unwrap();
    found.sort();
    found
}

/// The body.
pub(crate) fn keeps_its_word<S: ListStore>(mut store: S) {
    assert_eq!(names(&mut store), [""; 0]);
    let kind = |result: Result<(), S::Error>| result.unwrap_err().kind();
    let mut buf = [9; 8];

    assert_eq!(store.read(&block(1), 0, &mut buf).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(store.read(&block(1), 0, &mut []).unwrap_err().kind(), ErrorKind::NotFound);
    store.create(&block(1), &[b"one ", b"", b"of two"]).unwrap();
    assert_eq!(kind(store.create(&block(1), &[b"another"])), ErrorKind::Conflict);
    assert_eq!(kind(store.create(&block(1), &[])), ErrorKind::Conflict);
    assert_eq!(read_all(&mut store, &block(1)).unwrap(), b"one of two");

    // Short only at the end, and nothing behind it.
    assert_eq!(store.read(&block(1), 2, &mut buf).unwrap(), 8);
    assert_eq!(&buf, b"e of two");
    assert_eq!(store.read(&block(1), 7, &mut buf).unwrap(), 3);
    assert_eq!(&buf[..3], b"two");
    assert_eq!(store.read(&block(1), 5, &mut []).unwrap(), 0);
    for behind in [10, 11, 1 << 40] {
        assert_eq!(store.read(&block(1), behind, &mut buf).unwrap(), 0, "{behind}");
    }

    store.create(&block(2), &[]).unwrap();
    assert_eq!(read_all(&mut store, &block(2)).unwrap(), b"");
    assert_eq!(kind(store.create(&block(2), &[b"x"])), ErrorKind::Conflict);

    for text in [&b"0000000000000000001"[..], b"2", b""] {
        store.replace(&Name::HINT, &[text, b"."]).unwrap();
        assert_eq!(read_all(&mut store, &Name::HINT).unwrap(), [text, b"."].concat());
    }
    assert_eq!(names(&mut store), ["B0000001.LD", "B0000002.LD", "H0000000.LD"]);

    store.remove(&block(1)).unwrap();
    store.remove(&block(1)).unwrap();
    assert_eq!(read_all(&mut store, &block(1)), Err(ErrorKind::NotFound));
    assert_eq!(names(&mut store), ["B0000002.LD", "H0000000.LD"]);
    store.create(&block(1), &[b"again"]).unwrap();
    assert_eq!(read_all(&mut store, &block(1)).unwrap(), b"again");
}

#[test]
fn a_directory_does() {
    let place = tempfile::tempdir().unwrap();
    keeps_its_word(Directory::open(place.path()).unwrap());
}

#[test]
fn a_directory_without_hard_links_does() {
    let place = tempfile::tempdir().unwrap();
    keeps_its_word(Directory::open(place.path()).unwrap().without_links());
}

#[test]
fn memory_does() {
    keeps_its_word(Memory::new());
}

#[test]
fn an_object_store_does() {
    let runtime = lode_std::blocking::Runtime::new().unwrap();
    keeps_its_word(Remote::new(runtime.clone(), crate::support::fresh()));
    let place = tempfile::tempdir().unwrap();
    keeps_its_word(Remote::new(runtime, crate::support::directory(place.path())));
}
