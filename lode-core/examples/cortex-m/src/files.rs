//! Objects as files of the host, by semihosting.
//!
//! Semihosting has no exclusive create and does not sync; but it renames, and nobody else writes
//! here. So an object is written under another name and then renamed: it is there as a whole, or
//! not at all, whenever the emulator is killed.

use core::ffi::CStr;

use lode_core::ErrorKind;
use lode_core::store::{Error, ErrorType, Name, ReadStore, Store};
use semihosting::fs::{self, File};
use semihosting::io::{self, Read, Seek, SeekFrom, Write};

use crate::resets::tick;

/// What is being written.
const DRAFT: &CStr = c"DRAFT.TMP";

/// Objects as files in the emulator's working directory.
#[derive(Default)]
pub struct Files {
    /// The one that was read last: it is read in many small pieces.
    open: Option<(Name, File)>,
}

impl Files {
    /// The files in the working directory.
    pub const fn new() -> Self {
        Self { open: None }
    }

    fn open(&mut self, name: &Name) -> Result<&mut File, FilesError> {
        if !matches!(&self.open, Some((open, _)) if open == name) {
            // Closes the other one.
            self.open = None;
            let file = with_path(name, |path| File::open(path))??;
            self.open = Some((*name, file));
        }
        self.open.as_mut().map(|(_, file)| file).ok_or(FilesError::NotFound)
    }
}

/// What a file fails with.
#[derive(Debug)]
pub enum FilesError {
    /// The name is taken.
    Taken,
    /// There is no such file.
    NotFound,
    /// Whatever the host reports.
    Host,
}

impl Error for FilesError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Taken => ErrorKind::Conflict,
            Self::NotFound => ErrorKind::NotFound,
            Self::Host => ErrorKind::Store,
        }
    }
}

impl From<io::Error> for FilesError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Host,
        }
    }
}

impl ErrorType for Files {
    type Error = FilesError;
}

/// Calls `act` with the name as the host wants it.
fn with_path<T>(name: &Name, act: impl FnOnce(&CStr) -> T) -> Result<T, FilesError> {
    let mut path = [0; Name::LENGTH + 1];
    for (byte, letter) in path.iter_mut().zip(name.as_str().bytes()) {
        *byte = letter;
    }
    CStr::from_bytes_with_nul(&path).map(act).map_err(|_| FilesError::Host)
}

fn write(name: &Name, parts: &[&[u8]]) -> Result<(), FilesError> {
    tick();
    let mut draft = File::create(DRAFT)?;
    for part in parts {
        tick();
        draft.write_all(part)?;
    }
    drop(draft);
    tick();
    with_path(name, |path| fs::rename(DRAFT, path))??;
    tick();
    Ok(())
}

impl ReadStore for Files {
    fn read(&mut self, name: &Name, offset: u64, buf: &mut [u8]) -> Result<usize, FilesError> {
        let file = self.open(name)?;
        let length = file.metadata()?.len();
        if offset >= length {
            return Ok(0);
        }
        file.seek(SeekFrom::Start(offset))?;
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

impl Store for Files {
    const MAX_OBJECT: usize = 64 << 10;

    fn create(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), FilesError> {
        match self.open(name) {
            Ok(_) => Err(FilesError::Taken),
            Err(FilesError::NotFound) => write(name, parts),
            Err(error) => Err(error),
        }
    }

    fn replace(&mut self, name: &Name, parts: &[&[u8]]) -> Result<(), FilesError> {
        self.open = None;
        write(name, parts)
    }

    fn remove(&mut self, name: &Name) -> Result<(), FilesError> {
        self.open = None;
        tick();
        match with_path(name, |path| fs::remove_file(path))?.map_err(FilesError::from) {
            Err(FilesError::NotFound) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
