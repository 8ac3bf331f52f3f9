//! Rows by an explicit schema as records.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use lode_core::codec::{Codec, CodecError, Encoded};
use parquet::arrow::ProjectionMask;
use serde_json::{Map, Value};

use crate::build::Builder;
use crate::cells::Cells;
use crate::options::{Parquet, Rows};
use crate::read::{File, Groups};
use crate::write::Writer;
use crate::{Column, Schema};

/// A row: the names of columns and their values.
pub type Row = Map<String, Value>;

/// Rows are handed to the writer when there are so many of them, or so many bytes of texts.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 64 << 20;

/// The rows of a file, in its order. A row that cannot be told in JSON is an error in its place,
/// and others follow.
pub struct RowRecords {
    groups: Groups,
    schema: Schema,
    /// The columns of the batch at hand, in the order of the schema.
    cells: Vec<Cells>,
    /// The next row of the batch at hand, and the number of its rows.
    row: usize,
    rows: usize,
    /// The number of rows so far.
    index: u64,
}

impl Codec for Parquet<Rows> {
    type Record = Row;
    type Records = RowRecords;

    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn encode<'a>(
        &self,
        records: impl Iterator<Item = &'a Row>,
        out: &mut Vec<u8>,
    ) -> Result<Encoded, CodecError> {
        let schema = Arc::new(self.records.schema.to_arrow());
        let mut writer = Writer::new(out, Arc::clone(&schema), &self.options, false)?;
        let mut table = Table::new(&self.records.schema, schema);
        for row in records {
            table.push(row)?;
            if table.rows == BATCH_ROWS || table.bytes >= BATCH_BYTES {
                table.flush(&mut writer)?;
            }
        }
        if table.rows > 0 {
            table.flush(&mut writer)?;
        }
        writer.finish(table.index.saturating_sub(1))
    }

    fn decode(&self, file: Vec<u8>) -> Result<RowRecords, CodecError> {
        let file = File::open(file, false)?;
        let schema = self.records.schema.clone();
        let found: Vec<usize> = schema
            .columns()
            .iter()
            .filter_map(|column| file.schema().index_of(&column.name).ok())
            .collect();
        check_columns(&schema, file.schema())?;
        let columns = ProjectionMask::roots(file.parquet_schema(), found);
        let groups = file.groups(&self.options, Some(columns));
        Ok(RowRecords { groups, schema, cells: Vec::new(), row: 0, rows: 0, index: 0 })
    }
}

/// The rows that are not written yet, column by column.
struct Table<'a> {
    columns: &'a [Column],
    builders: Vec<Builder>,
    schema: SchemaRef,
    rows: usize,
    bytes: usize,
    /// The number of rows so far.
    index: u64,
}

impl<'a> Table<'a> {
    fn new(columns: &'a Schema, schema: SchemaRef) -> Self {
        let builders = columns.columns().iter().map(|column| Builder::new(column.kind)).collect();
        Self { columns: columns.columns(), builders, schema, rows: 0, bytes: 0, index: 0 }
    }

    fn push(&mut self, row: &Row) -> Result<(), CodecError> {
        for (column, builder) in self.columns.iter().zip(&mut self.builders) {
            let added = match row.get(column.name.as_ref()) {
                None | Some(Value::Null) if column.nullable => {
                    builder.push_null();
                    Ok(0)
                }
                None => Err("is missing".to_owned()),
                Some(Value::Null) => Err("is null, but required".to_owned()),
                // Texts of a batch lie in one piece, whose offsets have 31 bits.
                Some(Value::String(text)) if text.len() > i32::MAX as usize - BATCH_BYTES => {
                    Err("is longer than 2 GiB".to_owned())
                }
                Some(value) => builder.push(value),
            };
            self.bytes += added.map_err(|reason| violation(self.index, column, reason))?;
        }
        self.rows += 1;
        self.index += 1;
        Ok(())
    }

    fn flush(&mut self, writer: &mut Writer<'_>) -> Result<(), CodecError> {
        let index = self.index.saturating_sub(1);
        let columns = self.builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| CodecError::Record { index, reason: error.to_string() })?;
        (self.rows, self.bytes) = (0, 0);
        writer.write(index, &batch)
    }
}

impl RowRecords {
    fn load(&mut self, batch: &RecordBatch) -> Result<(), CodecError> {
        self.cells.clear();
        for column in self.schema.columns() {
            let cells = match batch.column_by_name(&column.name) {
                None => Some(Cells::Absent),
                Some(array) => Cells::new(array.as_ref(), column.kind),
            };
            self.cells.push(cells.ok_or_else(|| mismatch(column, batch.schema_ref()))?);
        }
        (self.row, self.rows) = (0, batch.num_rows());
        Ok(())
    }

    fn read(&self) -> Result<Row, CodecError> {
        let mut row = Row::new();
        for (column, cells) in self.schema.columns().iter().zip(&self.cells) {
            let value = match cells.value(self.row) {
                Ok(Value::Null) if !column.nullable => Err("is null, but required"),
                other => other,
            };
            let value = value.map_err(|r| violation(self.index, column, r.to_owned()))?;
            row.insert(column.name.as_ref().to_owned(), value);
        }
        Ok(row)
    }
}

impl Iterator for RowRecords {
    type Item = Result<Row, CodecError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.row == self.rows {
            let loaded = self.groups.next()?.and_then(|batch| self.load(&batch));
            if let Err(error) = loaded {
                return Some(Err(error));
            }
        }
        let row = self.read();
        self.row += 1;
        self.index += 1;
        Some(row)
    }
}

impl std::fmt::Debug for RowRecords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowRecords").field("index", &self.index).finish_non_exhaustive()
    }
}

/// Whether a file has the columns that are asked for; others do not matter.
fn check_columns(schema: &Schema, file: &SchemaRef) -> Result<(), CodecError> {
    for column in schema.columns() {
        let fits = match file.field_with_name(&column.name) {
            Err(_) if column.nullable => true,
            Err(_) => return Err(violation(0, column, "is not in the file".to_owned())),
            Ok(field) => {
                let empty = arrow_array::new_empty_array(field.data_type());
                Cells::new(empty.as_ref(), column.kind).is_some()
            }
        };
        if !fits {
            return Err(mismatch(column, file));
        }
    }
    Ok(())
}

fn mismatch(column: &Column, file: &SchemaRef) -> CodecError {
    let found = file.field_with_name(&column.name).map(|field| field.data_type().to_string());
    let found = found.unwrap_or_default();
    violation(0, column, format!("is {found} in the file, not {}", column.kind))
}

fn violation(index: u64, column: &Column, reason: String) -> CodecError {
    CodecError::SchemaViolation { index, column: column.name.as_ref().to_owned(), reason }
}
