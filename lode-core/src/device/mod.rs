//! The volume of a device: snapshots and atomic commits without a heap, over any [`Store`] that
//! can create an object as a whole.
//!
//! ```
//! use std::collections::BTreeMap;
//!
//! use lode_core::device::Settings;
//! use lode_core::range::ByteRange;
//! use lode_core::store::{self, ErrorType, Name, ReadStore, Store};
//! use lode_core::time::NoClock;
//! use lode_core::{ErrorKind, Volume, VolumeError};
//!
//! #[derive(Clone, Debug, Default)]
//! struct Ram(BTreeMap<String, Vec<u8>>);
//!
//! # #[derive(Debug)]
//! # struct Failed(ErrorKind);
//! # impl store::Error for Failed {
//! #     fn kind(&self) -> ErrorKind {
//! #         self.0
//! #     }
//! # }
//! # impl ErrorType for Ram {
//! #     type Error = Failed;
//! # }
//! # impl ReadStore for Ram {
//! #     fn read(&mut self, name: &Name, at: u64, buf: &mut [u8]) -> Result<usize, Failed> {
//! #         let object = self.0.get(name.as_str()).ok_or(Failed(ErrorKind::NotFound))?;
//! #         let rest = object.get(at as usize..).unwrap_or_default();
//! #         let count = rest.len().min(buf.len());
//! #         buf[..count].copy_from_slice(&rest[..count]);
//! #         Ok(count)
//! #     }
//! # }
//! impl Store for Ram {
//!     const MAX_OBJECT: usize = 4096;
//!     // …
//! #     fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failed> {
//! #         match self.0.contains_key(name.as_str()) {
//! #             true => Err(Failed(ErrorKind::Conflict)),
//! #             false => self.replace(name, parts),
//! #         }
//! #     }
//! #     fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), Failed> {
//! #         self.0.insert(name.to_string(), parts.concat());
//! #         Ok(())
//! #     }
//! #     fn remove(&mut self, name: &Name) -> Result<(), Failed> {
//! #         self.0.remove(name.as_str());
//! #         Ok(())
//! #     }
//! }
//!
//! let settings = Settings { id: "log", length: 1 << 20, device: 42 };
//! let mut volume = Volume::<_, _, 8>::new(Ram::default(), NoClock);
//! volume.mount(settings)?;
//! volume.stage(0, b"hello")?;
//! volume.stage(4096, b"world")?;
//! volume.commit(&[("step", "boot")], &mut [0; 256])?; // both, or none
//!
//! let mut bytes = [0; 5];
//! volume.read_at(4096, &mut bytes)?;
//! assert_eq!(&bytes, b"world");
//! let within = ByteRange::new(0, 8192).expect("not empty");
//! assert_eq!(volume.gaps(within).next(), ByteRange::new(5, 4096));
//! # Ok::<(), VolumeError<Failed>>(())
//! ```
//!
//! # Model
//!
//! [`stage`](Volume::stage) writes a block; [`commit`](Volume::commit) writes the manifest that
//! makes all staged blocks part of the volume at once. The commit protocol is that of hosts, with
//! the machines in [`commit`](crate::commit), and so are the bytes: a host reads the medium. A
//! device is the only writer of its medium, which makes three things simpler than on a host:
//!
//! * The head is found by probing upwards from a hint; nothing is listed.
//! * Blocks are numbered, upwards from the highest number in the head. An object with a higher
//!   one was left by an interrupted staging, and is overwritten.
//! * [`prune`](Volume::prune) really deletes. Manifests on a medium are dense, and the newest one
//!   refers to all blocks, so that nothing the head needs is ever removed.
//!
//! A cut of power at any call leaves the head as it was, or as it was going to be. There are two
//! hints, `H0000000.LD` of commits and `H0000001.LD` of prunes; each is the name of a manifest,
//! and they are never written at the same time, so that a store may tear one of them.
//!
//! | object | what |
//! | --- | --- |
//! | `M….LD` | the manifest of the version with this number |
//! | `B….LD` | the block with this number |
//! | `H….LD` | a hint: the name of a manifest |
//!
//! # Memory
//!
//! The volume keeps what is covered and what is staged, 40 bytes for each of `RUNS`; and what it
//! reads manifests with, so that it is not on the stack: about 400 bytes with all the rest.
//! Manifests stay in the store and are read through a window of 32 bytes. All other buffers are the
//! caller's. [`Volume::new`] is `const` and its fields are zero, so that a `static` costs no flash.
//!
//! # Cost in store calls
//!
//! With m for the bytes of the head's manifest, about 100 and 4 for each block:
//!
//! | operation | calls |
//! | --- | --- |
//! | mount | 1 for the hint, 1 for the slot behind the head, m/32 reads |
//! | stage | 1 create |
//! | commit | m/16 reads and 1 for each run, 1 create, 1 replace |
//! | read_at | m/32 reads; 1 and more for each block that is touched |
//! | gaps | none |
//! | snapshots | 1 read for each manifest that is kept |
//! | an older snapshot | m/32 reads to open it, and for each of its gaps, metadata and read_at |
//! | prune | `RUNS` removes; 1 read and 1 remove for each manifest that goes; 1 replace, 1 read |
//!
//! [`Store`]: crate::store::Store

mod block;
mod commit;
mod encode;
mod error;
mod io;
mod merge;
mod mount;
mod prune;
mod read;
mod snapshot;
mod stage;
mod tape;
mod volume;
mod walk;

pub use self::error::{Field, VolumeError};
pub use self::io::{Reader, Writer};
pub use self::snapshot::{Snapshot, Versions};
pub use self::volume::{Settings, Volume};
