//! The file that a volume is written from, or compared with.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use lode_core::checksum::{Algorithm, Digest};
use lode_std::ByteRange;
use tokio::task::spawn_blocking;

use crate::failure::Failure;

/// How many bytes are read at a time to make a digest of them.
const PIECE: u64 = 1 << 20;

/// A file, which begins somewhere in a volume. It is read by the volume's offsets.
#[derive(Clone)]
pub(crate) struct Source {
    /// One handle, so that all reads are of the same file whatever becomes of its name.
    file: Arc<Mutex<File>>,
    path: PathBuf,
    extent: ByteRange,
}

impl Source {
    /// The file at `path`, which begins at offset `at` of a volume.
    pub(crate) fn open(path: &Path, at: u64) -> Result<Self, Failure> {
        let failed = |error| Failure::file("read", path, error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let shown = path.display();
        if !metadata.is_file() {
            return Err(Failure::refused("invalid-input", format!("{shown} is not a file")));
        }
        if metadata.len() == 0 {
            return Err(Failure::refused("invalid-input", format!("{shown} is empty")));
        }
        let extent = ByteRange::with_length(at, metadata.len()).ok_or_else(|| {
            let message = format!("{shown} would end beyond 2^63: begin at a smaller offset");
            Failure::refused("invalid-input", message)
        })?;
        Ok(Self { file: Arc::new(Mutex::new(file)), path: path.to_path_buf(), extent })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the volume that it has.
    pub(crate) fn extent(&self) -> ByteRange {
        self.extent
    }

    /// Its bytes at `range` of the volume.
    pub(crate) async fn read(&self, range: ByteRange) -> Result<Bytes, Failure> {
        let source = self.clone();
        spawn_blocking(move || source.read_now(range)).await?
    }

    /// The digest of its bytes at `range` of the volume.
    pub(crate) async fn digest(
        &self,
        range: ByteRange,
        algorithm: Algorithm,
    ) -> Result<Digest, Failure> {
        let source = self.clone();
        let digest = move || {
            let mut hasher = algorithm.begin();
            let mut next = range.start();
            while let Some(piece) = ByteRange::new(next, range.end().min(next + PIECE)) {
                hasher.update(&source.read_now(piece)?);
                next = piece.end();
            }
            Ok(hasher.finish())
        };
        spawn_blocking(digest).await?
    }

    fn read_now(&self, range: ByteRange) -> Result<Bytes, Failure> {
        let read = || {
            let length = usize::try_from(range.length()).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(range.start() - self.extent.start()))?;
            file.read_exact(&mut bytes)?;
            Ok(Bytes::from(bytes))
        };
        read().map_err(|error: io::Error| Failure::file("read", &self.path, error))
    }
}
