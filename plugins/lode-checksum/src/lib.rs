//! Checksums for [Lode](lode_core): md5, xxh3-128 and blake3.
//!
//! Each is a [`Checksum`](lode_core::checksum::Checksum), and one feature, all on by default.
//!
//! | type | name in manifests | bytes | for |
//! | --- | --- | --- | --- |
//! | `Xxh3` | `xxh3-128` | 16 | finding damage, at memory speed; the default on hosts |
//! | `Blake3` | `blake3` | 32 | where somebody may be lying |
//! | `Md5` | `md5` | 16 | reading and continuing what the Go implementation wrote |
//!
//! ```
//! use lode_checksum::Md5;
//! use lode_core::checksum::Checksum;
//!
//! assert_eq!(Md5::digest(b"abc").to_string(), "900150983cd24fb0d6963f7d28e17f72");
//! ```

#![no_std]

#[cfg(feature = "blake3")]
mod blake3;
#[cfg(feature = "md5")]
mod md5;
#[cfg(feature = "xxh3")]
mod xxh3;

#[cfg(feature = "blake3")]
pub use self::blake3::Blake3;
#[cfg(feature = "md5")]
pub use self::md5::Md5;
#[cfg(feature = "xxh3")]
pub use self::xxh3::Xxh3;
