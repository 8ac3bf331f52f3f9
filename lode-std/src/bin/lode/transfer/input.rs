//! The files that a dataset is written from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::failure::Failure;

/// How many bytes are read at a time.
const PIECE: usize = 256 << 10;

/// The name of the standard input.
const STDIN: &str = "-";

/// Where bytes come from: a file, or the standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// `None` for the standard input.
    path: Option<PathBuf>,
    /// How many bytes it has, if that can be known.
    length: Option<u64>,
}

impl Input {
    /// The inputs that these arguments name: none of them, or `-`, is the standard input. Nothing
    /// is read yet, but what cannot be read is noticed.
    pub(crate) fn all(paths: &[PathBuf]) -> Result<Vec<Self>, Failure> {
        let is_stdin = |path: &&PathBuf| path.as_os_str() == STDIN;
        if paths.iter().filter(is_stdin).count() > 1 {
            let message = "the standard input can be read once only: name - once";
            return Err(Failure::refused("invalid-input", message));
        }
        if paths.is_empty() {
            return Ok(vec![Self { path: None, length: None }]);
        }
        paths.iter().map(|path| Self::new(path)).collect()
    }

    fn new(path: &Path) -> Result<Self, Failure> {
        if path.as_os_str() == STDIN {
            return Ok(Self { path: None, length: None });
        }
        let metadata = std::fs::File::open(path).and_then(|file| file.metadata());
        let metadata = metadata.map_err(|error| Failure::file("read", path, error))?;
        if metadata.is_dir() {
            let message = format!("{} is not a file", path.display());
            return Err(Failure::refused("invalid-input", message));
        }
        let length = metadata.is_file().then_some(metadata.len());
        Ok(Self { path: Some(path.to_path_buf()), length })
    }

    /// How many bytes these have together, if that can be known.
    pub(crate) fn total(inputs: &[Self]) -> Option<u64> {
        inputs.iter().map(|input| input.length).sum()
    }

    /// How many bytes it has, if that can be known.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// What it is called.
    pub(crate) fn name(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => "the standard input".to_string(),
        }
    }

    /// Begins to read it.
    pub(crate) async fn open(&self) -> Result<Reader, Failure> {
        let name: Arc<str> = self.name().into();
        let failed = |source| Failure::Io { what: format!("read {name}"), source };
        let source: Box<dyn AsyncRead + Send + Unpin> = match &self.path {
            Some(path) => Box::new(tokio::fs::File::open(path).await.map_err(failed)?),
            None => Box::new(tokio::io::stdin()),
        };
        Ok(Reader { source, name, buffer: vec![0; PIECE] })
    }
}

/// An input that is being read.
pub(crate) struct Reader {
    source: Box<dyn AsyncRead + Send + Unpin>,
    name: Arc<str>,
    buffer: Vec<u8>,
}

impl Reader {
    /// What it is called.
    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The next bytes, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        match self.source.read(&mut self.buffer).await {
            Ok(0) => Ok(None),
            Ok(length) => Ok(self.buffer.get(..length)),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// All of it.
    pub(crate) async fn all(self) -> Result<Bytes, Failure> {
        self.first(u64::MAX).await.map(Bytes::from)
    }

    /// All of it, but not more than so many bytes.
    pub(crate) async fn first(mut self, limit: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        match (&mut self.source).take(limit).read_to_end(&mut bytes).await {
            Ok(_) => Ok(bytes),
            Err(source) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: std::io::Error) -> Failure {
        Failure::Io { what: format!("read {}", self.name), source }
    }
}
