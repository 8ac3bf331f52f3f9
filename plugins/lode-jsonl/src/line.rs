//! One line, and what may be in a file.

use lode_core::codec::CodecError;
use serde::de::DeserializeOwned;

/// What may be in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest line, in bytes without its `\n`.
    pub(crate) line: usize,
    /// The most records.
    pub(crate) records: u64,
}

impl Limits {
    /// Whether line `at` may have this many `bytes`.
    pub(crate) fn check_line(&self, at: u64, bytes: usize) -> Result<(), CodecError> {
        if bytes > self.line {
            let limit = u64::try_from(self.line).unwrap_or(u64::MAX);
            return Err(CodecError::Limit { what: "line", at, limit });
        }
        Ok(())
    }

    /// Whether one more record may follow `records`.
    pub(crate) fn check_records(&self, records: u64) -> Result<(), CodecError> {
        if records >= self.records {
            return Err(CodecError::TooMany { what: "records", limit: self.records });
        }
        Ok(())
    }
}

/// Reads the lines of one file, counting.
#[derive(Debug)]
pub(crate) struct Lines {
    limits: Limits,
    /// How many lines have been read, empty ones too.
    lines: u64,
    /// How many records were in them.
    records: u64,
}

impl Lines {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, lines: 0, records: 0 }
    }

    /// Whether the next line may have this many `bytes`.
    pub(crate) fn check(&self, bytes: usize) -> Result<(), CodecError> {
        self.limits.check_line(self.lines, bytes)
    }

    /// Reads the next `line`, which is without its `\n`. An empty one has no record.
    pub(crate) fn read<T: DeserializeOwned>(
        &mut self,
        line: &[u8],
    ) -> Result<Option<T>, CodecError> {
        self.check(line.len())?;
        let at = self.lines;
        self.lines = at.saturating_add(1);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return Ok(None);
        }
        self.limits.check_records(self.records)?;
        self.records = self.records.saturating_add(1);
        parse(line).map(Some).map_err(|reason| CodecError::Decode { at, unit: "line", reason })
    }
}

/// The value of a line.
fn parse<T: DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    // The whole line, because serde_json does not look at text in fields that it skips.
    let line = core::str::from_utf8(line)
        .map_err(|error| format!("no UTF-8 at column {}", error.valid_up_to().saturating_add(1)))?;
    serde_json::from_str(line).map_err(|error| reason(&error))
}

/// What serde_json says, without its own count of lines, which is always 1.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("{what} at column {}", error.column()),
        None => text,
    }
}
