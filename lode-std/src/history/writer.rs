//! What a handle that writes has, whatever it writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::commit::Rules;
use lode_core::key::Key;
use lode_core::manifest::CommitId;
use lode_core::time::Timestamp;

use crate::store::{Creation, Objects, modified};
use crate::sync::{AtomicU32, AtomicU64, Turnstile};
use crate::{Clock, Entropy, Error, Retry, SystemClock, SystemEntropy, metrics};

/// How many staged objects are looked at again at the same time.
const LOOKS_IN_FLIGHT: usize = 16;
/// How many times the hint is written where a Go writer would trust it blindly.
const TRUSTED_HINT_ATTEMPTS: u32 = 4;

/// What a handle works with.
#[derive(Clone, Debug)]
pub(crate) struct WriterOptions {
    pub(crate) retry: Retry,
    pub(crate) single_writer: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Default for WriterOptions {
    fn default() -> Self {
        Self {
            retry: Retry::none(),
            single_writer: false,
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
        }
    }
}

impl WriterOptions {
    pub(crate) fn bits(&self) -> Result<u64, Error> {
        self.entropy.bits().map_err(|source| Error::Entropy { source })
    }

    /// Waits before attempt number `attempt`.
    pub(crate) async fn back_off(&self, attempt: u32) {
        metrics::retry();
        // Without random bits everybody waits for the longest time: slow, but right.
        let random = self.entropy.bits().unwrap_or(u64::MAX);
        self.clock.sleep(self.retry.delay(attempt, random)).await;
    }
}

/// What a handle that writes shares with its clones.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) options: WriterOptions,
    /// Random, so that the names and commit ids of no two handles meet.
    pub(crate) bits: u64,
    /// How many commits the handle and its clones have begun.
    commits: AtomicU64,
    /// Held while committing: commits of one handle queue up instead of racing each other.
    pub(crate) committing: Turnstile,
    /// For how long a collector leaves alone what no manifest refers to, in seconds.
    pub(crate) grace_period: u64,
    /// When the handle was opened, by its own clock.
    opened: Option<Timestamp>,
    /// How many quarters of the grace period it has been open for. Names of data objects are
    /// drawn anew in each, for a name must be used once: what was sent under it may have been
    /// collected since, and a delete that comes late, or twice, would hit whatever has the name.
    /// A name that is tried again was thus first sent within the last quarter; it is re-sent for
    /// an eighth at most, and applied within half the grace period or never: in all before any
    /// collector takes what was sent first. It only goes up, also where the clock goes back.
    era: AtomicU32,
}

/// An object that was written and waits to be committed.
#[derive(Clone, Debug)]
pub(crate) struct StagedObject {
    pub(crate) key: Key,
    /// When its bytes were sent, or earlier, by the clock of the handle that asks; `None` if that
    /// is not known, or another handle has sent them.
    pub(crate) at: Option<Timestamp>,
}

impl Writer {
    pub(crate) fn new(options: WriterOptions, grace_period: u64) -> Result<Self, Error> {
        let bits = options.bits()?;
        let opened = options.clock.now();
        let committing = Turnstile::new();
        let (commits, era) = (AtomicU64::new(0), AtomicU32::new(0));
        Ok(Self { options, bits, commits, committing, grace_period, opened, era })
    }

    /// The era that names of data objects are drawn in at this time, by the handle's clock.
    pub(crate) fn era(&self, now: Option<Timestamp>) -> u32 {
        let open_for = now.zip(self.opened).map_or(0, |(now, opened)| now.seconds_since(opened));
        let era = u32::try_from(open_for / self.era_length()).unwrap_or(u32::MAX);
        self.era.fetch_max(era, Ordering::Relaxed).max(era)
    }

    /// In seconds.
    fn era_length(&self) -> u64 {
        (self.grace_period / 4).max(1)
    }

    /// The id of the next commit.
    pub(crate) fn next_commit(&self) -> CommitId {
        CommitId::of_handle(self.bits, self.commits.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn rules(&self, trusts_hint: bool) -> Rules {
        Rules {
            lists: true,
            retries: self.options.retry.conflicts,
            resends: self.options.retry.resends,
            hint_attempts: if trusts_hint { TRUSTED_HINT_ATTEMPTS } else { 1 },
        }
    }

    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.options.clock.now()
    }

    /// Creates an object, or finds it with the same bytes; `None` if its name is taken by others.
    /// The name is the handle's own, and was drawn at the time `now`, in the [era](Self::era) then.
    pub(crate) async fn put(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
        now: Option<Timestamp>,
    ) -> Result<Option<StagedObject>, Error> {
        let staged = |at| StagedObject { key: key.clone(), at };
        if self.create(objects, key, bytes, now).await? {
            return Ok(Some(staged(now)));
        }
        let is_found = Box::pin(self.find(objects, key, bytes)).await?;
        Ok(is_found.then(|| staged(now.map(|now| now.minus_seconds(self.era_length())))))
    }

    /// Creates an object, and sends it again while the outcome is not known: whether it was not
    /// there yet. After a lost reply it may be our own that is there. It is `now`, by the handle's
    /// clock.
    pub(crate) async fn create(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
        now: Option<Timestamp>,
    ) -> Result<bool, Error> {
        let mut resends = 0;
        loop {
            match objects.create(key, bytes.clone()).await {
                Creation::Created => return Ok(true),
                Creation::Exists => return Ok(false),
                Creation::Unknown(_) if resends < self.options.retry.resends => {
                    resends += 1;
                    self.options.back_off(resends).await;
                    // It may have taken for ever, and names are used once: see `era`.
                    if now.is_some_and(|first| self.age_of(first) > self.grace_period / 8) {
                        return Err(Error::StageExpired { key: key.clone() });
                    }
                }
                Creation::Rejected(error) | Creation::Unknown(error) => return Err(error),
            }
        }
    }

    async fn find(&self, objects: &Objects, key: &Key, bytes: &Bytes) -> Result<bool, Error> {
        let found = objects.metadata(key).await?;
        if found.is_none_or(|meta| meta.size != bytes.len() as u64) {
            return Ok(false);
        }
        Ok(objects.read(key).await?.is_some_and(|found| found == *bytes))
    }

    /// Makes sure that staged objects are there, and will be for as long as a commit takes. What
    /// this handle has sent lately need not be looked at.
    pub(crate) async fn check_staged(
        &self,
        objects: &Objects,
        staged: &[StagedObject],
    ) -> Result<(), Error> {
        let is_fresh = |at: Timestamp| self.age_of(at) < self.grace_period / 2;
        let stale = staged.iter().filter(|staged| !staged.at.is_some_and(is_fresh));
        let stale: Vec<_> = stale.map(|staged| staged.key.clone()).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let looks = stream::iter(stale).map(|key| self.look_at_staged(objects, key));
        looks.buffer_unordered(LOOKS_IN_FLIGHT).try_collect().await
    }

    /// Looks whether an object is there and young. The store dates it, and this handle's clock
    /// says what time it is, so the age is wrong by what that clock is behind the store's: less
    /// than a quarter of the grace period is taken for young, not less than half as by the
    /// handle's own dates. With that, and half the grace period for the manifest to arrive, a
    /// clock may be a quarter of the grace period behind: six hours, by default. If it is ahead,
    /// what is young enough may be refused; that does no harm.
    async fn look_at_staged(&self, objects: &Objects, key: Key) -> Result<(), Error> {
        let found = objects.metadata(&key).await?;
        let modified = found.as_ref().and_then(modified);
        match modified.map(|modified| self.age_of(modified)) {
            Some(age) if age < self.grace_period / 4 => Ok(()),
            _ => Err(Error::StageExpired { key }),
        }
    }

    /// How many seconds ago that was, by the handle's clock.
    fn age_of(&self, then: Timestamp) -> u64 {
        self.now().unwrap_or_default().seconds_since(then)
    }
}
