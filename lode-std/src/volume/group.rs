//! Group commit: what many tasks have staged goes out as few manifests.
//!
//! ```text
//!  commit ──► waiting ──group──► one manifest ──► each is told
//!  commit ──►    ▲               (on its way)
//!  commit ───────┘ gathers meanwhile
//! ```
//!
//! There is no task in the background and no timer. The work is one future, the drive, that all
//! who wait share: whoever is polled takes it further, so it goes on as long as one of them does.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use futures::channel::oneshot;
use futures::future::{self, Either};
use lode_core::commit::{Waiting, group};
use lode_core::key::Key;
use lode_core::manifest::{Block, Metadata};

use super::{Snapshot, Staged, Volume};
use crate::Error;
use crate::sync::{Mutex, Shared, WeakShared};

/// Commits for many tasks at once, as few snapshots: while one manifest is on its way, what comes
/// in gathers, and goes out together as the next. Clones share one queue.
///
/// A store takes tens of milliseconds for a conditional write, however much is in it. Tasks that
/// each wait for a commit of their own make one snapshot after the other; through this one
/// they make one for all of them. A task that is alone pays nothing for it: it never waits for
/// company.
///
/// # What becomes one snapshot
///
/// Commits with **equal metadata**, so that a snapshot says what all of its callers said. Of
/// commits whose blocks overlap, the one that came first goes first, and the later one fails as it
/// would alone. The commit that has waited for longest is always in the next snapshot.
///
/// # When something goes wrong
///
/// A commit that cannot be made for a reason of its own, an [`Error::Overlap`] or an
/// [`Error::StageExpired`], fails alone: the others go on without it. What fails the manifest as a
/// whole each of them is told: [`Error::Conflict`], or an [`Error::CommitUnknown`], that each can
/// settle for itself; what cannot be said twice is an [`Error::Grouped`].
#[derive(Clone)]
pub struct GroupCommitter {
    volume: Volume,
    queue: Arc<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    /// In the order in which they came.
    waiting: Vec<Submission>,
    /// There while somebody waits. Weak, so that it ends when nobody does: it may have the
    /// handle's turn.
    drive: Option<WeakShared>,
}

/// A commit that somebody waits for.
struct Submission {
    blocks: Vec<Block>,
    keys: Vec<Key>,
    metadata: Metadata,
    answer: oneshot::Sender<Result<Snapshot, Error>>,
}

impl Volume {
    /// A queue for commits of many tasks, which go out together. Costs nothing.
    pub fn committer(&self) -> GroupCommitter {
        GroupCommitter { volume: self.clone(), queue: Arc::default() }
    }
}

impl GroupCommitter {
    /// The volume.
    pub fn volume(&self) -> &Volume {
        &self.volume
    }

    /// Commits staged blocks, together with what others commit at the same time: the snapshot that
    /// holds them all.
    ///
    /// Costs as much as [`Volume::commit`] for all who go together. If the future is dropped, the
    /// commit does not take place if it has not been sent yet, else it may or may not; neither
    /// keeps the others from going on.
    ///
    /// # Errors
    ///
    /// As there, and [`Error::Grouped`].
    pub async fn commit(
        &self,
        blocks: impl IntoIterator<Item = Staged> + Send,
        metadata: Metadata,
    ) -> Result<Snapshot, Error> {
        let staged: Vec<_> = blocks.into_iter().collect();
        self.volume.check_own(&staged)?;
        let (answer, answered) = oneshot::channel();
        let drive = self.submit(staged, metadata, answer);
        let answered = match future::select(answered, drive).await {
            Either::Left((answered, _)) => answered,
            // It ends when nobody waits, so this one has been answered.
            Either::Right(((), answered)) => answered.await,
        };
        answered.unwrap_or(Err(Error::EmptyCommit))
    }

    /// Puts a commit at the end of the queue: what has to be driven until it is answered.
    fn submit(
        &self,
        staged: Vec<Staged>,
        metadata: Metadata,
        answer: oneshot::Sender<Result<Snapshot, Error>>,
    ) -> Shared {
        let (blocks, keys) = staged.into_iter().map(|staged| (staged.block, staged.key)).unzip();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.push(Submission { blocks, keys, metadata, answer });
        if let Some(drive) = queue.drive.as_ref().and_then(WeakShared::upgrade) {
            return drive;
        }
        let drive = Shared::new(Box::pin(self.clone().drive()));
        queue.drive = drive.downgrade();
        drive
    }

    /// Commits one group after the other, until nobody waits.
    async fn drive(self) {
        loop {
            let turn = self.volume.shared.writer.committing.pass().await;
            let Some(group) = self.next_group() else { return };
            self.commit_group(group).await;
            // Who commits without a group has its turn in between.
            drop(turn);
            // Who has been answered may have more to commit: it goes with the next group, and not
            // with the one after it.
            yield_now().await;
        }
    }

    /// Takes the next group out of the queue. If there is none, the drive is at its end, which is
    /// noted at the same moment, so that whoever comes later begins another.
    fn next_group(&self) -> Option<Vec<Submission>> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.retain(|submission| !submission.answer.is_canceled());
        if queue.waiting.is_empty() {
            queue.drive = None;
            return None;
        }
        let mut joins = group(queue.waiting.iter().map(Submission::as_waiting)).into_iter();
        let joins = |_: &mut Submission| joins.next().unwrap_or(false);
        Some(queue.waiting.extract_if(.., joins).collect())
    }

    /// Commits a group without those that cannot be, and tells each what has become of it.
    async fn commit_group(&self, mut group: Vec<Submission>) {
        let result = loop {
            let blocks = group.iter().flat_map(|submission| submission.blocks.clone()).collect();
            let Some(first) = group.first() else { return };
            let committed = self.volume.commit_blocks(blocks, first.metadata.clone()).await;
            match committed {
                Err(error) => match group.iter().position(|one| one.is_at_fault(&error)) {
                    Some(at) => group.remove(at).tell(Err(error)),
                    None => break Err(error),
                },
                Ok(snapshot) => break Ok(snapshot),
            }
        };
        match result {
            Ok(snapshot) => group.into_iter().for_each(|one| one.tell(Ok(snapshot.clone()))),
            Err(error) => divide(error, group),
        }
    }
}

impl Submission {
    fn as_waiting(&self) -> Waiting<'_> {
        Waiting { metadata: &self.metadata, blocks: &self.blocks }
    }

    /// Whether a group has failed because of this one, and would not without it.
    fn is_at_fault(&self, error: &Error) -> bool {
        match error {
            Error::Overlap { source, .. } => {
                self.blocks.iter().any(|block| block.range == source.new)
            }
            Error::StageExpired { key } => self.keys.contains(key),
            _ => false,
        }
    }

    /// Whoever has dropped its commit is not told.
    fn tell(self, result: Result<Snapshot, Error>) {
        let _ = self.answer.send(result);
    }
}

/// Tells all of a group that it has failed.
fn divide(error: Error, mut group: Vec<Submission>) {
    let Some(last) = group.pop() else { return };
    if group.is_empty() {
        return last.tell(Err(error));
    }
    group.push(last);
    let error = Arc::new(error);
    for one in group {
        one.tell(Err(match &*error {
            Error::CommitUnknown(unknown) => Error::CommitUnknown(unknown.clone()),
            Error::Conflict { version } => Error::Conflict { version: *version },
            _ => Error::Grouped { source: error.clone() },
        }));
    }
}

/// Lets other tasks go first, once.
async fn yield_now() {
    let mut has_yielded = false;
    future::poll_fn(|cx: &mut Context<'_>| match std::mem::replace(&mut has_yielded, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

impl fmt::Debug for GroupCommitter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCommitter").field("volume", &self.volume).finish_non_exhaustive()
    }
}
