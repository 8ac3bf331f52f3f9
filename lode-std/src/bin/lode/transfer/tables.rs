//! The Parquet files that a dataset is written from.

use std::collections::VecDeque;
use std::fmt::Display;

use lode_core::codec::{Codec, CodecError};
use lode_parquet::arrow_array::RecordBatch;
use lode_parquet::arrow_schema::SchemaRef;
use lode_parquet::{Parquet, Row, Schema, check_schema, read_schema};

use super::input::Input;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::units::human;

/// How many bytes a Parquet file may have: it is in memory as a whole, for what is in it is said
/// at its end.
pub(crate) const LARGEST: u64 = 1 << 30;

/// How many bytes its rows may have in memory.
const MOST_IN_MEMORY: u64 = 4 << 30;

/// What to do with values that rows cannot have.
pub(crate) const UNDIVIDED: &str = "without --partition-by it is written as it is";

/// The Parquet files of some inputs, one after the other. All have the same columns.
pub(crate) struct Tables<'a> {
    /// Those that have not been read.
    inputs: VecDeque<Input>,
    /// What the first one is called, and its columns.
    first: Option<(String, SchemaRef)>,
    progress: &'a Progress,
}

/// A Parquet file.
pub(crate) struct Table {
    name: String,
    bytes: Vec<u8>,
    columns: SchemaRef,
}

impl<'a> Tables<'a> {
    /// The files of `inputs`. Nothing is read yet.
    pub(crate) fn new(inputs: Vec<Input>, progress: &'a Progress) -> Self {
        Self { inputs: inputs.into(), first: None, progress }
    }

    /// The next file, or `None` after the last one.
    ///
    /// # Errors
    ///
    /// If an input cannot be read, is no Parquet file or too large a one, or has other columns
    /// than the first one.
    pub(crate) async fn next(&mut self) -> Result<Option<Table>, Failure> {
        let Some(input) = self.inputs.pop_front() else { return Ok(None) };
        let table = Table::read(&input).await?;
        self.progress.advance(table.bytes.len() as u64);
        match &self.first {
            Some((first, columns)) => check_schema(columns, &table.columns)
                .map_err(|error| table.differs(first, &error))?,
            None => self.first = Some((table.name.clone(), table.columns.clone())),
        }
        Ok(Some(table))
    }
}

impl Table {
    async fn read(input: &Input) -> Result<Self, Failure> {
        let name = input.name();
        // What is known to be too large need not be read.
        let bytes = match input.length() {
            Some(length) if length > LARGEST => None,
            _ => Some(input.open().await?.first(LARGEST + 1).await?),
        };
        let Some(bytes) = bytes.filter(|bytes| bytes.len() as u64 <= LARGEST) else {
            let limit = human(LARGEST);
            let message = format!(
                "{name} has more than {limit}, and a Parquet file is in memory while it is \
                 written: divide it into smaller ones"
            );
            return Err(Failure::refused("invalid-input", message));
        };
        let columns = read_schema(&bytes).map_err(|error| unreadable(&name, &error))?;
        Ok(Self { name, bytes, columns })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The columns, if rows can have them.
    ///
    /// # Errors
    ///
    /// If one is nested, say.
    pub(crate) fn schema(&self) -> Result<Schema, Failure> {
        let schema = Schema::from_arrow(&self.columns);
        schema.map_err(|error| refused(&self.name, format_args!("{error}; {UNDIVIDED}")))
    }

    /// All its rows, in columns. There is a batch also if there are no rows: it has the columns.
    ///
    /// # Errors
    ///
    /// If it is damaged, or has too many rows.
    pub(crate) fn into_batches(self) -> Result<Vec<RecordBatch>, Failure> {
        let Self { name, bytes, .. } = self;
        let records = Parquet::batches().decode(bytes);
        let records = records.map_err(|error| unreadable(&name, &error))?;
        let empty = RecordBatch::new_empty(records.schema().clone());
        collect(&name, empty, records, MOST_IN_MEMORY)
    }

    /// Its rows by this schema, one after the other.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub(crate) fn into_rows(
        self,
        schema: Schema,
    ) -> Result<impl Iterator<Item = Result<Row, Failure>>, Failure> {
        let Self { name, bytes, .. } = self;
        let rows =
            Parquet::rows(schema).decode(bytes).map_err(|error| unreadable(&name, &error))?;
        Ok(rows.map(move |row| row.map_err(|error| bad_row(&name, &error))))
    }

    /// It has other columns than the file `first`.
    fn differs(&self, first: &str, error: &CodecError) -> Failure {
        let difference = match error {
            CodecError::SchemaViolation { column, reason, .. } => {
                format!("the column {column:?}: {reason}")
            }
            error => error.to_string(),
        };
        let message = format_args!("it has other columns than {first}: {difference}");
        refused(&self.name, message)
    }
}

/// The batches of a file, as long as they keep to `limit` bytes.
fn collect(
    name: &str,
    empty: RecordBatch,
    records: impl Iterator<Item = Result<RecordBatch, CodecError>>,
    limit: u64,
) -> Result<Vec<RecordBatch>, Failure> {
    let mut batches = vec![empty];
    let mut bytes = 0;
    for batch in records {
        let batch = batch.map_err(|error| unreadable(name, &error))?;
        bytes += batch.get_array_memory_size() as u64;
        if bytes > limit {
            let limit = human(limit);
            let message =
                format_args!("its rows have more than {limit}: divide it into smaller files");
            return Err(refused(name, message));
        }
        batches.push(batch);
    }
    Ok(batches)
}

fn refused(name: &str, message: impl Display) -> Failure {
    Failure::refused("invalid-input", format!("{name}: {message}"))
}

fn unreadable(name: &str, error: &CodecError) -> Failure {
    let reason = "it cannot be read as a Parquet file, which it must be with --codec parquet";
    refused(name, format_args!("{reason}: {error}"))
}

/// A row that cannot be told, counted from 1 as lines are.
fn bad_row(name: &str, error: &CodecError) -> Failure {
    match error {
        CodecError::SchemaViolation { index, column, reason } => {
            let place = format!("{name}, row {}, column {column:?}", index + 1);
            refused(&place, format_args!("{reason}; {UNDIVIDED}"))
        }
        error => unreadable(name, error),
    }
}

#[cfg(test)]
mod tests {
    use lode_parquet::arrow_array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn what_comes_out_of_a_file_is_bounded() {
        let batch = |rows: usize| {
            let column: ArrayRef = std::sync::Arc::new(Int64Array::from(vec![7; rows]));
            RecordBatch::try_from_iter([("c", column)]).unwrap()
        };
        let size = batch(1000).get_array_memory_size() as u64;
        let collect = |limit| collect("f", batch(0), (0..3).map(|_| Ok(batch(1000))), limit);
        assert_eq!(collect(3 * size).unwrap().len(), 4);
        let error = collect(3 * size - 1).unwrap_err();
        assert!(error.message().starts_with("f: its rows have more than 23."), "{error:?}");
    }
}
