//! What a handle that writes has, whatever it writes.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use lode_core::commit::Rules;
use lode_core::key::Key;
use lode_core::manifest::CommitId;
use lode_core::time::Timestamp;

use super::{Founding, History, Slots};
use crate::store::{Creation, Objects};
use crate::sync::{AtomicU64, Turnstile};
use crate::{Clock, Entropy, Error, Retry, SystemClock, SystemEntropy, metrics};

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

    /// Whether what had no definite outcome is still worth sending again, if it was sent first at
    /// this time.
    pub(crate) fn is_patient(&self, begin: Option<Timestamp>) -> bool {
        let passed = begin.zip(self.clock.now()).map(|(begin, now)| now.seconds_since(begin));
        Duration::from_secs(passed.unwrap_or(0)) < self.retry.patience
    }

    /// Waits before attempt number `attempt`.
    pub(crate) async fn back_off(&self, attempt: u32) {
        metrics::retry();
        // Without random bits everybody waits for the longest time: slow, but right.
        let random = self.entropy.bits().unwrap_or(u64::MAX);
        self.clock.sleep(self.retry.delay(attempt, random)).await;
    }
}

/// How often the same is staged again because of [`Error::StageExpired`]. Whoever was overtaken
/// knows a newer epoch then, so more than one time takes a collection for each.
const RESTAGES: u32 = 8;

/// Counts how often something has been staged again that a collection had overtaken.
#[derive(Default)]
pub(crate) struct Restaging(u32);

impl Restaging {
    /// Whether this is the reason to stage once more.
    pub(crate) fn may_follow(&mut self, error: &Error) -> bool {
        let may = matches!(error, Error::StageExpired { .. }) && self.0 < RESTAGES;
        self.0 += u32::from(may);
        may
    }
}

/// What a handle that writes shares with its clones.
#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) options: WriterOptions,
    /// Random, so that the names and commit ids of no two handles meet.
    pub(crate) bits: u64,
    /// What has to be there before the first commit.
    founding: Founding,
    /// How many commits the handle and its clones have begun.
    commits: AtomicU64,
    /// Held while committing: commits of one handle queue up instead of racing each other.
    pub(crate) committing: Turnstile,
    /// Held while the head is looked for before anything is staged, so that it is looked for once.
    looking: Turnstile,
    /// In seconds; an epoch is open for half of it.
    pub(crate) grace_period: u64,
}

impl Writer {
    pub(crate) fn new(
        options: WriterOptions,
        grace_period: u64,
        founding: Founding,
    ) -> Result<Self, Error> {
        let bits = options.bits()?;
        let (committing, looking) = (Turnstile::new(), Turnstile::new());
        let commits = AtomicU64::new(0);
        Ok(Self { options, bits, founding, commits, committing, looking, grace_period })
    }

    /// Sees to it that the history has its descriptor. Costs nothing if it was there when the
    /// handle was opened, or a commit has gone before.
    pub(crate) async fn found(&self, objects: &Objects) -> Result<(), Error> {
        match self.founding.pending() {
            None => Ok(()),
            Some(pending) => {
                Box::pin(self.founding.carry_out(pending, objects, &self.options)).await
            }
        }
    }

    /// The epoch that goes into the names of what is staged now: that of the newest slot that the
    /// handle knows. One that knows none looks for the head first.
    pub(crate) async fn epoch<S: Slots>(&self, history: &History<S>) -> Result<u32, Error> {
        if let Some(head) = history.known_head() {
            return Ok(head.state.epoch);
        }
        let turn = self.looking.pass().await;
        let head = Box::pin(history.some_head()).await?;
        drop(turn);
        Ok(head.state.epoch)
    }

    /// The id of the next commit of what was staged in this epoch, at the latest.
    pub(crate) fn next_commit(&self, epoch: u32) -> CommitId {
        let count = self.commits.fetch_add(1, Ordering::Relaxed) & u64::from(u32::MAX);
        CommitId::of_handle(self.bits, u64::from(epoch) << 32 | count)
    }

    pub(crate) fn rules<S: Slots>(&self, slots: &S) -> Rules {
        Rules {
            density: slots.density(),
            retries: self.options.retry.conflicts,
            resends: self.options.retry.resends,
            hint_attempts: if slots.trusts_hint() { TRUSTED_HINT_ATTEMPTS } else { 1 },
        }
    }

    /// A record tries for one slot, and no hint names it.
    pub(crate) fn rules_for_record<S: Slots>(&self, slots: &S) -> Rules {
        Rules { retries: 0, hint_attempts: 0, ..self.rules(slots) }
    }

    pub(crate) fn now(&self) -> Option<Timestamp> {
        self.options.clock.now()
    }

    /// Creates an object, or finds it with the same bytes: whether it is there with them. The name
    /// is the handle's own.
    pub(crate) async fn put(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
    ) -> Result<bool, Error> {
        match self.send(objects, key, bytes, true).await? {
            true => Ok(true),
            false => Box::pin(self.find(objects, key, bytes)).await,
        }
    }

    /// Creates an object, and sends it again while the outcome is not known: whether it was not
    /// there yet. After a lost reply it may be our own that is there.
    pub(crate) async fn create(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
    ) -> Result<bool, Error> {
        self.send(objects, key, bytes, false).await
    }

    /// Sends a create until the outcome is known: whether the object was not there yet. One that is
    /// only staged is not relied on before that.
    async fn send(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
        is_staged: bool,
    ) -> Result<bool, Error> {
        let (mut resends, begin) = (0, self.now());
        loop {
            let creation = match is_staged {
                true => objects.stage(key, bytes.clone()).await,
                false => objects.create(key, bytes.clone()).await,
            };
            match creation {
                Creation::Created => return Ok(true),
                Creation::Exists => return Ok(false),
                Creation::Unknown(_)
                    if resends < self.options.retry.resends && self.options.is_patient(begin) =>
                {
                    resends += 1;
                    self.options.back_off(resends).await;
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
}
