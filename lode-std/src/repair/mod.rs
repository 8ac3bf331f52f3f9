//! Repairing: bringing back the last good state of a damaged volume or dataset.
//!
//! [`Repair::propose`] verifies, and decides what would have to be written
//! ([`lode_core::repair`]). If something could not be read, it proposes nothing, and says what that
//! is. Nothing is written until [`Proposal::carry_out`]. What is replaced is kept in
//! `damaged/`, where no reader and no collector looks.
//!
//! ```
//! use lode_std::repair::Repair;
//! use lode_std::{Volume, meta, store};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), lode_std::Error> {
//! let store = store::open("memory:")?;
//! let volume = Volume::builder("disk-image", 1024).open(store.clone()).await?;
//! let block = volume.stage_at(0, "boot").await?;
//! volume.commit([block], meta! {}).await?;
//!
//! let proposal = Repair::volume(store, "disk-image")?.propose(|_finding| {}).await?;
//! assert!(proposal.plan().steps.is_empty());
//! proposal.carry_out().await?;
//! # Ok(())
//! # }
//! ```

mod carry_out;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lode_core::descriptor::GRACE_PERIOD;
use lode_core::layout::LayoutKind;
pub use lode_core::repair::{Grave, Refusal, RepairPlan, Step, Was};
use lode_core::verify::{Finding, Unreadable};
use object_store::ObjectStore;

use crate::Error;
use crate::store::Objects;
use crate::verify::{Target, Verification};

/// Repairs a volume or dataset. Writers may go on meanwhile; if one is faster, the repair fails with
/// [`Error::Conflict`] and has to be made again.
#[must_use = "nothing is repaired until it is proposed and carried out"]
pub struct Repair {
    verification: Verification<'static>,
    drop_damaged: bool,
    /// In seconds.
    grace_period: u64,
}

impl Repair {
    /// Of the volume `id`.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidId`].
    pub fn volume(store: Arc<dyn ObjectStore>, id: &str) -> Result<Self, Error> {
        Verification::volume(store, id).map(Self::new)
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
        Verification::dataset(store, id, layout).map(Self::new)
    }

    fn new(verification: Verification<'static>) -> Self {
        Self { verification, drop_damaged: false, grace_period: GRACE_PERIOD }
    }

    /// Whether every byte is read to find out what is damaged.
    pub fn data(mut self, data: bool) -> Self {
        self.verification = self.verification.data(data);
        self
    }

    /// Whether snapshots may be given up whose data are lost in part, and tags that cannot be
    /// read: the newest snapshot that is wholly good becomes the head.
    pub fn drop_damaged(mut self, drop_damaged: bool) -> Self {
        self.drop_damaged = drop_damaged;
        self
    }

    /// The grace period that a descriptor gets if it must be made anew: a day by default.
    pub fn grace_period(mut self, period: Duration) -> Self {
        self.grace_period = period.as_secs();
        self
    }

    /// Verifies, and decides what to write. `found` is shown each finding. Writes nothing, and
    /// costs as much as a [verification](crate::verify).
    ///
    /// # Errors
    ///
    /// As [`Verification::run`](crate::verify::Verification::run).
    #[tracing::instrument(name = "lode.repair.propose", skip_all, err)]
    pub async fn propose(self, found: impl FnMut(&Finding) + Send) -> Result<Proposal, Error> {
        let Self { verification, drop_damaged, grace_period } = self;
        let target = verification.examine(Objects::for_writing, found).await?;
        let plan = match &target {
            Target::Volume(found) => found.plan(drop_damaged),
            Target::Dataset(found) => found.plan(drop_damaged),
        };
        Ok(Proposal { plan, target, grace_period })
    }
}

impl fmt::Debug for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repair").finish_non_exhaustive()
    }
}

/// What a repair would write.
#[must_use = "nothing is written until it is carried out"]
pub struct Proposal {
    plan: RepairPlan,
    target: Target,
    /// In seconds.
    grace_period: u64,
}

impl Proposal {
    /// What it would write, and what it leaves alone.
    pub fn plan(&self) -> &RepairPlan {
        &self.plan
    }

    /// What could not be read, and why; where it is much, some of it. Nothing is proposed then.
    pub fn unreadable(&self) -> &[Unreadable] {
        match &self.target {
            Target::Volume(examined) => &examined.unreadable,
            Target::Dataset(examined) => &examined.unreadable,
        }
    }

    /// Writes it, step by step. It can be broken off anywhere; what is left to do another one
    /// proposes.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if a writer was faster; [`Error::Unwritable`], or whatever the store
    /// reports.
    #[tracing::instrument(name = "lode.repair", skip_all, err)]
    pub async fn carry_out(&self) -> Result<(), Error> {
        for step in &self.plan.steps {
            match &self.target {
                Target::Volume(examined) => examined.carry_out(step, self.grace_period).await?,
                Target::Dataset(examined) => examined.carry_out(step, self.grace_period).await?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proposal").field("plan", &self.plan).finish_non_exhaustive()
    }
}
