//! A flash that holds anything behind the beginning of a store.
#![no_main]

use std::convert::Infallible;

use embedded_storage::nor_flash::{ErrorType, MultiwriteNorFlash, NorFlash, ReadNorFlash};
use libfuzzer_sys::fuzz_target;
use lode_core::store::{ListStore, Name, ObjectKind, ReadStore, Store};
use lode_flash::FlashStore;

const PAGE: usize = 256;
const PAGES: usize = 6;
type Objects = FlashStore<Flash, 96, 400>;

struct Flash(Vec<u8>);

impl ErrorType for Flash {
    type Error = Infallible;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), Infallible> {
        let offset = offset as usize;
        bytes.copy_from_slice(&self.0[offset..offset + bytes.len()]);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = PAGE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Infallible> {
        self.0[from as usize..to as usize].fill(0xff);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Infallible> {
        let place = self.0[offset as usize..].iter_mut().zip(bytes);
        place.for_each(|(old, new)| *old &= new);
        Ok(())
    }
}

impl MultiwriteNorFlash for Flash {}

fn open(flash: Flash) -> Objects {
    FlashStore::new(flash, 0..(PAGE * PAGES) as u32)
}

// The input is pairs of a place and a byte that is changed there.
fuzz_target!(|input: &[u8]| {
    let mut store = open(Flash(vec![0xff; PAGE * PAGES]));
    store.format().expect("the range suits");
    for number in 0..3 {
        let name = Name::new(ObjectKind::Block, number).expect("a small number");
        store.create(&name, &[&[number as u8; 100]]).expect("there is room");
    }
    let mut flash = store.into_flash();
    for change in input.chunks_exact(3) {
        let place = usize::from(u16::from_le_bytes([change[0], change[1]])) % (PAGE * PAGES);
        flash.0[place] = change[2];
    }
    let mut store = open(flash);
    let mut names = Vec::new();
    let _ = store.list(&mut |name| names.push(*name));
    for name in &names {
        let _ = store.read(name, 0, &mut [0; 500]);
        let _ = store.replace(name, &[&[1; 200]]);
        let _ = store.remove(name);
    }
});
