//! The volume of a device, over objects with arbitrary content: never a panic, and no bytes that
//! the blocks do not have.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use lode_core::device::Settings;
use lode_core::store::{self, ErrorType, Name, ObjectKind, ReadStore, Store};
use lode_core::time::NoClock;
use lode_core::{ErrorKind, Volume};
use lode_fuzz::compact::sealed;
use lode_fuzz::input::split;

fuzz_target!(|input: &[u8]| {
    let ([kinds, cut], rest) = split(input);
    let (first, second) = rest.split_at(usize::from(cut).min(rest.len()));
    for seal in [false, true] {
        let mut ram = Ram::default();
        ram.put(ObjectKind::Hint, u64::from(kinds & 1), b"M0000001.LD");
        ram.put(ObjectKind::Block, 1, b"block");
        for (number, manifest) in (1..).zip([first, second]) {
            let manifest = if seal { sealed(manifest) } else { manifest.to_vec() };
            ram.put(ObjectKind::Manifest, number, &manifest);
        }
        use_it(ram);
    }
});

fn use_it(ram: Ram) {
    let mut volume = Volume::<_, _, 4>::new(ram, NoClock);
    if volume.mount(Settings { id: "disk", length: 65536, device: 7 }).is_err() {
        return;
    }
    let head = volume.head();
    let mut bytes = [0; 5];
    for offset in [0, 1, 4096] {
        if volume.read_at(offset, &mut bytes).is_ok() {
            assert!(head.is_some());
        }
        let _ = volume.stage(offset, b"block");
    }
    let Ok(version) = volume.commit(&[("step", "fuzz")], &mut [0; 4096]) else { return };
    let _ = volume.prune(1);
    let covered = volume.covered();
    volume.mount(Settings { id: "disk", length: 65536, device: 7 }).expect("it was committed");
    assert_eq!((volume.head(), volume.covered()), (Some(version), covered));
}

/// Objects in memory.
#[derive(Default)]
struct Ram(BTreeMap<String, Vec<u8>>);

#[derive(Debug)]
struct Failed(ErrorKind);

impl store::Error for Failed {
    fn kind(&self) -> ErrorKind {
        self.0
    }
}

impl Ram {
    fn put(&mut self, kind: ObjectKind, number: u64, bytes: &[u8]) {
        let name = Name::new(kind, number).expect("a small number");
        self.0.insert(name.to_string(), bytes.to_vec());
    }
}

impl ErrorType for Ram {
    type Error = Failed;
}

impl ReadStore for Ram {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, Failed> {
        let object = self.0.get(name.as_str()).ok_or(Failed(ErrorKind::NotFound))?;
        let rest = object.get(offset as usize..).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Store for Ram {
    const MAX_OBJECT: usize = 8192;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failed> {
        match self.0.contains_key(name.as_str()) {
            true => Err(Failed(ErrorKind::Conflict)),
            false => self.replace(name, parts),
        }
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failed> {
        self.0.insert(name.to_string(), parts.concat());
        Ok(())
    }

    fn remove(&mut self, name: &Name) -> Result<(), Failed> {
        self.0.remove(name.as_str());
        Ok(())
    }
}
