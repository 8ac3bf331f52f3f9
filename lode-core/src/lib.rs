//! The pure core of Lode.
//!
//! Lode persists structured data on plain object storage: snapshots, explicit metadata and
//! atomic commits, without running a database. This crate holds everything that *decides*: it
//! takes events and returns actions, and owns no I/O, no clock and no source of randomness. Two
//! thin shells carry the actions out, one for devices and one (`lode-std`) for hosts, so what is
//! verified here holds in both.
//!
//! # One idea
//!
//! **The presence of a manifest is the commit.** A history is a series of *slots*, one per
//! [`Version`]; each slot is one object, written once by create-if-absent and never freed again.
//! Whoever creates slot N + 1 has committed; whoever finds it taken has lost the race and knows
//! to whom.
//!
//! # Map
//!
//! | module | what it is |
//! | --- | --- |
//! | [`range`] | sorted, disjoint byte ranges, their gaps and their coverage |
//! | [`manifest`] | what a snapshot consists of, and its two formats |
//! | [`descriptor`] | what every writer of one history must agree on |
//! | [`commit`] | the commit protocol as a machine without I/O |
//! | [`collect`] | dropping old snapshots and their data, tags and leases: machines, too |
//! | [`verify`], [`repair`] | whether all that a history says holds, and what to do if not |
//! | [`replicate`] | what has to travel from one volume to another, and what has to agree |
//! | [`diff`] | in what two snapshots differ |
//! | [`layout`] | where everything lies in a store |
//! | [`key`], [`id`] | names that cannot leave their place |
//! | [`checksum`], [`crc32c`] | digests and the algorithms that make them |
//! | [`codec`], [`compress`], [`partition`] | how records become data files: what plugins implement |
//! | [`device`] | the volume of a device: the shell without a heap |
//! | [`store`], [`time`] | what it is generic over |
//!
//! # Features
//!
//! Additive, and none is on by default; no feature changes what the others do.
//!
//! * none: no heap. Fixed tables, the machines, the traits.
//! * `alloc`: growable tables, owned keys and manifests, the compact format.
//! * `json`: manifests and descriptors in JSON; implies `alloc`.
//! * `std`: for hosts, CRC-32C by the processor's own instructions, if it has them; implies
//!   `alloc`.

#![no_std]
#![cfg_attr(
    not(test),
    warn(clippy::alloc_instead_of_core, clippy::std_instead_of_alloc, clippy::std_instead_of_core)
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

pub mod checksum;
#[cfg(feature = "alloc")]
pub mod codec;
pub mod collect;
pub mod commit;
#[cfg(feature = "alloc")]
pub mod compress;
pub mod crc32c;
#[cfg(feature = "alloc")]
mod decimal;
#[cfg(feature = "alloc")]
pub mod descriptor;
pub mod device;
#[cfg(feature = "alloc")]
pub mod diff;
mod error;
mod hex;
#[cfg(feature = "alloc")]
pub mod id;
pub mod key;
#[cfg(feature = "alloc")]
pub mod layout;
pub mod manifest;
#[cfg(feature = "alloc")]
pub mod partition;
pub mod range;
#[cfg(feature = "alloc")]
pub mod repair;
#[cfg(feature = "alloc")]
pub mod replicate;
pub mod store;
pub mod time;
#[cfg(feature = "alloc")]
pub mod verify;
mod version;

pub use device::{Volume, VolumeError};
pub use error::ErrorKind;
pub use version::{Version, VersionError};
