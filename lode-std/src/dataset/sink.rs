//! Data files on their way into a store as streams: bounded memory whatever the size.

use std::sync::Arc;

use bytes::BytesMut;
use lode_core::checksum::Hasher;
use lode_core::codec::FileStats;
use lode_core::key::Key;
use lode_core::manifest::{DataFile, Metadata};

use super::Shared;
use super::content::{Content, Division, Whole};
use super::file::{StagedFile, Summary};
use super::transform::Compression;
use crate::Error;
use crate::store::{PART, Parts};

/// Above this size a file is likely to need a whole part, which is allocated at once: growing to it
/// step by step would need it twice.
const SMALL: usize = 1 << 20;

/// A file on its way: compressed, its checksum taken, and sent part by part once it is too large
/// for one.
pub(super) struct Sink<C: Content> {
    shared: Arc<Shared<C, Whole>>,
    key: Key,
    /// Whether the epoch in the key is one that the handle knows. It may know none to begin with.
    is_named: bool,
    compression: Option<Compression>,
    stored: Stored,
    /// What has been sent once there was a full part.
    parts: Parts,
}

impl<C: Content> Sink<C>
where
    Whole: Division<C::Item>,
{
    pub(super) fn begin(shared: Arc<Shared<C, Whole>>) -> Result<Self, Error> {
        let head = shared.history.known_head();
        let is_named = head.is_some();
        let key = shared.name_file(None, head.map_or(0, |head| head.state.epoch))?;
        let compressor = shared.compressor.as_deref();
        let compression =
            compressor.map(|compressor| Compression::begin(compressor, &key)).transpose()?;
        let hasher = shared.begin_checksum();
        let stored = Stored { hasher, pending: BytesMut::new(), size: 0 };
        let parts = Parts::new(shared.history.objects.clone(), key.clone());
        Ok(Self { shared, key, is_named, compression, stored, parts })
    }

    /// Takes bytes, without sending any.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match &mut self.compression {
            Some(compression) => compression.push(bytes, |bytes| self.stored.take(bytes)),
            None => {
                self.stored.take(bytes);
                Ok(())
            }
        }
    }

    pub(super) fn has_full_part(&self) -> bool {
        self.stored.pending.len() >= PART
    }

    pub(super) async fn upload_full_parts(&mut self) -> Result<(), Error> {
        while self.has_full_part() {
            self.settle_name().await?;
            let part = self.stored.pending.split_to(PART).freeze();
            self.parts.send(part).await?;
        }
        Ok(())
    }

    /// Sees to it that the key has an epoch that the handle knows, before anything is sent.
    async fn settle_name(&mut self) -> Result<(), Error> {
        if !self.is_named {
            self.key = self.shared.new_file(None).await?;
            self.parts = Parts::new(self.shared.history.objects.clone(), self.key.clone());
            self.is_named = true;
        }
        Ok(())
    }

    /// Sends the rest.
    pub(super) async fn finish(
        mut self,
        stats: Option<FileStats>,
        summary: Summary,
    ) -> Result<StagedFile, Error> {
        if let Some(compression) = self.compression.take() {
            compression.finish(|bytes| self.stored.take(bytes))?;
        }
        self.upload_full_parts().await?;
        self.settle_name().await?;
        let rest = self.stored.pending.split().freeze();
        let key = self.key.clone();
        let key = match self.parts.has_begun() {
            true => {
                self.parts.finish(rest).await?;
                key
            }
            false => self.shared.put_bytes(key, None, &rest).await?,
        };
        let (size, digest) = (self.stored.size, self.stored.hasher.take().map(Hasher::finish));
        let file = DataFile { key, size, digest, stats, extra: Metadata::new() };
        Ok(StagedFile { file, summary })
    }

    pub(super) async fn abort(self) {
        self.parts.abort().await;
    }
}

/// The bytes of a file, as they are stored.
struct Stored {
    hasher: Option<Box<dyn Hasher>>,
    /// What has not been sent, less than a part unless one is about to be.
    pending: BytesMut,
    /// How many there are, sent or not.
    size: u64,
}

impl Stored {
    fn take(&mut self, bytes: &[u8]) {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        let length = self.pending.len() + bytes.len();
        if length > SMALL && length > self.pending.capacity() {
            self.pending.reserve((PART + SMALL).saturating_sub(self.pending.len()));
        }
        self.pending.extend_from_slice(bytes);
        self.size += bytes.len() as u64;
    }
}
