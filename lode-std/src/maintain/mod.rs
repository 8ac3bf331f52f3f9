//! Maintenance: dropping old snapshots, deleting what nothing refers to, and tags that keep it.
//!
//! Nothing of this happens by itself. A collection runs when somebody asks for it, beside any
//! number of readers, writers and other collections; why it loses nothing is argued in
//! [`lode_core::collect`].
//!
//! ```
//! use std::time::Duration;
//!
//! use lode_std::maintain::Retention;
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let volume = Volume::builder("disk-image", 1024).open(store::open("memory:")?).await?;
//! for step in 0..5 {
//!     let block = volume.stage_at(step * 100, format!("step {step}")).await?;
//!     volume.commit([block], meta! { "step" => step }).await?;
//! }
//! let first = lode_std::Version::FIRST;
//! let maintenance = volume.maintenance();
//! maintenance.tag("before-upgrade", first).await?;
//!
//! // What would be dropped?
//! let rules = Retention { last: Some(3), ..Retention::ALL };
//! assert_eq!(maintenance.plan(&rules).await?.drops().count(), 2);
//!
//! // Do it. What nothing refers to any more is deleted.
//! let report = maintenance.collect(&rules).await?;
//! assert_eq!(report.buried.len(), 2);
//! assert!(volume.snapshot(first).await.is_err());
//! assert_eq!(volume.tagged("before-upgrade").await?.read_at(0..6).await?, "step 0");
//!
//! // A reader that takes its time holds what it reads.
//! let newest = volume.latest().await?.expect("five were committed");
//! let lease = maintenance.hold(newest.version(), Duration::from_secs(3600)).await?;
//! maintenance.release(lease).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What a call costs
//!
//! In requests to the store, where nothing fails; n is the number of slots, d of data objects, t
//! of tags. A listing is one request for each thousand objects, where the store lists in pages.
//!
//! | call | requests |
//! | --- | --- |
//! | [`plan`](Maintenance::plan) | 1 look, n reads; with [`Retention::tagged`] 1 list and t reads more |
//! | [`rehearse`](Maintenance::rehearse) | those of a plan; up to n + t reads, a list of the tags; two lists of the d data objects (in a dataset, of the slots as well) |
//! | [`collect`](Maintenance::collect) | those of a plan, and 1 read of the hint where the Go implementation relies on it; up to n + t reads to mark, a list of the tags; 1 create of the record; two lists of the d data objects (in a dataset, of the slots as well), and for each thousand of them up to 1 delete; 1 read and 1 write for each dropped snapshot (1 more for each partition in it) |
//! | [`tag`](Maintenance::tag), [`hold`](Maintenance::hold) | 1 read, 1 create, 1 look |
//! | [`untag`](Maintenance::untag), [`release`](Maintenance::release) | 1 delete; `untag` 1 read before it |
//! | [`tags`](Maintenance::tags) | 1 list, t reads |
//!
//! Slots and tags are read several at a time. A collection holds some 10 bytes for each data
//! object that is referred to. Of volumes with more than 512 blocks it also reads, while marking,
//! each page once, however many snapshots share it, and holds some 50 bytes for each: a tenth of a
//! byte for each block.

mod collecting;
mod marks;
mod rehearsing;
mod report;
mod sweeping;
mod tagging;
mod tags;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lode_core::Version;
pub use lode_core::collect::{Plan, Reason, Retention, Verdict};
use lode_core::id::Id;

use self::collecting::Collecting;
pub use self::report::{Garbage, Report, Tally};
pub use self::tags::{Lease, TagInfo};
use crate::Error;
use crate::dataset::DatasetSlots;
use crate::history::{History, Slots, WriterOptions};
use crate::volume::VolumeSlots;

/// How many slots or tags are read at the same time.
const READS_IN_FLIGHT: usize = 16;

/// The maintenance of one volume or dataset: [`Volume::maintenance`](crate::Volume::maintenance),
/// [`Dataset::maintenance`](crate::Dataset::maintenance).
#[derive(Clone)]
pub struct Maintenance {
    target: Target,
}

/// What is maintained.
#[derive(Clone)]
enum Target {
    Dataset(Keeper<DatasetSlots>),
    Volume(Keeper<VolumeSlots>),
}

/// What the shells of the machines work with.
struct Keeper<S: Slots> {
    history: Arc<History<S>>,
    options: WriterOptions,
    /// In seconds: how young something that nothing refers to has to be to be spared.
    grace_period: u64,
    /// In seconds, from the descriptor.
    described_grace_period: u64,
}

impl<S: Slots> Keeper<S> {
    fn new(history: Arc<History<S>>, options: WriterOptions, grace_period: u64) -> Self {
        Self { history, options, grace_period, described_grace_period: grace_period }
    }
}

impl<S: Slots> Clone for Keeper<S> {
    fn clone(&self) -> Self {
        let (history, options) = (self.history.clone(), self.options.clone());
        Self { history, options, ..*self }
    }
}

/// The same for whatever it is the maintenance of.
macro_rules! keep {
    ($maintenance:expr, $keeper:ident => $call:expr) => {
        match &$maintenance.target {
            Target::Dataset($keeper) => $call,
            Target::Volume($keeper) => $call,
        }
    };
}

impl Maintenance {
    pub(crate) fn of_dataset(
        history: Arc<History<DatasetSlots>>,
        options: WriterOptions,
        grace_period: u64,
    ) -> Self {
        Self { target: Target::Dataset(Keeper::new(history, options, grace_period)) }
    }

    pub(crate) fn of_volume(
        history: Arc<History<VolumeSlots>>,
        options: WriterOptions,
        grace_period: u64,
    ) -> Self {
        Self { target: Target::Volume(Keeper::new(history, options, grace_period)) }
    }

    /// What a collection by these rules would drop and keep, and why: a dry run. Writes nothing.
    ///
    /// Ages are by this handle's clock, and so are the ends of leases.
    ///
    /// # Errors
    ///
    /// [`Error::ManifestInvalid`] or [`Error::Mismatch`] if a slot or tag cannot be read, or
    /// whatever the store reports.
    #[tracing::instrument(name = "lode.plan", skip_all, fields(id = %self.id()), err)]
    pub async fn plan(&self, rules: &Retention) -> Result<Plan, Error> {
        keep!(self, keeper => keeper.plan(rules).await)
    }

    /// What [`collect`](Self::collect) would do by these rules now: a dry run to the last object.
    /// `watch` is shown each object that would be deleted, in any order. Writes nothing.
    ///
    /// In the report `buried` and `deleted` are what would be. Writers and other collectors go on,
    /// so a collection that comes later may find more or less.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan).
    #[tracing::instrument(name = "lode.rehearse", skip_all, fields(id = %self.id()), err)]
    pub async fn rehearse(
        &self,
        rules: &Retention,
        watch: impl FnMut(Garbage) + Send,
    ) -> Result<Report, Error> {
        keep!(self, keeper => keeper.rehearse(rules, watch).await)
    }

    /// The same with another grace period than that of the volume or dataset: for how long what
    /// nothing refers to is taken for something that somebody is about to commit, and spared.
    ///
    /// It decides only how courteous a collection is. With a short one, or none, whoever is about to
    /// commit has to stage again ([`Error::StageExpired`]); no data are lost. What the Go
    /// implementation has staged is left alone for the period that the descriptor says, at the
    /// least.
    #[must_use]
    pub fn with_grace_period(mut self, period: Duration) -> Self {
        let wanted = period.as_secs().saturating_add(u64::from(period.subsec_nanos() > 0));
        match &mut self.target {
            Target::Dataset(keeper) => keeper.grace_period = wanted,
            Target::Volume(keeper) => keeper.grace_period = wanted,
        }
        self
    }

    /// Drops the snapshots that no rule keeps, then deletes the data that nothing refers to: no
    /// snapshot, no tag and no lease. The newest snapshot and its predecessor always stay.
    ///
    /// A dropped snapshot is [`Error::Collected`] from then on; its slot stays, as a tombstone. The
    /// collection is itself a commit: a record, which takes a version of its own. What was staged
    /// in older epochs and never committed is deleted with it; what somebody seems to be about to
    /// commit, because it is younger than the grace period, is spared. Without rules
    /// ([`Retention::ALL`]) nothing is dropped, and what was never committed, or was dropped by
    /// an earlier collection, is deleted.
    ///
    /// It can be broken off at any point, by dropping the future as well: what it has done is
    /// safe, and the next one does the rest.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan). Nothing is deleted unless every slot and every tag could be read.
    #[tracing::instrument(name = "lode.collect", skip_all, fields(id = %self.id()), err)]
    pub async fn collect(&self, rules: &Retention) -> Result<Report, Error> {
        keep!(self, keeper => Collecting::new(keeper, rules).run().await)
    }

    /// Gives a snapshot a name, by which it is found and its data are kept until the tag is
    /// deleted, also when the snapshot itself is collected.
    ///
    /// A name is new if it matches `[a-z0-9][a-z0-9._-]{0,63}`, and no tag has it or ever had it: a
    /// late or repeated delete of an old tag would hit the new one.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`], [`Error::TagTaken`]; [`Error::SnapshotNotFound`] or
    /// [`Error::Collected`] if there is no such snapshot (any more); [`Error::TagUnsettled`] if
    /// the store gave no definite answer.
    #[tracing::instrument(name = "lode.tag", skip_all, fields(id = %self.id(), name, %version), err)]
    pub async fn tag(&self, name: &str, version: Version) -> Result<(), Error> {
        let name = Id::new(name)?;
        keep!(self, keeper => keeper.pin(&name, version, None).await)
    }

    /// Deletes a tag, or a lease by its name. What it kept may be collected from then on. Its name
    /// should not be used again: a late or repeated delete would hit the new tag.
    ///
    /// # Errors
    ///
    /// [`Error::TagNotFound`], or whatever the store reports.
    #[tracing::instrument(name = "lode.untag", skip_all, fields(id = %self.id(), name), err)]
    pub async fn untag(&self, name: &str) -> Result<(), Error> {
        let name = Id::new(name)?;
        keep!(self, keeper => keeper.untag(&name).await)
    }

    /// All tags and leases, in the order of their names, ended leases included.
    ///
    /// # Errors
    ///
    /// [`Error::ManifestInvalid`] if one cannot be read, or whatever the store reports.
    pub async fn tags(&self) -> Result<Vec<TagInfo>, Error> {
        keep!(self, keeper => keeper.tags().await)
    }

    /// Keeps the data of a snapshot for this long, by the clock of this handle and of whoever
    /// collects: a tag with an end, and a name of its own. Take one before you read what is neither the newest snapshot nor its
    /// predecessor; to hold it for longer, take another one in time.
    ///
    /// # Errors
    ///
    /// As [`tag`](Self::tag).
    #[tracing::instrument(name = "lode.hold", skip_all, fields(id = %self.id(), %version), err)]
    pub async fn hold(&self, version: Version, duration: Duration) -> Result<Lease, Error> {
        keep!(self, keeper => keeper.hold(version, duration).await)
    }

    /// Ends a lease now. One that is not released ends by itself, and is deleted by a collection.
    ///
    /// # Errors
    ///
    /// Whatever the store reports.
    #[tracing::instrument(name = "lode.release", skip_all, fields(id = %self.id()), err)]
    pub async fn release(&self, lease: Lease) -> Result<(), Error> {
        keep!(self, keeper => keeper.delete_tag(&lease.name).await)
    }

    fn id(&self) -> &Id {
        keep!(self, keeper => keeper.history.id())
    }
}

impl fmt::Debug for Maintenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maintenance").field("id", self.id()).finish_non_exhaustive()
    }
}
