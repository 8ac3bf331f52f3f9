//! What kinds of failure there are, whichever module reports them.

/// The kind of a failure: what a program can do about it, apart from what went wrong in detail.
///
/// Every error type of this project has a `kind()` that returns one of these.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The store took longer than the caller allows, or refuses for now: it is overloaded (503,
    /// 429), or the process has too many files open. Trying again may help.
    Busy,
    /// The snapshot was there and has been collected. Read a newer one.
    Collected,
    /// Somebody else has committed first. Look at the new head and commit again.
    Conflict,
    /// Bytes in the store are not what was written. Trying again does not help; repair does.
    Corrupt,
    /// A collection may have deleted what was staged. Stage it again.
    Expired,
    /// The history has two branches, so no answer would be the right one.
    Forked,
    /// The caller asked for something that cannot be. The message says what is allowed.
    InvalidInput,
    /// What is in the store disagrees with what the caller says it is.
    Mismatch,
    /// There is no such thing in the store.
    NotFound,
    /// No room is left: in the store, or in a table of fixed capacity.
    OutOfSpace,
    /// The range overlaps one that is already committed.
    Overlap,
    /// The store does not let us.
    PermissionDenied,
    /// The range is not, or not wholly, committed.
    RangeMissing,
    /// The store failed in some other way.
    Store,
    /// It cannot be known whether the commit took place. Resolve it.
    Unknown,
    /// The store could not be reached, or the connection to it broke. Trying again may help, unless
    /// its address is wrong.
    Unreachable,
    /// The store, or this build, cannot do that.
    Unsupported,
}

/// The kind of a failed I/O operation, by the kind and the number that the operating system gave.
#[cfg(feature = "std")]
impl From<&std::io::Error> for ErrorKind {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        match error.kind() {
            Io::NotFound => Self::NotFound,
            Io::PermissionDenied | Io::ReadOnlyFilesystem => Self::PermissionDenied,
            Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => Self::OutOfSpace,
            Io::TimedOut | Io::ResourceBusy | Io::WouldBlock | Io::ExecutableFileBusy => Self::Busy,
            Io::ConnectionRefused
            | Io::ConnectionReset
            | Io::ConnectionAborted
            | Io::NotConnected
            | Io::BrokenPipe
            | Io::AddrNotAvailable
            | Io::HostUnreachable
            | Io::NetworkUnreachable
            | Io::NetworkDown => Self::Unreachable,
            Io::AlreadyExists => Self::Conflict,
            Io::Unsupported => Self::Unsupported,
            Io::InvalidInput | Io::InvalidFilename => Self::InvalidInput,
            _ if error.raw_os_error().is_some_and(is_out_of_handles) => Self::Busy,
            _ => Self::Store,
        }
    }
}

/// Whether this number says that the process, or the system, has too many files open. The standard
/// library has no kind for it.
#[cfg(feature = "std")]
const fn is_out_of_handles(number: i32) -> bool {
    match cfg!(windows) {
        // ERROR_TOO_MANY_OPEN_FILES
        true => number == 4,
        // ENFILE and EMFILE have the same numbers on all Unix systems.
        false => matches!(number, 23 | 24),
    }
}

#[cfg(all(test, feature = "std", unix))]
mod tests {
    use super::*;

    /// By the numbers of Linux.
    #[cfg(target_os = "linux")]
    #[test]
    fn errors_of_the_system_have_kinds() {
        for (number, kind) in [
            (2, ErrorKind::NotFound),
            (1, ErrorKind::PermissionDenied),
            (13, ErrorKind::PermissionDenied),
            (30, ErrorKind::PermissionDenied),
            (28, ErrorKind::OutOfSpace),
            (122, ErrorKind::OutOfSpace),
            (23, ErrorKind::Busy),
            (24, ErrorKind::Busy),
            (110, ErrorKind::Busy),
            (111, ErrorKind::Unreachable),
            (104, ErrorKind::Unreachable),
            (5, ErrorKind::Store),
        ] {
            let error = std::io::Error::from_raw_os_error(number);
            assert_eq!(ErrorKind::from(&error), kind, "{error}");
        }
    }
}
