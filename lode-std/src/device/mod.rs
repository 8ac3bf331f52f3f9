//! The storage of a device, on a host: for boards without an async runtime, and to run the device
//! engine in tests.
//!
//! Each implements the core's [`Store`](lode_core::store::Store) and
//! [`ListStore`](lode_core::store::ListStore), with the same promises:
//!
//! | store | where |
//! | --- | --- |
//! | [`Directory`] | a directory through [`std::fs`]: an SD card, a small Linux board |
//! | [`Memory`] | memory, for tests and examples |
//! | `Remote` (feature `blocking`) | any [`object_store::ObjectStore`]: S3 and so on |
//!
//! ```
//! use lode_core::ErrorKind;
//! use lode_core::store::{Error, Name, ObjectKind, ReadStore, Store};
//! use lode_std::device::Memory;
//!
//! let mut medium = Memory::new();
//! let name = Name::new(ObjectKind::Block, 1).expect("below 2^35");
//! medium.create(&name, &[b"two ", b"parts"])?;
//! assert_eq!(medium.create(&name, &[b"late"]).unwrap_err().kind(), ErrorKind::Conflict);
//!
//! let mut buf = [0; 16];
//! assert_eq!(medium.read(&name, 4, &mut buf)?, 5);
//! assert_eq!(buf.get(..5), Some(&b"parts"[..]));
//! # Ok::<(), lode_std::device::DeviceError>(())
//! ```
//!
//! What a device has written is opened on a host with
//! [`VolumeReader::of_device`](crate::VolumeReader::of_device), and brought elsewhere with
//! [`replicate`](crate::replicate).

mod directory;
mod error;
mod memory;
#[cfg(feature = "blocking")]
mod remote;

pub use self::directory::Directory;
pub use self::error::DeviceError;
pub use self::memory::Memory;
#[cfg(feature = "blocking")]
pub use self::remote::Remote;

/// The most bytes that an object has: as many as a file on FAT can have.
const MAX_OBJECT: usize = u32::MAX as usize;
