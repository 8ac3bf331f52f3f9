//! What a server answers instead of doing what it is asked.

use std::fmt;

use lode_core::ErrorKind;

use super::failure::{Effect, Failure};

/// How much of an answer is repeated that has no message in it.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
const SHOWN: usize = 300;

/// The answer of a server that is no success: a status, and the provider's code and message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    status: u16,
    code: Option<String>,
    message: String,
}

impl Refusal {
    /// The codes of S3 and GCS, of Azure, and of its other interface.
    pub(crate) const NO_BUCKET: [&str; 3] =
        ["NoSuchBucket", "ContainerNotFound", "FilesystemNotFound"];

    #[cfg(any(test, feature = "s3", feature = "gcs", feature = "azure"))]
    pub(crate) fn new(status: u16, code: Option<String>, message: &str) -> Self {
        Self { status, code, message: message.to_string() }
    }

    /// Whether it is the bucket or container that does not exist.
    pub(crate) fn names_bucket(&self) -> bool {
        self.code.as_deref().is_some_and(|code| Self::NO_BUCKET.contains(&code))
    }

    /// What it means.
    pub(crate) fn failure(&self) -> Failure {
        let is_refused = !self.is_for_now() && matches!(self.status, 300..=499 | 501 | 507);
        let effect = if is_refused { Effect::Refused } else { Effect::Unknown };
        Failure { kind: self.kind(), effect }
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn is_for_now(&self) -> bool {
        let status = matches!(self.status, 408 | 409 | 425 | 429 | 500 | 502..=504 | 508..600);
        status || self.code.as_deref() == Some("RequestTimeout")
    }

    fn kind(&self) -> ErrorKind {
        match (self.code.as_deref().unwrap_or_default(), self.status) {
            ("RequestTimeout" | "SlowDown" | "ServerBusy" | "TooManyRequests", _) => {
                ErrorKind::Busy
            }
            ("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired", _) => {
                ErrorKind::PermissionDenied
            }
            ("XMinioStorageFull" | "XMinioAdminBucketQuotaExceeded" | "QuotaExceeded", _)
            | (_, 507) => ErrorKind::OutOfSpace,
            (_, 408 | 425 | 429 | 502..=504) => ErrorKind::Busy,
            (_, 401 | 403) => ErrorKind::PermissionDenied,
            (_, 404) => ErrorKind::NotFound,
            (_, 409 | 412) => ErrorKind::Conflict,
            (_, 405 | 501) => ErrorKind::Unsupported,
            // A redirection that leads nowhere comes of a wrong region.
            (_, 300..=308 | 400) => ErrorKind::InvalidInput,
            _ => ErrorKind::Store,
        }
    }

    /// The answer with this body, or with this code in its header. Of the body, the elements
    /// `Code` and `Message` are taken, which all providers have.
    #[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
    pub(super) fn read(status: u16, code: Option<&str>, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let code = element(&text, "Code").or(code).map(str::to_string);
        let message = element(&text, "Message").unwrap_or(text.trim());
        let end = message.char_indices().nth(SHOWN).map_or(message.len(), |(end, _)| end);
        Self::new(status, code, message.get(..end).unwrap_or_default())
    }
}

/// The text of the first element of this name.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once("</")?.0.trim())
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)?;
        if let Some(code) = &self.code {
            write!(f, " {code}")?;
        }
        match self.message.as_str() {
            "" => Ok(()),
            message => write!(f, ": {message}"),
        }
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(status: u16, code: &str) -> (ErrorKind, Effect) {
        let code = (!code.is_empty()).then(|| code.to_string());
        let Failure { kind, effect } = Refusal::new(status, code, "").failure();
        (kind, effect)
    }

    #[test]
    fn statuses_and_codes_are_judged() {
        use Effect::{Refused, Unknown};
        for (status, code, kind, effect) in [
            (400, "", ErrorKind::InvalidInput, Refused),
            (400, "ExpiredToken", ErrorKind::PermissionDenied, Refused),
            (400, "RequestTimeout", ErrorKind::Busy, Unknown),
            (401, "", ErrorKind::PermissionDenied, Refused),
            (403, "AccessDenied", ErrorKind::PermissionDenied, Refused),
            (404, "NoSuchBucket", ErrorKind::NotFound, Refused),
            (404, "ContainerNotFound", ErrorKind::NotFound, Refused),
            (408, "", ErrorKind::Busy, Unknown),
            (429, "", ErrorKind::Busy, Unknown),
            (500, "InternalError", ErrorKind::Store, Unknown),
            (501, "NotImplemented", ErrorKind::Unsupported, Refused),
            (503, "SlowDown", ErrorKind::Busy, Unknown),
            (504, "", ErrorKind::Busy, Unknown),
            (507, "XMinioStorageFull", ErrorKind::OutOfSpace, Refused),
        ] {
            assert_eq!(judge(status, code), (kind, effect), "{status} {code}");
        }
    }

    #[cfg(feature = "s3")]
    #[test]
    fn code_and_message_are_read() {
        let body = b"<?xml?><Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>";
        let refusal = Refusal::read(503, None, body);
        assert_eq!(refusal.to_string(), "the server answered 503 SlowDown: Slow down.");
        let refusal = Refusal::read(404, Some("ContainerNotFound"), b"");
        assert_eq!(refusal.to_string(), "the server answered 404 ContainerNotFound");
        assert!(refusal.names_bucket());
        let long = "ä".repeat(1000);
        assert_eq!(Refusal::read(500, None, long.as_bytes()).message.chars().count(), SHOWN);
    }
}
