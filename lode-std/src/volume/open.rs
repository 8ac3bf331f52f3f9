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
use super::slots::{OwnChecksum, VolumeSlots};
use super::{Shared, Snapshot, Volume, VolumeBuilder, VolumeReader};
use crate::history::{Agreement, History, Opened, Opening, Subject, Writer};
use crate::store::Objects;
use crate::sync::AtomicU64;
use crate::{Checksums, Error};

pub(super) async fn for_reading(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<VolumeReader, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::new(store));
    let (format, length, own) = match Opening::read_only(&wish, &objects).await? {
        Some(found) => {
            (found.format, Some(found.total_length), OwnChecksum::described(found.checksum))
        }
        None => {
            let format = wish.find_format(&objects).await?.ok_or_else(|| wish.not_found())?;
            (format, None, OwnChecksum::described(None))
        }
    };
    Ok(VolumeReader { history: Arc::new(wish.history(&objects, format, length, own)) })
}

/// All slots of a volume have one format, so whoever finds one in the format that it guessed has
/// guessed right; whoever finds none has learnt nothing.
pub(super) async fn latest(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<Option<Snapshot>, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::new(store.clone()));
    let guess = builder.format.unwrap_or_default();
    let history = wish.history(&objects, guess, builder.total_length, OwnChecksum::default());
    let guessed = VolumeReader { history: Arc::new(history) };
    let is_enough = |found: &Snapshot| !guessed.history.slots.lacks_own_checksum(found.manifest());
    match guessed.latest().await?.filter(is_enough) {
        Some(snapshot) => Ok(Some(snapshot)),
        None => for_reading(builder, store).await?.latest().await,
    }
}

#[tracing::instrument(name = "lode.open", skip_all, fields(id = builder.id), err)]
pub(super) async fn for_writing(
    builder: VolumeBuilder,
    store: Arc<dyn ObjectStore>,
) -> Result<Volume, Error> {
    let (wish, objects) = (Wish::new(&builder)?, Objects::for_writing(store));
    let opened = Opening::for_writing(&wish, &objects, &builder.writer).await?;
    let Opened { descriptor, founding } = opened;
    let checksum =
        builder.checksums.named(descriptor.checksum.as_deref(), || wish.descriptor_key())?;
    let own = OwnChecksum::described(descriptor.checksum.clone());
    let history = wish.history(&objects, descriptor.format, Some(descriptor.total_length), own);
    let writer = Writer::new(builder.writer.clone(), descriptor.grace_period, founding)?;
    let (history, discards) = (Arc::new(history), AtomicU64::new(0));
    let shared = Shared { history, descriptor, checksum, writer, discards };
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
        let own = OwnChecksum::default();
        let head = self.history(objects, format, None, own).refresh().await?;
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
        let format = self.builder.format.unwrap_or_default();
        let checksum = self.builder.checksum.unwrap_or_else(|| Checksums::standard_of(format));
        Ok(VolumeDescriptor {
            id: Id::new(self.layout.id().as_str())?,
            format,
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
        own: OwnChecksum,
    ) -> History<VolumeSlots> {
        let (layout, checksums) = (self.layout.clone(), self.builder.checksums.clone());
        let (pages, sizes) = (PageCache::new(self.builder.page_cache), self.builder.page_sizes);
        let slots = VolumeSlots { layout, format, total_length, checksums, own, pages, sizes };
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

    fn agreement(&self, made: &VolumeDescriptor) -> Agreement {
        let (key, made) = (self.layout.descriptor(), made.clone());
        Box::new(move |bytes| {
            let found = descriptor::decode_volume(bytes)
                .map_err(|source| Error::ManifestInvalid { key: key.clone(), source })?;
            let wanted = WantedVolume {
                id: &made.id,
                total_length: Some(made.total_length),
                format: Some(made.format),
                checksum: Some(made.checksum.as_deref().unwrap_or("none")),
                grace_period: Some(made.grace_period),
            };
            let checked = found.check(&wanted);
            checked.map_err(|source| Error::Mismatch { key: key.clone(), source })
        })
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
