//! Verifying: whether all that a volume or dataset has committed is there and holds.
//!
//! Manifests decode and are those of their slots; each is on top of the one before it, by its
//! bytes; no version is missing; hint, descriptor, tags and index entries agree with them; each
//! object that any of them refers to is there with its size. With [`data`](Verification::data)
//! every byte is read and compared with its checksum, of each object once, however many snapshots
//! share it. What nothing refers to, and what no layout knows, is noticed as well.
//!
//! Nothing is written, and readers, writers and collectors may go on meanwhile: what seems to be
//! missing is looked at again before it is reported.
//!
//! A [`Finding`] is proof: an object that the store says twice is not there, though a snapshot that
//! has not been dropped refers to it, or bytes that were read twice and were wrong in the same way.
//! What cannot be read now, for want of a permission, of file handles or of an answer, is
//! [`Unreadable`]: nothing is known of it, so verify again. What other programs and operating
//! systems leave in a store is ignored.
//!
//! ```
//! use lode_std::verify::Verification;
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let store = store::open("memory:")?;
//! let volume = Volume::builder("disk-image", 1024).open(store.clone()).await?;
//! let block = volume.stage_at(0, "boot").await?;
//! volume.commit([block], meta! {}).await?;
//!
//! let verification = Verification::volume(store, "disk-image")?.data(true);
//! let report = verification.run(|finding| eprintln!("{}: {}", finding.object, finding.problem));
//! let report = report.await?;
//! assert_eq!((report.damage, report.unreadable), (0, 0));
//! # Ok(())
//! # }
//! ```
//!
//! # What it costs
//!
//! In requests, for n slots, t tags, e index entries, p pages and d objects: one list for each
//! thousand objects, 2 + n + t + e + p reads, and with data d + p reads more; beside that the
//! versions are found, in the JSON format of volumes the descriptor is read, and up to three looks
//! find the layout of a dataset. What seems to be missing or damaged costs up to four more. A hint or
//! an index entry that is wrong is looked at for a third of a second, for a writer may be about to
//! write it. Some 300 bytes of memory for each object, whatever its size.

mod chain;
mod data;
mod evidence;
mod examination;
mod listing;
mod objects;
mod report;
mod slots;
mod tags;

use std::fmt;
use std::sync::Arc;

use lode_core::Version;
use lode_core::id::Id;
use lode_core::key::Key;
use lode_core::layout::{DatasetLayout, LayoutKind, VolumeLayout};
use lode_core::manifest::Format;
pub use lode_core::verify::{Affected, Finding, Part, Problem, Severity, Span, Unreadable};
use object_store::ObjectStore;

use self::examination::Examination;
pub(crate) use self::examination::Examined;
use self::listing::Listing;
pub use self::report::{Progress, Report};
use crate::dataset::{DatasetReader, DatasetSlots};
use crate::history::History;
use crate::store::Objects;
use crate::volume::{OwnChecksum, VolumeSlots};
use crate::{Checksums, Clock, Error, SystemClock};

/// Verifies a volume or dataset.
#[must_use = "nothing is verified until it is run"]
pub struct Verification<'a> {
    store: Arc<dyn ObjectStore>,
    subject: Subject,
    options: Options<'a>,
}

/// What is verified.
enum Subject {
    Dataset(Id, Option<LayoutKind>),
    Volume(Id),
}

/// What was examined.
pub(crate) enum Target {
    Dataset(Box<Examined<DatasetSlots>>),
    Volume(Box<Examined<VolumeSlots>>),
}

/// How it is verified.
struct Options<'a> {
    /// Whether every byte is read.
    data: bool,
    /// Only this snapshot, and what it consists of.
    snapshot: Option<Version>,
    /// In bytes a second.
    bandwidth: Option<u64>,
    checksums: Checksums,
    clock: Arc<dyn Clock>,
    watch: Box<dyn Fn(Progress) + Send + Sync + 'a>,
    unreadable: Box<dyn Fn(&Unreadable) + Send + Sync + 'a>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            data: false,
            snapshot: None,
            bandwidth: None,
            checksums: Checksums::default(),
            clock: Arc::new(SystemClock),
            watch: Box::new(|_| {}),
            unreadable: Box::new(|_| {}),
        }
    }
}

impl<'a> Verification<'a> {
    /// Of the volume `id`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`].
    pub fn volume(store: Arc<dyn ObjectStore>, id: &str) -> Result<Self, Error> {
        let subject = Subject::Volume(Id::existing(id)?);
        Ok(Self { store, subject, options: Options::default() })
    }

    /// Of the dataset `id`, in this layout, or in the one that is found.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`].
    pub fn dataset(
        store: Arc<dyn ObjectStore>,
        id: &str,
        layout: Option<LayoutKind>,
    ) -> Result<Self, Error> {
        let subject = Subject::Dataset(Id::existing(id)?, layout);
        Ok(Self { store, subject, options: Options::default() })
    }

    /// Whether every byte is read and compared with its checksum; without it only sizes are.
    pub fn data(mut self, data: bool) -> Self {
        self.options.data = data;
        self
    }

    /// Only this snapshot, and what it consists of: neither its place in the history, nor what
    /// lies beside it.
    pub fn snapshot(mut self, version: Version) -> Self {
        self.options.snapshot = Some(version);
        self
    }

    /// The most bytes that are read in a second, on average; as fast as can be by default.
    pub fn bandwidth(mut self, bytes: u64) -> Self {
        self.options.bandwidth = Some(bytes);
        self
    }

    /// The checksum algorithms that are known.
    pub fn checksums(mut self, checksums: Checksums) -> Self {
        self.options.checksums = checksums;
        self
    }

    /// The clock; the system's by default.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.options.clock = clock;
        self
    }

    /// Tells how far it is, for a progress bar.
    pub fn watch(mut self, watch: impl Fn(Progress) + Send + Sync + 'a) -> Self {
        self.options.watch = Box::new(watch);
        self
    }

    /// Shows each object or folder that could not be read as it is met. They are counted in
    /// [`Report::unreadable`], and are no findings.
    pub fn unreadable(mut self, unreadable: impl Fn(&Unreadable) + Send + Sync + 'a) -> Self {
        self.options.unreadable = Box::new(unreadable);
        self
    }

    /// Runs it. `found` is shown each finding as it is found.
    ///
    /// # Errors
    ///
    /// [`Error::VolumeNotFound`] or [`Error::DatasetNotFound`] if there is no such history: the
    /// folder may hold things of somebody else's; [`Error::SnapshotNotFound`] if one was asked for
    /// that is not there; or whatever the store reports if it cannot be learnt which versions there
    /// are. What else cannot be read is counted, and does not end it.
    #[tracing::instrument(name = "lode.verify", skip_all, err)]
    pub async fn run(self, found: impl FnMut(&Finding) + Send) -> Result<Report, Error> {
        Ok(match self.examine(Objects::new, found).await? {
            Target::Volume(examined) => examined.report,
            Target::Dataset(examined) => examined.report,
        })
    }

    /// All that a verification finds out.
    pub(crate) async fn examine(
        self,
        open: fn(Arc<dyn ObjectStore>) -> Objects,
        mut found: impl FnMut(&Finding) + Send,
    ) -> Result<Target, Error> {
        let objects = open(self.store.clone());
        let (options, found) = (&self.options, &mut found);
        Ok(match &self.subject {
            Subject::Volume(id) => {
                let layout = VolumeLayout::new(id.clone());
                let listing = Listing::of(&objects, &folder(layout.prefix())?).await;
                let checksums = options.checksums.clone();
                let slots = volume_slots(&objects, layout, &listing, checksums).await?;
                let history = History::new(objects, slots);
                let examined = Examination::new(history, listing, options, found).run().await?;
                Target::Volume(Box::new(examined))
            }
            Subject::Dataset(id, layout) => {
                let slots = dataset_slots(&self.store, &objects, id, *layout).await?;
                let listing = Listing::of(&objects, &slots.layout.folder()).await;
                let history = History::new(objects, slots);
                let examined = Examination::new(history, listing, options, found).run().await?;
                Target::Dataset(Box::new(examined))
            }
        })
    }
}

impl fmt::Debug for Verification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification").finish_non_exhaustive()
    }
}

fn folder(prefix: &str) -> Result<Key, Error> {
    Key::new(prefix).map_err(|source| Error::InvalidKey { source })
}

/// The slots of a volume, whose descriptor may be damaged: the format is that of most of what
/// lies where slots do. Its length is what the newest snapshot says.
async fn volume_slots(
    objects: &Objects,
    layout: VolumeLayout,
    listing: &Listing,
    checksums: Checksums,
) -> Result<VolumeSlots, Error> {
    let count = |format| {
        let is_slot = |key: &&String| layout.parse_slot(key, format).is_some();
        listing.objects.keys().filter(is_slot).count()
    };
    let format = match count(Format::Json).cmp(&count(Format::Compact)) {
        std::cmp::Ordering::Greater => Format::Json,
        std::cmp::Ordering::Less => Format::Compact,
        std::cmp::Ordering::Equal => {
            let bytes = objects.read(&layout.descriptor()).await?.unwrap_or_default();
            let found = lode_core::descriptor::decode_volume(&bytes);
            found.map_or_else(|_| Format::default(), |found| found.format)
        }
    };
    let mut slots = VolumeSlots::bare(layout, format, checksums);
    if format == Format::Json {
        // What our own blocks are verified by, if all slots that said so have been collected.
        // While it cannot be read, the manifests tell.
        let bytes = objects.read(&slots.layout.descriptor()).await.ok().flatten();
        let found = bytes.and_then(|bytes| lode_core::descriptor::decode_volume(&bytes).ok());
        slots.own =
            found.map_or_else(OwnChecksum::default, |found| OwnChecksum::described(found.checksum));
    }
    Ok(slots)
}

/// The slots of a dataset, whose descriptor may be damaged.
async fn dataset_slots(
    store: &Arc<dyn ObjectStore>,
    objects: &Objects,
    id: &Id,
    layout: Option<LayoutKind>,
) -> Result<DatasetSlots, Error> {
    let not_found = || Error::DatasetNotFound { id: id.clone() };
    let kind = match layout {
        Some(kind) => kind,
        None => match DatasetReader::find_layout(store.clone(), id.as_str()).await {
            Ok(found) => found.ok_or_else(not_found)?,
            // Whatever is the matter with the descriptor will show.
            Err(_) => {
                let folder = DatasetLayout::new(id.clone(), LayoutKind::Default).folder();
                let folders = objects.folders(&folder).await?;
                let is_hive = |name: &String| name == LayoutKind::Hive.slot_folder();
                match folders.iter().any(is_hive) {
                    true => LayoutKind::Hive,
                    false => LayoutKind::Default,
                }
            }
        },
    };
    Ok(DatasetSlots { layout: DatasetLayout::new(id.clone(), kind) })
}
