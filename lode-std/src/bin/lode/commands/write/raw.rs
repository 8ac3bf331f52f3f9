//! Writing files as blobs.

use lode_std::{BlobWriter, Blobs, Dataset, DatasetSnapshot, Transaction, Whole};
use tokio::io::AsyncWriteExt;

use super::{Writing, unwrapped};
use crate::failure::Failure;
use crate::progress::Progress;
use crate::transfer::Input;

/// Writes each input as a blob: one as a stream, several one after the other.
pub(super) async fn write(
    writing: &Writing<'_>,
    inputs: &[Input],
) -> Result<DatasetSnapshot, Failure> {
    let builder = writing.arrange(Dataset::builder(writing.args.dataset.as_str()));
    let dataset = writing.prepare(builder).open(writing.store.clone()).await?;
    if let [input] = inputs {
        let mut writer = dataset.stream_write()?;
        return match copy(input, &mut writer, writing.progress).await {
            Ok(()) => Ok(writer.commit(writing.metadata()).await?),
            Err(failure) => {
                writer.abort().await;
                Err(failure)
            }
        };
    }
    // In their order, in which they will be read.
    let transaction = dataset.begin();
    match stage_all(&transaction, inputs, writing.progress).await {
        Ok(()) => Ok(transaction.commit(writing.metadata()).await?),
        Err(failure) => {
            transaction.abort().await;
            Err(failure)
        }
    }
}

async fn stage_all(
    transaction: &Transaction<Blobs, Whole>,
    inputs: &[Input],
    progress: &Progress,
) -> Result<(), Failure> {
    for input in inputs {
        let bytes = input.open().await?.all().await?;
        let length = bytes.len() as u64;
        transaction.stage_blob(bytes).await?;
        progress.advance(length);
    }
    Ok(())
}

async fn copy(input: &Input, writer: &mut BlobWriter, progress: &Progress) -> Result<(), Failure> {
    let mut reader = input.open().await?;
    while let Some(bytes) = reader.next().await? {
        writer.write_all(bytes).await.map_err(unwrapped)?;
        progress.advance(bytes.len() as u64);
    }
    Ok(())
}
