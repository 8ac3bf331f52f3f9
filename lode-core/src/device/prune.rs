//! Removing old snapshots.

use super::error::VolumeError;
use super::mount::{FLOOR, LATEST};
use super::volume::Volume;
use crate::Version;
use crate::store::{Name, ObjectKind, Store};
use crate::time::Clock;

impl<S: Store, C: Clock, const RUNS: usize> Volume<S, C, RUNS> {
    /// Removes all snapshots but the last `keep`, of which there is one at the least, and what
    /// interrupted stagings have left. How many manifests it has removed.
    ///
    /// Blocks of old snapshots are not removed, as all of them are in the newest one too: what
    /// was committed stays committed. What is staged stays staged.
    ///
    /// It may be interrupted at any call. Before anything is removed, a hint is written that
    /// names the head, or if the medium is too full for that, as soon as there is room, with the
    /// hint of the last commit standing in; and the oldest manifest goes first, so that those that
    /// are left never have a gap between them.
    ///
    /// Costs a read and a remove for each manifest that goes, a read and a replace if any does,
    /// and `RUNS` removes.
    ///
    /// # Errors
    ///
    /// [`VolumeError::Store`]: some of it may have been removed, and pruning again goes on.
    pub fn prune(&mut self, keep: u64) -> Result<u64, VolumeError<S::Error>> {
        self.mounted()?;
        self.remove_old(keep.max(1)).map_err(VolumeError::of_store)
    }

    fn remove_old(&mut self, keep: u64) -> Result<u64, S::Error> {
        for number in self.next..self.next + RUNS as u64 + 1 {
            // Behind the last number there is nothing to remove.
            let Some(name) = Name::new(ObjectKind::Block, number) else { break };
            self.store.remove(&name)?;
        }
        let Some(head) = self.head else { return Ok(0) };
        let last = head.version.get().saturating_sub(keep);
        let first = self.oldest(last)?;
        if first > last {
            return Ok(0);
        }
        let mut hint = self.write_hint(FLOOR, head.version);
        let stays = |version: Version| version.get() > last && version <= head.version;
        if hint.is_err() && !self.named_by(LATEST)?.is_some_and(stays) {
            return hint.map(|()| 0);
        }
        for number in first..last + 1 {
            self.store.remove(&Name::wrapping(ObjectKind::Manifest, number))?;
            if hint.is_err() {
                hint = self.write_hint(FLOOR, head.version);
            }
        }
        hint.map(|()| last + 1 - first)
    }

    /// The version from which on there are manifests, as far down from `last` as there are.
    pub(super) fn oldest(&mut self, last: u64) -> Result<u64, S::Error> {
        let mut first = last + 1;
        while first > 1
            && self.exists(&Name::wrapping(ObjectKind::Manifest, first - 1), &mut [0])?
        {
            first -= 1;
        }
        Ok(first)
    }
}
