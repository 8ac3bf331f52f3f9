//! Parquet files as JSON lines.

use std::fmt::Display;

use lode_core::codec::{Codec, CodecError, StreamEncoder, StreamingCodec};
use lode_core::key::Key;
use lode_jsonl::Jsonl;
use lode_parquet::{Parquet, Row, Schema, SchemaError, read_schema};
use lode_std::DataFile;

use super::decode::{Decode, Sink, undecoded};
use crate::failure::Failure;
use crate::transfer::LARGEST;
use crate::units::human;

/// How many bytes of lines are shown at a time.
const PIECE: usize = 256 << 10;

/// A Parquet file. It is in memory as a whole, for what is in it is said at its end.
pub(super) struct Rows {
    key: Key,
    bytes: Vec<u8>,
}

impl Rows {
    pub(super) fn begin(file: &DataFile) -> Result<Box<dyn Decode>, Failure> {
        let rows = Self { key: file.key.clone(), bytes: Vec::new() };
        rows.check_size(file.size)?;
        Ok(Box::new(rows))
    }

    fn check_size(&self, bytes: u64) -> Result<(), Failure> {
        match bytes <= LARGEST {
            true => Ok(()),
            false => {
                let limit = human(LARGEST);
                Err(self.unsuitable(format_args!(
                    "it is in memory while its rows are read, and has more than {limit}"
                )))
            }
        }
    }

    /// It cannot be shown as lines.
    fn unsuitable(&self, reason: impl Display) -> Failure {
        let message = format!("{}: {reason}; --raw reads the file as it is", self.key);
        Failure::refused("unsupported", message)
    }

    /// The columns, if all of them can be told; `None` if there are none.
    fn schema(&self) -> Result<Option<Schema>, Failure> {
        let columns = read_schema(&self.bytes).map_err(|source| undecoded(&self.key, source))?;
        match Schema::from_arrow(&columns) {
            Ok(schema) => Ok(Some(schema)),
            Err(SchemaError::NoColumns) => Ok(None),
            Err(error) => Err(self.unsuitable(error)),
        }
    }

    fn failed(&self, error: CodecError) -> Failure {
        match &error {
            CodecError::SchemaViolation { .. } => self.unsuitable(error),
            _ => undecoded(&self.key, error),
        }
    }
}

impl Decode for Rows {
    fn push(&mut self, bytes: &[u8], _: Sink<'_>) -> Result<(), Failure> {
        self.bytes.extend_from_slice(bytes);
        self.check_size(self.bytes.len() as u64)
    }

    fn finish(mut self: Box<Self>, sink: Sink<'_>) -> Result<(), Failure> {
        let Some(schema) = self.schema()? else { return Ok(()) };
        let bytes = std::mem::take(&mut self.bytes);
        let rows = Parquet::rows(schema).decode(bytes).map_err(|error| self.failed(error))?;
        let mut encoder = Jsonl::<Row>::new().encoder();
        let mut shown = Vec::new();
        for row in rows {
            if let Err(error) = row.and_then(|row| encoder.push(&row, &mut shown)) {
                // So that it is seen which row it is.
                sink(&shown)?;
                return Err(self.failed(error));
            }
            if shown.len() >= PIECE {
                sink(&shown)?;
                shown.clear();
            }
        }
        encoder.finish(&mut shown).map_err(|error| self.failed(error))?;
        sink(&shown)
    }
}
