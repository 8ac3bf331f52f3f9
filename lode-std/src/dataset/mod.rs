//! Datasets: series of immutable snapshots of records or blobs.

mod blob;
mod builder;
mod content;
mod file;
mod file_content;
mod limits;
mod object;
mod open;
mod read;
mod reader;
mod sink;
mod slots;
mod snapshot;
mod stream;
mod stream_read;
mod transaction;
mod transform;
mod write;

use crate::sync::AtomicU64;
use std::fmt;
use std::sync::Arc;

use futures::{Stream, TryStreamExt};
use lode_core::Version;
use lode_core::checksum::Algorithm;
use lode_core::compress::Compressor;
use lode_core::id::Id;

pub use self::blob::{BlobWriter, StageWriter};
pub use self::builder::DatasetBuilder;
use self::content::TimeOf;
pub use self::content::{Blobs, Content, Division, Partitioned, Records, Whole};
pub(crate) use self::file::file_token;
pub use self::limits::Limits;
pub use self::object::ObjectReader;
pub(crate) use self::open::Wish;
pub use self::reader::DatasetReader;
pub(crate) use self::reader::read_descriptor;
pub(crate) use self::slots::DatasetSlots;
pub use self::snapshot::DatasetSnapshot;
pub use self::transaction::Transaction;
use crate::history::{CommitUnknown, Committer, History, Writer};
use crate::maintain::Maintenance;
use crate::{Checksums, Error};

/// A dataset: a named series of immutable snapshots, each with its own data files. Clones share
/// one handle; use them from as many tasks as you like.
///
/// `C` is what it holds, [`Blobs`] or [`Records`] of a codec; `D` how that is divided into files,
/// [`Whole`] or [`Partitioned`]. What makes no sense for one of them does not exist on it.
pub struct Dataset<C: Content = Blobs, D = Whole> {
    shared: Arc<Shared<C, D>>,
}

struct Shared<C: Content, D> {
    history: Arc<History<DatasetSlots>>,
    /// The algorithm that the descriptor names.
    checksum: Option<Algorithm>,
    /// By which files are verified.
    checksums: Checksums,
    writer: Writer,
    /// How many files the handle and its clones have begun: with the writer's random bits the
    /// name of each.
    files: AtomicU64,
    content: C,
    division: D,
    compressor: Option<Arc<dyn Compressor>>,
    time: Option<TimeOf<C::Item>>,
    limits: Limits,
}

impl Dataset {
    /// Begins to open the dataset `id`: of blobs, unless it is given a
    /// [codec](DatasetBuilder::codec).
    pub fn builder(id: &str) -> DatasetBuilder {
        DatasetBuilder::new(id)
    }
}

impl<C: Content, D: Division<C::Item>> Dataset<C, D> {
    /// Its id.
    pub fn id(&self) -> &Id {
        self.shared.history.id()
    }

    /// The newest snapshot, if there is one; never an older one than this handle has seen before.
    ///
    /// Costs one look at the slot after the newest one that is known; the first call reads the hint
    /// and the manifest as well.
    ///
    /// # Errors
    ///
    /// [`Error::ManifestInvalid`] if the newest manifest is damaged, [`Error::Forked`] if the
    /// history has two branches, or whatever the store reports.
    pub async fn latest(&self) -> Result<Option<DatasetSnapshot>, Error> {
        Ok(self.shared.history.refresh().await?.map(DatasetSnapshot::new))
    }

    /// The snapshot of this version. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::SnapshotNotFound`], [`Error::Collected`], [`Error::ManifestInvalid`].
    pub async fn snapshot(&self, version: Version) -> Result<DatasetSnapshot, Error> {
        self.shared.history.load_live(version).await.map(DatasetSnapshot::new)
    }

    /// The snapshot that has this tag, also if it has been collected since: a tag has a copy of the
    /// manifest. Costs one read.
    ///
    /// # Errors
    ///
    /// [`Error::TagNotFound`], [`Error::ManifestInvalid`].
    pub async fn tagged(&self, name: &str) -> Result<DatasetSnapshot, Error> {
        self.shared.history.tagged(name).await.map(DatasetSnapshot::new)
    }

    /// Collecting what has become old, and tags that keep it. Costs nothing yet.
    pub fn maintenance(&self) -> Maintenance {
        let Shared { history, writer, .. } = &*self.shared;
        Maintenance::of_dataset(history.clone(), writer.options.clone(), writer.grace_period)
    }

    /// All snapshots that have not been collected, oldest first. Lazy: costs what
    /// [`latest`](Self::latest) does, and one read for each snapshot that is asked for.
    ///
    /// A snapshot that cannot be read is an error in its place; the stream goes on behind it.
    pub fn snapshots(
        &self,
    ) -> impl Stream<Item = Result<DatasetSnapshot, Error>> + Send + use<C, D> {
        self.shared.history.clone().live().map_ok(DatasetSnapshot::new)
    }

    /// Settles a commit that ended as [`Error::CommitUnknown`], also after a restart and by
    /// another handle. See [`Volume::resolve`](crate::Volume::resolve).
    ///
    /// # Errors
    ///
    /// As there.
    #[tracing::instrument(name = "lode.resolve", skip_all, fields(id = %self.id()), err)]
    pub async fn resolve(&self, unknown: CommitUnknown) -> Result<DatasetSnapshot, Error> {
        let (history, writer) = (&self.shared.history, &self.shared.writer);
        let turn = writer.committing.pass().await;
        let live = Committer::resolve(history, writer, unknown).await?;
        drop(turn);
        Ok(DatasetSnapshot::new(live))
    }
}

impl<C: Content, D> Clone for Dataset<C, D> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

impl<C: Content, D> fmt::Debug for Dataset<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("id", &self.shared.history.id())
            .field("codec", &self.shared.content.codec_name())
            .finish_non_exhaustive()
    }
}
