//! Arrow batches as records.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use lode_core::codec::{Codec, CodecError, Encoded};

use crate::columns;
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
            columns::check(schema.fields(), file.schema().fields(), 0)?;
        }
        Ok(BatchRecords(file.groups(&self.options, None)))
    }
}

impl BatchRecords {
    /// The columns of the file, also if it has no batches.
    pub fn schema(&self) -> &SchemaRef {
        self.0.schema()
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
    columns::check(schema.fields(), batch.schema_ref().fields(), index)
}
