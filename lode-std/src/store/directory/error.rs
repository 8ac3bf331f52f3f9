//! What can go wrong in a directory.

use std::error::Error as StdError;
use std::io;

use object_store::Error as StoreError;

use super::STORE;

/// Why a request to a directory failed. It is in the chain of sources of the
/// [`object_store::Error`], and its own source is the [`io::Error`] with the code of the operating
/// system.
#[derive(Debug)]
pub struct DirectoryError {
    problem: String,
    is_refusal: bool,
    source: io::Error,
}

impl DirectoryError {
    /// The request has changed nothing that can be seen.
    pub(super) fn refused(problem: impl Into<String>, source: io::Error) -> Self {
        Self { problem: problem.into(), is_refusal: true, source }
    }

    /// The object may be there, and may not survive a power cut.
    pub(super) fn uncertain(problem: impl Into<String>, source: io::Error) -> Self {
        Self { problem: problem.into(), is_refusal: false, source }
    }

    /// A link is in the way.
    pub(super) fn link(name: &str) -> Self {
        let problem = format!(
            "{name} is a link, and a store is not left through links: replace it by what it \
             names, or open the store with `links=follow`"
        );
        Self::refused(problem, io::Error::from(io::ErrorKind::PermissionDenied))
    }

    /// Whether the request has definitely had no effect: nothing was published. If not, it may
    /// have been applied, or a power cut may take back what is seen of it.
    pub fn is_refusal(&self) -> bool {
        self.is_refusal
    }

    /// Finds the error of a directory in the sources of another.
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    pub(crate) fn io(&self) -> &io::Error {
        &self.source
    }

    /// What the caller of a store expects, for the object at `path`.
    pub(super) fn into_store(self, path: &str) -> StoreError {
        let path = path.to_string();
        match self.source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StoreError::PermissionDenied { path, source: Box::new(self) }
            }
            _ => StoreError::Generic { store: STORE, source: Box::new(self) },
        }
    }
}

impl std::fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problem)
    }
}

impl StdError for DirectoryError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}

/// Whether there is no room left.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Whether the file system does not know the operation.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};

    // EPERM is what link(2) says on a file system without hard links; EACCES is a refusal.
    let is_eperm = cfg!(unix) && error.raw_os_error() == Some(1);
    let is_eopnotsupp = cfg!(target_os = "linux") && error.raw_os_error() == Some(95);
    match error.kind() {
        Unsupported | InvalidInput => true,
        PermissionDenied => is_eperm,
        // ERROR_INVALID_FUNCTION of Windows.
        _ if is_eopnotsupp => true,
        _ => cfg!(windows) && error.raw_os_error() == Some(1),
    }
}

/// Whether an answer to a link or a rename leaves no doubt that it was not done.
pub(super) fn is_definite(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;

    matches!(
        error.kind(),
        Kind::NotFound
            | Kind::PermissionDenied
            | Kind::ReadOnlyFilesystem
            | Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::NotADirectory
            | Kind::IsADirectory
            | Kind::DirectoryNotEmpty
            | Kind::CrossesDevices
            | Kind::TooManyLinks
            | Kind::InvalidFilename
            | Kind::InvalidInput
            | Kind::Unsupported
            | Kind::OutOfMemory
    ) || is_out_of_handles(error)
}

/// EMFILE and ENFILE have no kind of their own.
fn is_out_of_handles(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}
