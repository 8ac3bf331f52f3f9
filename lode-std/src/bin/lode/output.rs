//! What a command says: lines for people, or JSON for programs.

use std::fmt::Display;
use std::io::{self, Stdout, Write};

use lode_std::{Metadata, Timestamp};
use serde_json::Value;

use crate::failure::Failure;

/// Where a command says things, and to whom.
pub(crate) struct Output {
    /// Not locked, so that what is found can be said from whichever thread finds it.
    out: Stdout,
    json: bool,
}

impl Output {
    /// The standard output, for programs if `json`.
    pub(crate) fn new(json: bool) -> Self {
        Self { out: io::stdout(), json }
    }

    /// Whether a program reads it.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Says a line to people.
    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Failure> {
        match self.json {
            true => Ok(()),
            false => writeln!(self.out, "{line}").map_err(Failure::output),
        }
    }

    /// Says a line to people that is not part of the answer.
    pub(crate) fn note(&mut self, line: impl Display) {
        if !self.json {
            // Nobody can be told that the error output is gone.
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    /// Says one document to programs, in one line.
    pub(crate) fn json(&mut self, value: &Value) -> Result<(), Failure> {
        match self.json {
            true => writeln!(self.out, "{value}").map_err(Failure::output),
            false => Ok(()),
        }
    }

    /// Passes bytes on as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(Failure::output)
    }

    /// Makes sure that all of it is out.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::output)
    }
}

/// Reports a failure on the error output.
pub(crate) fn report(failure: &Failure, json: bool) {
    let mut err = io::stderr().lock();
    // Nobody can be told that the error output is gone.
    let _ = match json {
        true => writeln!(err, "{}", failure.to_json()),
        false => writeln!(err, "error: {}", failure.message()),
    };
}

/// A time as programs read it: RFC 3339 in UTC, with all its digits.
pub(crate) fn time(at: Option<Timestamp>) -> Option<String> {
    let at = jiff_time(at?)?;
    Some(at.to_string())
}

/// A time as people read it, to the second; `-` if it is not known.
pub(crate) fn short_time(at: Option<Timestamp>) -> String {
    at.and_then(jiff_time).map_or_else(|| "-".to_string(), |at| format!("{at:.0}"))
}

fn jiff_time(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::new(at.seconds(), i32::try_from(at.nanoseconds()).ok()?).ok()
}

/// What the writer of a snapshot said about it.
pub(crate) fn metadata(metadata: &Metadata) -> Value {
    serde_json::to_value(metadata).unwrap_or_default()
}
