//! A dataset that is to have what another one has: opening it for writing.

use std::sync::Arc;

use lode_core::descriptor::{self, DatasetDescriptor, GRACE_PERIOD, WantedDataset};
use lode_core::key::Key;
use lode_core::layout::DatasetLayout;
use lode_core::manifest::{DatasetManifest, ManifestError, Mismatch};
use object_store::ObjectStore;

use crate::dataset::{DatasetSlots, read_descriptor};
use crate::history::{History, Opening, Subject, Writer, WriterOptions};
use crate::store::Objects;
use crate::{DatasetReader, Error};

/// The history of a dataset in another store.
pub(super) struct Replica {
    pub(super) history: Arc<History<DatasetSlots>>,
    store: Arc<dyn ObjectStore>,
}

impl Replica {
    /// Costs nothing yet.
    pub(super) fn new(layout: DatasetLayout, store: Arc<dyn ObjectStore>) -> Self {
        let history = History::new(Objects::new(store.clone()), DatasetSlots { layout });
        Self { history: Arc::new(history), store }
    }

    /// Opens it for writing; one that is not there is created like the `source`, whose newest
    /// snapshot is this.
    ///
    /// Costs one read at the source, and two requests; up to five more if it is created.
    pub(super) async fn open(
        &self,
        source: &History<DatasetSlots>,
        newest: Option<&DatasetManifest>,
        options: &WriterOptions,
    ) -> Result<Writer, Error> {
        let layout = &source.slots.layout;
        let found = read_descriptor(&source.objects, layout).await?;
        let wish = Wish(found.unwrap_or_else(|| DatasetDescriptor {
            id: layout.id().clone(),
            layout: layout.kind(),
            checksum: newest.and_then(|newest| newest.checksum.clone()),
            grace_period: GRACE_PERIOD,
        }));
        self.check_layout().await?;
        let found = Opening::for_writing(&wish, &self.history.objects, options).await?;
        Writer::new(options.clone(), found.grace_period)
    }

    /// The layouts that share a folder tell themselves apart by what is in it.
    async fn check_layout(&self) -> Result<(), Error> {
        let layout = &self.history.slots.layout;
        let found = DatasetReader::find_layout(self.store.clone(), layout.id().as_str()).await?;
        Mismatch::check("layout", &layout.kind(), &found.unwrap_or(layout.kind()))
            .map_err(|source| Error::Mismatch { key: layout.folder(), source })
    }
}

/// The descriptor that a new one gets.
struct Wish(DatasetDescriptor);

impl Wish {
    fn layout(&self) -> DatasetLayout {
        DatasetLayout::new(self.0.id.clone(), self.0.layout)
    }
}

impl Subject for Wish {
    type Descriptor = DatasetDescriptor;

    fn descriptor_key(&self) -> Key {
        self.layout().descriptor()
    }

    fn decode(&self, bytes: &[u8]) -> Result<DatasetDescriptor, ManifestError> {
        descriptor::decode_dataset(bytes)
    }

    fn encode(&self, descriptor: &DatasetDescriptor) -> Result<Vec<u8>, ManifestError> {
        descriptor::encode_dataset(descriptor)
    }

    /// Who goes on with it must make the same digests. For how long a collector waits is the
    /// target's own affair.
    fn compare(&self, found: &DatasetDescriptor) -> Result<(), Error> {
        let wanted = WantedDataset {
            id: &self.0.id,
            layout: self.0.layout,
            checksum: Some(self.0.checksum.as_deref().unwrap_or("none")),
            grace_period: None,
        };
        let key = self.descriptor_key();
        found.check(&wanted).map_err(|source| Error::Mismatch { key, source })
    }

    async fn make(&self, _objects: &Objects) -> Result<DatasetDescriptor, Error> {
        Ok(self.0.clone())
    }

    fn not_found(&self) -> Error {
        Error::DatasetNotFound { id: self.0.id.clone() }
    }
}
