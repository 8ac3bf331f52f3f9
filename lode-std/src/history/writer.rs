//! What a handle that writes has, whatever it writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use lode_core::commit::Rules;
use lode_core::key::Key;
use lode_core::manifest::CommitId;
use lode_core::time::Timestamp;

use crate::store::{Creation, Objects};
use crate::{Clock, Entropy, Error, Retry, SystemClock, SystemEntropy};

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
    pub(crate) committing: tokio::sync::Mutex<()>,
    /// For how long a collector leaves alone what no manifest refers to, in seconds.
    grace_period: u64,
}

/// An object that was written and waits to be committed.
#[derive(Clone, Debug)]
pub(crate) struct StagedObject {
    pub(crate) key: Key,
    /// When its bytes were sent, by the clock of the handle that asks; `None` if that is not
    /// known, or another handle has sent them.
    pub(crate) at: Option<Timestamp>,
}

/// An object that is in the store.
pub(crate) enum Put {
    /// Sent at this time, by the handle's clock.
    Sent(Option<Timestamp>),
    /// Found, with the same bytes, and young.
    Found,
}

impl Put {
    pub(crate) fn at(self) -> Option<Timestamp> {
        match self {
            Self::Sent(at) => at,
            Self::Found => None,
        }
    }
}

impl Writer {
    pub(crate) fn new(options: WriterOptions, grace_period: u64) -> Result<Self, Error> {
        let bits = options.bits()?;
        let committing = tokio::sync::Mutex::new(());
        Ok(Self { options, bits, commits: AtomicU64::new(0), committing, grace_period })
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

    /// Waits before attempt number `attempt`.
    pub(crate) async fn back_off(&self, attempt: u32) {
        // Without random bits everybody waits for the longest time: slow, but right.
        let random = self.options.entropy.bits().unwrap_or(u64::MAX);
        self.options.clock.sleep(self.options.retry.delay(attempt, random)).await;
    }

    /// Creates an object, or finds it; `None` if the name is taken by other bytes, or by bytes so
    /// old that a collector may have its eye on them.
    pub(crate) async fn put(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
    ) -> Result<Option<Put>, Error> {
        let at = self.now();
        match self.create(objects, key, bytes).await? {
            true => Ok(Some(Put::Sent(at))),
            false => self.find(objects, key, bytes).await,
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
        let mut resends = 0;
        loop {
            match objects.create(key, bytes.clone()).await {
                Creation::Created => return Ok(true),
                Creation::Exists => return Ok(false),
                Creation::Unknown(_) if resends < self.options.retry.resends => {
                    resends += 1;
                    self.back_off(resends).await;
                }
                Creation::Rejected(error) | Creation::Unknown(error) => return Err(error),
            }
        }
    }

    async fn find(
        &self,
        objects: &Objects,
        key: &Key,
        bytes: &Bytes,
    ) -> Result<Option<Put>, Error> {
        let Some(meta) = objects.metadata(key).await? else { return Ok(None) };
        let age = self.age_of(meta.last_modified.timestamp());
        if age > self.grace_period / 4 || meta.size != bytes.len() as u64 {
            return Ok(None);
        }
        let same = objects.read(key).await?.is_some_and(|found| found == *bytes);
        Ok(same.then_some(Put::Found))
    }

    /// Makes sure that staged objects are there, and will be for as long as a commit takes. What
    /// this handle has sent lately need not be looked at.
    pub(crate) async fn check_staged(
        &self,
        objects: &Objects,
        staged: &[StagedObject],
    ) -> Result<(), Error> {
        let limit = self.grace_period / 2;
        let is_fresh = |at: Timestamp| self.age_of(at.seconds()) < limit;
        let stale = staged.iter().filter(|staged| !staged.at.is_some_and(is_fresh));
        let stale: Vec<_> = stale.map(|staged| staged.key.clone()).collect();
        let looks = stream::iter(stale).map(|key| self.look_at_staged(objects, key, limit));
        looks.buffer_unordered(LOOKS_IN_FLIGHT).try_collect().await
    }

    async fn look_at_staged(&self, objects: &Objects, key: Key, limit: u64) -> Result<(), Error> {
        let found = objects.metadata(&key).await?;
        match found.map(|meta| self.age_of(meta.last_modified.timestamp())) {
            Some(age) if age < limit => Ok(()),
            _ => Err(Error::StageExpired { key }),
        }
    }

    /// How many seconds ago that was, by the handle's clock.
    fn age_of(&self, seconds: i64) -> u64 {
        let now = self.now().unwrap_or_default();
        Timestamp::new(seconds, 0).map_or(0, |then| now.seconds_since(then))
    }
}
