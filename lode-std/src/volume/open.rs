//! Opening a volume.

use std::sync::Arc;

use futures::TryStreamExt;
use lode_core::descriptor::{self, GRACE_PERIOD, VolumeDescriptor, WantedVolume};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::VolumeLayout;
use lode_core::manifest::{Format, ManifestError, VolumeManifest};
use object_store::ObjectStore;

use super::pages::PageCache;
use super::slots::VolumeSlots;
use super::{Shared, Snapshot, Volume, VolumeBuilder, VolumeReader};
use crate::history::{History, Opening, Subject, Writer};
use crate::store::Objects;
use crate::{Checksums, Error};

pub(super) async fn for_reading(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<VolumeReader, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::new(store));
    let (format, length) = match Opening::read_only(&wish, &objects).await? {
        Some(found) => (found.format, Some(found.total_length)),
        None => (wish.find_format(&objects).await?.ok_or_else(|| wish.not_found())?, None),
    };
    Ok(VolumeReader { history: Arc::new(wish.history(&objects, format, length)) })
}

/// All slots of a volume have one format, so whoever finds one in the format that it guessed has
/// guessed right; whoever finds none has learnt nothing.
pub(super) async fn latest(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<Option<Snapshot>, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::new(store.clone()));
    let guess = builder.format.unwrap_or_default();
    let guessed =
        VolumeReader { history: Arc::new(wish.history(&objects, guess, builder.total_length)) };
    match guessed.latest().await? {
        Some(snapshot) => Ok(Some(snapshot)),
        None => for_reading(builder, store).await?.latest().await,
    }
}

#[tracing::instrument(name = "lode.open", skip_all, fields(id = builder.id), err)]
pub(super) async fn for_writing(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<Volume, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::new(store));
    let descriptor = Opening::for_writing(&wish, &objects, &builder.writer).await?;
    let checksum =
        builder.checksums.named(descriptor.checksum.as_deref(), || wish.descriptor_key())?;
    let history = wish.history(&objects, descriptor.format, Some(descriptor.total_length));
    let writer = Writer::new(builder.writer.clone(), descriptor.grace_period)?;
    let shared = Shared { history: Arc::new(history), descriptor, checksum, writer };
    Ok(Volume { shared: Arc::new(shared) })
}

/// A volume as the caller asks for it.
struct Wish<'a> {
    builder: &'a VolumeBuilder,
    layout: VolumeLayout,
}

impl<'a> Wish<'a> {
    fn new(builder: &'a VolumeBuilder) -> Result<Self, Error> {
        let layout = VolumeLayout::new(Id::existing(&builder.id)?);
        match builder.total_length {
            Some(length) if !(1..=VolumeManifest::MAX_LENGTH).contains(&length) => {
                Err(Error::InvalidLength { length })
            }
            _ => Ok(Self { builder, layout }),
        }
    }

    /// Of a history that has none, because the Go implementation wrote it.
    async fn describe_history(
        &self,
        objects: &Objects,
        format: Format,
    ) -> Result<VolumeDescriptor, Error> {
        let head = self.history(objects, format, None).refresh().await?;
        let head = head.ok_or_else(|| self.not_found())?;
        Ok(VolumeDescriptor {
            id: self.layout.id().clone(),
            format,
            total_length: head.manifest.total_length,
            checksum: head.manifest.checksum.clone(),
            grace_period: self.grace_period(),
        })
    }

    fn describe_wish(&self) -> Result<VolumeDescriptor, Error> {
        let total_length = self.builder.total_length.ok_or_else(|| self.not_found())?;
        let checksum = self.builder.checksum.unwrap_or_else(Checksums::standard);
        Ok(VolumeDescriptor {
            id: Id::new(self.layout.id().as_str())?,
            format: self.builder.format.unwrap_or_default(),
            total_length,
            checksum: Some(checksum.name().into()),
            grace_period: self.grace_period(),
        })
    }

    fn grace_period(&self) -> u64 {
        let wanted = self.builder.grace_period;
        wanted.map_or(GRACE_PERIOD, |period| period.as_secs())
    }

    /// The format of the slots that are there, if there are any.
    async fn find_format(&self, objects: &Objects) -> Result<Option<Format>, Error> {
        let Some(folder) = self.layout.slots() else { return Ok(None) };
        let mut list = objects.list(&folder, None)?;
        while let Some(meta) = list.try_next().await? {
            for format in [Format::Json, Format::Compact] {
                if self.layout.parse_slot(meta.location.as_ref(), format).is_some() {
                    return Ok(Some(format));
                }
            }
        }
        Ok(None)
    }

    fn history(
        &self,
        objects: &Objects,
        format: Format,
        total_length: Option<u64>,
    ) -> History<VolumeSlots> {
        let (layout, checksums) = (self.layout.clone(), self.builder.checksums.clone());
        let (pages, sizes) = (PageCache::new(self.builder.page_cache), self.builder.page_sizes);
        let slots = VolumeSlots { layout, format, total_length, checksums, pages, sizes };
        History::new(objects.clone(), slots)
    }
}

impl Subject for Wish<'_> {
    type Descriptor = VolumeDescriptor;

    fn descriptor_key(&self) -> Key {
        self.layout.descriptor()
    }

    fn decode(&self, bytes: &[u8]) -> Result<VolumeDescriptor, ManifestError> {
        descriptor::decode_volume(bytes)
    }

    fn encode(&self, descriptor: &VolumeDescriptor) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_volume(descriptor)
    }

    fn compare(&self, found: &VolumeDescriptor) -> Result<(), Error> {
        let wanted = WantedVolume {
            id: self.layout.id(),
            total_length: self.builder.total_length,
            format: self.builder.format,
            checksum: self.builder.checksum.as_ref().map(|algorithm| algorithm.name()),
            grace_period: self.builder.grace_period.map(|period| period.as_secs()),
        };
        let key = self.layout.descriptor();
        found.check(&wanted).map_err(|source| Error::Mismatch { key, source })
    }

    async fn make(&self, objects: &Objects) -> Result<VolumeDescriptor, Error> {
        match self.find_format(objects).await? {
            Some(format) => self.describe_history(objects, format).await,
            None => self.describe_wish(),
        }
    }

    fn not_found(&self) -> Error {
        Error::VolumeNotFound { id: self.layout.id().clone() }
    }
}
