//! Datasets.

use bytes::Bytes;
use lode_core::codec::{Codec, StreamingCodec};

use super::{Blocking, BlockingWriter, Iter};
use crate::maintain::Maintenance;
use crate::{
    BlobWriter, Blobs, CommitUnknown, Content, DataFile, Dataset, DatasetSnapshot, Division, Error,
    Metadata, Records, StageWriter, Transaction, Version, Whole,
};

impl<C: Content, D: Division<C::Item>> Blocking<Dataset<C, D>> {
    /// See [`Dataset::latest`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn latest(&self) -> Result<Option<DatasetSnapshot>, Error> {
        self.runtime.wait(self.handle.latest())
    }

    /// See [`Dataset::snapshot`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot(&self, version: Version) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.handle.snapshot(version))
    }

    /// See [`Dataset::tagged`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tagged(&self, name: &str) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.handle.tagged(name))
    }

    /// See [`Dataset::maintenance`].
    pub fn maintenance(&self) -> Blocking<Maintenance> {
        self.with(self.handle.maintenance())
    }

    /// See [`Dataset::snapshots`].
    pub fn snapshots(&self) -> Iter<Result<DatasetSnapshot, Error>> {
        self.runtime.iterate(self.handle.snapshots())
    }

    /// See [`Dataset::resolve`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn resolve(&self, unknown: CommitUnknown) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.handle.resolve(unknown))
    }

    /// See [`Dataset::begin`].
    pub fn begin(&self) -> Blocking<Transaction<C, D>> {
        self.with(self.handle.begin())
    }
}

impl<C: Codec + 'static, D: Division<C::Record>> Blocking<Dataset<Records<C>, D>> {
    /// See [`Dataset::write`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn write<'a>(
        &self,
        records: impl IntoIterator<Item = &'a C::Record, IntoIter: Send> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error>
    where
        C::Record: Sync,
    {
        self.runtime.wait(self.handle.write(records, metadata))
    }

    /// See [`Dataset::read`](Dataset#method.read).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read(&self, version: Version) -> Result<Vec<C::Record>, Error> {
        self.runtime.wait(self.handle.read(version))
    }

    /// See [`Dataset::read_snapshot`](Dataset#method.read_snapshot).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_snapshot(&self, snapshot: &DatasetSnapshot) -> Result<Vec<C::Record>, Error> {
        self.runtime.wait(self.handle.read_snapshot(snapshot))
    }
}

impl<C: StreamingCodec + 'static, D: Division<C::Record>> Blocking<Dataset<Records<C>, D>> {
    /// See [`Dataset::read_stream`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_stream(&self, version: Version) -> Result<Iter<Result<C::Record, Error>>, Error> {
        let stream = self.runtime.wait(self.handle.read_stream(version))?;
        Ok(self.runtime.iterate(stream))
    }

    /// See [`Dataset::read_snapshot_stream`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_snapshot_stream(
        &self,
        snapshot: &DatasetSnapshot,
    ) -> Result<Iter<Result<C::Record, Error>>, Error> {
        Ok(self.runtime.iterate(self.handle.read_snapshot_stream(snapshot)?))
    }
}

impl<C: StreamingCodec + 'static> Blocking<Dataset<Records<C>, Whole>>
where
    C::Record: Sync,
{
    /// See [`Dataset::stream_write_records`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stream_write_records(
        &self,
        records: impl Iterator<Item = Result<C::Record, Error>> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        let records = futures::stream::iter(records);
        self.runtime.wait(self.handle.stream_write_records(records, metadata))
    }
}

impl Blocking<Dataset<Blobs, Whole>> {
    /// See [`Dataset::write_blob`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn write_blob(
        &self,
        bytes: impl Into<Bytes> + Send,
        metadata: Metadata,
    ) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.handle.write_blob(bytes, metadata))
    }

    /// See [`Dataset::stream_write`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stream_write(&self) -> Result<BlockingWriter<BlobWriter>, Error> {
        let writer = self.handle.stream_write()?;
        Ok(BlockingWriter { writer, runtime: self.runtime.clone() })
    }

    /// See [`Dataset::read`](Dataset#method.read-1).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read(&self, version: Version) -> Result<Vec<Bytes>, Error> {
        self.runtime.wait(self.handle.read(version))
    }

    /// See [`Dataset::read_snapshot`](Dataset#method.read_snapshot).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_snapshot(&self, snapshot: &DatasetSnapshot) -> Result<Vec<Bytes>, Error> {
        self.runtime.wait(self.handle.read_snapshot(snapshot))
    }
}

impl BlockingWriter<BlobWriter> {
    /// See [`BlobWriter::commit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn commit(self, metadata: Metadata) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.writer.commit(metadata))
    }

    /// See [`BlobWriter::abort`].
    pub fn abort(self) {
        self.runtime.wait(self.writer.abort());
    }
}

impl<C: Content, D: Division<C::Item>> Blocking<Transaction<C, D>> {
    /// See [`Transaction::commit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn commit(self, metadata: Metadata) -> Result<DatasetSnapshot, Error> {
        self.runtime.wait(self.handle.commit(metadata))
    }
}

impl<C: Codec + 'static, D: Division<C::Record>> Blocking<Transaction<Records<C>, D>> {
    /// See [`Transaction::stage`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stage<'a>(
        &self,
        records: impl IntoIterator<Item = &'a C::Record, IntoIter: Send> + Send,
    ) -> Result<Vec<DataFile>, Error>
    where
        C::Record: Sync,
    {
        self.runtime.wait(self.handle.stage(records))
    }
}

impl Blocking<Transaction<Blobs, Whole>> {
    /// See [`Transaction::stage_blob`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stage_blob(&self, bytes: impl Into<Bytes> + Send) -> Result<DataFile, Error> {
        self.runtime.wait(self.handle.stage_blob(bytes))
    }

    /// See [`Transaction::stage_writer`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stage_writer(&self) -> Result<BlockingWriter<StageWriter<'_>>, Error> {
        let writer = self.handle.stage_writer()?;
        Ok(BlockingWriter { writer, runtime: self.runtime.clone() })
    }
}

impl BlockingWriter<StageWriter<'_>> {
    /// See [`StageWriter::finish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn finish(self) -> Result<DataFile, Error> {
        self.runtime.wait(self.writer.finish())
    }
}
