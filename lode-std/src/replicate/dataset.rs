//! Bringing a single snapshot of a dataset into another store.

use std::fmt;
use std::num::NonZeroUsize;

use futures::stream;
use lode_core::Version;
use lode_core::layout::DatasetLayout;
use lode_core::manifest::{DataFile, DatasetDraft, DatasetManifest};
use lode_core::replicate::same_content;

use super::files::{Carrier, digest_of};
use super::replica::Replica;
use super::{DatasetReport, DatasetTarget, FILES_IN_FLIGHT, Progress, Watch};
use crate::dataset::{DatasetSlots, file_token};
use crate::gather::gather;
use crate::history::{Committer, History, Restaging, Slots, Writer};
use crate::{Checksums, DatasetReader, DatasetSnapshot, Error};

/// Brings a single snapshot of a dataset into the dataset of the same id in another store, as a new
/// snapshot with the same files, metadata and statistics: what that has to do with the snapshots
/// there already is the caller's affair. To copy a history, use a [`Mirror`](super::Mirror).
#[must_use = "nothing travels until it is run"]
pub struct DatasetReplication<'a> {
    source: &'a DatasetReader,
    snapshot: &'a DatasetSnapshot,
    target: DatasetTarget,
    in_flight: usize,
    watch: Box<Watch<'a>>,
}

impl<'a> DatasetReplication<'a> {
    /// Of the `snapshot` that `source` has opened, into the store `target`.
    pub fn new(
        source: &'a DatasetReader,
        snapshot: &'a DatasetSnapshot,
        target: impl Into<DatasetTarget>,
    ) -> Self {
        let (target, in_flight) = (target.into(), FILES_IN_FLIGHT);
        Self { source, snapshot, target, in_flight, watch: Box::new(|_| {}) }
    }

    /// How many files are on their way at the same time, at the most; 4 by default.
    pub fn in_flight(mut self, files: NonZeroUsize) -> Self {
        self.in_flight = files.get();
        self
    }

    /// Tells how far it is, for a progress bar.
    pub fn watch(mut self, watch: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.watch = Box::new(watch);
        self
    }

    /// Runs it. If the target's newest snapshot has the same content, nothing is committed; what
    /// has no checksums is read on both sides to find out.
    ///
    /// If it fails, what has travelled is deleted, unless it is not known whether it was committed;
    /// if it is interrupted, it is collected. The next run begins again with the first file.
    ///
    /// # Errors
    ///
    /// [`Error::Mismatch`] if the target has another layout or checksum algorithm;
    /// [`Error::Corrupt`], [`Error::Truncated`] or [`Error::Missing`] if a file is not what was
    /// committed, [`Error::Collected`] if the snapshot has been collected meanwhile;
    /// [`Error::UnknownChecksum`]; else those of a [commit](crate::Volume::commit).
    #[tracing::instrument(
        name = "lode.replicate",
        skip_all,
        fields(id = %self.snapshot.manifest().id, version = %self.snapshot.version()),
        err
    )]
    pub async fn run(self) -> Result<DatasetReport, Error> {
        let manifest = self.snapshot.manifest();
        let source = self.source.history(manifest.id.as_str())?;
        let target = Replica::new(source.slots.layout.clone(), &self.target);
        let mut report = DatasetReport::default();
        if let Some(head) = target.history.refresh().await?
            && self.is_there(&source, &target.history, &head.manifest).await?
        {
            report.present = 1;
            report.head = Some(head.manifest.version);
            return Ok(report);
        }
        let writer = target.open(&source, Some(manifest)).await?;
        let mut restaging = Restaging::default();
        let head = loop {
            let files = match self.send(&source, &target.history, &writer).await {
                Ok(sent) => sent,
                Err(error) => return Err(source.explain(error, manifest.version).await),
            };
            match self.commit(&target.history, &writer, files).await {
                Err(error) if restaging.may_follow(&error) => {}
                committed => break committed?,
            }
        };
        for file in &manifest.files {
            report.count(file, manifest.checksum.is_some(), true);
        }
        report.head = Some(head);
        report.snapshots = 1;
        Ok(report)
    }

    /// Whether a snapshot of the target has the same content.
    async fn is_there(
        &self,
        source: &History<DatasetSlots>,
        target: &History<DatasetSlots>,
        head: &DatasetManifest,
    ) -> Result<bool, Error> {
        let (layout, manifest) = (&source.slots.layout, self.snapshot.manifest());
        let Some(untold) = same_content(layout, manifest, head) else { return Ok(false) };
        for place in untold {
            let Some((file, there)) = manifest.files.get(place).zip(head.files.get(place)) else {
                return Ok(false);
            };
            let algorithm = Checksums::standard();
            let (ours, theirs) = futures::try_join!(
                digest_of(&source.objects, &file.key, file.size, algorithm),
                digest_of(&target.objects, &there.key, there.size, algorithm),
            )?;
            if ours != theirs {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Sends all files, under new names.
    async fn send(
        &self,
        source: &History<DatasetSlots>,
        target: &History<DatasetSlots>,
        writer: &Writer,
    ) -> Result<Vec<DataFile>, Error> {
        let manifest = self.snapshot.manifest();
        let slot = || source.slots.slot(manifest.version);
        let carrier = Carrier {
            source: &source.objects,
            target: &target.objects,
            writer,
            algorithm: self.target.checksums.named(manifest.checksum.as_deref(), slot)?,
            watch: &*self.watch,
        };
        let total = manifest.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        (self.watch)(Progress::Sending(total));
        let layout = &target.slots.layout;
        let epoch = writer.epoch(target).await?;
        let sends = manifest.files.iter().zip(0_u64..).map(async |(file, number)| {
            let name = match DatasetLayout::is_file_name(file.key.name()) {
                true => file.key.name(),
                // Else no collector would know it for one.
                false => "data",
            };
            let token = file_token(writer.bits, epoch, number);
            let partition = layout.partition_of(&file.key);
            let key = layout.file(token, partition.as_ref(), name);
            let key = key.map_err(|source| Error::InvalidKey { source })?;
            carrier.send(file, &key).await?;
            Ok(DataFile { key, ..file.clone() })
        });
        match gather(stream::iter(sends), self.in_flight).await {
            (sent, None) => Ok(sent),
            (sent, Some(error)) => {
                let keys = sent.into_iter().map(|file: DataFile| file.key);
                target.objects.delete_all(keys.collect()).await;
                Err(error)
            }
        }
    }

    async fn commit(
        &self,
        target: &History<DatasetSlots>,
        writer: &Writer,
        files: Vec<DataFile>,
    ) -> Result<Version, Error> {
        let commit_id = writer.next_commit(0);
        let manifest = DatasetManifest {
            files,
            commit_id: Some(commit_id),
            ..self.snapshot.manifest().clone()
        };
        let draft = DatasetDraft { manifest };
        match Committer::commit(target, writer, commit_id, &draft).await {
            Ok(live) => Ok(live.manifest.version),
            Err(error) => {
                if error.rules_out_commit() {
                    let keys = draft.manifest.files.into_iter().map(|file| file.key);
                    target.objects.delete_all(keys.collect()).await;
                }
                Err(error)
            }
        }
    }
}

impl fmt::Debug for DatasetReplication<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatasetReplication")
            .field("id", &self.snapshot.manifest().id)
            .field("version", &self.snapshot.version())
            .finish_non_exhaustive()
    }
}
