//! What the file system of a store can do, found out by trying.

use std::io;

use cap_std::fs::Dir;

use super::publish::Means;
use super::{Inner, root::Root};

/// Put into [`GetOptions::extensions`](object_store::GetOptions): the answer's extensions carry a
/// [`Description`]. Other stores ignore it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Describe;

/// What the file system of a directory can do.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    /// How names are taken exclusively, or why they are not.
    pub(crate) exclusive: Result<&'static str, String>,
    /// Whether names that differ only in case are one.
    pub(crate) folds_case: Result<bool, String>,
    /// Whether names that differ only in their Unicode normalisation are one.
    pub(crate) folds_unicode: Result<bool, String>,
    /// Whether the names in a folder can be made durable.
    pub(crate) syncs_folders: Result<bool, String>,
    /// How many bytes may still be written.
    pub(crate) free: Option<u64>,
}

impl Inner {
    /// Tries out what the file system can do, in the place for temporary files. Blocks.
    pub(super) fn describe(&self) -> Description {
        Description {
            exclusive: self.try_exclusive().map(Means::describe).map_err(said),
            folds_case: self.is_one_name("case", "CASE").map_err(said),
            folds_unicode: self.is_one_name("\u{e9}", "e\u{301}").map_err(said),
            syncs_folders: try_sync(&self.root).map_err(said),
            free: free(self.root.dir()),
        }
    }

    fn try_exclusive(&self) -> io::Result<Means> {
        let temp = self.temps.create(&self.root, "lode-probe")?;
        let (dir, name) = (temp.dir.clone(), format!("{}.exclusive", temp.name));
        self.exclusive.publish(&self.root, &temp, &dir, &name)?;
        dir.remove_file(&name)?;
        self.exclusive.means().ok_or_else(|| io::ErrorKind::Unsupported.into())
    }

    /// Whether a file with the one ending is found by the other.
    fn is_one_name(&self, this: &str, other: &str) -> io::Result<bool> {
        let temp = self.temps.create(&self.root, "lode-probe")?;
        let name = |ending| format!("{}.{ending}", temp.name);
        temp.dir.create(name(this))?;
        let found = temp.dir.try_exists(name(other));
        temp.dir.remove_file(name(this))?;
        found
    }
}

#[cfg(unix)]
fn try_sync(root: &Root) -> io::Result<bool> {
    match root.folder().for_sync()?.sync_all() {
        Ok(()) => Ok(true),
        Err(error) if super::error::is_unsupported(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The file system sees to it by itself.
#[cfg(not(unix))]
fn try_sync(_: &Root) -> io::Result<bool> {
    Ok(true)
}

#[cfg(unix)]
fn free(dir: &Dir) -> Option<u64> {
    let found = rustix::fs::fstatvfs(dir).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Dir) -> Option<u64> {
    None
}

fn said(error: io::Error) -> String {
    error.to_string()
}
