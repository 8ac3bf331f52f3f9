//! Opening a dataset.

use crate::sync::AtomicU64;
use std::sync::Arc;

use lode_core::descriptor::{self, DatasetDescriptor, GRACE_PERIOD, WantedDataset};
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind};
use lode_core::manifest::{ManifestError, Mismatch};
use object_store::ObjectStore;

use super::content::{Content, Division};
use super::slots::DatasetSlots;
use super::{Dataset, DatasetBuilder, Shared};
use crate::history::{Agreement, History, Opened, Opening, Subject, Writer};
use crate::store::Objects;
use crate::{Checksums, Error};

#[tracing::instrument(name = "lode.open", skip_all, fields(id = builder.id), err)]
pub(super) async fn for_writing<C: Content, D: Division<C::Item>>(
    builder: DatasetBuilder<C, D>,
    store: Arc<dyn ObjectStore>,
) -> Result<Dataset<C, D>, Error> {
    let objects = Objects::for_writing(store);
    let wish = Wish {
        layout: DatasetLayout::new(Id::existing(&builder.id)?, builder.layout),
        checksum: builder.checksum.as_ref().map(|algorithm| algorithm.name()),
        grace_period: builder.grace_period.map(|period| period.as_secs()),
        like: None,
    };
    let opened = Opening::for_writing(&wish, &objects, &builder.writer).await?;
    let Opened { descriptor: found, founding } = opened;
    let checksum = builder.checksums.named(found.checksum.as_deref(), || wish.descriptor_key())?;
    let writer = Writer::new(builder.writer, found.grace_period, founding)?;
    let shared = Shared {
        history: Arc::new(wish.history(&objects)),
        checksum,
        checksums: builder.checksums,
        writer,
        files: AtomicU64::new(0),
        content: builder.content,
        division: builder.division,
        compressor: builder.compressor,
        time: builder.time,
        limits: builder.limits,
    };
    Ok(Dataset { shared: Arc::new(shared) })
}

/// A dataset as the caller asks for it.
pub(crate) struct Wish<'a> {
    pub(crate) layout: DatasetLayout,
    pub(crate) checksum: Option<&'a str>,
    pub(crate) grace_period: Option<u64>,
    /// What is created if there is nothing yet, where it is to be like something else.
    pub(crate) like: Option<&'a DatasetDescriptor>,
}

impl Wish<'_> {
    fn history(&self, objects: &Objects) -> History<DatasetSlots> {
        History::new(objects.clone(), DatasetSlots { layout: self.layout.clone() })
    }

    /// The layouts that share a folder tell themselves apart by the folders in it.
    async fn check_other_layout(&self, objects: &Objects) -> Result<(), Error> {
        let other = match self.layout.kind() {
            LayoutKind::Default => LayoutKind::Hive,
            LayoutKind::Hive => LayoutKind::Default,
            _ => return Ok(()),
        };
        let key = self.layout.folder();
        let folders = objects.folders(&key).await?;
        if !folders.iter().any(|folder| folder == other.slot_folder()) {
            return Ok(());
        }
        Mismatch::check("layout", &self.layout.kind(), &other)
            .map_err(|source| Error::Mismatch { key, source })
    }
}

impl Subject for Wish<'_> {
    type Descriptor = DatasetDescriptor;

    fn descriptor_key(&self) -> Key {
        self.layout.descriptor()
    }

    fn decode(&self, bytes: &[u8]) -> Result<DatasetDescriptor, ManifestError> {
        descriptor::decode_dataset(bytes)
    }

    fn encode(&self, descriptor: &DatasetDescriptor) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_dataset(descriptor)
    }

    fn compare(&self, found: &DatasetDescriptor) -> Result<(), Error> {
        let wanted = WantedDataset {
            id: self.layout.id(),
            layout: self.layout.kind(),
            checksum: self.checksum,
            grace_period: self.grace_period,
        };
        let key = self.layout.descriptor();
        found.check(&wanted).map_err(|source| Error::Mismatch { key, source })
    }

    fn agreement(&self, made: &DatasetDescriptor) -> Agreement {
        let (key, made) = (self.layout.descriptor(), made.clone());
        Box::new(move |bytes| {
            let found = descriptor::decode_dataset(bytes)
                .map_err(|source| Error::ManifestInvalid { key: key.clone(), source })?;
            let wanted = WantedDataset {
                id: &made.id,
                layout: made.layout,
                checksum: Some(made.checksum.as_deref().unwrap_or("none")),
                grace_period: Some(made.grace_period),
            };
            let checked = found.check(&wanted);
            checked.map_err(|source| Error::Mismatch { key: key.clone(), source })
        })
    }

    /// A history that has no descriptor was written by the Go implementation; it goes on with the
    /// checksum algorithm of its head.
    async fn make(&self, objects: &Objects) -> Result<DatasetDescriptor, Error> {
        if let Some(like) = self.like {
            return Ok(like.clone());
        }
        let head = self.history(objects).refresh().await?;
        let (id, checksum) = match &head {
            Some(head) => (self.layout.id().clone(), head.manifest.checksum.clone()),
            None => {
                self.check_other_layout(objects).await?;
                let name = self.checksum.unwrap_or_else(|| Checksums::standard().name());
                (Id::new(self.layout.id().as_str())?, Some(name.into()))
            }
        };
        let (layout, grace) = (self.layout.kind(), self.grace_period.unwrap_or(GRACE_PERIOD));
        Ok(DatasetDescriptor { id, layout, checksum, grace_period: grace })
    }

    fn not_found(&self) -> Error {
        Error::DatasetNotFound { id: self.layout.id().clone() }
    }
}
