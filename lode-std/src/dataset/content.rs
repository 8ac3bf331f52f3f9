//! What a dataset holds: blobs, or records of a codec, in partitions or not. Types, so that what
//! makes no sense for one of them cannot be called on it.

use std::sync::Arc;

use lode_core::codec::Codec;
use lode_core::partition::{Partition, PartitionError, Partitioner};
use lode_core::time::ZonedTimestamp;

/// What a dataset holds: [`Blobs`], or the records of a [`Codec`].
pub trait Content: Send + Sync + 'static {
    /// What the files are made of.
    type Item: Send;

    /// The codec's name, as manifests record it.
    fn codec_name(&self) -> Option<&'static str>;
}

/// A dataset of blobs: bytes that nothing is known about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Blobs;

impl Content for Blobs {
    type Item = bytes::Bytes;

    fn codec_name(&self) -> Option<&'static str> {
        None
    }
}

/// A dataset of the records of a codec.
#[derive(Clone, Copy, Debug, Default)]
pub struct Records<C>(
    /// The codec.
    pub C,
);

impl<C: Codec + 'static> Content for Records<C> {
    type Item = C::Record;

    fn codec_name(&self) -> Option<&'static str> {
        Some(self.0.name())
    }
}

/// How the records of a dataset are divided into files: [`Whole`] or [`Partitioned`].
pub trait Division<R>: Send + Sync + 'static {
    /// The partitioner's name, as manifests record it.
    fn name(&self) -> &'static str;

    /// The partition of a record; `None` if there are none.
    ///
    /// # Errors
    ///
    /// If the record does not say.
    fn partition(&self, record: &R) -> Result<Option<Partition>, PartitionError>;
}

/// Not divided: the records of one write go into one file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole;

impl<R> Division<R> for Whole {
    fn name(&self) -> &'static str {
        lode_core::manifest::DatasetManifest::NONE
    }

    fn partition(&self, _: &R) -> Result<Option<Partition>, PartitionError> {
        Ok(None)
    }
}

/// Divided by a partitioner: a file for each partition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Partitioned<P>(
    /// The partitioner.
    pub P,
);

impl<R, P: Partitioner<R> + 'static> Division<R> for Partitioned<P> {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn partition(&self, record: &R) -> Result<Option<Partition>, PartitionError> {
        self.0.partition(record).map(Some)
    }
}

/// Takes the time from a record, if it has one.
pub(super) type TimeOf<R> = Arc<dyn Fn(&R) -> Option<ZonedTimestamp> + Send + Sync>;
