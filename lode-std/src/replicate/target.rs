//! The store that a dataset is brought to.

use std::fmt;
use std::sync::Arc;

use object_store::ObjectStore;

use crate::history::WriterOptions;
use crate::{Checksums, Clock, Retry};

/// A store that a dataset is brought to, and how it is written there. A store is one as it is, with
/// all of this by default.
#[derive(Clone)]
pub struct DatasetTarget {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) checksums: Checksums,
    pub(super) options: WriterOptions,
}

impl DatasetTarget {
    /// The store itself.
    pub fn new(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, checksums: Checksums::default(), options: WriterOptions::default() }
    }

    /// The checksum algorithms that files are verified by; those that come with Lode, by default.
    #[must_use]
    pub fn checksums(mut self, checksums: Checksums) -> Self {
        self.checksums = checksums;
        self
    }

    /// What to do about conflicts and lost replies; [`Retry::none`] by default. Copying a history
    /// knows no conflicts: who finds a slot taken has either copied it, or must not go on.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = retry;
        self
    }

    /// The clock; the system's by default.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.options.clock = clock;
        self
    }
}

impl From<Arc<dyn ObjectStore>> for DatasetTarget {
    fn from(store: Arc<dyn ObjectStore>) -> Self {
        Self::new(store)
    }
}

impl fmt::Debug for DatasetTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetTarget").field("store", &self.store).finish_non_exhaustive()
    }
}
