//! Reading the records of a snapshot as a stream, in bounded memory.

use std::collections::VecDeque;
use std::sync::Arc;

use futures::{Stream, stream};
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::codec::{StreamDecoder, StreamingCodec};
use lode_core::manifest::DataFile;

use super::content::{Division, Records};
use super::file_content::FileContent;
use super::transform::Decompression;
use super::{Dataset, DatasetSnapshot, Shared};
use crate::Error;

impl<C: StreamingCodec + 'static, D: Division<C::Record>> Dataset<Records<C>, D> {
    /// The records of a snapshot, one after the other, in bounded memory whatever the size of its
    /// files.
    ///
    /// Costs one read for each file, one after the other, and one of the manifest unless it is
    /// that of the head. A file's checksum is verified when its end is reached: a mismatch is an
    /// error behind its last record.
    ///
    /// # Errors
    ///
    /// Those of [`read`](Self::read), at once or in the stream, which then ends.
    pub async fn read_stream(
        &self,
        version: Version,
    ) -> Result<impl Stream<Item = Result<C::Record, Error>> + Send + use<C, D>, Error> {
        self.read_snapshot_stream(&self.snapshot(version).await?)
    }

    /// The records of a snapshot that is at hand: of a [tagged](Self::tagged) one, which may have
    /// been collected, say. As [`read_stream`](Self::read_stream), but the manifest is not read.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_snapshot_stream(
        &self,
        snapshot: &DatasetSnapshot,
    ) -> Result<impl Stream<Item = Result<C::Record, Error>> + Send + use<C, D>, Error> {
        self.shared.check_means(snapshot.manifest())?;
        let reading = Reading {
            algorithm: self.shared.algorithm_of(snapshot.manifest())?,
            shared: self.shared.clone(),
            version: snapshot.version(),
            files: snapshot.files().to_vec().into(),
            open: None,
            ready: VecDeque::new(),
        };
        Ok(stream::try_unfold(reading, |mut reading| async move {
            match reading.next().await {
                Ok(record) => Ok(record.map(|record| (record, reading))),
                Err(error) => Err(reading.shared.history.explain(error, reading.version).await),
            }
        }))
    }
}

/// A snapshot that is being read.
struct Reading<C: StreamingCodec + 'static, D> {
    shared: Arc<Shared<Records<C>, D>>,
    algorithm: Option<Algorithm>,
    version: Version,
    /// Those that have not been opened.
    files: VecDeque<DataFile>,
    open: Option<OpenFile<C>>,
    /// Records that have been decoded.
    ready: VecDeque<C::Record>,
}

impl<C: StreamingCodec + 'static, D: Division<C::Record>> Reading<C, D> {
    async fn next(&mut self) -> Result<Option<C::Record>, Error> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Ok(Some(record));
            }
            let mut records = Vec::new();
            match self.open.take() {
                Some(mut open) => {
                    if open.read_on(&mut records).await? {
                        self.open = Some(open);
                    } else {
                        open.finish(&mut records)?;
                    }
                }
                None => match self.files.pop_front() {
                    Some(file) => {
                        let begun = OpenFile::begin(&self.shared, self.algorithm, file);
                        self.open = Some(begun.await?);
                    }
                    None => return Ok(None),
                },
            }
            self.ready.extend(records);
        }
    }
}

/// A file that is being read.
struct OpenFile<C: StreamingCodec> {
    content: FileContent,
    decoder: C::Decoder,
}

impl<C: StreamingCodec + 'static> OpenFile<C> {
    async fn begin<D: Division<C::Record>>(
        shared: &Shared<Records<C>, D>,
        algorithm: Option<Algorithm>,
        file: DataFile,
    ) -> Result<Self, Error> {
        let decompression =
            Decompression::begin(shared.compressor.as_deref(), &file, shared.limits)?;
        let objects = &shared.history.objects;
        let content = FileContent::open(objects, file, algorithm, decompression).await?;
        Ok(Self { content, decoder: shared.content.0.decoder() })
    }

    /// Reads a piece; `false` at the end of the file.
    async fn read_on(&mut self, records: &mut Vec<C::Record>) -> Result<bool, Error> {
        let Some(bytes) = self.content.next().await? else { return Ok(false) };
        let decoded = self.decoder.push(&bytes, records);
        decoded.map_err(|source| Error::Decode { key: self.content.file.key.clone(), source })?;
        Ok(true)
    }

    fn finish(self, records: &mut Vec<C::Record>) -> Result<(), Error> {
        let key = self.content.file.key;
        self.decoder.finish(records).map_err(|source| Error::Decode { key, source })
    }
}
