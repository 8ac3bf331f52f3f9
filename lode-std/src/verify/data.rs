//! The bytes of data objects.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};
use lode_core::checksum::{Algorithm, Digest, Hasher};
use lode_core::key::Key;
use lode_core::time::Timestamp;
use lode_core::verify::{Claim, Problem};

use super::{Options, Progress};
use crate::Error;
use crate::store::Objects;

/// How many objects are read at the same time.
const READS_IN_FLIGHT: usize = 8;

/// An object whose bytes are to be read.
pub(super) struct Wanted {
    pub(super) key: Key,
    pub(super) claim: Claim,
    /// By which they are verified; without one they are only counted.
    pub(super) algorithm: Option<Algorithm>,
}

/// Reads these objects, several at a time, and hands over what is the matter with each, or why it
/// could not be read.
pub(super) async fn read_all(
    objects: &Objects,
    options: &Options<'_>,
    wanted: Vec<Wanted>,
    mut done: impl FnMut(Wanted, Result<Option<Problem>, Error>),
) {
    let bytes = wanted.iter().fold(0_u64, |sum, wanted| sum.saturating_add(wanted.claim.size));
    (options.watch)(Progress::Reading(bytes));
    let pace = Pace::begin(options);
    let reads = stream::iter(wanted).map(async |wanted: Wanted| {
        let problem = examine(objects, &pace, &wanted).await;
        (wanted, problem)
    });
    let mut reads = std::pin::pin!(reads.buffer_unordered(READS_IN_FLIGHT));
    while let Some((wanted, problem)) = reads.next().await {
        done(wanted, problem);
    }
}

/// Reads an object, and once more from its beginning if it is not what was committed: only bytes
/// that are wrong in the same way twice prove anything.
async fn examine(
    objects: &Objects,
    pace: &Pace<'_, '_>,
    wanted: &Wanted,
) -> Result<Option<Problem>, Error> {
    let key = &wanted.key;
    let first = match read(objects, pace, wanted, Turn::First).await {
        Ok(first) if first.is_claimed(&wanted.claim) => return Ok(None),
        Ok(first) => first,
        Err(Error::Missing { .. }) => return Ok(Some(Problem::Missing)),
        Err(error) => return Err(error),
    };
    let second = read(objects, pace, wanted, Turn::Second).await?;
    if first != second {
        return Err(Error::unsettled(key));
    }
    let expected = wanted.claim.size;
    match (wanted.claim.digest, first) {
        (_, Reading { size, .. }) if size != expected => match objects.metadata(key).await? {
            Some(meta) if meta.size == size => {
                Ok(Some(Problem::WrongSize { expected, found: size }))
            }
            // Its size is not what was read.
            _ => Err(Error::unread(key, format!("the answer ends after {size} bytes, twice"))),
        },
        (Some(expected), Reading { digest: Some(found), .. }) => {
            Ok(Some(Problem::Corrupt { expected, found }))
        }
        _ => Ok(None),
    }
}

/// What one reading of an object amounts to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Reading {
    size: u64,
    digest: Option<Digest>,
}

impl Reading {
    fn is_claimed(&self, claim: &Claim) -> bool {
        let is_other = |(expected, found)| expected != found;
        self.size == claim.size && !claim.digest.zip(self.digest).is_some_and(is_other)
    }
}

/// Which reading of an object it is: the second one is no progress.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    First,
    Second,
}

/// Reads an object piece by piece.
async fn read(
    objects: &Objects,
    pace: &Pace<'_, '_>,
    wanted: &Wanted,
    turn: Turn,
) -> Result<Reading, Error> {
    let mut bytes = objects.stream(&wanted.key).await?;
    let is_known = wanted.claim.digest.is_some();
    let mut hasher = wanted.algorithm.filter(|_| is_known).map(|found| found.begin());
    let mut size = 0;
    while let Some(piece) = bytes.try_next().await? {
        size += piece.len() as u64;
        if let Some(hasher) = &mut hasher {
            hasher.update(&piece);
        }
        pace.take(piece.len() as u64, turn).await;
    }
    Ok(Reading { size, digest: hasher.map(Hasher::finish) })
}

/// Keeps all reads together to so many bytes a second.
struct Pace<'a, 'b> {
    options: &'a Options<'b>,
    began: Option<Timestamp>,
    taken: AtomicU64,
}

impl<'a, 'b> Pace<'a, 'b> {
    fn begin(options: &'a Options<'b>) -> Self {
        Self { options, began: options.clock.now(), taken: AtomicU64::new(0) }
    }

    /// Takes note of bytes, and waits if they came too early.
    async fn take(&self, bytes: u64, turn: Turn) {
        if turn == Turn::First {
            (self.options.watch)(Progress::Done(bytes));
        }
        let taken = self.taken.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        let times = self.began.zip(self.options.clock.now());
        if let (Some(rate), Some((began, now))) = (self.options.bandwidth, times) {
            let wait = due(taken, rate).saturating_sub(elapsed(began, now));
            if !wait.is_zero() {
                self.options.clock.sleep(wait).await;
            }
        }
    }
}

/// How long so many bytes must take at so many bytes a second.
fn due(bytes: u64, rate: u64) -> Duration {
    let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1));
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

fn elapsed(began: Timestamp, now: Timestamp) -> Duration {
    let nanoseconds =
        |at: Timestamp| i128::from(at.seconds()) * 1_000_000_000 + i128::from(at.nanoseconds());
    let passed = nanoseconds(now).saturating_sub(nanoseconds(began));
    Duration::from_nanos(u64::try_from(passed).unwrap_or(0))
}
