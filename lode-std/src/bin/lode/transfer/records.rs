//! The records in files of JSON lines, with the places where they are.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use lode_core::codec::{CodecError, StreamDecoder, StreamingCodec};
use lode_jsonl::{Decoder, Jsonl};
use serde_json::Value;

use super::input::{Input, Reader};
use crate::failure::Failure;
use crate::progress::Progress;

/// The records of some inputs, one after the other, in bounded memory.
pub(crate) struct Records<'a> {
    /// Those that have not been opened.
    inputs: VecDeque<Input>,
    open: Option<Lines>,
    /// What has been decoded.
    ready: VecDeque<Record>,
    progress: &'a Progress,
}

/// A record, and where it was.
pub(crate) struct Record {
    /// The record.
    pub(crate) value: Value,
    /// Where it was.
    pub(crate) place: Place,
    /// How many bytes its line has.
    pub(crate) bytes: usize,
}

/// A line of an input.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    input: Arc<str>,
    /// Counted from 1, as editors do.
    line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.input, self.line)
    }
}

impl Place {
    /// What is the matter with the record there.
    pub(crate) fn refused(&self, reason: impl fmt::Display) -> Failure {
        Failure::refused("invalid-input", format!("{self}: {reason}"))
    }
}

impl<'a> Records<'a> {
    /// The records of `inputs`. Nothing is read yet.
    pub(crate) fn new(inputs: Vec<Input>, progress: &'a Progress) -> Self {
        Self { inputs: inputs.into(), open: None, ready: VecDeque::new(), progress }
    }

    /// The next record, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// If an input cannot be read, or a line is no record.
    pub(crate) async fn next(&mut self) -> Result<Option<Record>, Failure> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Ok(Some(record));
            }
            match self.open.take() {
                Some(mut lines) => {
                    if lines.read(&mut self.ready, self.progress).await? {
                        self.open = Some(lines);
                    } else {
                        lines.finish(&mut self.ready)?;
                    }
                }
                None => match self.inputs.pop_front() {
                    Some(input) => self.open = Some(Lines::new(input.open().await?)),
                    None => return Ok(None),
                },
            }
        }
    }
}

/// An input of lines.
struct Lines {
    reader: Reader,
    decoder: Decoder<Value>,
    /// Where the line is that is being read.
    place: Place,
    /// How much of it has been read.
    bytes: usize,
}

impl Lines {
    fn new(reader: Reader) -> Self {
        let place = Place { input: reader.name().clone(), line: 1 };
        Self { reader, decoder: Jsonl::new().decoder(), place, bytes: 0 }
    }

    /// Reads on, unless the end has been reached.
    async fn read(
        &mut self,
        ready: &mut VecDeque<Record>,
        progress: &Progress,
    ) -> Result<bool, Failure> {
        let Some(bytes) = self.reader.next().await? else { return Ok(false) };
        progress.advance(bytes.len() as u64);
        // Line by line, for only so it is known which line a record is in.
        let mut values = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.bytes += part.len();
            let decoded = self.decoder.push(part, &mut values);
            decoded.map_err(|error| self.place.refused(reason(&error)))?;
            for value in values.drain(..) {
                ready.push_back(Record { value, place: self.place.clone(), bytes: self.bytes });
            }
            if part.ends_with(b"\n") {
                self.place.line += 1;
                self.bytes = 0;
            }
        }
        Ok(true)
    }

    fn finish(self, ready: &mut VecDeque<Record>) -> Result<(), Failure> {
        let Self { decoder, place, bytes, .. } = self;
        let mut values = Vec::new();
        let decoded = decoder.finish(&mut values);
        decoded.map_err(|error| place.refused(reason(&error)))?;
        let records = values.into_iter().map(|value| Record { value, place: place.clone(), bytes });
        ready.extend(records);
        Ok(())
    }
}

/// What is wrong, without the place: the codec counts lines from 0.
fn reason(error: &CodecError) -> String {
    match error {
        CodecError::Decode { reason, .. } => reason.clone(),
        CodecError::Limit { limit, .. } => {
            format!("it is longer than the {limit} bytes that are allowed")
        }
        error => error.to_string(),
    }
}
