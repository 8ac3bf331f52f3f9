//! Volumes.

use std::ops::Range;

use bytes::Bytes;
use futures::StreamExt;
use lode_core::manifest::Block;
use lode_core::range::{ByteRange, GrowableRangeSet};

use super::{Blocking, BlockingReader, Iter};
use crate::diff::VolumeDiff;
use crate::maintain::Maintenance;
use crate::stat::VolumeStat;
use crate::{
    CommitUnknown, Error, GroupCommitter, Metadata, Snapshot, Staged, Version, Volume, VolumeReader,
};

impl Blocking<Volume> {
    /// See [`Volume::stage_at`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stage_at(&self, offset: u64, bytes: impl Into<Bytes> + Send) -> Result<Staged, Error> {
        self.runtime.wait(self.handle.stage_at(offset, bytes))
    }

    /// See [`Volume::stage_reader`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stage_reader(
        &self,
        offset: u64,
        source: impl std::io::Read,
        block_size: usize,
    ) -> Result<Vec<Staged>, Error> {
        if block_size == 0 {
            return Err(Error::EmptyBlock { offset });
        }
        let (mut source, mut offset) = (source, offset);
        let mut staged = Vec::new();
        loop {
            let mut block = Vec::new();
            let mut rest = std::io::Read::take(&mut source, block_size as u64);
            std::io::Read::read_to_end(&mut rest, &mut block)
                .map_err(|source| Error::Source { offset, source })?;
            let length = block.len() as u64;
            if length == 0 {
                return Ok(staged);
            }
            staged.push(self.stage_at(offset, block)?);
            offset = offset.saturating_add(length);
        }
    }

    /// See [`Volume::commit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn commit(
        &self,
        blocks: impl IntoIterator<Item = Staged> + Send,
        metadata: Metadata,
    ) -> Result<Blocking<Snapshot>, Error> {
        let committed = self.runtime.wait(self.handle.commit(blocks, metadata));
        committed.map(|snapshot| self.with(snapshot))
    }

    /// See [`Volume::committer`]. Threads that commit through clones of it go out together.
    pub fn committer(&self) -> Blocking<GroupCommitter> {
        self.with(self.handle.committer())
    }

    /// See [`Volume::resolve`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn resolve(&self, unknown: CommitUnknown) -> Result<Blocking<Snapshot>, Error> {
        self.runtime.wait(self.handle.resolve(unknown)).map(|snapshot| self.with(snapshot))
    }

    /// See [`Volume::reader`].
    pub fn reader(&self) -> Blocking<VolumeReader> {
        self.with(self.handle.reader())
    }

    /// See [`Volume::latest`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn latest(&self) -> Result<Option<Blocking<Snapshot>>, Error> {
        self.reader().latest()
    }

    /// See [`Volume::snapshot`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot(&self, version: Version) -> Result<Blocking<Snapshot>, Error> {
        self.reader().snapshot(version)
    }

    /// See [`Volume::tagged`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tagged(&self, name: &str) -> Result<Blocking<Snapshot>, Error> {
        self.reader().tagged(name)
    }

    /// See [`Volume::maintenance`].
    pub fn maintenance(&self) -> Blocking<Maintenance> {
        self.with(self.handle.maintenance())
    }

    /// See [`Volume::snapshots`].
    pub fn snapshots(&self) -> Iter<Result<Blocking<Snapshot>, Error>> {
        self.reader().snapshots()
    }
}

impl Blocking<GroupCommitter> {
    /// See [`GroupCommitter::commit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn commit(
        &self,
        blocks: impl IntoIterator<Item = Staged> + Send,
        metadata: Metadata,
    ) -> Result<Blocking<Snapshot>, Error> {
        let committed = self.runtime.wait(self.handle.commit(blocks, metadata));
        committed.map(|snapshot| self.with(snapshot))
    }
}

impl Blocking<VolumeReader> {
    /// See [`VolumeReader::latest`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn latest(&self) -> Result<Option<Blocking<Snapshot>>, Error> {
        let latest = self.runtime.wait(self.handle.latest())?;
        Ok(latest.map(|snapshot| self.with(snapshot)))
    }

    /// See [`VolumeReader::snapshot`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn snapshot(&self, version: Version) -> Result<Blocking<Snapshot>, Error> {
        self.runtime.wait(self.handle.snapshot(version)).map(|snapshot| self.with(snapshot))
    }

    /// See [`VolumeReader::versions`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn versions(&self) -> Result<Vec<Version>, Error> {
        self.runtime.wait(self.handle.versions())
    }

    /// See [`VolumeReader::stat`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn stat(&self) -> Result<VolumeStat, Error> {
        self.runtime.wait(self.handle.stat())
    }

    /// See [`VolumeReader::diff`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn diff(&self, before: &Snapshot, after: &Snapshot) -> Result<VolumeDiff, Error> {
        self.runtime.wait(self.handle.diff(before, after))
    }

    /// See [`VolumeReader::tagged`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tagged(&self, name: &str) -> Result<Blocking<Snapshot>, Error> {
        self.runtime.wait(self.handle.tagged(name)).map(|snapshot| self.with(snapshot))
    }

    /// See [`VolumeReader::snapshots`].
    pub fn snapshots(&self) -> Iter<Result<Blocking<Snapshot>, Error>> {
        let runtime = self.runtime.clone();
        let snapshots = self.handle.snapshots();
        self.runtime.iterate(snapshots.map(move |found| found.map(|found| runtime.wrap(found))))
    }
}

impl Blocking<Snapshot> {
    /// See [`Snapshot::read_at`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_at(&self, range: Range<u64>) -> Result<Bytes, Error> {
        self.runtime.wait(self.handle.read_at(range))
    }

    /// See [`Snapshot::gaps`].
    pub fn gaps(&self, range: Range<u64>) -> Iter<Result<ByteRange, Error>> {
        self.runtime.iterate(self.handle.gaps(range).into_stream())
    }

    /// See [`Snapshot::blocks`].
    pub fn blocks(&self, range: Range<u64>) -> Iter<Result<Block, Error>> {
        self.runtime.iterate(self.handle.blocks(range).into_stream())
    }

    /// See [`Snapshot::coverage`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn coverage(&self) -> Result<GrowableRangeSet, Error> {
        self.runtime.wait(self.handle.coverage())
    }

    /// See [`Snapshot::read_many`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn read_many(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, Error> {
        self.runtime.wait(self.handle.read_many(ranges))
    }

    /// A reader of the whole volume that is [`std::io::Read`] and [`std::io::Seek`]. See
    /// [`Snapshot::reader`].
    pub fn reader(&self) -> BlockingReader<crate::SnapshotReader> {
        BlockingReader::new(self.handle.reader(), self.runtime.clone())
    }
}
