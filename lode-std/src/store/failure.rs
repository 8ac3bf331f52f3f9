//! Why a store has failed: one judgement for kinds, for creates, and for what is sent again.
//!
//! The facts are found by walking the chain of causes: what a server answered ([`Refusal`]), how a
//! connection failed, what the operating system said. A text is read only where no type says it.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use lode_core::ErrorKind;
use object_store::Error as StoreError;

use super::directory::DirectoryError;
use super::redact::redact;
use super::refusal::Refusal;

/// What a failed request means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Failure {
    /// What can be done about it.
    pub(crate) kind: ErrorKind,
    /// What became of the request.
    pub(crate) effect: Effect,
}

/// What became of a request that has failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Effect {
    /// It never reached the store, and can be sent again.
    NotSent,
    /// The store has refused it, and has not applied it.
    Refused,
    /// It may have been applied, or be applied later.
    Unknown,
}

impl Failure {
    /// Judges an error of a store.
    pub(crate) fn of(error: &StoreError) -> Self {
        Self::find(error).unwrap_or(Self::unknown(ErrorKind::Store))
    }

    /// The kind of any error that a store may be the cause of.
    pub(crate) fn kind_of(error: &(dyn StdError + 'static)) -> ErrorKind {
        Self::find(error).map_or(ErrorKind::Store, |failure| failure.kind)
    }

    const fn refused(kind: ErrorKind) -> Self {
        Self { kind, effect: Effect::Refused }
    }

    const fn unknown(kind: ErrorKind) -> Self {
        Self { kind, effect: Effect::Unknown }
    }

    /// What the deepest cause says that is known. A sync that failed leaves open whether what was
    /// to be synced is there.
    fn find(error: &(dyn StdError + 'static)) -> Option<Self> {
        let (mut found, mut is_sync) = (None, false);
        let mut next = Some(error);
        while let Some(cause) = next {
            is_sync |= is_failed_sync(cause);
            match Self::of_cause(cause) {
                Verdict::Last(failure) => return Some(failure.after_sync(is_sync)),
                Verdict::Unless(failure) => found = Some(failure),
                Verdict::None => {}
            }
            next = below(cause);
        }
        found.map(|failure| failure.after_sync(is_sync))
    }

    /// What one link of the chain says.
    fn of_cause(cause: &(dyn StdError + 'static)) -> Verdict {
        if let Some(redacted) = cause.downcast_ref::<Redacted>() {
            Verdict::Last(redacted.failure)
        } else if let Some(error) = cause.downcast_ref::<DirectoryError>() {
            Verdict::Last(Self::of_directory(error))
        } else if let Some(exhausted) = cause.downcast_ref::<Exhausted>() {
            Verdict::Last(Self::refused(Self::of(&exhausted.0).kind))
        } else if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            Verdict::Last(refusal.failure())
        } else if let Some(error) = cause.downcast_ref::<io::Error>() {
            Self::of_io(error)
        } else if let Some(error) = cause.downcast_ref::<StoreError>() {
            Self::of_variant(error).map_or(Verdict::None, Verdict::Unless)
        } else {
            of_http(cause)
        }
    }

    /// What the variant says, apart from what is below it.
    fn of_variant(error: &StoreError) -> Option<Self> {
        Some(match error {
            StoreError::NotFound { .. } => Self::refused(ErrorKind::NotFound),
            StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                Self::refused(ErrorKind::PermissionDenied)
            }
            StoreError::NotImplemented { .. } | StoreError::NotSupported { .. } => {
                Self::refused(ErrorKind::Unsupported)
            }
            StoreError::InvalidPath { .. } | StoreError::UnknownConfigurationKey { .. } => {
                Self::refused(ErrorKind::InvalidInput)
            }
            StoreError::AlreadyExists { .. } | StoreError::Precondition { .. } => {
                Self::refused(ErrorKind::Conflict)
            }
            _ => return None,
        })
    }

    /// A directory knows whether it has published anything.
    fn of_directory(error: &DirectoryError) -> Self {
        let kind = ErrorKind::from(error.io());
        match error.is_refusal() {
            true => Self::refused(kind),
            false => Self::unknown(kind),
        }
    }

    fn of_io(error: &io::Error) -> Verdict {
        // One that wraps another error says less than that.
        let verdict = match error.get_ref() {
            Some(_) => Verdict::Unless,
            None => Verdict::Last,
        };
        let kind = ErrorKind::from(error);
        verdict(match (kind, error.kind()) {
            (_, io::ErrorKind::ConnectionRefused) => Self { kind, effect: Effect::NotSent },
            (
                ErrorKind::PermissionDenied
                | ErrorKind::OutOfSpace
                | ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::InvalidInput
                | ErrorKind::Unsupported,
                _,
            )
            | (_, io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory) => {
                Self::refused(kind)
            }
            // Where handles have run out, a part of the work may have been done before.
            _ => Self::unknown(kind),
        })
    }

    fn after_sync(self, is_sync: bool) -> Self {
        match is_sync {
            true => Self::unknown(self.kind),
            false => self,
        }
    }
}

/// What one cause says about a failure.
enum Verdict {
    /// Nothing below it says more.
    Last(Failure),
    /// Something below it may say more.
    Unless(Failure),
    None,
}

/// How a connection failed.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn of_http(cause: &(dyn StdError + 'static)) -> Verdict {
    use object_store::client::{HttpError, HttpErrorKind};

    let Some(error) = cause.downcast_ref::<HttpError>() else { return Verdict::None };
    // A server's answer travels as the source of such an error.
    let answer = error.source().and_then(|source| source.downcast_ref::<Refusal>());
    Verdict::Last(match (answer, error.kind()) {
        (Some(refusal), _) => refusal.failure(),
        (None, HttpErrorKind::Connect) => {
            Failure { kind: ErrorKind::Unreachable, effect: Effect::NotSent }
        }
        (None, HttpErrorKind::Timeout) => Failure::unknown(ErrorKind::Busy),
        (None, HttpErrorKind::Request | HttpErrorKind::Interrupted) => {
            Failure::unknown(ErrorKind::Unreachable)
        }
        (None, HttpErrorKind::Decode) => {
            return Verdict::Unless(Failure::unknown(ErrorKind::Store));
        }
        // There was no answer: the connection broke in a way that has no kind of its own.
        _ => return Verdict::Unless(Failure::unknown(ErrorKind::Unreachable)),
    })
}

#[cfg(not(any(feature = "s3", feature = "gcs", feature = "azure")))]
fn of_http(_: &(dyn StdError + 'static)) -> Verdict {
    Verdict::None
}

/// The next cause. [`io::Error`] passes by the error that it wraps.
fn below<'a>(cause: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => cause.source(),
    }
}

/// Whether it was the sync of what had been written that failed. The type in which
/// `object_store::local` says so is private.
fn is_failed_sync(cause: &(dyn StdError + 'static)) -> bool {
    !cause.is::<StoreError>() && cause.to_string().starts_with("Unable to sync")
}

/// Whether there is no such object, in a bucket that exists.
pub(crate) fn is_absent(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. }) && !has_no_bucket(error)
}

/// Whether the bucket or container does not exist, or the directory of a store.
pub(crate) fn has_no_bucket(error: &StoreError) -> bool {
    let mut next = Some(error as &(dyn StdError + 'static));
    while let Some(cause) = next {
        if cause.downcast_ref::<Refusal>().is_some_and(Refusal::names_bucket)
            || cause.downcast_ref::<Redacted>().is_some_and(|redacted| redacted.has_no_bucket)
        {
            return true;
        }
        next = below(cause);
    }
    // The clients of others put no type into the chain, only the server's answer.
    let StoreError::NotFound { source, .. } = error else { return false };
    let said = source.to_string();
    Refusal::NO_BUCKET.iter().any(|code| said.contains(&format!("<Code>{code}</Code>")))
}

/// A request that was sent again for as long as the store's options allow: the connection was
/// refused each time, so nothing of it has reached the store.
#[derive(Debug)]
pub(crate) struct Exhausted(pub(crate) StoreError);

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Exhausted {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// An error without the secrets that its text had: of it the text and the judgement remain.
#[derive(Debug)]
struct Redacted {
    text: String,
    failure: Failure,
    has_no_bucket: bool,
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Redacted {}

/// The same error, without the secrets of the URLs in it.
pub(crate) fn without_secrets(error: StoreError) -> StoreError {
    let text = error.to_string();
    let safe = redact(&text);
    if safe == text {
        return error;
    }
    let (failure, has_no_bucket) = (Failure::of(&error), has_no_bucket(&error));
    let redacted = Redacted { text: safe, failure, has_no_bucket };
    StoreError::Generic { store: "store", source: Box::new(redacted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(source: impl Into<Box<dyn StdError + Send + Sync>>) -> StoreError {
        StoreError::Generic { store: "test", source: source.into() }
    }

    fn system(number: i32) -> io::Error {
        io::Error::from_raw_os_error(number)
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_definite_refusal_of_the_system_is_one() {
        for (number, kind) in [
            (13, ErrorKind::PermissionDenied),
            (30, ErrorKind::PermissionDenied),
            (28, ErrorKind::OutOfSpace),
            (122, ErrorKind::OutOfSpace),
        ] {
            assert_eq!(Failure::of(&generic(system(number))), Failure::refused(kind));
            let wrapped = io::Error::other(generic(system(number)));
            assert_eq!(Failure::of(&generic(wrapped)), Failure::refused(kind));
        }
        assert_eq!(Failure::of(&generic(system(5))), Failure::unknown(ErrorKind::Store));
        assert_eq!(Failure::of(&generic(system(24))), Failure::unknown(ErrorKind::Busy));
    }

    /// The link is there before its folder is synced, so a sync that fails for lack of space
    /// refuses nothing.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_sync_that_fails_leaves_the_outcome_open() {
        #[derive(Debug)]
        struct FailedSync(io::Error);
        impl fmt::Display for FailedSync {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "Unable to sync data to disk for /x: {}", self.0)
            }
        }
        impl StdError for FailedSync {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        let error = generic(Box::new(FailedSync(system(28))) as Box<dyn StdError + Send + Sync>);
        assert_eq!(Failure::of(&error), Failure::unknown(ErrorKind::OutOfSpace));
    }

    #[test]
    fn an_error_without_secrets_is_judged_as_before() {
        let refusal =
            || Refusal::new(404, Some("NoSuchBucket".into()), "s3://me:hush@host/b?sig=hush");
        let error = without_secrets(generic(refusal()));
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        assert_eq!(Failure::of(&error), refusal().failure());
        assert!(has_no_bucket(&error));
    }

    #[test]
    fn an_answer_without_a_type_is_read() {
        let not_found = |text: &str| StoreError::NotFound { path: "x".into(), source: text.into() };
        assert!(has_no_bucket(&not_found("404: <Error><Code>NoSuchBucket</Code></Error>")));
        assert!(is_absent(&not_found("404: <Error><Code>NoSuchKey</Code></Error>")));
        // An object may have any name.
        assert!(is_absent(&not_found("GET http://host/b/NoSuchBucket: 404")));
    }
}
