//! The descriptor of a dataset.

use alloc::boxed::Box;

use super::check_if;
use crate::id::Id;
use crate::layout::LayoutKind;
use crate::manifest::Mismatch;

/// What every writer of one dataset must agree on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DatasetDescriptor {
    /// The dataset.
    pub id: Id,
    /// How its keys are arranged.
    pub layout: LayoutKind,
    /// The algorithm of its files' digests; the Go implementation may have written none.
    pub checksum: Option<Box<str>>,
    /// For how long a collection spares what has been staged and no manifest refers to yet, in
    /// seconds.
    pub grace_period: u64,
}

impl DatasetDescriptor {
    /// Checks that what a writer asks for is what is there.
    ///
    /// # Errors
    ///
    /// The first thing that is another.
    pub fn check(&self, wanted: &WantedDataset<'_>) -> Result<(), Mismatch> {
        let WantedDataset { id, layout, checksum, grace_period } = wanted;
        let found = self.checksum.as_deref().unwrap_or("none");
        Mismatch::check("dataset_id", *id, &self.id)?;
        Mismatch::check("layout", layout, &self.layout)?;
        check_if("checksum_algorithm", *checksum, found)?;
        check_if("grace_period_seconds", grace_period.as_ref(), &self.grace_period)
    }
}

/// What a writer asks of a dataset; `None` where it takes what is there.
#[derive(Clone, Copy, Debug)]
pub struct WantedDataset<'a> {
    /// The dataset.
    pub id: &'a Id,
    /// How its keys are arranged.
    pub layout: LayoutKind,
    /// The name of its checksum algorithm.
    pub checksum: Option<&'a str>,
    /// Its grace period in seconds.
    pub grace_period: Option<u64>,
}
