//! Removing old snapshots.

use super::error::VolumeError;
use super::mount::{FLOOR, LATEST};
use super::volume::Volume;
use crate::store::{ObjectKind, Store};
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
        for number in self.next..=self.next.saturating_add(RUNS as u64) {
            // Behind the last number there is nothing to remove.
            let Ok(name) = Self::name(ObjectKind::Block, number) else { break };
            self.store.remove(&name).map_err(VolumeError::of_store)?;
        }
        let Some(head) = self.head else { return Ok(0) };
        let last = head.version.get().saturating_sub(keep.max(1));
        let first = self.oldest(last)?;
        if first > last {
            return Ok(0);
        }
        let head = Self::name(ObjectKind::Manifest, head.version.get())?;
        let mut hint = self.write_hint(FLOOR, &head).map_err(VolumeError::of_store);
        if hint.is_err() && self.named_by(LATEST)?.is_none_or(|version| version.get() <= last) {
            return hint.map(|()| 0);
        }
        for number in first..=last {
            let name = Self::name(ObjectKind::Manifest, number)?;
            self.store.remove(&name).map_err(VolumeError::of_store)?;
            if hint.is_err() {
                hint = self.write_hint(FLOOR, &head).map_err(VolumeError::of_store);
            }
        }
        hint.map(|()| last + 1 - first)
    }

    /// The version from which on there are manifests, as far down from `last` as there are.
    fn oldest(&mut self, last: u64) -> Result<u64, VolumeError<S::Error>> {
        let mut first = last + 1;
        while first > 1 {
            let name = Self::name(ObjectKind::Manifest, first - 1)?;
            if !self.exists(&name, &mut [0])? {
                break;
            }
            first -= 1;
        }
        Ok(first)
    }
}
