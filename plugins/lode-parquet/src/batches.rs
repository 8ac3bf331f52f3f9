//! Arrow batches as records.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Fields, SchemaRef};
use lode_core::codec::{Codec, CodecError, Encoded};

use crate::options::{Batches, Parquet};
use crate::read::{File, Groups};
use crate::write::Writer;

/// The batches of a file, in its order; none crosses the border of a row group. Only the row
/// group at hand is decoded.
#[derive(Debug)]
pub struct BatchRecords(Groups);

impl Codec for Parquet<Batches> {
    type Record = RecordBatch;
    type Records = BatchRecords;

    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn encode<'a>(
        &self,
        records: impl Iterator<Item = &'a RecordBatch>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError> {
        let mut records = records.peekable();
        let schema = match (&self.records.schema, records.peek()) {
            (Some(schema), _) => Arc::clone(schema),
            (None, Some(first)) => first.schema(),
            (None, None) => Arc::new(arrow_schema::Schema::empty()),
        };
        let mut writer = Writer::new(out, Arc::clone(&schema), &self.options, true)?;
        let mut count = 0;
        for batch in records {
            check(&schema, batch, count)?;
            writer.write(count, batch)?;
            count += 1;
        }
        writer.finish(count.saturating_sub(1))
    }

    fn decode(&self, file: Vec<u8>) -> Result<BatchRecords, CodecError> {
        let file = File::open(file, true)?;
        if let Some(schema) = &self.records.schema {
            let of_file = file.schema();
            if let Some((column, reason)) = difference(schema.fields(), of_file.fields()) {
                return Err(CodecError::SchemaViolation { index: 0, column, reason });
            }
        }
        Ok(BatchRecords(file.groups(&self.options, None)))
    }
}

impl Iterator for BatchRecords {
    type Item = Result<RecordBatch, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

fn check(schema: &SchemaRef, batch: &RecordBatch, index: u64) -> Result<(), CodecError> {
    if batch.num_columns() == 0 && batch.num_rows() > 0 {
        let reason = "rows without columns cannot be written".to_owned();
        return Err(CodecError::Record { index, reason });
    }
    match difference(schema.fields(), batch.schema_ref().fields()) {
        None => Ok(()),
        Some((column, reason)) => Err(CodecError::SchemaViolation { index, column, reason }),
    }
}

/// The first column that is not as expected, and why. Metadata make no difference.
fn difference(expected: &Fields, found: &Fields) -> Option<(String, String)> {
    for (expected, found) in expected.iter().zip(found) {
        let (name, other) = (expected.name(), found.name());
        let reason = if name != other {
            format!("in its place is {other:?}")
        } else if expected.data_type() != found.data_type() {
            format!("is {}, not {}", found.data_type(), expected.data_type())
        } else if expected.is_nullable() != found.is_nullable() {
            let words = |nullable| if nullable { "nullable" } else { "required" };
            format!("is {}, not {}", words(found.is_nullable()), words(expected.is_nullable()))
        } else {
            continue;
        };
        return Some((name.clone(), reason));
    }
    if let Some(missing) = expected.get(found.len()) {
        return Some((missing.name().clone(), "is missing".to_owned()));
    }
    let extra = found.get(expected.len())?;
    Some((extra.name().clone(), "is not in the schema".to_owned()))
}
