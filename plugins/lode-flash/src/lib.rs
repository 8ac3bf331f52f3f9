//! Lode's device store on any NOR flash.
//!
//! [`FlashStore`] keeps objects on a range of a flash that implements `embedded-storage`'s
//! `MultiwriteNorFlash`, without a heap. Whatever is interrupted by a power cut is there wholly or
//! not at all; what returned `Ok` stays.
//!
//! ```
//! use embedded_storage::nor_flash::MultiwriteNorFlash;
//! use lode_core::store::{Name, ObjectKind, ReadStore, Store};
//! use lode_flash::{Error, FlashStore};
//!
//! // Items of up to 512 bytes, objects of up to 8 KiB.
//! type Objects<F> = FlashStore<F, 512, 8192>;
//!
//! fn boot<F: MultiwriteNorFlash>(flash: F) -> Result<(), Error<F::Error>> {
//!     let mut store = Objects::new(flash, 0x1_0000..0x4_0000);
//!     match store.mount() {
//!         // The first time: nothing else may be there.
//!         Err(Error::Foreign) => store.format()?,
//!         mounted => mounted?,
//!     }
//!     if let Some(name) = Name::new(ObjectKind::Block, 1) {
//!         store.replace(&name, &[b"sixteen ", b"bytes..."])?;
//!         let mut bytes = [0; 5];
//!         store.read(&name, 8, &mut bytes)?;
//!         assert_eq!(&bytes, b"bytes");
//!     }
//!     Ok(())
//! }
//! # #[path = "../tests/support/mod.rs"]
//! # mod support;
//! # boot(support::Flash::<4, 4096, 64>::blank(1)).unwrap();
//! ```
//!
//! # Power cuts
//!
//! Wear is levelled, and items are protected by a CRC and moved between pages, by the map of
//! `sequential-storage`. It recovers from a cut if an interrupted erase has begun at the front of a
//! page. Flashes do not promise that: a page that was half erased may look whole, and be taken for
//! the good copy. So a journal notes every erase before it begins, and one that is not noted as
//! done is done again before anything else is read.
//!
//! An object of several items has its head, which is written last and removed first; pieces of
//! which no head speaks are removed by [`mount`](FlashStore::mount), as the journal names their
//! object.

#![no_std]

mod block_on;
mod error;
mod item;
mod journal;
mod store;

pub use error::Error;
pub use store::FlashStore;
