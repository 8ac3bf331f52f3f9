//! Reading the records of a snapshot as a stream, in bounded memory.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{Stream, TryStreamExt, stream};
use lode_core::Version;
use lode_core::checksum::{Algorithm, Hasher};
use lode_core::codec::{StreamDecoder, StreamingCodec};
use lode_core::manifest::DataFile;

use super::content::{Division, Records};
use super::read::check_size;
use super::transform::Transformer;
use super::{Dataset, Shared};
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
        let snapshot = self.snapshot(version).await?;
        self.shared.check_means(snapshot.manifest())?;
        let reading = Reading {
            algorithm: self.shared.algorithm_of(snapshot.manifest())?,
            shared: self.shared.clone(),
            files: snapshot.files().to_vec().into(),
            open: None,
            ready: VecDeque::new(),
        };
        Ok(stream::try_unfold(reading, |mut reading| async move {
            Ok(reading.next().await?.map(|record| (record, reading)))
        }))
    }
}

/// A snapshot that is being read.
struct Reading<C: StreamingCodec + 'static, D> {
    shared: Arc<Shared<Records<C>, D>>,
    algorithm: Option<Algorithm>,
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
                Some(mut open) => match open.bytes.try_next().await? {
                    Some(bytes) => {
                        open.push(&bytes, &mut records)?;
                        self.open = Some(open);
                    }
                    None => open.finish(&mut records)?,
                },
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
    file: DataFile,
    bytes: BoxStream<'static, Result<Bytes, Error>>,
    hasher: Option<Box<dyn Hasher>>,
    /// With how many bytes may come out.
    decompression: Option<(Transformer, u64)>,
    decoder: C::Decoder,
    /// How many bytes have been read.
    size: u64,
}

impl<C: StreamingCodec + 'static> OpenFile<C> {
    async fn begin<D: Division<C::Record>>(
        shared: &Shared<Records<C>, D>,
        algorithm: Option<Algorithm>,
        file: DataFile,
    ) -> Result<Self, Error> {
        Ok(Self {
            bytes: shared.history.objects.stream(&file.key).await?,
            hasher: algorithm.filter(|_| file.digest.is_some()).map(|found| found.begin()),
            decompression: shared.begin_decompression(&file)?,
            decoder: shared.content.0.decoder(),
            size: 0,
            file,
        })
    }

    fn push(&mut self, bytes: &[u8], records: &mut Vec<C::Record>) -> Result<(), Error> {
        self.size += bytes.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        let key = &self.file.key;
        let mut decoded = Ok(());
        let mut decode = |bytes: &[u8]| {
            if decoded.is_ok() {
                decoded = self.decoder.push(bytes, records);
            }
        };
        match &mut self.decompression {
            Some((decompression, limit)) => {
                decompression.push(bytes, decode).map_err(|error| error.at(key, *limit))?;
            }
            None => decode(bytes),
        }
        decoded.map_err(|source| Error::Decode { key: key.clone(), source })
    }

    fn finish(mut self, records: &mut Vec<C::Record>) -> Result<(), Error> {
        check_size(&self.file, self.size)?;
        let DataFile { key, digest, .. } = self.file;
        let found = self.hasher.take().map(Hasher::finish);
        if let Some((expected, found)) = digest.zip(found).filter(|(a, b)| a != b) {
            return Err(Error::Corrupt { key, expected, found });
        }
        let mut decoded = Ok(());
        if let Some((mut decompression, limit)) = self.decompression {
            let decoder = &mut self.decoder;
            let ended = decompression.finish(|bytes| {
                if decoded.is_ok() {
                    decoded = decoder.push(bytes, records);
                }
            });
            ended.map_err(|error| error.at(&key, limit))?;
        }
        decoded
            .and_then(|()| self.decoder.finish(records))
            .map_err(|source| Error::Decode { key, source })
    }
}
