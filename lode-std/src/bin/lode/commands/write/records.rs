//! Writing the records of JSON lines.

use std::io;

use futures::stream;
use lode_hive::Hive;
use lode_jsonl::Jsonl;
use lode_std::{Dataset, DatasetSnapshot, Division, Error, Transaction};
use serde_json::Value;

use super::{BATCH, Writing};
use crate::failure::Failure;
use crate::transfer::{Input, Place, Records};

/// Writes the records of all inputs.
pub(super) async fn write(
    writing: &Writing<'_>,
    inputs: Vec<Input>,
) -> Result<DatasetSnapshot, Failure> {
    let records = Records::new(inputs, writing.progress);
    match &writing.args.partition_by {
        Some(hive) => write_divided(writing, hive, records).await,
        None => write_stream(writing, records).await,
    }
}

/// Writes one file, while the records come.
async fn write_stream(
    writing: &Writing<'_>,
    records: Records<'_>,
) -> Result<DatasetSnapshot, Failure> {
    let builder = Dataset::builder(writing.args.dataset.as_str()).codec(Jsonl::<Value>::new());
    let builder = writing.prepare(writing.arrange(builder));
    let dataset = builder.open(writing.store.clone()).await?;
    // The stream speaks the library's language, in which a line of a file has no word.
    let mut failure = None;
    let values = stream::unfold((records, &mut failure), |(mut records, failure)| async move {
        match records.next().await {
            Ok(Some(record)) => Some((Ok(record.value), (records, failure))),
            Ok(None) => None,
            Err(error) => {
                *failure = Some(error);
                let source = io::ErrorKind::InvalidData.into();
                Some((Err(Error::Source { offset: 0, source }), (records, failure)))
            }
        }
    });
    let written = dataset.stream_write_records(values, writing.metadata()).await;
    match failure {
        Some(failure) => Err(failure),
        None => Ok(written?),
    }
}

/// Writes a file for each partition, and another one for each batch after the first.
async fn write_divided(
    writing: &Writing<'_>,
    hive: &Hive,
    mut records: Records<'_>,
) -> Result<DatasetSnapshot, Failure> {
    let builder = Dataset::builder(writing.args.dataset.as_str()).codec(Jsonl::<Value>::new());
    let builder = writing.prepare(builder.partition_by(hive.clone()));
    let dataset = builder.open(writing.store.clone()).await?;
    let transaction = dataset.begin();
    match stage_all(&transaction, &mut records).await {
        Ok(0) => Ok(dataset.write([], writing.metadata()).await?),
        Ok(_) => Ok(transaction.commit(writing.metadata()).await?),
        Err(failure) => {
            transaction.abort().await;
            Err(failure)
        }
    }
}

/// Stages all records: in how many batches.
async fn stage_all<D: Division<Value>>(
    transaction: &Transaction<lode_std::Records<Jsonl<Value>>, D>,
    records: &mut Records<'_>,
) -> Result<usize, Failure> {
    let mut batches = 0;
    loop {
        let (values, places) = next_batch(records).await?;
        if values.is_empty() {
            return Ok(batches);
        }
        batches += 1;
        let staged = transaction.stage(&values).await;
        staged.map_err(|error| placed(error, &places))?;
    }
}

async fn next_batch(records: &mut Records<'_>) -> Result<(Vec<Value>, Vec<Place>), Failure> {
    let (mut values, mut places) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    while bytes < BATCH {
        let Some(record) = records.next().await? else { break };
        bytes += record.bytes;
        values.push(record.value);
        places.push(record.place);
    }
    Ok((values, places))
}

/// An error at a record, with the place that it came from.
fn placed(error: Error, places: &[Place]) -> Failure {
    let place = match &error {
        Error::Partition { index, .. } => usize::try_from(*index).ok(),
        _ => None,
    };
    match (&error, place.and_then(|index| places.get(index))) {
        (Error::Partition { source, .. }, Some(place)) => place.refused(source),
        _ => error.into(),
    }
}
