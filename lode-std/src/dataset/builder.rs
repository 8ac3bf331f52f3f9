//! How a dataset is opened.

use std::sync::Arc;
use std::time::Duration;

use lode_core::checksum::Algorithm;
use lode_core::codec::Codec;
use lode_core::compress::Compressor;
use lode_core::layout::LayoutKind;
use lode_core::partition::Partitioner;
use lode_core::time::ZonedTimestamp;
use object_store::ObjectStore;

use super::content::{Blobs, Content, Division, Partitioned, Records, TimeOf, Whole};
use super::{Dataset, Limits};
use crate::history::WriterOptions;
use crate::options::shared_options;
use crate::{Checksums, Error};

/// How a dataset is opened: what it holds, and what it works with.
///
/// The types say what it holds: [`codec`](Self::codec) makes a dataset of records out of one of
/// blobs, [`partition_by`](Self::partition_by) divides them. What is not set is taken from the
/// dataset, or from the defaults if it is created.
#[must_use]
pub struct DatasetBuilder<C: Content = Blobs, D = Whole> {
    pub(super) id: String,
    pub(super) content: C,
    pub(super) division: D,
    pub(super) layout: LayoutKind,
    pub(super) compressor: Option<Arc<dyn Compressor>>,
    pub(super) checksum: Option<Algorithm>,
    pub(super) checksums: Checksums,
    pub(super) time: Option<TimeOf<C::Item>>,
    pub(super) limits: Limits,
    pub(super) grace_period: Option<Duration>,
    pub(super) writer: WriterOptions,
}

impl DatasetBuilder {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_string(),
            content: Blobs,
            division: Whole,
            layout: LayoutKind::Default,
            compressor: None,
            checksum: None,
            checksums: Checksums::default(),
            time: None,
            limits: Limits::default(),
            grace_period: None,
            writer: WriterOptions::default(),
        }
    }

    /// Makes it a dataset of the records of a codec.
    pub fn codec<C: Codec + 'static>(self, codec: C) -> DatasetBuilder<Records<C>> {
        DatasetBuilder {
            content: Records(codec),
            time: None,
            id: self.id,
            division: self.division,
            layout: self.layout,
            compressor: self.compressor,
            checksum: self.checksum,
            checksums: self.checksums,
            limits: self.limits,
            grace_period: self.grace_period,
            writer: self.writer,
        }
    }
}

impl<C: Codec + 'static> DatasetBuilder<Records<C>> {
    /// Divides the records by a partitioner, into files in the hive layout.
    pub fn partition_by<P: Partitioner<C::Record> + 'static>(
        self,
        partitioner: P,
    ) -> DatasetBuilder<Records<C>, Partitioned<P>> {
        DatasetBuilder {
            division: Partitioned(partitioner),
            layout: LayoutKind::Hive,
            id: self.id,
            content: self.content,
            compressor: self.compressor,
            checksum: self.checksum,
            checksums: self.checksums,
            time: self.time,
            limits: self.limits,
            grace_period: self.grace_period,
            writer: self.writer,
        }
    }
}

impl<C: Codec + 'static, D> DatasetBuilder<Records<C>, D> {
    /// Takes the time from each record, so that snapshots know the earliest and the latest.
    pub fn timestamps<T: Into<ZonedTimestamp>>(
        mut self,
        time: impl Fn(&C::Record) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        self.time = Some(Arc::new(move |record| time(record).map(Into::into)));
        self
    }
}

impl<C: Content> DatasetBuilder<C> {
    /// Arranges the keys in the flat layout, `<id>/<version>/manifest.json`, in which datasets
    /// cannot be listed.
    pub fn flat(mut self) -> Self {
        self.layout = LayoutKind::Flat;
        self
    }
}

impl<C: Content, D: Division<C::Item>> DatasetBuilder<C, D> {
    /// Compresses the files.
    pub fn compressor(mut self, compressor: impl Compressor + 'static) -> Self {
        self.compressor = Some(Arc::new(compressor));
        self
    }

    /// How much may come out of a compressed file.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    shared_options!();

    /// Opens the dataset for writing.
    ///
    /// Writes nothing: a dataset that does not exist is created by the first commit, so that
    /// whatever fails before that, an encoding say, leaves nothing behind and another layout can
    /// still be chosen. If others have created it by then with other settings, that commit ends as
    /// [`Error::Mismatch`].
    ///
    /// Costs two requests; up to four if it does not exist, and two more with the first commit. A
    /// dataset of the Go implementation gets a descriptor then.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`]; [`Error::Mismatch`] if the dataset is not what is asked for;
    /// [`Error::ConditionalWritesIgnored`] if the store cannot tell writers apart (of a new dataset
    /// the first commit says it);
    /// [`Error::UnknownChecksum`] if it was written with an algorithm that is not known.
    pub async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Dataset<C, D>, Error> {
        super::open::for_writing(self, store).await
    }
}
