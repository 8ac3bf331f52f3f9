//! Writing, record by record.

use core::marker::PhantomData;

use lode_core::codec::{CodecError, Encoded, StreamEncoder};
use serde::Serialize;

use crate::line::Limits;

/// A file that is being written. It keeps nothing but a count.
#[derive(Debug)]
pub struct Encoder<T> {
    limits: Limits,
    /// How many records have been written.
    rows: u64,
    record: PhantomData<fn(&T)>,
}

impl<T> Encoder<T> {
    pub(crate) const fn new(limits: Limits) -> Self {
        Self { limits, rows: 0, record: PhantomData }
    }
}

impl<T: Serialize> Encoder<T> {
    /// Appends the line of a record, or some of it and then an error.
    fn write(&self, record: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        self.limits.check_records(self.rows)?;
        let error = |reason| CodecError::Record { index: self.rows, reason };
        let begin = out.len();
        serde_json::to_writer(&mut *out, record).map_err(|reason| error(reason.to_string()))?;
        let line = out.get(begin..).unwrap_or_default();
        self.limits.check_line(self.rows, line.len())?;
        if line.contains(&b'\n') {
            // serde_json writes no newlines itself, but it copies raw values as they are.
            return Err(error("it has a raw value of several lines".into()));
        }
        out.push(b'\n');
        Ok(())
    }
}

impl<T: Serialize> StreamEncoder<T> for Encoder<T> {
    fn push(&mut self, record: &T, out: &mut Vec<u8>) -> Result<(), CodecError> {
        let begin = out.len();
        let result = self.write(record, out);
        match result {
            Ok(()) => self.rows = self.rows.saturating_add(1),
            Err(_) => out.truncate(begin),
        }
        result
    }

    fn finish(self, _out: &mut Vec<u8>) -> Result<Encoded, CodecError> {
        Ok(Encoded { rows: self.rows, stats: None })
    }
}
