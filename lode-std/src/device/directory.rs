//! A device's medium in a directory.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use lode_core::store::{ErrorType, ListStore, Name, ReadStore, Store};

use super::{DeviceError, MAX_OBJECT};

/// What a file is called whose bytes are on their way: as short as FAT has it.
const PART: &str = "TMP";
/// What a file is called that reserves the name of an object.
const CLAIM: &str = "LCK";
/// What their names begin with: no object's do.
const OURS: char = 'T';

/// A device's medium in a directory, through [`std::fs`]: an SD card, a small Linux board.
///
/// An object is written under another name, synced, and then linked to its own, which never
/// replaces what is there; then the directory is synced. File systems without hard links, FAT say,
/// are found out when the first link fails. There the name is reserved with a file that only one
/// can create, and the object renamed to it if nobody has it: that never overwrites what was
/// created by this type. Either way an object is there as a whole or not at all, as far as the
/// file system keeps renames whole; FAT does unless it is torn between two sectors.
///
/// What a process that was killed leaves behind is ignored, and removed when the directory is
/// opened: a device is the only writer of its medium.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Whether links are worth trying.
    has_links: bool,
}

impl Directory {
    /// Opens the directory at `path`, which must be there, and removes what was left behind.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Directory`] if it cannot be listed, or what was left cannot be removed.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DeviceError> {
        let this = Self { path: path.into(), has_links: true };
        this.clean().map_err(|source| this.failed("cleaned", source))?;
        Ok(this)
    }

    /// Never links, as on a file system that has no hard links: to try out what happens there.
    #[must_use]
    pub fn without_links(self) -> Self {
        Self { has_links: false, ..self }
    }

    fn clean(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let path = entry?.path();
            if is_left_behind(&path) {
                remove_if_there(&path)?;
            }
        }
        Ok(())
    }

    fn place(&self, name: &Name) -> PathBuf {
        self.path.join(name.as_str())
    }

    /// Writes a file that is no object yet, durably.
    fn write_part(&self, parts: &[&[u8]]) -> io::Result<Passing> {
        let (part, mut file) = loop {
            match Passing::create(self.path.join(part_name())) {
                // Another process has come as far.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => break created?,
            }
        };
        parts.iter().try_for_each(|bytes| file.write_all(bytes))?;
        file.sync_all()?;
        Ok(part)
    }

    /// Gives a file the name of an object, unless that is taken.
    fn publish(&mut self, part: &Passing, name: &Name) -> Result<(), DeviceError> {
        let place = self.place(name);
        if self.has_links {
            match fs::hard_link(&part.path, &place) {
                Ok(()) => return Ok(()),
                Err(error) if !is_unsupported(&error) => return Err(refused(name, error)),
                Err(_) => self.has_links = false,
            }
        }
        // Only one can hold the claim, so nobody comes between the look and the renaming.
        let claim = Passing::create(self.path.join(claim_name(name)));
        let _claim = claim.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => DeviceError::Busy { name: *name },
            _ => file_failed("created", name)(error),
        })?;
        match place.try_exists() {
            Ok(true) => Err(DeviceError::Taken { name: *name }),
            Ok(false) => fs::rename(&part.path, &place).map_err(|error| refused(name, error)),
            Err(error) => Err(file_failed("created", name)(error)),
        }
    }

    /// Makes durable which names there are.
    fn sync(&self) -> io::Result<()> {
        // Elsewhere directories cannot be opened, and need not be synced.
        if cfg!(unix) { File::open(&self.path)?.sync_all() } else { Ok(()) }
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> DeviceError {
        DeviceError::Directory { operation, path: self.path.clone(), source }
    }
}

impl ErrorType for Directory {
    type Error = DeviceError;
}

impl ReadStore for Directory {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, DeviceError> {
        let mut read = || {
            let mut file = File::open(self.place(name))?;
            file.seek(SeekFrom::Start(offset))?;
            fill(&mut file, buf)
        };
        read().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeviceError::NotFound { name: *name },
            _ => file_failed("read", name)(error),
        })
    }
}

impl Store for Directory {
    const MAX_OBJECT: usize = MAX_OBJECT;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        let part = self.write_part(parts).map_err(file_failed("created", name))?;
        let published = self.publish(&part, name);
        match &published {
            // Who is told that the name is taken relies on it being so after a power cut.
            Ok(()) | Err(DeviceError::Taken { .. }) => {
                self.sync().map_err(|error| unknown(name, error))?;
            }
            Err(_) => {}
        }
        published
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), DeviceError> {
        let part = self.write_part(parts).map_err(file_failed("replaced", name))?;
        fs::rename(&part.path, self.place(name)).map_err(|error| unknown(name, error))?;
        self.sync().map_err(|error| unknown(name, error))
    }

    fn remove(&mut self, name: &Name) -> Result<(), DeviceError> {
        remove_if_there(&self.place(name)).map_err(file_failed("removed", name))?;
        self.sync().map_err(|source| self.failed("synced", source))
    }
}

impl ListStore for Directory {
    fn list(&mut self, visit: &mut dyn FnMut(&Name)) -> Result<(), DeviceError> {
        let failed = |source| self.failed("listed", source);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let parsed = Name::parse(entry.file_name().as_encoded_bytes());
            if let Some(name) = parsed.and_then(|(kind, number)| Name::new(kind, number)) {
                visit(&name);
            }
        }
        Ok(())
    }
}

/// A file that is no object, and is removed when it has served.
#[derive(Debug)]
struct Passing {
    path: PathBuf,
}

impl Passing {
    /// Creates it, unless there is one.
    fn create(path: PathBuf) -> io::Result<(Self, File)> {
        let file = File::create_new(&path)?;
        Ok((Self { path }, file))
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // It may have been renamed; and what cannot be removed now is when the directory is opened.
        let _ = fs::remove_file(&self.path);
    }
}

/// A name that no other handle of this process uses, and one of another process hardly.
fn part_name() -> String {
    static BEGUN: AtomicU32 = AtomicU32::new(0);
    let number = BEGUN.fetch_add(1, Ordering::Relaxed);
    format!("{OURS}{:04X}{:03X}.{PART}", std::process::id() & 0xffff, number & 0xfff)
}

/// The name of the file whose holder alone may create this object.
fn claim_name(name: &Name) -> String {
    let name = name.as_str();
    let (stem, _) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}.{CLAIM}")
}

/// Whether only a process that did not come to its end can have left this file.
fn is_left_behind(path: &Path) -> bool {
    let (Some(stem), Some(extension)) =
        (path.file_stem().and_then(OsStr::to_str), path.extension().and_then(OsStr::to_str))
    else {
        return false;
    };
    let is_part = stem.strip_prefix(OURS).is_some_and(|digits| {
        digits.len() == 7 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
    });
    let is_claim = || Name::parse(format!("{stem}.LD").as_bytes()).is_some();
    match extension {
        PART => is_part,
        CLAIM => is_claim(),
        _ => false,
    }
}

/// Fills `buf` as far as the file goes.
fn fill(file: &mut File, buf: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether the file system has no hard links: Linux says that it is not permitted.
fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

fn file_failed(operation: &'static str, name: &Name) -> impl Fn(io::Error) -> DeviceError {
    let name = *name;
    move |source| DeviceError::File { operation, name, source }
}

/// Why a name could not be given. What the medium did is known only if it says why not.
fn refused(name: &Name, error: io::Error) -> DeviceError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => DeviceError::Taken { name: *name },
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::QuotaExceeded
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::StorageFull => file_failed("created", name)(error),
        _ => unknown(name, error),
    }
}

fn unknown(name: &Name, source: io::Error) -> DeviceError {
    DeviceError::Unknown { name: *name, source: Box::new(source) }
}
