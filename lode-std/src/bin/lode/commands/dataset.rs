//! What the commands that read datasets have in common.

use lode_core::id::Id;
use lode_core::layout::DatasetLayout;
use lode_std::{DatasetReader, DatasetSnapshot, Error, LayoutKind};

use crate::args::Selector;
use crate::failure::Failure;
use crate::stores;

/// A dataset that is open for reading, which writes nothing.
pub(super) struct OpenDataset {
    /// Reads the store.
    pub(super) reader: DatasetReader,
    /// Where things are.
    pub(super) layout: DatasetLayout,
}

impl OpenDataset {
    /// Opens a dataset in the layout that is said, or else found.
    pub(super) async fn open(
        location: &str,
        id: &Id,
        layout: Option<LayoutKind>,
    ) -> Result<Self, Error> {
        let store = stores::open(location)?;
        let kind = match layout {
            Some(kind) => kind,
            None => {
                let found = DatasetReader::find_layout(store.clone(), id.as_str()).await?;
                found.ok_or_else(|| Error::DatasetNotFound { id: id.clone() })?
            }
        };
        let layout = DatasetLayout::new(id.clone(), kind);
        Ok(Self { reader: DatasetReader::new(store, kind), layout })
    }

    /// Its id.
    pub(super) fn id(&self) -> &Id {
        self.layout.id()
    }

    /// The snapshot that is asked for.
    pub(super) async fn snapshot(&self, snapshot: Selector) -> Result<DatasetSnapshot, Failure> {
        let id = self.id().as_str();
        match snapshot {
            Selector::Version(version) => Ok(self.reader.manifest(id, version).await?),
            Selector::Latest => self.reader.latest(id).await?.ok_or_else(|| {
                let message =
                    format!("nothing has been committed to datasets/{id} yet: `lode write` does");
                Failure::refused("not-found", message)
            }),
        }
    }
}

/// How many bytes the files of a snapshot have, as they are stored.
pub(super) fn stored_bytes(snapshot: &DatasetSnapshot) -> u64 {
    snapshot.files().iter().fold(0, |sum, file| sum.saturating_add(file.size))
}

/// The codec of a snapshot, for people: blobs have none.
pub(super) fn codec(snapshot: &DatasetSnapshot) -> &str {
    snapshot.manifest().codec.as_deref().unwrap_or("raw")
}
