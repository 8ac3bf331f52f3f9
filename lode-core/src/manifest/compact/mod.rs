//! The compact format, version 2.
//!
//! A few bytes a block, deterministic (same content, same bytes), protected as a whole by a
//! CRC-32C, and readable run by run without a heap. Everything between the prefix and the trailer
//! is in [postcard's wire format](https://postcard.jamesmunns.com/wire-format): `varint` is its
//! LEB128, at most 64 bits; `text` and `bytes` are a varint length and that many bytes; an
//! `option` is one byte, 0 or 1, and after 1 the value.
//!
//! # An object
//!
//! ```text
//! at     size  field
//! 0         4  magic           "LODE"
//! 4         1  format          2
//! 5         1  kind            1 volume manifest · 2 tombstone of one
//!                              3 volume manifest over pages · 4 page
//!                              5 tag, see `lode_core::collect::tag` · 6 record of a volume
//! 6         n  body            see below
//! 6 + n     4  trailer         CRC-32C of all bytes before it, little-endian
//! ```
//!
//! # Body of a volume manifest
//!
//! ```text
//! volume_id       text
//! version         varint
//! parent          option<varint>
//! parent_digest   1 byte: 0 none · 1 CRC-32C, then a varint · 2 BLAKE3, then 32 bytes
//! commit_id       option<16 bytes>
//! created_at      option<seconds since 1970 as zigzag varint, nanoseconds as varint>
//! total_length    varint
//! -- a tombstone goes on with the digest of the bytes that it replaced (as parent_digest, but
//! -- 0 CRC-32C · 1 BLAKE3, for it is never absent) and ends here; a manifest or record goes on
//! -- with
//! state           bytes         see below
//! -- a record ends with one byte, 1 for a collection or 2 for a repair; a manifest goes on with
//! checksum        text          name of the blocks' algorithm
//! digest_size     1 byte        bytes of each block's digest, 4 to 32
//! metadata        bytes         a varint count, then for each name in order: text, value
//! writers         bytes         8 bytes each, little-endian, ascending; referred to by place
//! blocks          varint        how many there are in all runs
//! covered         varint        the sum of their lengths
//! runs            varint        how many follow
//! run …
//! ```
//!
//! # What collections have decided
//!
//! No bytes where nothing was ever collected and the first epoch is still open; else
//!
//! ```text
//! epoch      varint
//! floor      varint                  at most `epoch`
//! opened_at  option<seconds since 1970 as zigzag varint, nanoseconds as varint>
//! runs       varint                  of dropped versions; for each, in order:
//!   gap      varint                  from the last version of the run before (from 0), at least 2
//!                                    (1 for the first)
//!   more     varint                  how many versions follow the first one of the run
//! ```
//!
//! # A run
//!
//! Neighbours in the order of offsets that have the same length and writer. Runs are as long as
//! can be; adjacent blocks of one writer cost one run and their digests.
//!
//! ```text
//! gap       varint   bytes from the end of the block before (from 0 for the first) to this run
//! length    varint   of each block, at least 1
//! count     varint   of blocks, at least 1
//! writer    varint   place in `writers`
//! suffix    varint   of the first block's name
//! shape     1 byte   0 adjacent · 1 strided · 2 listed; plus 4 if the suffix counts up by 1
//!                    from block to block, else all have the same
//! stride    varint   only if strided: bytes from the end of each block to the next, at least 1
//! shift     1 byte   only if listed: the gaps below are in units of 2^shift bytes
//! then for each block:
//!   gap     varint   only if listed, and not for the first: from the end of the block before
//!   digest  digest_size bytes
//! ```
//!
//! # Body of a volume manifest over pages
//!
//! What a volume with many blocks has, see [`pages`](crate::manifest::pages). It begins as that of
//! a volume manifest, up to `state`, and goes on with
//!
//! ```text
//! checksum        text          name of the blocks' algorithm
//! metadata        bytes         as in a volume manifest
//! level           1 byte        levels of pages below, 1 to 32
//! children        varint        how many references follow, at least 1
//! reference …
//! ```
//!
//! # Body of a page
//!
//! The whole object has 1 MiB at the most.
//!
//! ```text
//! level           1 byte        levels of pages below: 0 a leaf, 1 to 31 a node
//! -- a leaf goes on as a volume manifest does, and has one block at the least
//! digest_size     1 byte
//! writers         bytes         those of its own blocks
//! blocks          varint
//! covered         varint
//! runs            varint        how many follow
//! run …
//! -- a node goes on as a manifest over pages does
//! children        varint        how many references follow, at least 1
//! reference …
//! ```
//!
//! # A reference to a page
//!
//! The page has one level less below it than what refers to it. Its key is
//! `pages/<hash>-<commit>.lode` below the volume's prefix, both in lower hexadecimal digits.
//!
//! ```text
//! gap       varint    bytes from the end of the page before (from 0 for the first) to this page
//! span      varint    bytes from the start of its first block to the end of its last one
//! blocks    varint    blocks in it and below it, at least 1
//! covered   varint    the sum of their lengths: at least `blocks`, at most `span`
//! hash      16 bytes  the first 16 bytes of the BLAKE3 of all its bytes, prefix and trailer too
//! commit    16 bytes  id of the commit that wrote it
//! ```
//!
//! # A metadata value
//!
//! ```text
//! 1 byte: 0 null · 1 false · 2 true · 3 zigzag varint · 4 varint (2^63 and above) · 5 eight bytes
//! of IEEE 754, little-endian · 6 text · 7 varint count, values · 8 varint count, text and value
//! each, names in order
//! ```
//!
//! The vectors in `lode-core/tests/vectors/compact.txt` show each of these in bytes.

mod prefix;
pub(crate) mod shape;

#[cfg(feature = "alloc")]
mod decode;
#[cfg(feature = "alloc")]
mod encode;
#[cfg(feature = "alloc")]
mod metadata;
#[cfg(feature = "alloc")]
mod page;
#[cfg(feature = "alloc")]
mod reader;
#[cfg(feature = "alloc")]
mod runs;
#[cfg(feature = "alloc")]
mod state;
#[cfg(feature = "alloc")]
mod wire;

#[cfg(feature = "alloc")]
pub use self::decode::decode;
#[cfg(feature = "alloc")]
pub use self::encode::{encode, encode_record, encode_tombstone};
#[cfg(feature = "alloc")]
pub use self::page::{decode_page, encode_page};
pub use self::prefix::{Kind, Prefix, PrefixError};
