//! A snapshot of a dataset.

use std::sync::Arc;

use lode_core::Version;
use lode_core::manifest::{DataFile, DatasetManifest, Metadata};
use lode_core::time::Timestamp;

use crate::history::Live;

/// What was committed to a dataset at one version: its files, and what is known of them. It never
/// changes.
#[derive(Clone, Debug)]
pub struct DatasetSnapshot {
    live: Arc<Live<DatasetManifest>>,
}

impl DatasetSnapshot {
    pub(super) fn new(live: Arc<Live<DatasetManifest>>) -> Self {
        Self { live }
    }

    /// Its manifest.
    pub fn manifest(&self) -> &DatasetManifest {
        &self.live.manifest
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.manifest().version
    }

    /// The version of the snapshot before it.
    pub fn parent(&self) -> Option<Version> {
        self.manifest().parent
    }

    /// When it was committed, by the writer's clock.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.manifest().created_at
    }

    /// What the writer said about it.
    pub fn metadata(&self) -> &Metadata {
        &self.manifest().metadata
    }

    /// Its data files.
    pub fn files(&self) -> &[DataFile] {
        &self.manifest().files
    }

    /// How many rows they hold; a blob counts as one.
    pub fn row_count(&self) -> u64 {
        self.manifest().row_count
    }
}
