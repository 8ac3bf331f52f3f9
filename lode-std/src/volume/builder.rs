//! How a volume is opened.

use std::sync::Arc;
use std::time::Duration;

use lode_core::checksum::Algorithm;
use lode_core::manifest::Format;
use object_store::ObjectStore;

use super::{Volume, VolumeReader};
use crate::history::WriterOptions;
use crate::{Checksums, Clock, Entropy, Error, Retry};

/// How a volume is opened: what is asked of it, and what it works with.
///
/// What is not set is taken from the volume, or from the defaults if it is created.
#[derive(Clone, Debug)]
#[must_use]
pub struct VolumeBuilder {
    pub(super) id: String,
    pub(super) total_length: Option<u64>,
    pub(super) format: Option<Format>,
    pub(super) checksum: Option<Algorithm>,
    pub(super) checksums: Checksums,
    pub(super) grace_period: Option<Duration>,
    pub(super) writer: WriterOptions,
}

impl VolumeBuilder {
    pub(super) fn new(id: &str, total_length: Option<u64>) -> Self {
        Self {
            id: id.to_string(),
            total_length,
            format: None,
            checksum: None,
            checksums: Checksums::default(),
            grace_period: None,
            writer: WriterOptions::default(),
        }
    }

    /// The format of its manifests; compact, if it is created.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// The algorithm of its blocks' checksums; `xxh3-128`, if it is created.
    pub fn checksum(mut self, algorithm: Algorithm) -> Self {
        self.checksums = self.checksums.with(algorithm);
        self.checksum = Some(algorithm);
        self
    }

    /// The checksum algorithms that the handle knows; those that come with Lode, by default.
    pub fn checksums(mut self, checksums: Checksums) -> Self {
        self.checksums = checksums;
        self
    }

    /// For how long what has been staged is safe from a collector, in whole seconds; it must be
    /// committed within half of that. A day, if the volume is created.
    pub fn grace_period(mut self, period: Duration) -> Self {
        self.grace_period = Some(period);
        self
    }

    /// What to do about conflicts and lost replies; [`Retry::none`] by default.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.writer.retry = retry;
        self
    }

    /// Promises that this handle is the only writer, so that a store will do that ignores
    /// conditions. If the promise is broken, acknowledged commits are lost.
    pub fn single_writer(mut self) -> Self {
        self.writer.single_writer = true;
        self
    }

    /// The clock; the system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.writer.clock = clock;
        self
    }

    /// Where random bits come from; the system by default.
    pub fn entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.writer.entropy = entropy;
        self
    }

    /// Opens the volume for writing.
    ///
    /// Costs two requests, and two more if it is created. A volume of the Go implementation gets
    /// a descriptor.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`], [`Error::InvalidLength`]; [`Error::Mismatch`] if the volume is not
    /// what is asked for; [`Error::VolumeNotFound`] if it must exist and does not;
    /// [`Error::ConditionalWritesIgnored`] if the store cannot tell writers apart;
    /// [`Error::UnknownChecksum`] if it was written with an algorithm that is not known.
    pub async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Volume, Error> {
        super::open::for_writing(self, store).await
    }

    /// Opens the volume for reading. Writes nothing, and costs one request.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), as far as they concern reading.
    pub async fn open_read_only(self, store: Arc<dyn ObjectStore>) -> Result<VolumeReader, Error> {
        super::open::for_reading(self, store).await
    }
}
