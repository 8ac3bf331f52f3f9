//! Copying the history of a dataset, slot by slot.

use std::fmt;
use std::num::NonZeroUsize;

use bytes::Bytes;
use futures::stream::{self, StreamExt, TryStreamExt};
use lode_core::Version;
use lode_core::layout::Place;
use lode_core::manifest::{DatasetManifest, ManifestError, SlotManifest};
use lode_core::replicate::{Comparison, Step};
use lode_core::verify::{Link, LinkState};

use super::files::Carrier;
use super::replica::Replica;
use super::{DatasetReport, DatasetTarget, FILES_IN_FLIGHT, Progress, Watch};
use crate::dataset::{DatasetSlots, read_descriptor};
use crate::history::{Found, History, Live, Slots, Writer, create_entries, overwrite_entries};
use crate::{DatasetReader, Error};

/// Copies the history of a dataset into another store: version n of the copy is version n of the
/// source, byte by byte, with its records, metadata, times and statistics. A snapshot that has been
/// collected at the source is so in the copy, too; one that is collected later stays in the copy.
///
/// The copy has the id and the layout of the source. What has been copied goes on where the source
/// has gone on; once something else is committed to it, its history is no longer the beginning of
/// the source's.
#[must_use = "nothing travels until it is run"]
pub struct Mirror<'a> {
    source: &'a DatasetReader,
    id: &'a str,
    target: DatasetTarget,
    in_flight: usize,
    watch: Box<Watch<'a>>,
}

impl<'a> Mirror<'a> {
    /// Of the dataset `id` that `source` reads, into the store `target`.
    pub fn new(source: &'a DatasetReader, id: &'a str, target: impl Into<DatasetTarget>) -> Self {
        let (target, in_flight) = (target.into(), FILES_IN_FLIGHT);
        Self { source, id, target, in_flight, watch: Box::new(|_| {}) }
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

    /// Runs it. Nothing is written unless the target's history is the beginning of the source's.
    ///
    /// Of each snapshot the files go first, then the manifest, so that all that a reader sees in
    /// the target is there. If the future is dropped, or it fails on the way, what is there by then
    /// stays, and the next run goes on with the first file that is missing. Several may run at the
    /// same time.
    ///
    /// A collection at the source is part of its history, and comes along: what it dropped is
    /// dropped in the copy as well, and a collection there deletes it. A collection in the copy that
    /// drops more makes the histories differ.
    ///
    /// # Errors
    ///
    /// [`Error::DatasetNotFound`]; [`Error::HistoryDiverged`] with the first version that differs;
    /// [`Error::Mismatch`] if the target has another layout or checksum algorithm;
    /// [`Error::Corrupt`], [`Error::Truncated`] or [`Error::Missing`] if a file is not what was
    /// committed; [`Error::UnknownChecksum`]; or whatever the store reports. An outcome that could not be
    /// learnt needs no settling: run it again.
    #[tracing::instrument(name = "lode.mirror", skip_all, fields(id = self.id), err)]
    pub async fn run(self) -> Result<DatasetReport, Error> {
        let source = self.source.history(self.id)?;
        let target = Replica::new(source.slots.layout.clone(), &self.target);
        let ours = source.versions().await?;
        if ours.is_empty()
            && read_descriptor(&source.objects, &source.slots.layout).await?.is_none()
        {
            return Err(Error::DatasetNotFound { id: source.id().clone() });
        }
        let theirs = target.history.versions().await?;
        if let Err(error) = compare(&source, &target.history, &ours, &theirs).await {
            // Nobody else is going to, and it matters less than that the histories differ.
            if let Err(error) = put_hint_right(&target.history).await {
                tracing::warn!(%error, "the hint of the copy may be behind");
            }
            return Err(error);
        }
        let mut report = DatasetReport {
            present: theirs.len(),
            head: ours.last().copied(),
            ..DatasetReport::default()
        };
        let missing = ours.get(theirs.len()..).unwrap_or_default();
        if missing.is_empty() {
            put_hint_right(&target.history).await?;
            return Ok(report);
        }
        let newest = source.refresh().await?;
        let newest = newest.as_deref().map(|live| &live.manifest);
        let writer = target.open(&source, newest).await?;
        let copy = Copy { mirror: &self, source: &source, target: &target.history, writer };
        for (place, version) in missing.iter().enumerate() {
            copy.slot(*version, place == 0, &mut report).await?;
        }
        // Each snapshot has written its own.
        if report.snapshots == 0 {
            put_hint_right(&target.history).await?;
        }
        Ok(report)
    }
}

/// Makes sure that the target's history is the beginning of the source's.
async fn compare(
    source: &History<DatasetSlots>,
    target: &History<DatasetSlots>,
    ours: &[Version],
    theirs: &[Version],
) -> Result<(), Error> {
    let (mut comparison, mut step) = Comparison::start(ours, theirs);
    loop {
        match step {
            Step::Beginning => return Ok(()),
            Step::Diverged(version) => {
                return Err(Error::HistoryDiverged { id: target.id().clone(), version });
            }
            Step::Compare(version) => {
                let links = futures::try_join!(link(source, version), link(target, version))?;
                (comparison, step) = comparison.on(&links.0, &links.1);
            }
        }
    }
}

async fn link(history: &History<DatasetSlots>, version: Version) -> Result<Link, Error> {
    let gone = || Error::SnapshotNotFound { id: history.id().clone(), version };
    history.load(version).await?.link().ok_or_else(gone)
}

/// A run that ended between the last slot and its hint has left one that is behind, which a Go
/// writer would trust.
async fn put_hint_right(target: &History<DatasetSlots>) -> Result<(), Error> {
    match target.refresh_head().await?.position.live {
        Some(newest) => target.put_hint_right(newest).await,
        None => Ok(()),
    }
}

/// A copy that is being made.
struct Copy<'a> {
    mirror: &'a Mirror<'a>,
    source: &'a History<DatasetSlots>,
    target: &'a History<DatasetSlots>,
    writer: Writer,
}

impl Copy<'_> {
    /// Copies a slot, and before that what its manifest refers to. Of the first one that is
    /// missing, an interrupted run may have left some.
    async fn slot(
        &self,
        version: Version,
        is_first: bool,
        report: &mut DatasetReport,
    ) -> Result<(), Error> {
        loop {
            let Some((found, bytes)) = self.source.load_stored(version).await? else {
                return Err(Error::SnapshotNotFound { id: self.source.id().clone(), version });
            };
            let Some(link) = found.link() else { return Ok(()) };
            let live = match found {
                Found::Live(live) if self.source.is_dropped(version) => {
                    return self.tombstone(&live, report).await;
                }
                Found::Live(live) => live,
                Found::Record(_) => return self.claim(&link, bytes).await,
                Found::Absent | Found::Collected(_) => {
                    report.collected += 1;
                    return self.claim(&link, bytes).await;
                }
            };
            match self.files(&live.manifest, is_first, report).await {
                Ok(()) => {
                    self.publish(&live, &link, bytes).await?;
                    report.snapshots += 1;
                    return Ok(());
                }
                // What is copied then is the tombstone.
                Err(error) => match self.source.explain(error, version).await {
                    Error::Collected { .. } => {}
                    error => return Err(error),
                },
            }
        }
    }

    /// Fills the slot of a snapshot that has been dropped, and whose data may be gone.
    async fn tombstone(
        &self,
        live: &Live<DatasetManifest>,
        report: &mut DatasetReport,
    ) -> Result<(), Error> {
        let tombstone = live.manifest.tombstone(live.digest);
        let link = Link::of(&tombstone, LinkState::Collected, live.digest);
        self.claim(&link, self.target.tombstone_bytes(&tombstone)?).await?;
        report.collected += 1;
        Ok(())
    }

    /// Fills a slot of the copy.
    async fn claim(&self, link: &Link, bytes: Bytes) -> Result<(), Error> {
        match self.target.claim(&self.writer, link, bytes).await {
            Err(Error::Conflict { version }) => {
                Err(Error::HistoryDiverged { id: self.target.id().clone(), version })
            }
            claimed => claimed,
        }
    }

    /// Brings all files of a snapshot.
    async fn files(
        &self,
        manifest: &DatasetManifest,
        is_first: bool,
        report: &mut DatasetReport,
    ) -> Result<(), Error> {
        let slot = || self.source.slots.slot(manifest.version);
        self.check_places(manifest)?;
        let carrier = Carrier {
            source: &self.source.objects,
            target: &self.target.objects,
            writer: &self.writer,
            algorithm: self.mirror.target.checksums.named(manifest.checksum.as_deref(), slot)?,
            watch: &*self.mirror.watch,
        };
        let total = manifest.files.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
        (self.mirror.watch)(Progress::Sending(total));
        let carried = stream::iter(&manifest.files).map(async |file| {
            // What is large is not sent before it is known to be missing.
            let key = &file.key;
            match is_first || file.size > crate::store::PART as u64 {
                true => carrier.resume(file, key).await,
                false => carrier.send(file, key).await.map(|()| true),
            }
        });
        let carried: Vec<_> = carried.buffered(self.mirror.in_flight).try_collect().await?;
        for (file, is_sent) in manifest.files.iter().zip(carried) {
            report.count(file, carrier.algorithm.is_some(), is_sent);
        }
        Ok(())
    }

    /// A manifest that is not trusted must not have its files put in the place of something else.
    fn check_places(&self, manifest: &DatasetManifest) -> Result<(), Error> {
        let layout = &self.target.slots.layout;
        let is_misplaced = |place| !matches!(place, Place::Data | Place::Unknown);
        let mut keys = manifest.files.iter().map(|file| layout.place(file.key.as_str()));
        match keys.position(is_misplaced) {
            None => Ok(()),
            Some(index) => Err(Error::ManifestInvalid {
                key: layout.slot(manifest.version),
                source: ManifestError::Field {
                    field: format!("files[{index}].path"),
                    reason: "that is the place of something else than a data file".into(),
                },
            }),
        }
    }

    /// Makes a snapshot visible: its entries in the index first, as a commit does.
    async fn publish(
        &self,
        live: &Live<DatasetManifest>,
        link: &Link,
        bytes: Bytes,
    ) -> Result<(), Error> {
        let taken = create_entries(self.target, &self.writer, &live.manifest).await?;
        self.claim(link, bytes).await?;
        overwrite_entries(self.target, &live.manifest, &taken).await
    }
}

impl fmt::Debug for Mirror<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("id", &self.id).finish_non_exhaustive()
    }
}
