//! Where everything lies in a host's store.
//!
//! ```text
//! volumes/<id>/volume.json                             descriptor
//! volumes/<id>/snapshots/<version>/manifest.lode|json  the slot; its presence is the commit
//! volumes/<id>/data/<offset>-<length>-<writer>[-<epoch and attempt>].bin
//!                                                      block bytes
//! volumes/<id>/pages/<hash>-<commit>.lode              pages of large manifests
//! volumes/<id>/tags/<name>                             a copy of a manifest: pins what it refers to
//! volumes/<id>/latest                                  hint: newest version, plain text
//! volumes/<id>/damaged/<what>-<hash>                   what a repair has replaced, as it was
//!
//! datasets/<id>/dataset.json                           descriptor
//! datasets/<id>/snapshots/<version>/manifest.json      the slot, in the default layout
//! datasets/<id>/segments/<version>/manifest.json       the slot, in the hive layout
//! datasets/<id>/data/<token>/data[.ext]                a data file
//! datasets/<id>/partitions/<k=v>/…/segments/<token>/data/data[.ext]    one of a partition
//! datasets/<id>/partitions/<k=v>/…/segments/<version>/manifest.json    its index: candidates
//! datasets/<id>/tags/<name>                            as those of volumes
//! datasets/<id>/latest                                 hint
//! datasets/<id>/damaged/<what>-<hash>                  as those of volumes
//!
//! <id>/<version>/manifest.json, <id>/data/…, <id>/dataset.json, <id>/tags/…, <id>/latest, <id>/damaged/…
//!                                                      the flat layout
//! ```
//!
//! Everything else is foreign: it is ignored, and never deleted.
//!
//! What lies in `damaged` is nobody's: no reader or writer looks there, and no collector deletes it.
//! `latest.lock` is left by the Go implementation, and means nothing to this one.
//!
//! On the medium of a device, which holds one volume and nothing else of ours:
//!
//! ```text
//! M<number>.LD                                         the slot of the version of this number
//! B<number>.LD                                         block bytes
//! H0000000.LD, H0000001.LD                             hints, of commits and of prunes
//! ```

mod dataset;
mod device;
mod foreign;
mod place;
mod volume;

use alloc::format;
use alloc::string::String;
use core::fmt::{self, Write};

pub use self::dataset::{DatasetLayout, LayoutKind};
pub use self::foreign::is_foreign_name;
pub use self::place::{Place, Reference};
pub use self::volume::VolumeLayout;

/// The folder of block bytes, or of the data files that lie in no partition, in that of the
/// volume or dataset.
const DATA: &str = "data";
/// The folder of the tags.
const TAGS: &str = "tags";

/// The folder of what a repair has replaced.
const DAMAGED: &str = "damaged";

/// A key below this folder. It is put together in one go, because every request needs one.
fn below(folder: &str, rest: impl fmt::Display) -> String {
    /// Most keys have not more behind their folder.
    const LONG: usize = 96;
    let mut key = String::with_capacity(folder.len() + LONG);
    if !folder.is_empty() {
        key.push_str(folder);
        key.push('/');
    }
    // A string takes whatever is written to it.
    let _ = write!(key, "{rest}");
    key
}

/// The place of a copy of something that a repair replaces. The hash of its bytes keeps two that
/// were found in the same place apart.
fn damaged(what: &str, hash: u64) -> String {
    format!("{DAMAGED}/{what}-{hash:016x}")
}

/// Whether a text is so many hexadecimal digits, as they are printed here.
fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
