//! The file that is read into.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that appears under its name when all of it is written. What is there already and is no
/// regular file, a device say, is written to as it is.
pub(crate) struct Target {
    file: File,
    /// Where to write, and what to call it in the end; `None` once that has been done, or if
    /// there is nothing to do.
    pending: Option<(PathBuf, PathBuf)>,
}

impl Target {
    /// Begins to write the file at `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        if path.exists() && !path.is_file() {
            return Ok(Self { file: File::options().write(true).open(path)?, pending: None });
        }
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let hidden = format!(".{}.{}", name.to_string_lossy(), std::process::id());
        let part = path.with_file_name(hidden);
        Ok(Self { file: File::create(&part)?, pending: Some((part, path)) })
    }

    /// Whether what is not written becomes a hole.
    pub(crate) fn has_holes(&self) -> bool {
        self.pending.is_some()
    }

    /// How long the file will be.
    pub(crate) fn set_length(&self, length: u64) -> io::Result<()> {
        match self.pending {
            Some(_) => self.file.set_len(length),
            None => Ok(()),
        }
    }

    /// Writes what follows.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Writes bytes at a place.
    pub(crate) fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        // A pipe cannot seek, and need not: only a regular file has holes.
        if self.pending.is_some() {
            self.file.seek(SeekFrom::Start(offset))?;
        }
        self.file.write_all(bytes)
    }

    /// Makes it durable, under its name.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        if let Some((part, path)) = &self.pending {
            self.file.sync_all()?;
            fs::rename(part, path)?;
            self.pending = None;
        }
        Ok(())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some((part, _)) = &self.pending {
            // The error that led here is the one to report.
            let _ = fs::remove_file(part);
        }
    }
}
