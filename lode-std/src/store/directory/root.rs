//! The root of a store: opened once, and never made again.

use std::fs::File;
use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use cap_fs_ext::DirExt;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use object_store::path::Path;

use super::error::DirectoryError;

/// How often a folder is made again that others remove.
pub(super) const ATTEMPTS: usize = 1000;

/// What tells a file or folder from every other, also from a later one with the same name: the
/// numbers of its device and inode, and its birth, since the numbers are given out again.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
    /// `None` where the file system does not know: then nothing can be told from a later one.
    pub(super) born: Option<SystemTime>,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(meta: &Metadata) -> Self {
        use cap_std::fs::MetadataExt;

        let born = meta.created().ok().map(cap_std::time::SystemTime::into_std);
        Self { device: meta.dev(), inode: meta.ino(), born }
    }

    /// Elsewhere only open files have numbers, and nothing needs them.
    #[cfg(not(unix))]
    pub(super) fn of(_: &Metadata) -> Self {
        Self { device: 0, inode: 0, born: None }
    }
}

/// A folder that is held open.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    pub(super) dir: Arc<Dir>,
    pub(super) identity: Identity,
    /// Whether the folder above it in the chain is the one that names it: not behind a link.
    pub(super) is_named: bool,
}

impl Folder {
    fn new(dir: Dir, is_named: bool) -> io::Result<Self> {
        let identity = Identity::of(&dir.dir_metadata()?);
        Ok(Self { dir: Arc::new(dir), identity, is_named })
    }

    /// The same folder as a file that can be synced.
    #[cfg(unix)]
    pub(super) fn for_sync(&self) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags, openat};

        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(File::from(openat(&*self.dir, ".", flags, Mode::empty())?))
    }
}

/// The folders on the way to an object, the root first.
pub(super) type Chain = Vec<Folder>;

/// The directory of a store.
#[derive(Debug)]
pub(super) struct Root {
    folder: Folder,
    /// Without links in it.
    path: PathBuf,
    follows: bool,
}

impl Root {
    pub(super) fn open(path: &FilePath, follows: bool) -> io::Result<Self> {
        let path = std::fs::canonicalize(path)?;
        let dir = Dir::open_ambient_dir(&path, ambient_authority())?;
        Ok(Self { folder: Folder::new(dir, true)?, path, follows })
    }

    pub(super) fn path(&self) -> &FilePath {
        &self.path
    }

    pub(super) fn dir(&self) -> &Arc<Dir> {
        &self.folder.dir
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn identity(&self) -> Identity {
        self.folder.identity
    }

    /// Why the path of the store leads elsewhere by now, or nowhere: what is done through the
    /// handle that is held is not done to the store that the caller knows.
    #[cfg(unix)]
    pub(super) fn check(&self) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;

        let found = std::fs::metadata(&self.path)?;
        match (found.dev(), found.ino()) == (self.identity().device, self.identity().inode) {
            true => Ok(()),
            false => Err(io::Error::new(io::ErrorKind::NotFound, "another directory is there")),
        }
    }

    /// The open handle keeps it in its place.
    #[cfg(not(unix))]
    pub(super) fn check(&self) -> io::Result<()> {
        Ok(())
    }

    /// [`check`](Self::check) before anything was published.
    pub(super) fn check_before(&self) -> Result<(), DirectoryError> {
        self.check().map_err(|source| DirectoryError::refused(self.gone(), source))
    }

    /// [`check`](Self::check) before something is acknowledged.
    pub(super) fn check_after(&self) -> Result<(), DirectoryError> {
        self.check().map_err(|source| DirectoryError::uncertain(self.gone(), source))
    }

    fn gone(&self) -> String {
        let path = self.path.display();
        format!("the store's directory {path} is gone: was it unmounted, moved or deleted?")
    }

    /// The folders on the way to `path`, which must be there.
    pub(super) fn chain(&self, path: &Path) -> Result<Chain, DirectoryError> {
        self.walk(path, false)
    }

    /// The folders on the way to `path`; those that are missing are made.
    pub(super) fn make_chain(&self, path: &Path) -> Result<Chain, DirectoryError> {
        loop {
            match self.walk(path, true) {
                // A folder was removed while others were made in it.
                Err(error) if error.io().kind() == io::ErrorKind::NotFound => {
                    self.check_before()?
                }
                chain => return chain,
            }
        }
    }

    fn walk(&self, path: &Path, makes: bool) -> Result<Chain, DirectoryError> {
        let mut chain = vec![self.folder.clone()];
        let (mut above, mut so_far) = (self.folder.dir.clone(), String::new());
        let names: Vec<_> = path.parts().collect();
        for name in names.iter().rev().skip(1).rev() {
            let name = name.as_ref();
            so_far = if so_far.is_empty() { name.to_string() } else { format!("{so_far}/{name}") };
            let folder = self.step(&above, name, &so_far, makes)?;
            above = folder.dir.clone();
            chain.push(folder);
        }
        Ok(chain)
    }

    /// From a folder to the one of this name in it.
    fn step(
        &self,
        above: &Dir,
        name: &str,
        so_far: &str,
        makes: bool,
    ) -> Result<Folder, DirectoryError> {
        let failed = |source| self.failed("open the folder", so_far, source);
        let error = match above.open_dir_nofollow(name) {
            Ok(dir) => return Folder::new(dir, true).map_err(failed),
            Err(error) => error,
        };
        if error.kind() == io::ErrorKind::NotFound && makes {
            match above.create_dir(name) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.failed("make the folder", so_far, error));
                }
                _ => {}
            }
            let made = above.open_dir_nofollow(name).and_then(|dir| Folder::new(dir, true));
            return made.map_err(failed);
        }
        match above.symlink_metadata(name) {
            Ok(meta) if meta.is_symlink() => {
                let dir = self.open_dir(so_far).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => DirectoryError::link(so_far),
                    _ => self.explain(so_far, error),
                })?;
                Folder::new(dir, false).map_err(failed)
            }
            _ => Err(failed(error)),
        }
    }

    /// A folder, through links as far as they are allowed.
    pub(super) fn open_dir(&self, path: &str) -> io::Result<Dir> {
        match self.follows {
            true => Dir::open_ambient_dir(self.path.join(path), ambient_authority()),
            false => self.folder.dir.open_dir(path),
        }
    }

    /// A folder to list or sweep: through links only if they are allowed everywhere.
    pub(super) fn open_dir_unlinked(&self, path: &str) -> io::Result<Dir> {
        match self.follows {
            true => self.open_dir(path),
            false => match self.first_link(path) {
                None => self.open_dir(path),
                Some(_) => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            },
        }
    }

    /// A file to read, through links as far as they are allowed. What is no regular file is not
    /// found: opening a pipe would wait for its writer.
    pub(super) fn open_file(&self, path: &str) -> io::Result<(File, Metadata)> {
        let file = match self.follows {
            true => read_only_anywhere().open(self.path.join(path))?,
            false => self.folder.dir.open_with(path, &read_only())?.into_std(),
        };
        let meta = Metadata::from_file(&file)?;
        match meta.is_file() {
            true => Ok((file, meta)),
            false => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    pub(super) fn metadata(&self, path: &str) -> io::Result<Metadata> {
        let meta = match self.follows {
            true => Metadata::from_just_metadata(std::fs::metadata(self.path.join(path))?),
            false => self.folder.dir.metadata(path)?,
        };
        match meta.is_file() {
            true => Ok(meta),
            false => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }

    /// The error of an operation on `path`: if a link is in the way, that names it.
    pub(super) fn explain(&self, path: &str, source: io::Error) -> DirectoryError {
        // What was refused before the operating system was asked has no code of it.
        let is_escape =
            source.kind() == io::ErrorKind::PermissionDenied && source.raw_os_error().is_none();
        let is_loop = is_loop(&source);
        match self.first_link(path).filter(|_| is_escape || is_loop) {
            Some(link) => DirectoryError::link(&link),
            None => self.failed("open", path, source),
        }
    }

    /// The first part of a path that is a link.
    pub(super) fn first_link(&self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let mut prefixes = ends.filter_map(|end| path.get(..end));
        let is_link = |prefix: &&str| {
            let meta = self.folder.dir.symlink_metadata(prefix);
            meta.is_ok_and(|meta| meta.is_symlink())
        };
        prefixes.find(is_link).map(str::to_string)
    }

    pub(super) fn failed(&self, operation: &str, path: &str, source: io::Error) -> DirectoryError {
        let root = self.path.display();
        DirectoryError::refused(format!("cannot {operation} {path} in {root}"), source)
    }
}

/// How files are opened that are read.
fn read_only() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::custom_flags(&mut options, nonblocking());
    options
}

/// [`read_only`], outside of the store.
fn read_only_anywhere() -> std::fs::OpenOptions {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nonblocking());
    options
}

#[cfg(unix)]
fn nonblocking() -> i32 {
    rustix::fs::OFlags::NONBLOCK.bits().cast_signed()
}

/// A link that may not be followed, or too many of them.
#[cfg(unix)]
fn is_loop(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error())
}

#[cfg(not(unix))]
fn is_loop(_: &io::Error) -> bool {
    false
}
