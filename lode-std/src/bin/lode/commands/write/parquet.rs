//! Writing the rows of Parquet files.

use lode_core::codec::CodecError;
use lode_hive::Hive;
use lode_parquet::{Parquet, Row};
use lode_std::{Dataset, DatasetSnapshot, Error};
use serde_json::Value;

use super::{BATCH, Writing};
use crate::failure::Failure;
use crate::transfer::{Input, Tables, UNDIVIDED};

/// Writes the rows of all inputs.
pub(super) async fn write(
    writing: &Writing<'_>,
    inputs: Vec<Input>,
) -> Result<DatasetSnapshot, Failure> {
    let tables = Tables::new(inputs, writing.progress);
    match &writing.args.partition_by {
        Some(hive) => write_divided(writing, hive, tables).await,
        None => write_whole(writing, tables).await,
    }
}

/// Writes each input as a file, with all the types of its columns.
async fn write_whole(
    writing: &Writing<'_>,
    mut tables: Tables<'_>,
) -> Result<DatasetSnapshot, Failure> {
    let builder = Dataset::builder(writing.args.dataset.as_str()).codec(Parquet::batches());
    let builder = writing.prepare(writing.arrange(builder));
    let dataset = builder.open(writing.store.clone()).await?;
    let transaction = dataset.begin();
    let stage_all = async {
        while let Some(table) = tables.next().await? {
            let name = table.name().to_string();
            let staged = transaction.stage(&table.into_batches()?).await;
            staged.map_err(|error| placed(error, &name, 0))?;
        }
        Ok(())
    };
    match stage_all.await {
        Ok(()) => Ok(transaction.commit(writing.metadata()).await?),
        Err(failure) => {
            transaction.abort().await;
            Err(failure)
        }
    }
}

/// Writes a file for each partition, and another one for each batch after the first.
async fn write_divided(
    writing: &Writing<'_>,
    hive: &Hive,
    mut tables: Tables<'_>,
) -> Result<DatasetSnapshot, Failure> {
    let mut next = tables.next().await?;
    let schema = next.as_ref().ok_or(Error::EmptyCommit)?.schema()?;
    let builder = Dataset::builder(writing.args.dataset.as_str());
    let builder = builder.codec(Parquet::rows(schema.clone())).partition_by(hive.clone());
    let dataset = writing.prepare(builder).open(writing.store.clone()).await?;
    let transaction = dataset.begin();
    let stage_all = async {
        let mut is_empty = true;
        while let Some(table) = next {
            let name = table.name().to_string();
            let mut rows = table.into_rows(schema.clone())?;
            let mut before = 0;
            loop {
                let batch = next_batch(&mut rows)?;
                if batch.is_empty() {
                    break;
                }
                is_empty = false;
                let staged = transaction.stage(&batch).await;
                staged.map_err(|error| placed(error, &name, before))?;
                before += batch.len() as u64;
            }
            next = tables.next().await?;
        }
        Ok(is_empty)
    };
    match stage_all.await {
        Ok(true) => Ok(dataset.write([], writing.metadata()).await?),
        Ok(false) => Ok(transaction.commit(writing.metadata()).await?),
        Err(failure) => {
            transaction.abort().await;
            Err(failure)
        }
    }
}

fn next_batch(rows: &mut impl Iterator<Item = Result<Row, Failure>>) -> Result<Vec<Row>, Failure> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while bytes < BATCH {
        let Some(row) = rows.next().transpose()? else { break };
        bytes += size(&row);
        batch.push(row);
    }
    Ok(batch)
}

/// About how many bytes a row has in memory.
fn size(row: &Row) -> usize {
    let value = |value: &Value| value.as_str().map_or(0, str::len) + size_of::<Value>();
    row.iter().map(|(name, found)| name.len() + size_of::<String>() + value(found)).sum()
}

/// An error at a row of the file `name`, of which so many rows have been written `before`.
fn placed(error: Error, name: &str, before: u64) -> Failure {
    let message = match &error {
        Error::Partition { index, source } => {
            format!("{name}, row {}: {source}", before + index + 1)
        }
        Error::Encode { source: CodecError::SchemaViolation { column, reason, .. }, .. } => {
            format!("{name}, column {column:?}: {reason}; {UNDIVIDED}")
        }
        Error::Encode { source, .. } => format!("{name}: {source}"),
        _ => return error.into(),
    };
    Failure::refused("invalid-input", message)
}
