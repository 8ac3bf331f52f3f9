//! How a volume is opened.

use std::sync::Arc;
use std::time::Duration;

use lode_core::checksum::Algorithm;
use lode_core::manifest::Format;
use lode_core::manifest::pages::PageSizes;
use object_store::ObjectStore;

use super::{Snapshot, Volume, VolumeReader};
use crate::history::WriterOptions;
use crate::options::shared_options;
use crate::{Checksums, Error};

/// What a handle may keep pages in, unless it is said.
pub(super) const PAGE_CACHE: usize = 32 << 20;

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
    pub(super) page_cache: usize,
    pub(super) page_sizes: PageSizes,
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
            page_cache: PAGE_CACHE,
            page_sizes: PageSizes::default(),
        }
    }

    /// The format of its manifests; compact, if it is created.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// How many bytes of memory the handle may keep pages of its blocks in, shared by its clones
    /// and snapshots; 32 MiB by default, which is enough for 400,000 blocks. Volumes of up to 512
    /// blocks have none.
    pub fn page_cache(mut self, bytes: usize) -> Self {
        self.page_cache = bytes;
        self
    }

    /// How large pages become that are written: for tests, which want deep trees of few blocks.
    #[doc(hidden)]
    pub fn page_sizes(mut self, sizes: PageSizes) -> Self {
        self.page_sizes = sizes;
        self
    }

    shared_options!();

    /// Opens the volume for writing.
    ///
    /// Writes nothing: a volume that does not exist is created by the first commit, so that
    /// whatever fails before that leaves nothing behind. If others have created it by then with
    /// other settings, that commit ends as [`Error::Mismatch`].
    ///
    /// Costs two requests; if it does not exist as well, and two more with the first commit. A
    /// volume of the Go implementation gets a descriptor then.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`], [`Error::InvalidLength`]; [`Error::Mismatch`] if the volume is not
    /// what is asked for; [`Error::VolumeNotFound`] if it must exist and does not;
    /// [`Error::ConditionalWritesIgnored`] if the store cannot tell writers apart (of a new volume
    /// the first commit says it);
    /// [`Error::UnknownChecksum`] if it was written with an algorithm that is not known.
    pub async fn open(self, store: Arc<dyn ObjectStore>) -> Result<Volume, Error> {
        super::open::for_writing(self, store).await
    }

    /// Opens the volume for writing what another one has: one that is not there is created with
    /// the length and the checksum algorithm of `source`, where nothing else is asked for. For a
    /// [`Replication`](crate::replicate::Replication).
    ///
    /// Costs as much as [`open`](Self::open), twice if the volume does not exist.
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn open_like(
        self,
        source: &Snapshot,
        store: Arc<dyn ObjectStore>,
    ) -> Result<Volume, Error> {
        match self.clone().open(store.clone()).await {
            Err(Error::VolumeNotFound { .. }) => {}
            opened => return opened,
        }
        let named = source.manifest().checksum.as_deref();
        let known = named.and_then(|name| self.checksums.find(name));
        let (checksum, total_length) = (self.checksum.or(known), Some(source.len()));
        Self { checksum, total_length, ..self }.open(store).await
    }

    /// Opens the volume for reading. Writes nothing, and costs one request.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), as far as they concern reading.
    pub async fn open_read_only(self, store: Arc<dyn ObjectStore>) -> Result<VolumeReader, Error> {
        super::open::for_reading(self, store).await
    }

    /// The newest snapshot, for who wants to read that one only: it is found without the
    /// descriptor. `None` if nothing has been committed yet.
    ///
    /// Writes nothing. Costs three requests (hint, list, manifest) if the manifests have the format
    /// asked for, and it need not be asked for if they are compact; eight otherwise.
    ///
    /// # Errors
    ///
    /// As [`open_read_only`](Self::open_read_only) and [`VolumeReader::latest`].
    pub async fn latest(self, store: Arc<dyn ObjectStore>) -> Result<Option<Snapshot>, Error> {
        super::open::latest(self, store).await
    }
}
