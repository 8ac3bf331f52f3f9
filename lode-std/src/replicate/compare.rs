//! Comparing what both have.

use futures::stream::{self, StreamExt, TryStreamExt};
use lode_core::range::{ByteRange, GrowableRangeSet};
use lode_core::replicate::{Plan, difference};

use super::{Progress, Replication};
use crate::{Error, Snapshot};

/// How many bytes are compared at a time.
const WINDOW: u64 = 4 << 20;

impl Replication<'_> {
    /// Where the two have different bytes.
    pub(super) async fn compare(
        &self,
        plan: &Plan,
        head: Option<&Snapshot>,
    ) -> Result<GrowableRangeSet, Error> {
        let mut diverged = plan.diverged.clone();
        let Some(head) = head.filter(|_| !plan.compare.is_empty()) else { return Ok(diverged) };
        self.tell(Progress::Comparing(plan.compare.covered()));
        // Either side holds the bytes.
        let windows = stream::iter(plan.compare.iter().flat_map(windows));
        let found: Vec<_> = windows
            .map(|window| self.compare_window(window, head))
            .buffered(self.pace.in_flight(2 * WINDOW))
            .try_collect()
            .await?;
        diverged.extend(found.into_iter().flatten());
        Ok(diverged)
    }

    async fn compare_window(
        &self,
        window: ByteRange,
        head: &Snapshot,
    ) -> Result<Option<ByteRange>, Error> {
        let ours = self.source.read_at(window.into()).await?;
        let theirs = head.read_at(window.into()).await?;
        let found = difference(&ours, &theirs, window.start());
        if found.is_some() {
            // Damage on either side must not pass for what was committed there.
            self.source.read_verified(window.into()).await?;
            head.read_verified(window.into()).await?;
        }
        self.tell(Progress::Done(window.length()));
        Ok(found)
    }
}

/// Cuts a range into windows.
fn windows(range: ByteRange) -> impl Iterator<Item = ByteRange> {
    let mut next = range.start();
    std::iter::from_fn(move || {
        let window = ByteRange::new(next, range.end().min(next.saturating_add(WINDOW)))?;
        next = window.end();
        Some(window)
    })
}
