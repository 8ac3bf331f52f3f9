//! Writing records as a stream: bounded memory whatever their number.

use std::sync::Arc;

use futures::{Stream, StreamExt, pin_mut};
use lode_core::codec::{FileStats, StreamEncoder, StreamingCodec};
use lode_core::manifest::{DataFile, Metadata};

use super::content::{Records, Whole};
use super::file::{StagedFile, Summary};
use super::sink::Sink;
use super::{Dataset, DatasetSnapshot, Shared, Transaction};
use crate::Error;

/// How many bytes of records are encoded before they are passed on.
const TURN: usize = 256 << 10;

impl<C: StreamingCodec + 'static> Dataset<Records<C>, Whole>
where
    C::Record: Sync,
{
    /// Writes records as a new snapshot of one file, while they come: in bounded memory however
    /// many there are.
    ///
    /// Costs one create of a small file, or a multipart upload of a large one, one create of the
    /// manifest and one write of the hint.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if a record does not fit; the stream's own errors as they come; else
    /// those of a [commit](crate::Volume::commit). Nothing is visible then.
    #[tracing::instrument(name = "lode.write", skip_all, fields(id = %self.id()), err)]
    pub async fn stream_write_records(
        &self,
        records: impl Stream<Item = Result<C::Record, Error>> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let file = put_stream(&self.shared, records).await?;
        self.shared.commit(vec![file], metadata).await
    }
}

impl<C: StreamingCodec + 'static> Transaction<Records<C>, Whole>
where
    C::Record: Sync,
{
    /// Writes records as a file, while they come: in bounded memory however many there are.
    /// Returns the file as the manifest will have it.
    ///
    /// Costs one create of a small file, or a multipart upload of a large one.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if a record does not fit; the stream's own errors as they come; else
    /// whatever the store reports. The transaction goes on without these records.
    pub async fn stage_stream(
        &self,
        records: impl Stream<Item = Result<C::Record, Error>> + Send,
    ) -> Result<DataFile, Error> {
        Ok(self.add(put_stream(&self.shared, records).await?))
    }
}

/// Writes a file of all records of a stream.
async fn put_stream<C: StreamingCodec + 'static>(
    shared: &Arc<Shared<Records<C>, Whole>>,
    records: impl Stream<Item = Result<C::Record, Error>> + Send,
) -> Result<StagedFile, Error>
where
    C::Record: Sync,
{
    let mut sink = Sink::begin(shared.clone())?;
    match shared.encode_stream(&mut sink, records).await {
        Ok((stats, summary)) => sink.finish(stats, summary).await,
        Err(error) => {
            sink.abort().await;
            Err(error)
        }
    }
}

impl<C: StreamingCodec + 'static> Shared<Records<C>, Whole>
where
    C::Record: Sync,
{
    async fn encode_stream(
        &self,
        sink: &mut Sink<Records<C>>,
        records: impl Stream<Item = Result<C::Record, Error>> + Send,
    ) -> Result<(Option<FileStats>, Summary), Error> {
        let codec = self.content.0.name();
        let failed = |source| Error::Encode { codec, source };
        let mut encoder = self.content.0.encoder();
        let (mut bytes, mut summary) = (Vec::new(), Summary::default());
        pin_mut!(records);
        while let Some(record) = records.next().await {
            let record = record?;
            encoder.push(&record, &mut bytes).map_err(failed)?;
            if let Some(time) = &self.time {
                summary.note(time(&record));
            }
            if bytes.len() >= TURN {
                sink.push(&bytes)?;
                bytes.clear();
                sink.upload_full_parts().await?;
            }
        }
        let encoded = encoder.finish(&mut bytes).map_err(failed)?;
        sink.push(&bytes)?;
        sink.upload_full_parts().await?;
        summary.rows = encoded.rows;
        Ok((encoded.stats, summary))
    }
}
