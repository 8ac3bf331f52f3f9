//! Why a command did not do what it was told, and what to do about it.

use std::fmt::Display;
use std::io;
use std::path::Path;

use lode_std::{ByteRange, Error, ErrorKind};
use serde_json::json;

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read the output has gone, and so needs no answer.
    Closed,
    /// The library says why.
    Lode(Box<Error>),
    /// A file, or the output, failed.
    Io {
        /// What could not be done.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// The command itself says why.
    Refused {
        /// Its kind, for programs.
        kind: &'static str,
        /// What is the matter, and what to do.
        message: String,
        /// Where in the volume.
        range: Option<ByteRange>,
    },
}

impl Failure {
    /// A failure at a file.
    pub(crate) fn file(action: &str, path: &Path, source: io::Error) -> Self {
        Self::Io { what: format!("{action} {}", path.display()), source }
    }

    /// A failure of the output.
    pub(crate) fn output(source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io { what: "write to the output".to_string(), source },
        }
    }

    /// A failure that the command itself found.
    pub(crate) fn refused(kind: &'static str, message: impl Into<String>) -> Self {
        Self::Refused { kind, message: message.into(), range: None }
    }

    /// Several failures of these kinds, each of which has been shown in its place. `what` could
    /// not be read.
    pub(crate) fn several(kinds: &[&'static str], what: &str) -> Self {
        let kind = match kinds {
            [first, rest @ ..] if rest.iter().all(|kind| kind == first) => first,
            _ => "unreadable",
        };
        Self::refused(kind, format!("{what} cannot be read: see above for the reason"))
    }

    /// Its kind, in a word that stays the same.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Lode(error) => kind_name(error.kind()),
            Self::Io { source, .. } => match ErrorKind::from(source) {
                // What failed is a file here, not a store.
                ErrorKind::Store => "io",
                kind => kind_name(kind),
            },
            Self::Refused { kind, .. } => kind,
        }
    }

    /// Whether there is no such volume or dataset: where a folder was listed, it is somebody
    /// else's.
    pub(crate) fn is_absence(&self) -> bool {
        let Self::Lode(error) = self else { return false };
        matches!(**error, Error::VolumeNotFound { .. } | Error::DatasetNotFound { .. })
    }

    /// Whether no space is left where something was written.
    pub(crate) fn is_out_of_space(&self) -> bool {
        matches!(self, Self::Lode(error) if error.kind() == ErrorKind::OutOfSpace)
    }

    /// Whether a collection has overtaken what was staged.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self, Self::Lode(error) if error.kind() == ErrorKind::Expired)
    }

    /// What is the matter, and what to do, in one line that is safe to print.
    pub(crate) fn message(&self) -> String {
        printable(match self {
            Self::Closed => "the output was closed".to_string(),
            Self::Lode(error) => explain(error),
            Self::Io { what, source } => format!("cannot {what}: {source}"),
            Self::Refused { message, .. } => message.clone(),
        })
    }

    /// The failure for programs.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut object = json!({ "error": self.message(), "kind": self.kind() });
        if let Some(range) = self.range()
            && let Some(fields) = object.as_object_mut()
        {
            fields.insert("range".to_string(), place(range));
        }
        if let Self::Lode(error) = self
            && let Error::Diverged { ranges, .. } = &**error
            && let Some(fields) = object.as_object_mut()
        {
            fields.insert("ranges".to_string(), ranges.iter().copied().map(place).collect());
        }
        object
    }

    fn range(&self) -> Option<ByteRange> {
        match self {
            Self::Lode(error) => match **error {
                Error::RangeMissing { gap, .. } => Some(gap),
                _ => None,
            },
            Self::Refused { range, .. } => *range,
            Self::Closed | Self::Io { .. } => None,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lode(Box::new(error))
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::refused("internal", format!("a task ended early: {error}"))
    }
}

/// A range for programs.
fn place(range: ByteRange) -> serde_json::Value {
    json!({ "start": range.start(), "end": range.end() })
}

/// A text in which nothing moves the cursor or speaks to the terminal: manifests are not trusted.
pub(crate) fn printable(text: impl Display) -> String {
    let text = text.to_string();
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => safe.extend(character.escape_default()),
            false => safe.push(character),
        }
    }
    safe
}

/// What is the matter, and what to do, in terms of this command.
fn explain(error: &Error) -> String {
    match (error, advice(error)) {
        // A library's caller is told to stage it, which is not how it is done here.
        (Error::RangeMissing { gap, version }, _) => format!(
            "the range {gap} has not been committed in version {}: `lode put` it, read a part with \
             --range, or all that is there with --sparse; `lode gaps` lists the gaps",
            version.get()
        ),
        (Error::SnapshotNotFound { id, version }, Some(advice)) => {
            format!("there is no snapshot {} of {:?}: {advice}", version.get(), id.as_str())
        }
        (_, Some(advice)) => format!("{error}: {advice}"),
        (_, None) => error.to_string(),
    }
}

/// What the library's own message does not say.
fn advice(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::VolumeNotFound { .. } => {
            "`lode ls STORE` lists those there are, `lode put` makes one"
        }
        Error::DeviceNotFound { .. } => "leave --layout out for a store of a host",
        Error::Diverged { .. } => "see what both have with `lode show`",
        Error::HistoryDiverged { .. } => {
            "`lode sync --snapshots latest` brings one snapshot into it"
        }
        Error::StageExpired { .. } => {
            "collections have overtaken it each time, so run the same command again with fewer of \
             them beside it"
        }
        Error::DatasetNotFound { .. } => {
            "`lode ls STORE` lists those there are, `lode write` makes one; --layout flat finds \
             those that cannot be listed"
        }
        Error::SnapshotNotFound { .. } => "`lode log` lists those there are",
        Error::TagNotFound { .. } => "`lode tags` lists those there are",
        Error::ManifestInvalid { .. } => {
            "`lode log` lists the snapshots, older ones can be read with --snapshot"
        }
        Error::Mismatch { .. } => "leave the option out to take what is there, or use another id",
        Error::CommitUnknown(_) => "run the same command again, it goes on from there",
        Error::Corrupt { .. } | Error::Missing { .. } | Error::Truncated { .. } => {
            "restore the object from a copy"
        }
        _ => return None,
    })
}

fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Busy => "busy",
        ErrorKind::Collected => "collected",
        ErrorKind::Conflict => "conflict",
        ErrorKind::Corrupt => "corrupt",
        ErrorKind::Expired => "expired",
        ErrorKind::Forked => "forked",
        ErrorKind::InvalidInput => "invalid-input",
        ErrorKind::Mismatch => "mismatch",
        ErrorKind::NotFound => "not-found",
        ErrorKind::OutOfSpace => "out-of-space",
        ErrorKind::Overlap => "overlap",
        ErrorKind::PermissionDenied => "permission-denied",
        ErrorKind::RangeMissing => "range-missing",
        ErrorKind::Store => "store",
        ErrorKind::Unknown => "unknown",
        ErrorKind::Unreachable => "unreachable",
        ErrorKind::Unsupported => "unsupported",
        _ => "other",
    }
}
