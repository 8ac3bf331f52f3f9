//! How a file gets the name of an object, and never one that is taken.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use cap_std::fs::Dir;

use super::error::is_unsupported;
use super::root::Root;
use super::temp::TempFile;
#[cfg(unix)]
use super::temp::TempPlace;

/// How names are taken exclusively in a store. Found out by the first create, and kept.
#[derive(Debug, Default)]
pub(super) struct Exclusive(AtomicU8);

/// What an exclusive name is taken with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Means {
    /// `link`, which never replaces anything.
    Link,
    /// `renameat2(RENAME_NOREPLACE)` or `renamex_np(RENAME_EXCL)`.
    Rename,
    /// A look and a rename under the lock of a file.
    Lock,
}

impl Means {
    const ALL: [Self; 3] = [Self::Link, Self::Rename, Self::Lock];

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Link => "hard links",
            Self::Rename => "exclusive renames",
            Self::Lock => "renames under a lock, since there are no hard links",
        }
    }
}

impl Exclusive {
    pub(super) fn means(&self) -> Option<Means> {
        let known = usize::from(self.0.load(Ordering::Relaxed)).checked_sub(1)?;
        Means::ALL.get(known).copied()
    }

    fn keep(&self, means: Means) {
        let number = Means::ALL.iter().position(|known| *known == means).unwrap_or_default();
        self.0.store(u8::try_from(number + 1).unwrap_or_default(), Ordering::Relaxed);
    }

    /// Gives a file the name of an object, unless that is taken.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`] if it is; [`io::ErrorKind::Unsupported`] if the file system
    /// has no means to find that out.
    pub(super) fn publish(
        &self,
        root: &Root,
        temp: &TempFile,
        folder: &Dir,
        name: &str,
    ) -> io::Result<()> {
        if let Some(means) = self.means() {
            return attempt(means, root, temp, folder, name);
        }
        let mut refusal = None;
        for means in Means::ALL {
            match attempt(means, root, temp, folder, name) {
                Err(error) if is_unsupported(&error) => refusal = Some(error),
                Ok(()) => {
                    self.keep(means);
                    return Ok(());
                }
                // That a name is taken is also said by file systems that lack the means.
                result => return result,
            }
        }
        // Nothing may be renamed there at all.
        if let Some(error) = refusal.filter(|e| e.kind() == io::ErrorKind::PermissionDenied) {
            return Err(error);
        }
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "the file system has neither hard links nor renames that never replace: use another one",
        ))
    }
}

fn attempt(means: Means, root: &Root, temp: &TempFile, folder: &Dir, name: &str) -> io::Result<()> {
    match means {
        Means::Link => {
            temp.dir.hard_link(&temp.name, folder, name)?;
            if temp.dir.remove_file(&temp.name).is_ok() {
                temp.set_published();
            }
        }
        Means::Rename => {
            rename_exclusively(temp, folder, name)?;
            temp.set_published();
        }
        Means::Lock => {
            rename_under_lock(root, temp, folder, name)?;
            temp.set_published();
        }
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename_exclusively(temp: &TempFile, folder: &Dir, name: &str) -> io::Result<()> {
    use rustix::fs::{RenameFlags, renameat_with};

    renameat_with(&*temp.dir, &temp.name, folder, name, RenameFlags::NOREPLACE)?;
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename_exclusively(_: &TempFile, _: &Dir, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The lock is given back by the operating system, also when the process dies. It excludes only
/// processes of this machine; that is enough on a disk of its own, which no other machine mounts
/// at the same time.
#[cfg(unix)]
fn rename_under_lock(root: &Root, temp: &TempFile, folder: &Dir, name: &str) -> io::Result<()> {
    use rustix::fs::{FlockOperation, flock};

    if !is_own_disk(root) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let lock = TempPlace::open_lock(&temp.dir)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    match folder.symlink_metadata(name) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            temp.dir.rename(&temp.name, folder, name)
        }
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn rename_under_lock(_: &Root, _: &TempFile, _: &Dir, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether the file system lies on a block device, and not on another machine: those have no
/// device, and so the major number 0.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_own_disk(root: &Root) -> bool {
    rustix::fs::major(root.identity().device) != 0
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
fn is_own_disk(_: &Root) -> bool {
    false
}
