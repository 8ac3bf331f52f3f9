//! Reading values off the front of bytes.

use serde::Deserialize;

use crate::manifest::ManifestError;

/// Takes values off the front of some bytes, and knows where it is.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// Where `rest` begins in the object.
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { rest: bytes, at }
    }

    /// The next value.
    pub(super) fn take<T: Deserialize<'a>>(
        &mut self,
        field: &'static str,
    ) -> Result<T, ManifestError> {
        match postcard::take_from_bytes(self.rest) {
            Ok((value, rest)) => {
                self.advance(rest);
                Ok(value)
            }
            Err(_) => Err(self.wrong(field, "it is cut short or not well formed")),
        }
    }

    /// What `check` makes of the next value; `reason` is why it is wrong if that is nothing.
    pub(super) fn checked<T: Deserialize<'a>, U>(
        &mut self,
        field: &'static str,
        reason: &'static str,
        check: impl FnOnce(T) -> Option<U>,
    ) -> Result<U, ManifestError> {
        let at = self.at;
        check(self.take(field)?).ok_or(ManifestError::Decode { at, field, reason })
    }

    /// The same for a value that may be absent.
    pub(super) fn checked_option<T: Deserialize<'a>, U>(
        &mut self,
        field: &'static str,
        reason: &'static str,
        check: impl FnOnce(T) -> Option<U>,
    ) -> Result<Option<U>, ManifestError> {
        self.checked(field, reason, |value: Option<T>| match value {
            None => Some(None),
            Some(value) => check(value).map(Some),
        })
    }

    /// The next value, a number that mostly takes one byte.
    pub(super) fn varint(&mut self, field: &'static str) -> Result<u64, ManifestError> {
        match self.rest.split_first() {
            Some((byte @ ..0x80, rest)) => {
                let value = u64::from(*byte);
                self.advance(rest);
                Ok(value)
            }
            _ => self.take(field),
        }
    }

    /// The next `count` bytes as they are.
    pub(super) fn bytes(
        &mut self,
        field: &'static str,
        count: usize,
    ) -> Result<&'a [u8], ManifestError> {
        let Some((bytes, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.wrong(field, "it is cut short"));
        };
        self.advance(rest);
        Ok(bytes)
    }

    /// The next `N` bytes as they are.
    pub(super) fn chunk<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<&'a [u8; N], ManifestError> {
        let Some((bytes, rest)) = self.rest.split_first_chunk() else {
            return Err(self.wrong(field, "it is cut short"));
        };
        self.advance(rest);
        Ok(bytes)
    }

    /// The next value as a number of things that take `size` bytes each, at the least.
    pub(super) fn count(&mut self, field: &'static str, size: usize) -> Result<u64, ManifestError> {
        let count = self.take(field)?;
        self.check_count(count, field, size)?;
        Ok(count)
    }

    /// Checks that `count` things of `size` bytes each, at the least, can follow.
    pub(super) fn check_count(
        &self,
        count: u64,
        field: &'static str,
        size: usize,
    ) -> Result<(), ManifestError> {
        match count.checked_mul(size as u64) {
            Some(bytes) if bytes <= self.rest.len() as u64 => Ok(()),
            _ => Err(self.wrong(field, "there are fewer bytes than that many would take")),
        }
    }

    /// Checks that nothing is left.
    pub(super) fn finish(&self, field: &'static str) -> Result<(), ManifestError> {
        match self.rest.is_empty() {
            true => Ok(()),
            false => Err(self.wrong(field, "more bytes follow")),
        }
    }

    /// An error at this place.
    pub(super) fn wrong(&self, field: &'static str, reason: &'static str) -> ManifestError {
        ManifestError::Decode { at: self.at, field, reason }
    }

    fn advance(&mut self, rest: &'a [u8]) {
        self.at += self.rest.len() - rest.len();
        self.rest = rest;
    }
}
