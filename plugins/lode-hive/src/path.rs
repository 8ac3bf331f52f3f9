//! From keys and values to a path, and back.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use lode_core::ErrorKind;
use lode_core::key::{self, KeyError};
use lode_core::partition::{Partition, PartitionError};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What Go's `url.PathEscape` escapes, besides everything that is not ASCII.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b':')
    .remove(b'=')
    .remove(b'@');

/// The partition with these keys and values, such as to look for its files.
///
/// Both are escaped as Go's `url.PathEscape` does it: ASCII letters, digits and `-_.~$&+:=@` stay,
/// every other byte becomes `%` and two upper-case digits. A value may be empty. Nothing leaves its
/// folder: slashes and control characters are escaped, and a folder always has an `=`.
///
/// # Errors
///
/// [`PartitionError::InvalidValue`] if there are no keys, one is empty or contains `=`, or the
/// escaped text is too long for a path.
pub fn path<'a>(
    values: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Partition, PartitionError> {
    join(values.into_iter().map(|(key, value)| (key, Some(value))))
}

/// The partition with these keys and values, none of which may be missing.
pub(crate) fn join<'a, V: AsRef<str>>(
    values: impl Iterator<Item = (&'a str, Option<V>)>,
) -> Result<Partition, PartitionError> {
    let mut path = String::new();
    let mut last = "";
    for (key, value) in values {
        let value = value.ok_or_else(|| PartitionError::MissingKey { key: key.into() })?;
        if key.is_empty() || key.contains('=') {
            let reason = "a key is not empty and has no `=`".into();
            return Err(PartitionError::InvalidValue { key: key.into(), reason });
        }
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&segment(key, value.as_ref()).map_err(|error| invalid(key, error))?);
        last = key;
    }
    Partition::new(path).map_err(|error| invalid(last, error))
}

/// `key=value`, escaped.
pub(crate) fn segment(key: &str, value: &str) -> Result<String, KeyError> {
    let key = utf8_percent_encode(key, ESCAPED);
    let segment = format!("{key}={}", utf8_percent_encode(value, ESCAPED));
    key::check_segment(&segment)?;
    Ok(segment)
}

fn invalid(key: &str, error: KeyError) -> PartitionError {
    PartitionError::InvalidValue { key: key.into(), reason: error.to_string() }
}

/// The keys and values of the path of a partition, in their order.
///
/// Whatever was escaped comes back, also by other rules than those of [`path`]. Everything after
/// the first `=` of a folder is the value.
///
/// # Errors
///
/// If it is not the path of a partition: the first folder that is wrong.
pub fn parse(path: &str) -> Result<Vec<(String, String)>, ParseError> {
    let error = |segment: &str, reason| ParseError { segment: segment.into(), reason };
    if path.len() > key::MAX_KEY {
        return Err(error("", "the path is too long"));
    }
    let parse = |segment: &str| parse_segment(segment).map_err(|reason| error(segment, reason));
    path.split('/').map(parse).collect()
}

fn parse_segment(segment: &str) -> Result<(String, String), &'static str> {
    key::check_segment(segment).map_err(|_| "it cannot be a folder")?;
    let (key, value) = segment.split_once('=').ok_or("it has no `=`")?;
    if key.is_empty() {
        return Err("it has no key");
    }
    Ok((unescape(key)?, unescape(value)?))
}

fn unescape(text: &str) -> Result<String, &'static str> {
    let is_escape = |after: &str| {
        let digits = after.as_bytes().first_chunk::<2>();
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !text.split('%').skip(1).all(is_escape) {
        return Err("a `%` is not followed by two hexadecimal digits");
    }
    let text = percent_decode_str(text).decode_utf8().map_err(|_| "it is not UTF-8")?;
    Ok(text.into_owned())
}

/// Why a path is not that of a partition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ParseError {
    /// The folder that is wrong; empty if the path is too long as a whole.
    pub segment: String,
    /// What is wrong.
    pub reason: &'static str,
}

impl ParseError {
    /// Always [`ErrorKind::InvalidInput`].
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no folder of a partition: {}", self.segment, self.reason)
    }
}

impl Error for ParseError {}
