//! A dataset that is to have what another one has: opening it for writing.

use std::sync::Arc;

use lode_core::descriptor::{DatasetDescriptor, GRACE_PERIOD};
use lode_core::layout::DatasetLayout;
use lode_core::manifest::{DatasetManifest, Mismatch};

use super::DatasetTarget;
use crate::dataset::{DatasetSlots, Wish, read_descriptor};
use crate::history::{History, Opened, Opening, Writer};
use crate::store::Objects;
use crate::{DatasetReader, Error};

/// The history of a dataset in another store.
pub(super) struct Replica<'a> {
    pub(super) history: Arc<History<DatasetSlots>>,
    target: &'a DatasetTarget,
}

impl<'a> Replica<'a> {
    /// Costs nothing yet.
    pub(super) fn new(layout: DatasetLayout, target: &'a DatasetTarget) -> Self {
        let objects = Objects::for_writing(target.store.clone());
        let history = History::new(objects, DatasetSlots { layout });
        Self { history: Arc::new(history), target }
    }

    /// Opens it for writing; one that is not there is created like the `source`, whose newest
    /// snapshot is this.
    ///
    /// Costs one read at the source, and two requests; up to five more if it is created.
    pub(super) async fn open(
        &self,
        source: &History<DatasetSlots>,
        newest: Option<&DatasetManifest>,
    ) -> Result<Writer, Error> {
        let layout = &source.slots.layout;
        let found = read_descriptor(&source.objects, layout).await?;
        let like = found.unwrap_or_else(|| DatasetDescriptor {
            id: layout.id().clone(),
            layout: layout.kind(),
            checksum: newest.and_then(|newest| newest.checksum.clone()),
            grace_period: GRACE_PERIOD,
        });
        // Who goes on with it must make the same digests. For how long a collector waits is the
        // target's own affair.
        let wish = Wish {
            layout: DatasetLayout::new(like.id.clone(), like.layout),
            checksum: Some(like.checksum.as_deref().unwrap_or("none")),
            grace_period: None,
            like: Some(&like),
        };
        self.check_layout().await?;
        let options = &self.target.options;
        let objects = &self.history.objects;
        let Opened { descriptor, founding } = Opening::for_writing(&wish, objects, options).await?;
        let writer = Writer::new(options.clone(), descriptor.grace_period, founding)?;
        writer.found(objects).await?;
        Ok(writer)
    }

    /// The layouts that share a folder tell themselves apart by what is in it.
    async fn check_layout(&self) -> Result<(), Error> {
        let layout = &self.history.slots.layout;
        let found =
            DatasetReader::find_layout(self.target.store.clone(), layout.id().as_str()).await?;
        Mismatch::check("layout", &layout.kind(), &found.unwrap_or(layout.kind()))
            .map_err(|source| Error::Mismatch { key: layout.folder(), source })
    }
}
